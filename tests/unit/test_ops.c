/* Every fast operation against its plain twin, over random shapes: matrix products, attention in
 * both vector widths, norms, and the depthwise convolution at every cut into tokens. Tolerances: a
 * few rounding steps of a float for each sum's length. */
#include "tests/tap.h"

#include <stdlib.h>

#include "generator/cpu/attention.h"
#include "generator/cpu/gemm.h"
#include "generator/cpu/ops.h"
#include "generator/cpu/ref.h"
#include "generator/model/layout.h"
#include "generator/rng.h"

static uint64_t draws = 1;

static int pick(int low, int high)
{
    uint32_t r[4];
    rng_block(99, 1, draws++, r);
    return low + (int)(r[0] % (uint32_t)(high - low + 1));
}

static float *random_floats(long n)
{
    float *x = malloc(((size_t)n + 16) * sizeof *x);
    if (x)
        rng_normal(draws++, 2, x, n);
    return x;
}

static double apart(const float *a, const float *b, long n)
{
    double most = 0;
    for (long i = 0; i < n; i++) {
        double e = fabs((double)a[i] - b[i]);
        most = e > most || e != e ? e : most;
    }
    return most;
}

static void products(int n, int k, int rows, enum gemm_act act, bool biased)
{
    float *w = random_floats((long)n * k), *x = random_floats((long)rows * k),
          *bias = random_floats(n);
    float *y = random_floats((long)rows * n), *z = random_floats((long)rows * n),
          *want = random_floats((long)rows * n);
    whelk_error err = {0};
    struct gemm *one = gemm_new(w, biased ? bias : NULL, n, k, act, 1, &err);
    struct gemm *three = gemm_new(w, biased ? bias : NULL, n, k, act, 3, &err);
    ref_gemm(x, w, biased ? bias : NULL, rows, n, k, act, want);
    if (ok(one && three && gemm_prepare(one, rows, &err) && gemm_prepare(three, rows, &err),
           "%d x %d x %d can be made %s", rows, n, k, err.text)) {
        gemm_run(one, x, y, rows);
        gemm_run(three, x, z, rows);
        double size = act == GEMM_RELU2 ? 4 * k : sqrt(k); /* a square doubles a relative error */
        ok(apart(y, want, (long)rows * n) < 1e-5 * size,
           "%d x %d x %d act %d%s: as the plain product", rows, n, k, (int)act,
           biased ? " with bias" : "");
        ok(memcmp(y, z, (size_t)rows * (size_t)n * sizeof *y) == 0,
           "and the same bytes from three threads");
    }
    gemm_free(one);
    gemm_free(three);
    float *all[] = {w, x, bias, y, z, want};
    for (int i = 0; i < 6; i++)
        free(all[i]);
}

static void tiles_cover_rows(void)
{
    int bad = 0, long_ones = 0;
    for (int rows = 1; rows < 3000; rows++) {
        int at = 0;
        for (int i = 0; i < gemm_tiles(rows); i++) {
            int next = gemm_tile_row(rows, i + 1);
            bad += gemm_tile_row(rows, i) != at || next <= at;
            long_ones += next - at > 40;
            at = next;
        }
        bad += at != rows;
    }
    is_int(bad, 0, "tiles cover all rows, in order, none empty");
    is_int(long_ones, 0, "and have at most 40 rows");
}

static void attends(int tokens, int heads, int d, bool wide)
{
    struct attention a = {.tokens = tokens, .heads = heads, .head_dim = d, .wide = wide};
    attention_layout(&a);
    long n = (long)tokens * heads * d;
    float *q = random_floats(n), *k = random_floats(n), *v = random_floats(n),
          *out = random_floats(n), *part = random_floats(n);
    float *keys = random_floats(attention_keys(&a)),
          *values = random_floats(attention_keys(&a)); /* stale numbers in the padding */
    float *scores = aligned_alloc(64, (size_t)attention_scores(&a) * sizeof(float));
    float *one = random_floats(4L * tokens * d), *want = one + 3L * tokens * d;
    double worst = 0;
    for (int i = 0; i < tokens; i++)
        attention_put(&a, i, k + (long)i * heads * d, v + (long)i * heads * d, keys, values);
    for (int h = 0; h < heads; h++) {
        attention_rows(&a, q, keys, values, 0, tokens, h, scores, out);
        for (int i = 0; i < tokens; i += 5)
            attention_rows(&a, q, keys, values, i, tokens - i < 5 ? tokens - i : 5, h, scores,
                           part);
        for (int i = 0; i < tokens; i++)
            for (int j = 0; j < d; j++) {
                long from = ((long)i * heads + h) * d + j, to = (long)i * d + j;
                one[to] = q[from] / ATTENTION_LOG2E;
                one[(long)tokens * d + to] = k[from];
                one[2L * tokens * d + to] = v[from];
            }
        ref_attention(one, one + (long)tokens * d, one + 2L * tokens * d, tokens, tokens, d, want);
        for (int i = 0; i < tokens; i++) {
            double e = apart(out + ((long)i * heads + h) * d, want + (long)i * d, d);
            worst = e > worst || e != e ? e : worst;
        }
    }
    ok(worst < 2e-5, "attention of %d tokens, %d heads of %d, %s: error %.1e", tokens, heads, d,
       wide ? "wide" : "narrow", worst);
    ok(memcmp(out, part, (size_t)n * sizeof *out) == 0, "and the same bytes five rows at a time");
    float *all[] = {q, k, v, out, part, keys, values, scores, one};
    for (int i = 0; i < 9; i++)
        free(all[i]);
}

/* Two parts of the keys: as if there were no others. */
static void attends_to_parts(int tokens, int d, bool wide, struct attention_part one,
                             struct attention_part two)
{
    struct attention a = {.tokens = tokens, .heads = 2, .head_dim = d, .wide = wide},
                     few = {.heads = 2, .head_dim = d, .wide = wide};
    few.tokens = one.to - one.from + two.to - two.from;
    attention_layout(&a);
    attention_layout(&few);
    long n = (long)tokens * 2 * d;
    float *q = random_floats(n), *k = random_floats(n), *v = random_floats(n),
          *out = random_floats(n), *want = random_floats(n);
    float *keys = random_floats(attention_keys(&a)), *values = random_floats(attention_keys(&a)),
          *few_keys = random_floats(attention_keys(&few)),
          *few_values = random_floats(attention_keys(&few));
    float *scores = aligned_alloc(64, (size_t)attention_scores(&a) * sizeof(float));
    for (int i = 0, put = 0; i < tokens; i++) {
        const float *k_row = k + (long)i * 2 * d, *v_row = v + (long)i * 2 * d;
        attention_put(&a, i, k_row, v_row, keys, values);
        if ((i >= one.from && i < one.to) || (i >= two.from && i < two.to))
            attention_put(&few, put++, k_row, v_row, few_keys, few_values);
    }
    a.part[0] = one, a.part[1] = two, a.parts = two.to ? 2 : 1;
    for (int h = 0; h < 2; h++) {
        attention_rows(&a, q, keys, values, 0, tokens, h, scores, out);
        attention_rows(&few, q, few_keys, few_values, 0, tokens, h, scores, want);
    }
    ok(memcmp(out, want, (size_t)n * sizeof *out) == 0,
       "of %d keys [%d, %d) and [%d, %d) are looked at, %s", tokens, one.from, one.to, two.from,
       two.to, wide ? "wide" : "narrow");
    float *all[] = {q, k, v, out, want, keys, values, few_keys, few_values, scores};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* Scores far apart and far from nought: the softmax must neither overflow nor lose its greatest. */
static void attends_to_extremes(bool wide)
{
    struct attention a = {.tokens = 37, .heads = 1, .head_dim = 8, .wide = wide};
    attention_layout(&a);
    float q[37 * 8] = {0}, k[8] = {0}, v[8] = {0}, out[37 * 8];
    float *keys = calloc((size_t)attention_keys(&a), 4),
          *values = calloc((size_t)attention_keys(&a), 4);
    float *scores = calloc((size_t)attention_scores(&a), 4);
    for (int i = 0; i < 37; i++) {
        q[8 * i] = i % 2 ? 3000 : -3000;
        k[0] = (float)i;
        v[0] = (float)i;
        attention_put(&a, i, k, v, keys, values);
    }
    attention_rows(&a, q, keys, values, 0, 37, 0, scores, out);
    ok(fabs(out[0]) < 1e-30 && out[8] == 36, "with scores of 1e5 the greatest takes all, %s",
       wide ? "wide" : "narrow");
    free(keys);
    free(values);
    free(scores);
}

static void rows_of(int rows, int d)
{
    long n = (long)rows * d;
    float *x = random_floats(n), *a = random_floats(d), *b = random_floats(d),
          *y = random_floats(n), *z = random_floats(n);
    ops_norm(x, a, b, rows, d, y);
    ref_norm(x, a, b, rows, d, z);
    ok(apart(y, z, n) < 2e-5, "norm of %d rows of %d", rows, d);
    memcpy(y, x, (size_t)n * sizeof *x);
    memcpy(z, x, (size_t)n * sizeof *x);
    ops_gate(y, x, a, rows, d);
    ref_gate(z, x, a, rows, d);
    ok(apart(y, z, n) < 1e-5, "gate of %d rows of %d", rows, d);
    ops_normalise(y, rows, d, 3);
    ref_normalise(z, rows, d, 3);
    ok(apart(y, z, n) < 1e-5, "unit length of %d rows of %d", rows, d);
    ops_relu2(y, (int)n);
    ref_relu2(z, (int)n);
    ok(apart(y, z, n) < 1e-4, "relu^2 of %d numbers", (int)n);
    memset(x, 0, (size_t)n * sizeof *x);
    ops_normalise(x, rows, d, 3);
    ok(x[0] == 0 && x[n - 1] == 0, "a row of zeros stays");
    float *all[] = {x, a, b, y, z};
    for (int i = 0; i < 5; i++)
        free(all[i]);
}

static void linear_vectors(int n, int k)
{
    float *w = random_floats((long)n * k), *b = random_floats(n), *x = random_floats(k),
          *y = random_floats(n);
    float *want = random_floats(n);
    ops_linear(w, b, x, n, k, y);
    ref_gemm(x, w, b, 1, n, k, 0, want);
    ok(apart(y, want, n) < 1e-5 * sqrt(k), "a vector through %d x %d", n, k);
    float *all[] = {w, b, x, y, want};
    for (int i = 0; i < 5; i++)
        free(all[i]);
}

/* A model of one layer, as far as layouts look at it. */
static void convolves(int t, int y, int x, int qt, int qy, int qx, int c, int fine_in_ten)
{
    struct model m = {.layer_count = 1, .slot_count = 0};
    struct model_layer *l = &m.layers[0];
    *l = (struct model_layer){.name = "grid",
                              .grid = true,
                              .t = t,
                              .y = y,
                              .x = x,
                              .cells = t * y * x,
                              .dim = 1,
                              .quad_t = qt,
                              .quad_y = qy,
                              .quad_x = qx,
                              .quad_cells = qt * qy * qx};
    l->quads = l->quad_cells ? l->cells / l->quad_cells : 0;
    struct geometry g;
    struct layout lay;
    bool choice[4096] = {0}, *chosen[MODEL_LAYERS_MAX] = {choice};
    whelk_error err = {0};
    if (!geometry_init(&g, &m, &err) || !layout_init(&lay, &m, &err))
        return;
    for (int q = 0; q < l->quads; q++)
        choice[q] = pick(0, 9) < fine_in_ten;
    layout_build(&lay, &g, chosen, NULL);
    int rows = lay.image_tokens;
    float *u = random_floats((long)rows * c), *kernel = random_floats(9L * c),
          *taps = random_floats(18L * c);
    float *got = random_floats((long)rows * c), *want = random_floats((long)rows * c);
    layout_fold(l, kernel, c, taps);
    ops_conv_relu2(u, lay.taps, lay.tap_start, rows, taps, c, got);
    ref_conv(u, lay.layer[0].row_of_cell, t, y, x, kernel, c, want, rows);
    ref_relu2(want, rows * c);
    ok(apart(got, want, (long)rows * c) < 2e-3,
       "convolution on %dx%dx%d cells, %d fine and %d coarse tokens, %d channels: %.1e", t, y, x,
       lay.layer[0].fine, lay.layer[0].coarse, c, apart(got, want, (long)rows * c));
    float *all[] = {u, kernel, taps, got, want};
    for (int i = 0; i < 5; i++)
        free(all[i]);
    layout_release(&lay);
    geometry_release(&g);
}

/* The published answer of Philox 4x32-10 for counter 0 under key 0, and what a normal deviate is.
 */
static void random_numbers(void)
{
    static const uint32_t ZERO[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    uint32_t got[4];
    enum { MANY = 100000 };
    float *x = random_floats(MANY), *y = random_floats(MANY);
    double mean = 0, square = 0, fourth = 0, pairs = 0;
    rng_block(0, 0, 0, got);
    ok(memcmp(got, ZERO, sizeof got) == 0, "Philox gives its published first block");
    rng_normal(7, 3, x, MANY);
    rng_normal(7, 3, y, 1001);
    ok(memcmp(x, y, 1001 * sizeof *x) == 0, "a shorter draw is the start of a longer one");
    rng_normal(7, 4, y, MANY);
    for (int i = 0; i < MANY; i++) {
        mean += x[i] / MANY;
        square += x[i] * x[i] / MANY;
        fourth += pow(x[i], 4) / MANY;
        pairs += x[i] * y[i] / MANY;
    }
    ok(fabs(mean) < 0.015 && fabs(square - 1) < 0.02 && fabs(fourth - 3) < 0.15 &&
           fabs(pairs) < 0.015,
       "draws are normal, and streams do not know each other (%.4f %.4f %.3f %.4f)", mean, square,
       fourth, pairs);
    free(x);
    free(y);
}

int main(void)
{
    random_numbers();
    tiles_cover_rows();
    products(192, 192, 258, GEMM_PLAIN, true);
    products(4, 32, 3, GEMM_PLAIN, true);
    for (int i = 0; i < 12; i++)
        products(pick(1, 300), pick(1, 300), pick(1, 200), (enum gemm_act)pick(0, 2), pick(0, 1));
    for (int wide = 0; wide <= attention_has_avx512(); wide++) {
        for (int i = 0; i < 8; i++)
            attends(pick(1, 150), pick(1, 4), 8 * pick(1, 10), wide);
        attends(258, 4, 48, wide);
        attends_to_extremes(wide);
        attends_to_parts(203, 48, wide, (struct attention_part){0, 64},
                         (struct attention_part){128, 203});
        attends_to_parts(192, 20, wide, (struct attention_part){96, 160},
                         (struct attention_part){0, 0});
    }
    for (int i = 0; i < 5; i++) {
        rows_of(pick(1, 40), 8 * pick(1, 60));
        linear_vectors(pick(1, 300), pick(1, 300));
    }
    convolves(1, 6, 14, 1, 2, 2, 96, 0);
    convolves(1, 6, 14, 1, 2, 2, 40, 10);
    convolves(8, 4, 4, 2, 2, 2, 64, 5);
    convolves(3, 2, 2, 0, 0, 0, 32, 0);
    for (int i = 0; i < 10; i++) {
        int qt = pick(1, 3), qy = pick(1, 3), qx = pick(1, 3);
        convolves(qt * pick(1, 3), qy * pick(1, 4), qx * pick(1, 5), qt, qy, qx, 8 * pick(1, 9),
                  pick(0, 10));
    }
    return done_testing();
}
