/* Drawing of packed pixels: each has its own colour, so nothing is folded. The plate is filtered
 * and stored row by row; shadow, actor and effect are then laid over one another in numbers, on
 * what lies below them, and only pixels that they touch are stored. */
#include <immintrin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compose_in.h"

struct sprites { /* what of a frame lies over its base */
    struct box box[2], all;
    struct source source[2];
    float sharpness[2];
    bool there[2];
};

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

static int level(int16_t v, int low, int high)
{
    int w = (v + PLATE_ONE / 2) / PLATE_ONE;
    return v < 0 || w < low ? low : w > high ? high : w;
}

static void store_solid_plain(const struct row_colour *c, int16_t *const v[4],
                              enum compose_packing p, uint8_t *out, int n)
{
    int first = p == COMPOSE_AYUV, step = bytes_of(p);
    for (int x = 0; x < n; x++, out += step) {
        for (int k = 0; k < 3; k++)
            out[first + k] = (uint8_t)level(v[k][x], c->low[k > 0], c->high[k > 0]);
        if (p != COMPOSE_RGB)
            out[p == COMPOSE_AYUV ? 0 : 3] = 255;
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

/* 16 numbers, rounded. */
static __m256i rounded(const int16_t *v)
{
    return _mm256_srai_epi16(
        _mm256_add_epi16(_mm256_loadu_si256((const __m256i *)v), _mm256_set1_epi16(PLATE_ONE / 2)),
        6);
}

/* Bytes that take turns by eights. */
static __m256i eights(int a, int b)
{
    return _mm256_unpacklo_epi64(_mm256_set1_epi8((char)a), _mm256_set1_epi8((char)b));
}

static void store_solid(const struct row_colour *c, int16_t *const v[4], enum compose_packing p,
                        uint8_t *out, int n)
{
    const bool first = p == COMPOSE_AYUV; /* alpha is the first of the four bytes, else the last */
    const __m256i alpha = _mm256_set1_epi16(255),
                  turns = _mm256_broadcastsi128_si256(
                      _mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
    const __m256i low[2] = {eights(first ? 0 : c->low[0], c->low[!first]),
                            eights(c->low[1], first ? c->low[1] : 0)},
                  high[2] = {eights(first ? 255 : c->high[0], c->high[!first]),
                             eights(c->high[1], first ? c->high[1] : 255)};
    int x = 0, step = bytes_of(p);
    for (; x + 16 <= n; x += 16) {
        __m256i k0 = rounded(v[0] + x), k1 = rounded(v[1] + x), k2 = rounded(v[2] + x);
        __m256i ab = first ? _mm256_packus_epi16(alpha, k0) : _mm256_packus_epi16(k0, k1),
                cd = first ? _mm256_packus_epi16(k1, k2) : _mm256_packus_epi16(k2, alpha);
        ab = _mm256_min_epu8(_mm256_max_epu8(ab, low[0]), high[0]);
        cd = _mm256_min_epu8(_mm256_max_epu8(cd, low[1]), high[1]);
        ab = _mm256_shuffle_epi8(ab, turns);
        cd = _mm256_shuffle_epi8(cd, turns);
        __m256i even = _mm256_unpacklo_epi16(ab, cd), /* pixels 0..3 and 8..11 */
            odd = _mm256_unpackhi_epi16(ab, cd);      /* 4..7 and 12..15 */
        put_words(p, out + step * x, _mm256_permute2x128_si256(even, odd, 0x20));
        put_words(p, out + step * (x + 8), _mm256_permute2x128_si256(even, odd, 0x31));
    }
    int16_t *const rest[4] = {v[0] + x, v[1] + x, v[2] + x};
    store_solid_plain(c, rest, p, out + step * x, n - x);
}

static void load_plain(enum compose_packing p, const uint8_t *in, int n, float *const v[4])
{
    int colour = p == COMPOSE_AYUV, step = bytes_of(p);
    for (int x = 0; x < n; x++, in += step) {
        float a = p == COMPOSE_RGB ? 1 : (float)in[p == COMPOSE_AYUV ? 0 : 3] / 255;
        for (int k = 0; k < 3; k++)
            v[k][x] = a * (float)in[colour + k];
        v[3][x] = a;
    }
}

/* Byte `at` of 8 words. */
static __m256 byte_of(__m256i words, int at)
{
    __m256i b = _mm256_and_si256(_mm256_srli_epi32(words, 8 * at), _mm256_set1_epi32(255));
    return _mm256_cvtepi32_ps(b);
}

static void load(enum compose_packing p, const uint8_t *in, int n, float *const v[4])
{
    int colour = p == COMPOSE_AYUV, alpha = p == COMPOSE_AYUV ? 0 : 3, step = bytes_of(p), x = 0;
    for (; x + 8 <= n; x += 8) {
        __m256i w = words_at(p, in + step * x);
        __m256 a = _mm256_div_ps(byte_of(w, alpha), _mm256_set1_ps(255));
        for (int k = 0; k < 3; k++)
            _mm256_storeu_ps(v[k] + x, _mm256_mul_ps(a, byte_of(w, colour + k)));
        _mm256_storeu_ps(v[3] + x, a);
    }
    float *const rest[4] = {v[0] + x, v[1] + x, v[2] + x, v[3] + x};
    load_plain(p, in + step * x, n - x, rest);
}

static const float least = 0.5f / 255; /* of what is laid over that changes a pixel: half a level */

/* Stores what has been laid over: touched[x] is how much of it there is. */
static void store_touched_plain(enum compose_packing p, float *const v[4], const float *touched,
                                uint8_t *out, int n)
{
    int colour = p == COMPOSE_AYUV, step = bytes_of(p);
    for (int x = 0; x < n; x++, out += step) {
        if (touched[x] < least)
            continue;
        float a = within(v[3][x], 1e-6f, 1), gain = 1 / a;
        for (int k = 0; k < 3; k++)
            out[colour + k] = (uint8_t)whole(within(v[k][x] * gain, 0, 255));
        if (p != COMPOSE_RGB)
            out[p == COMPOSE_AYUV ? 0 : 3] = (uint8_t)whole(a * 255);
    }
}

/* 8 numbers, rounded, as byte `at` of 8 words. */
static __m256i as_byte(__m256 v, int at)
{
    v = _mm256_min_ps(_mm256_max_ps(v, _mm256_setzero_ps()), _mm256_set1_ps(255));
    __m256i w = _mm256_cvttps_epi32(_mm256_add_ps(v, _mm256_set1_ps(0.5f)));
    return _mm256_slli_epi32(w, 8 * at);
}

static void store_touched(enum compose_packing p, float *const v[4], const float *touched,
                          uint8_t *out, int n)
{
    int colour = p == COMPOSE_AYUV, alpha = p == COMPOSE_AYUV ? 0 : 3, step = bytes_of(p), x = 0;
    const __m256 one = _mm256_set1_ps(1);
    for (; x + 8 <= n; x += 8) {
        __m256 is = _mm256_cmp_ps(_mm256_loadu_ps(touched + x), _mm256_set1_ps(least), _CMP_GE_OQ);
        __m256 a =
            _mm256_min_ps(_mm256_max_ps(_mm256_loadu_ps(v[3] + x), _mm256_set1_ps(1e-6f)), one);
        __m256 gain = _mm256_div_ps(one, a);
        __m256i w = as_byte(_mm256_mul_ps(a, _mm256_set1_ps(255)), alpha);
        for (int k = 0; k < 3; k++)
            w = _mm256_or_si256(
                w, as_byte(_mm256_mul_ps(_mm256_loadu_ps(v[k] + x), gain), colour + k));
        uint8_t *to = out + step * x;
        put_words(p, to, _mm256_blendv_epi8(words_at(p, to), w, _mm256_castps_si256(is)));
    }
    float *const rest[4] = {v[0] + x, v[1] + x, v[2] + x, v[3] + x};
    store_touched_plain(p, rest, touched + x, out + step * x, n - x);
}

static void lay(float *const v[4], float *const over[4], float *touched, int n)
{
    for (int x = 0; x < n; x++) {
        float left = 1 - over[3][x];
        for (int k = 0; k < 4; k++)
            v[k][x] = v[k][x] * left + over[k][x];
        touched[x] += over[3][x];
    }
}

/* --- The base --------------------------------------------------------------------------------- */

static void copy_rows(const struct compose *c, enum compose_packing p, const uint8_t *in,
                      long in_stride, uint8_t *out, long out_stride)
{
    for (int y = 0; y < c->options.height; y++)
        memcpy(out + y * out_stride, in + y * in_stride,
               (size_t)c->options.width * (size_t)bytes_of(p));
}

/* A plate that never moves is kept for the frames that follow; without memory each is drawn. */
static void keep_still(const struct compose *c, struct compose_scratch *s, enum compose_packing p,
                       const uint8_t *drawn, long stride)
{
    long row = (long)c->options.width * bytes_of(p);
    free(s->still);
    s->still = malloc((size_t)row * (size_t)c->options.height);
    s->still_packing = p;
    if (s->still)
        copy_rows(c, p, drawn, stride, s->still, row);
}

static void draw_plate(const struct compose *c, struct compose_scratch *s, int i,
                       enum compose_packing p, uint8_t *out, int stride)
{
    if (s->still && s->still_packing == p) {
        copy_rows(c, p, s->still, (long)c->options.width * bytes_of(p), out, stride);
        return;
    }
    struct source src = {
        {c->plate[0], c->plate[1], c->plate[2]}, 3, c->plate_stride, c->options.plain};
    compose_aim_plate(c, s, c->frames[i].window, 0);
    for (int y = 0; y < c->options.height; y++) {
        compose_resample(s, &src, y);
        (src.plain ? store_solid_plain : store_solid)(&c->colour, s->made, p,
                                                      out + (long)y * stride, c->options.width);
    }
    if (c->still)
        keep_still(c, s, p, out, stride);
}

static void clear(const struct compose *c, enum compose_packing p, uint8_t *out, int stride)
{
    size_t row = (size_t)c->options.width * (size_t)bytes_of(p);
    for (int y = 0; y < c->options.height; y++)
        memset(out + (long)y * stride, 0, row);
}

/* --- Shadow, actor, effect -------------------------------------------------------------------- */

struct ellipse { /* the shadow in pixels */
    double cx, cy, rx, ry, darkness;
};

static struct ellipse ellipse_of(const struct compose *c, const struct compose_frame *f)
{
    double pixels = c->options.width / f->window.width;
    const struct compose_shadow *s = &f->shadow;
    return (struct ellipse){(s->x - f->window.x) * pixels, (s->y - f->window.y) * pixels,
                            s->rx * pixels, s->ry * pixels, c->options.no_shadow ? 0 : s->darkness};
}

static int clip_to(double v, int high)
{
    return (int)fmin(fmax(v, 0), high);
}

static void widen(struct box *all, const struct box *b)
{
    all->x0 = b->x0 < all->x0 ? b->x0 : all->x0;
    all->y0 = b->y0 < all->y0 ? b->y0 : all->y0;
    all->x1 = b->x1 > all->x1 ? b->x1 : all->x1;
    all->y1 = b->y1 > all->y1 ? b->y1 : all->y1;
}

static void aim(const struct compose *c, struct compose_scratch *const s[3],
                const struct compose_frame *f, const struct ellipse *e, struct sprites *out)
{
    const struct sprite *sprite[] = {&c->actor, &c->effect};
    const struct compose_placed *at[] = {&f->actor, &f->effect};
    int w = c->options.width, h = c->options.height;
    out->all = (struct box){w, 0, h, 0};
    for (int k = 0; k < 2; k++) {
        out->there[k] = compose_aim_sprite(c, s[1 + k], sprite[k], f, at[k], &out->box[k],
                                           &out->source[k], &out->sharpness[k]);
        if (out->there[k])
            widen(&out->all, &out->box[k]);
    }
    if (e->darkness > 0) {
        struct box b = {clip_to(floor(e->cx - e->rx), w), clip_to(ceil(e->cx + e->rx), w),
                        clip_to(floor(e->cy - e->ry), h), clip_to(ceil(e->cy + e->ry), h)};
        widen(&out->all, &b);
    }
    out->all.x1 = out->all.x1 < w ? out->all.x1 : w; /* boxes are even, frames need not be */
    out->all.y1 = out->all.y1 < h ? out->all.y1 : h;
}

static void lay_shadow(const struct compose *c, const struct ellipse *e, int y, float *const v[4],
                       float *touched, float *alpha)
{
    double dy = (y + 0.5 - e->cy) / e->ry;
    int from, to;
    if (!(e->darkness > 0 && dy > -1 && dy < 1) ||
        !row_shadow(alpha, c->options.width, e->cx, e->rx, dy * dy, e->darkness, &from, &to))
        return;
    for (int x = from; x < to; x++) {
        for (int k = 0; k < 3; k++)
            v[k][x] += ((float)c->colour.black[k] - v[k][x]) * alpha[x];
        v[3][x] += (1 - v[3][x]) * alpha[x];
        touched[x] += alpha[x];
    }
}

static void lay_sprite(const struct compose *c, struct compose_scratch *s,
                       const struct sprites *sprites, int which, int y, float *const v[4],
                       float *touched)
{
    const struct box *b = &sprites->box[which];
    if (!sprites->there[which] || y < b->y0 || y >= b->y1)
        return;
    int n = b->x1 - b->x0;
    compose_resample(s, &sprites->source[which], y - b->y0);
    (c->options.plain ? row_shade_plain : row_shade)(&c->colour, s->made, s->row, n,
                                                     sprites->sharpness[which]);
    float *const to[4] = {v[0] + b->x0, v[1] + b->x0, v[2] + b->x0, v[3] + b->x0};
    lay(to, s->row, touched + b->x0, n);
}

/* The rows of v, touched and the shadow's alpha lie in the first scratch, which the plate is done
 * with by now. */
static void draw_sprites(const struct compose *c, struct compose_scratch *const s[3],
                         const struct compose_frame *f, enum compose_packing p, uint8_t *out,
                         int stride)
{
    struct ellipse e = ellipse_of(c, f);
    struct sprites sprites;
    float *const *v = s[0]->row, *touched = s[0]->sum[0], *alpha = s[0]->sum[1];
    aim(c, s, f, &e, &sprites);
    int x0 = sprites.all.x0, n = sprites.all.x1 - x0;
    for (int y = sprites.all.y0; y < sprites.all.y1; y++) {
        uint8_t *row = out + (long)y * stride + (long)x0 * bytes_of(p);
        float *const part[4] = {v[0] + x0, v[1] + x0, v[2] + x0, v[3] + x0};
        (c->options.plain ? load_plain : load)(p, row, n, part);
        memset(touched + x0, 0, (size_t)n * sizeof *touched);
        lay_shadow(c, &e, y, v, touched, alpha);
        lay_sprite(c, s[1], &sprites, 0, y, v, touched);
        lay_sprite(c, s[2], &sprites, 1, y, v, touched);
        (c->options.plain ? store_touched_plain : store_touched)(p, part, touched + x0, row, n);
    }
}

void compose_draw_packed(const struct compose *c, struct compose_scratch *const s[3], int i,
                         const struct compose_place *place, enum compose_base base,
                         enum compose_packing packing, uint8_t *out, int stride)
{
    if (base == COMPOSE_ON_PLATE)
        draw_plate(c, s[0], i, packing, out, stride);
    else if (base == COMPOSE_ON_NOTHING)
        clear(c, packing, out, stride);
    if (c->options.plate_only)
        return;
    struct compose_frame f = compose_placed_frame(c, i, place);
    draw_sprites(c, s, &f, packing, out, stride);
}
