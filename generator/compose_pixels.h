/* The plate's last step into packed pixels, text that reads alike in registers of 32 and of 64
 * bytes: included by compose_packed.c and compose_packed_avx512.c, which define VECTOR, V(op), the
 * op of that width, LOAD, BROADCAST (16 bytes to all lanes of 16), LANES (16-bit numbers in a
 * vector), DRAW_PIXELS, the name of the function that comes of it, and put_lanes(): the 4-byte
 * pixels of a and b, in each lane four of a's before four of b's, written as the packing wants. */

#define INLINE static inline __attribute__((always_inline)) /* else weights go through memory */

INLINE VECTOR pixels_tap(const int16_t *row, long x, VECTOR weight)
{
    return V(mulhrs_epi16)(LOAD(row + x), weight);
}

INLINE VECTOR pixels_four(const int16_t *const rows[4], long x, const VECTOR *weight)
{
    return V(add_epi16)(
        V(add_epi16)(pixels_tap(rows[0], x, weight[0]), pixels_tap(rows[1], x, weight[1])),
        V(add_epi16)(pixels_tap(rows[2], x, weight[2]), pixels_tap(rows[3], x, weight[3])));
}

/* Eight of one byte and eight of another, in every lane. */
INLINE VECTOR pixels_bound(int a, int b)
{
    return BROADCAST(_mm_unpacklo_epi64(_mm_set1_epi8((char)a), _mm_set1_epi8((char)b)));
}

struct pixels_bounds { /* of a pixel's first and third byte, and of its second and fourth */
    VECTOR low[2], high[2];
};

INLINE struct pixels_bounds pixels_bounds_of(const struct row_colour *c, enum compose_packing p)
{
    const int none[2] = {0, 0}, all[2] = {255, 255}, *low = p == COMPOSE_AYUV ? c->low : none,
              *high = p == COMPOSE_AYUV ? c->high : all;
    return (struct pixels_bounds){{pixels_bound(0, low[1]), pixels_bound(low[0], low[1])},
                                  {pixels_bound(255, high[1]), pixels_bound(high[0], high[1])}};
}

/* Writes LANES pixels, whose three numbers are at the scale of 64. */
INLINE void pixels_put(enum compose_packing p, const struct pixels_bounds *b, const VECTOR v[3],
                       uint8_t *out)
{
    const VECTOR scale = V(set1_epi16)(512), solid = V(set1_epi16)(255); /* (v + 32) >> 6 */
    VECTOR k[3];
    for (int i = 0; i < 3; i++)
        k[i] = V(mulhrs_epi16)(v[i], scale);
    bool first = p == COMPOSE_AYUV;
    VECTOR even = first ? V(packus_epi16)(solid, k[1]) : V(packus_epi16)(k[0], k[2]),
           odd = first ? V(packus_epi16)(k[0], k[2]) : V(packus_epi16)(k[1], solid);
    if (first) { /* red, green and blue use all of a byte */
        even = V(min_epu8)(V(max_epu8)(even, b->low[0]), b->high[0]);
        odd = V(min_epu8)(V(max_epu8)(odd, b->low[1]), b->high[1]);
    }
    VECTOR ab = V(unpacklo_epi8)(even, odd), cd = V(unpackhi_epi8)(even, odd);
    put_lanes(p, out, V(unpacklo_epi16)(ab, cd), V(unpackhi_epi16)(ab, cd));
}

INLINE void pixels_row(const struct compose *c, const struct compose_scratch *s, int y,
                       enum compose_packing p, bool four, uint8_t *out, const uint8_t *next)
{
    const int width = s->across.out, bytes = p == COMPOSE_RGB ? 3 : 4;
    const long apart = s->rows[s->down.taps] - s->rows[0]; /* from plane to plane */
    const int16_t *const rows[4] = {s->rows[0], s->rows[1], s->rows[2], s->rows[3]};
    const struct pixels_bounds bounds = pixels_bounds_of(&c->colour, p);
    VECTOR weight[4], v[3];
    uint8_t rest[4 * LANES];
    for (int i = 0; i < 3 && !four; i++)
        resample16_column(&s->down, y, s->rows + i * s->down.taps, s->made[i], width);
    for (int k = 0; k < 4 && four; k++)
        weight[k] = V(set1_epi16)(s->down.weight[resample16_at(&s->down, y, k)]);
    for (int x = 0; x < width; x += LANES) {
        for (int i = 0; i < 3; i++)
            v[i] = four ? pixels_four(rows, i * apart + x, weight) : LOAD(s->made[i] + x);
        for (int k = 0; k < LANES * bytes; k += 64)
            __builtin_prefetch(next + (long)x * bytes + k, 1, 2);
        if (x + LANES <= width) {
            pixels_put(p, &bounds, v, out + (long)x * bytes);
        } else {
            pixels_put(p, &bounds, v, rest);
            memcpy(out + (long)x * bytes, rest, (size_t)((width - x) * bytes));
        }
    }
}

INLINE void pixels_packed(const struct compose *c, const struct compose_scratch *s, int y,
                          enum compose_packing p, uint8_t *out, const uint8_t *next)
{
    if (s->down.taps == 4) /* wherever a picture is made larger */
        pixels_row(c, s, y, p, true, out, next);
    else
        pixels_row(c, s, y, p, false, out, next);
}

/* The packing is a constant in each of the loops that come of it. */
void DRAW_PIXELS(const struct compose *c, const struct compose_scratch *s, int y, uint8_t *out,
                 const uint8_t *next)
{
    if (c->options.packing == COMPOSE_RGB)
        pixels_packed(c, s, y, COMPOSE_RGB, out, next);
    else if (c->options.packing == COMPOSE_RGBA)
        pixels_packed(c, s, y, COMPOSE_RGBA, out, next);
    else
        pixels_packed(c, s, y, COMPOSE_AYUV, out, next);
}
