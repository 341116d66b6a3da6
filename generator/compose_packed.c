/* Drawing of packed pixels: each has its own colour, so nothing is folded. The plate is filtered
 * and stored row by row; shadow, actor and effect are laid over one another in the pixels, and only
 * groups of 8 that they touch are stored. */
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "compose_in.h"

static int bytes_of(enum compose_packing p)
{
    return p == COMPOSE_RGB ? 3 : 4;
}

/* Rounded; v must lie within low..high already. */
static uint32_t whole(float v)
{
    return (uint32_t)(int)(v + 0.5f); /* by way of int, which AVX2 can convert to */
}

static float within(float v, float low, float high)
{
    return v < low ? low : v > high ? high : v;
}

/* --- Rows to bytes and back ------------------------------------------------------------------- */

static void weave_plain(enum compose_packing p, uint8_t *const v[3], uint8_t *out, int n)
{
    int first = p == COMPOSE_AYUV, step = bytes_of(p);
    for (int x = 0; x < n; x++, out += step) {
        for (int k = 0; k < 3; k++)
            out[first + k] = v[k][x];
        if (p != COMPOSE_RGB)
            out[first ? 0 : 3] = 255;
    }
}

/* 8 pixels as words of four bytes; RGB has 255 as its fourth. Exactly 24 or 32 bytes are read. */
static __m256i words_at(enum compose_packing p, const uint8_t *in)
{
    if (p != COMPOSE_RGB)
        return _mm256_loadu_si256((const __m256i *)in);
    const __m128i first = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1),
                  last = _mm_setr_epi8(4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1);
    __m128i low = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)in), first),
            high = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(in + 8)), last);
    return _mm256_or_si256(_mm256_set_m128i(high, low), _mm256_set1_epi32((int)0xff000000u));
}

static void put_words(enum compose_packing p, uint8_t *out, __m256i words)
{
    if (p != COMPOSE_RGB) {
        _mm256_storeu_si256((__m256i *)out, words);
        return;
    }
    const __m128i three = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    __m128i low = _mm_shuffle_epi8(_mm256_castsi256_si128(words), three),
            high = _mm_shuffle_epi8(_mm256_extracti128_si256(words, 1), three);
    _mm_storeu_si128((__m128i *)out, _mm_or_si128(low, _mm_slli_si128(high, 12)));
    _mm_storel_epi64((__m128i *)(out + 16), _mm_srli_si128(high, 4));
}

#define VECTOR __m256i
#define V(op) _mm256_##op
#define LOAD(at) _mm256_loadu_si256((const __m256i *)(at))
#define BROADCAST _mm256_broadcastsi128_si256
#define LANES 16
#define DRAW_PIXELS compose_pixels_avx2

static inline void put_lanes(enum compose_packing p, uint8_t *out, __m256i a, __m256i b)
{
    put_words(p, out, _mm256_permute2x128_si256(a, b, 0x20));
    put_words(p, out + 8 * bytes_of(p), _mm256_permute2x128_si256(a, b, 0x31));
}

#include "compose_pixels.h"

/* --- Laying over ------------------------------------------------------------------------------ */

static const float least = 0.5f / 255; /* of what is laid over that changes a pixel: half a level */

/* v: a row of the frame's three numbers, times alpha, and of alpha. */
static void lay_over_plain(enum compose_packing p, float *const v[4], uint8_t *out, int n)
{
    int colour = p == COMPOSE_AYUV, alpha = p == COMPOSE_AYUV ? 0 : 3, step = bytes_of(p);
    for (int x = 0; x < n; x++, out += step) {
        if (v[3][x] < least)
            continue;
        float there = p == COMPOSE_RGB ? 1 : (float)out[alpha] / 255, left = (1 - v[3][x]) * there;
        float sum = v[3][x] + left;
        for (int k = 0; k < 3; k++)
            out[colour + k] =
                (uint8_t)whole(within((v[k][x] + left * (float)out[colour + k]) / sum, 0, 255));
        if (p != COMPOSE_RGB)
            out[alpha] = (uint8_t)whole(within(sum * 255, 0, 255));
    }
}

/* Byte `at` of 8 words. */
static inline __m256 byte_of(__m256i words, int at)
{
    __m256i b = _mm256_and_si256(_mm256_srli_epi32(words, 8 * at), _mm256_set1_epi32(255));
    return _mm256_cvtepi32_ps(b);
}

/* 8 numbers, rounded, as byte `at` of 8 words. */
static inline __m256i as_byte(__m256 v, int at)
{
    v = _mm256_min_ps(_mm256_max_ps(v, _mm256_setzero_ps()), _mm256_set1_ps(255));
    __m256i w = _mm256_cvttps_epi32(_mm256_add_ps(v, _mm256_set1_ps(0.5f)));
    return _mm256_slli_epi32(w, 8 * at);
}

static void lay_over(enum compose_packing p, float *const v[4], uint8_t *out, int n)
{
    const int colour = p == COMPOSE_AYUV, alpha = p == COMPOSE_AYUV ? 0 : 3, step = bytes_of(p);
    const __m256 one = _mm256_set1_ps(1), level = _mm256_set1_ps(255);
    const __m256i solid = _mm256_set1_epi32((int)(255u << 8 * alpha));
    int x = 0;
    for (; x + 8 <= n; x += 8) {
        __m256 a = _mm256_loadu_ps(v[3] + x),
               is = _mm256_cmp_ps(a, _mm256_set1_ps(least), _CMP_GE_OQ);
        if (!_mm256_movemask_ps(is))
            continue;
        uint8_t *to = out + step * x;
        __m256i below = words_at(p, to), w = solid;
        __m256 left = _mm256_sub_ps(one, a), gain = one;
        if (!_mm256_testc_si256(below, solid)) { /* not all of what lies below is solid */
            left = _mm256_mul_ps(left, _mm256_div_ps(byte_of(below, alpha), level));
            __m256 sum = _mm256_add_ps(a, left);
            gain = _mm256_div_ps(one, _mm256_max_ps(sum, _mm256_set1_ps(least)));
            w = as_byte(_mm256_mul_ps(sum, level), alpha);
        }
        for (int k = 0; k < 3; k++) {
            __m256 c = _mm256_fmadd_ps(left, byte_of(below, colour + k), _mm256_loadu_ps(v[k] + x));
            w = _mm256_or_si256(w, as_byte(_mm256_mul_ps(c, gain), colour + k));
        }
        put_words(p, to, _mm256_blendv_epi8(below, w, _mm256_castps_si256(is)));
    }
    float *const rest[4] = {v[0] + x, v[1] + x, v[2] + x, v[3] + x};
    lay_over_plain(p, rest, out + step * x, n - x);
}

/* --- The base --------------------------------------------------------------------------------- */

void compose_packed_plate(const struct compose *c, struct compose_scratch *s, int i, uint8_t *out,
                          int stride)
{
    struct source src = {
        {c->plate[0], c->plate[1], c->plate[2]}, 3, c->plate_stride, c->options.plain};
    uint8_t *const made[3] = {(uint8_t *)s->half[0], (uint8_t *)s->half[1], (uint8_t *)s->half[2]};
    const int height = c->options.height;
    compose_aim_plate(c, s, c->frames[i].window, 0);
    for (int y = 0; y < height; y++) {
        uint8_t *row = out + (long)y * stride, *next = y + 1 < height ? row + stride : row;
        if (src.plain) {
            compose_plate_row(c, s, &src, 0, y, made);
            weave_plain(c->options.packing, made, row, c->options.width);
            continue;
        }
        compose_gather(s, &src, y);
        (s->down.wide ? compose_pixels_avx512 : compose_pixels_avx2)(c, s, y, row, next);
    }
}

static void draw_base(const struct compose *c, struct compose_scratch *s, int i,
                      enum compose_base base, uint8_t *out, int stride)
{
    size_t row = compose_packed_row(c);
    if (base == COMPOSE_ON_PLATE && !c->still_planes[0])
        compose_packed_plate(c, s, i, out, stride);
    else if (base == COMPOSE_ON_PLATE)
        for (int y = 0; y < c->options.height; y++)
            memcpy(out + (long)y * stride, c->still_planes[0] + (size_t)y * row, row);
    else if (base == COMPOSE_ON_NOTHING)
        for (int y = 0; y < c->options.height; y++)
            memset(out + (long)y * stride, 0, row);
}

/* --- Shadow, actor, effect -------------------------------------------------------------------- */

/* Lays pixels x0..x1 of s->row over a row of the frame. */
static void lay_row(const struct compose *c, struct compose_scratch *s, int x0, int x1,
                    uint8_t *row)
{
    enum compose_packing p = c->options.packing;
    (c->options.plain ? lay_over_plain : lay_over)(p, s->row, row + (long)x0 * bytes_of(p),
                                                   x1 - x0);
}

/* The shadow's row, from..to, is made at the beginning of s->row. */
static void draw_shadow(const struct compose *c, struct compose_scratch *s,
                        const struct compose_window *w, const struct compose_shadow *shadow,
                        uint8_t *out, int stride)
{
    double pixels = c->options.width / w->width;
    double cx = (shadow->x - w->x) * pixels, cy = (shadow->y - w->y) * pixels,
           rx = shadow->rx * pixels, ry = shadow->ry * pixels;
    float *alpha = s->sum[0];
    int from, to;
    for (int y = (int)fmax(0, floor(cy - ry)); y < c->options.height && y < cy + ry; y++) {
        double dy = (y + 0.5 - cy) / ry;
        if (!(dy > -1 && dy < 1) ||
            !row_shadow(alpha, c->options.width, cx, rx, dy * dy, shadow->darkness, &from, &to))
            continue;
        for (int x = from; x < to; x++) {
            for (int k = 0; k < 3; k++)
                s->row[k][x - from] = (float)c->colour.black[k] * alpha[x];
            s->row[3][x - from] = alpha[x];
        }
        lay_row(c, s, from, to, out + (long)y * stride);
    }
}

static void draw_sprite(const struct compose *c, struct compose_scratch *s,
                        const struct sprite *sprite, const struct compose_frame *f,
                        const struct compose_placed *at, uint8_t *out, int stride)
{
    struct box b;
    struct source src;
    float sharpness;
    int from, to, width = c->options.width;
    if (!compose_aim_sprite(c, s, sprite, f, at, &b, &src, &sharpness))
        return;
    for (int y = b.y0; y < b.y1 && y < c->options.height; y++) {
        if (!compose_resample_matte(s, &src, y - b.y0, sharpness, &from, &to))
            continue;
        int16_t *const made[4] = {s->made[0] + from, s->made[1] + from, s->made[2] + from,
                                  s->made[3] + from};
        (src.plain ? row_shade_plain : row_shade)(&c->colour, made, s->row, to - from, sharpness);
        /* boxes are even, frames need not be */
        lay_row(c, s, b.x0 + from, b.x0 + to < width ? b.x0 + to : width, out + (long)y * stride);
    }
}

size_t compose_packed_row(const struct compose *c)
{
    return (size_t)c->options.width * (size_t)bytes_of(c->options.packing);
}

void compose_draw_packed(const struct compose *c, struct compose_scratch *s, int i,
                         const struct compose_place *place, enum compose_base base, uint8_t *out,
                         int stride)
{
    draw_base(c, s, i, base, out, stride);
    if (c->options.plate_only)
        return;
    struct compose_frame f = compose_placed_frame(c, i, place);
    for (int k = 0; k < c->cast_count && !c->options.no_shadow; k++)
        if (f.figure[k].shadow.darkness > 0)
            draw_shadow(c, s, &f.window, &f.figure[k].shadow, out, stride);
    for (int k = 0; k < c->cast_count; k++) {
        const struct compose_cast *who = &c->cast[c->order[k]];
        const struct compose_figure *where = &f.figure[c->order[k]];
        draw_sprite(c, s, &who->actor, &f, &where->actor, out, stride);
        draw_sprite(c, s, &who->effect, &f, &where->effect, out, stride);
    }
}
