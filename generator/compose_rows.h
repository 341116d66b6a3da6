/* The compositor's row kernels: pixels of one row of one plane. Each has its plain C form and an
 * AVX2 form that computes the same up to rounding; compose.c chooses. */
#ifndef WHELK_COMPOSE_ROWS_H
#define WHELK_COMPOSE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

/* The three numbers of a pixel: luma and two chromas after one of the three recommendations, or
 * red, green and blue. */
enum row_space { ROW_BT709, ROW_BT601, ROW_BT2020, ROW_RGB };

/* How red, green and blue (0..1) are coded. */
struct row_colour {
    float shade[3][4];          /* planes from r, g, b and alpha, premultiplied */
    float red, blue;            /* weights of luma */
    float luma_scale, luma_low; /* Y = low + scale * luma */
    float chroma_scale;         /* C = 128 + scale * difference / its range */
    int low[2], high[2];        /* of the first plane, of the other two */
    int black[3];
    bool rgb;
};
void row_colour_set(struct row_colour *c, enum row_space space, bool full_range);
void row_colour_of(const struct row_colour *c, const float rgb[3], float coded[3]);

/* out[x] = v[x] rounded, within low..high. v may be read up to a multiple of 8. */
void row_store(const float *v, uint8_t *out, int n, int low, int high);
void row_store_plain(const float *v, uint8_t *out, int n, int low, int high);

/* Turns a row of premultiplied r, g, b, a (shares of 16384) into the premultiplied planes of the
 * colour with a sharpened a: out[0] becomes Y (16..235 times alpha), out[1] Cb, out[2] Cr, out[3]
 * alpha = clamp((a - 0.5) * sharpness + 0.5). */
void row_shade(const struct row_colour *c, int16_t *const rgba[4], float *const out[4], int n,
               float sharpness);
void row_shade_plain(const struct row_colour *c, int16_t *const rgba[4], float *const out[4], int n,
                     float sharpness);

/* out = out * (1 - alpha) + v */
void row_over(const float *v, const float *alpha, uint8_t *out, int n);
void row_over_plain(const float *v, const float *alpha, uint8_t *out, int n);

/* Two rows of luma's width become one of chroma's, sited left: (1 2 1) / 4 across, the mean down. n
 * = samples made; s holds the sum of the two rows, and s[-1] must be readable. */
void row_fold(const float *s, float *out, int n);
void row_fold_plain(const float *s, float *out, int n);

/* Darkens by an ellipse's soft profile: d2 is the squared share of the vertical radius, cx and rx
 * in samples of this row. */
void row_darken(uint8_t *out, int n, double cx, double rx, double d2, double darkness, int black);
/* The same profile as alpha, for columns from..to; false = this row has none. */
bool row_shadow(float *alpha, int n, double cx, double rx, double d2, double darkness, int *from,
                int *to);

#endif
