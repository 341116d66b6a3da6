/* Products with weights as files keep them, against loops in double over random shapes: every type
 * of weight, several taps, every way for a result to leave, in f32 and in bf16 where the processor
 * has it. */
#include "tests/tap.h"

#include <immintrin.h>
#include <stdint.h>
#include <stdlib.h>

#include "generator/cpu/attention_bf16.h"
#include "generator/cpu/matmul.h"
#include "generator/cpu/rows.h"

static unsigned state = 1;

static int below(int n)
{
    state = state * 1664525u + 1013904223u;
    return (int)(state >> 8) % n;
}

/* Exact in bf16, so that both kinds of product see the same numbers. */
static float some(void)
{
    return (float)(below(255) - 127) / 64;
}

struct shape {
    int n, in, taps, rows;
    bool bf16;
};

struct setting {
    struct shape s;
    struct matmul m;
    float *w, *x, *bias; /* w [n][in][taps], x [taps][rows][in] */
    char *operands;
    void *scratch, *packed;
    struct matmul_job job;
};

static void *room(size_t bytes)
{
    return aligned_alloc(64, (bytes + 127) / 64 * 64);
}

static void set_up(struct setting *t, struct shape s)
{
    size_t row = matmul_row_bytes(s.bf16, s.in);
    *t = (struct setting){.s = s};
    t->w = room((size_t)s.n * s.in * s.taps * 4);
    t->x = room((size_t)s.taps * s.rows * s.in * 4);
    t->bias = room((size_t)s.n * 4);
    t->operands = room(s.taps * s.rows * row);
    for (long i = 0; i < (long)s.n * s.in * s.taps; i++)
        t->w[i] = some();
    for (long i = 0; i < (long)s.taps * s.rows * s.in; i++)
        t->x[i] = some();
    for (int i = 0; i < s.n; i++)
        t->bias[i] = some();
    for (long r = 0; r < (long)s.taps * s.rows; r++)
        matmul_put(s.bf16, t->x + r * s.in, s.in, t->operands + (size_t)r * row);
    t->m = (struct matmul){.w = {(void *)t->w, WEIGHT_F32, s.n, s.in, s.taps, 1, NULL},
                           .bias = t->bias,
                           .bf16 = s.bf16};
    t->scratch = room(matmul_scratch(&t->m));
    t->packed = room(matmul_packed_bytes(&t->m));
    t->job = (struct matmul_job){.x_stride = (long)row, .rows = s.rows, .y_stride = s.n};
    for (int k = 0; k < s.taps; k++)
        t->job.x[k] = t->operands + (size_t)k * s.rows * row;
}

static void tear_down(struct setting *t)
{
    void *all[] = {t->w, t->x, t->bias, t->operands, t->scratch, t->packed};
    for (int i = 0; i < 6; i++)
        free(all[i]);
}

static void run(struct setting *t)
{
    for (int i = matmul_tasks(&t->m, t->s.rows) - 1; i >= 0; i--)
        matmul_task(&t->m, &t->job, i, t->scratch);
}

static double wanted(const struct setting *t, int row, int column)
{
    struct shape s = t->s;
    double sum = t->bias[column];
    for (int k = 0; k < s.taps; k++)
        for (int i = 0; i < s.in; i++)
            sum += (double)t->x[((long)k * s.rows + row) * s.in + i] *
                   t->w[((long)column * s.in + i) * s.taps + k];
    return sum;
}

static void plain_products(bool bf16)
{
    double worst = 0;
    bool same = true;
    for (int round = 0; round < 40; round++) {
        struct setting t;
        struct shape s = {1 + below(100), 1 + below(round % 4 ? 90 : 700),
                          round % 3 ? 1 : 1 + below(27), 1 + below(round % 5 ? 70 : 1100), bf16};
        set_up(&t, s);
        float *y = room((size_t)s.rows * s.n * 4), *z = room((size_t)s.rows * s.n * 4);
        t.job.y = y;
        run(&t);
        for (int i = 0; i < 200; i++) {
            int r = below(s.rows), c = below(s.n);
            double want = wanted(&t, r, c), e = fabs(y[(long)r * s.n + c] - want);
            e /= 1 + sqrt((double)s.in * s.taps);
            worst = e > worst || e != e ? e : worst;
        }
        matmul_pack(&t.m, t.packed);
        t.job.y = z;
        run(&t);
        same = same && memcmp(y, z, (size_t)s.rows * s.n * 4) == 0;
        free(y);
        free(z);
        tear_down(&t);
    }
    ok(worst < 3e-6, "%s: products over random shapes agree: %.1e", bf16 ? "bf16" : "f32", worst);
    ok(same, "%s: panels made ahead give the same bytes", bf16 ? "bf16" : "f32");
}

static void ways_out(bool bf16)
{
    struct setting t;
    struct shape s = {45, 64, 1, 37, bf16};
    set_up(&t, s);
    float *y = room(37 * 45 * 4), *start = room(37 * 45 * 4), *gate = room(45 * 4);
    for (int i = 0; i < 37 * 45; i++)
        y[i] = start[i] = some();
    for (int i = 0; i < 45; i++)
        gate[i] = some();
    t.job.y = y, t.job.add = true, t.job.gate = gate;
    run(&t);
    double worst = 0;
    for (int r = 0; r < 37; r++)
        for (int c = 0; c < 45; c++)
            worst =
                fmax(worst, fabs(y[r * 45 + c] - (start[r * 45 + c] + gate[c] * wanted(&t, r, c))));
    ok(worst < 1e-4, "%s: a gated result is added: %.1e", bf16 ? "bf16" : "f32", worst);

    size_t row = matmul_row_bytes(bf16, 45);
    char *operand = room(37 * row);
    memset(operand, 0x55, 37 * row);
    t.m.act = MATMUL_GELU;
    t.job = (struct matmul_job){.x = {t.operands},
                                .x_stride = t.job.x_stride,
                                .rows = 37,
                                .operand = operand,
                                .operand_stride = (long)row};
    run(&t);
    worst = 0;
    bool clean = true;
    for (int r = 0; r < 37; r++)
        for (size_t c = 0; c < row / (bf16 ? 2 : 4); c++) {
            float got;
            uint32_t bits = bf16 ? (uint32_t)((uint16_t *)(void *)(operand + r * row))[c] << 16 : 0;
            memcpy(&got, bf16 ? (void *)&bits : (void *)(operand + r * row + 4 * c), 4);
            double v = c < 45 ? wanted(&t, r, (int)c) : 0;
            double want = 0.5 * v * (1 + tanh(0.7978845608028654 * (v + 0.044715 * v * v * v)));
            worst = c < 45 ? fmax(worst, fabs(got - want) / fmax(1, fabs(want))) : worst;
            clean = clean && (c < 45 || got == 0);
        }
    ok(worst < (bf16 ? 5e-3 : 1e-5), "%s: an operand with GELU leaves: %.1e", bf16 ? "bf16" : "f32",
       worst);
    ok(clean, "%s: an operand's padding is zero", bf16 ? "bf16" : "f32");
    free(operand);
    free(y);
    free(start);
    free(gate);
    tear_down(&t);
}

/* Attention in bf16 against the plain loops, with q, k and v rounded before; what is left is the
 * rounding of the powers. */
static void attention_in_bf16(void)
{
    static const int sizes[][3] = {
        {1, 1, 32}, {33, 2, 64}, {512, 1, 32}, {700, 3, 96}, {1030, 1, 128}, {1030, 2, 64}};
    double worst = 0;
    for (int n = 0; n < 6; n++) {
        struct attention_bf16 a = {
            .tokens = sizes[n][0], .heads = sizes[n][1], .head_dim = sizes[n][2]};
        int d = a.head_dim, width = a.heads * d, rows = 45, gap = n == 5 ? 96 : a.tokens,
            after = n == 5 ? 640 : a.tokens; /* the last case looks at two parts */
        if (n == 5)
            a.part[0].to = gap, a.part[1] = (struct attention_part){after, a.tokens}, a.parts = 2;
        float *q = room((size_t)rows * width * 4), *k = room((size_t)a.tokens * width * 4),
              *v = room((size_t)a.tokens * width * 4), *out = room((size_t)rows * width * 4);
        char *memory = room(attention_bf16_bytes(&a));
        void *scratch = room(attention_bf16_scratch(&a));
        memset(memory, 0, attention_bf16_bytes(&a));
        for (long i = 0; i < (long)rows * width; i++)
            q[i] = some() / 4;
        for (long i = 0; i < (long)a.tokens * width; i++)
            k[i] = some() / 4, v[i] = some();
        for (int i = 0; i < a.tokens; i++)
            attention_bf16_put(&a, i, k + (long)i * width, v + (long)i * width, memory);
        for (int h = 0; h < a.heads; h++)
            for (int r = 0; r < rows; r += ATTENTION_BF16_ROWS)
                attention_bf16_rows(&a, q, memory, r,
                                    rows - r < ATTENTION_BF16_ROWS ? rows - r : ATTENTION_BF16_ROWS,
                                    h, scratch, out);
        for (int h = 0; h < a.heads; h++)
            for (int r = 0; r < rows; r++) {
                double sum = 0, most = -1e30, want[128] = {0}, size = 0, error = 0,
                       *p = malloc((size_t)a.tokens * 8);
                for (int i = 0; i < a.tokens; i++) {
                    p[i] = 0;
                    for (int c = 0; c < d; c++)
                        p[i] +=
                            (double)q[(long)r * width + h * d + c] * k[(long)i * width + h * d + c];
                    most = fmax(most, p[i]);
                }
                for (int i = 0; i < a.tokens; i++) {
                    p[i] = i >= gap && i < after ? 0 : exp2(p[i] - most);
                    sum += p[i];
                    for (int c = 0; c < d; c++)
                        want[c] += p[i] * v[(long)i * width + h * d + c];
                }
                for (int c = 0; c < d; c++) {
                    error += pow(want[c] / sum - out[(long)r * width + h * d + c], 2);
                    size += pow(want[c] / sum, 2);
                }
                worst = fmax(worst, sqrt(error / size));
                free(p);
            }
        void *all[] = {q, k, v, out, memory, scratch};
        for (int i = 0; i < 6; i++)
            free(all[i]);
    }
    ok(worst < 8e-3, "bf16: attention over 1 to 1030 tokens agrees: relative rms %.1e", worst);
}

/* --- Types of weights: each is written here by its own definition --- */

static void same_row(const char *name, const struct weight *w, int row, const float *want, int n)
{
    float got[1024];
    double worst = 0;
    weight_row(w, row, 0, n, got);
    for (int i = 0; i < n; i++)
        worst = fmax(worst, fabs(got[i] - want[i]));
    for (int from = 0; from < n; from += 32) {
        weight_row(w, row, from, 32, got);
        for (int i = 0; i < 32; i++)
            worst = fmax(worst, fabs(got[i] - want[from + i]));
    }
    ok(worst < 1e-6, "%s is widened: %.1e", name, worst);
}

static void eighths(bool e4m3)
{
    unsigned char bytes[64];
    float want[64];
    for (int i = 0; i < 64; i++) {
        int sign = below(2), mantissa = below(e4m3 ? 8 : 4), exponent = below(e4m3 ? 15 : 24);
        bytes[i] = (unsigned char)(sign << 7 | exponent << (e4m3 ? 3 : 2) | mantissa);
        double part = (double)mantissa / (e4m3 ? 8 : 4), bias = e4m3 ? 7 : 15;
        double v = exponent ? ldexp(1 + part, exponent - (int)bias) : ldexp(part, 1 - (int)bias);
        want[i] = (float)((sign ? -v : v) * 0.5);
    }
    struct weight w = {bytes, e4m3 ? WEIGHT_F8_E4M3 : WEIGHT_F8_E5M2, 1, 64, 1, 0.5f, NULL};
    same_row(e4m3 ? "F8_E4M3 with a scale" : "F8_E5M2 with a scale", &w, 0, want, 64);
}

static void put_half(unsigned char *p, float v)
{
    unsigned short h = _cvtss_sh(v, 0);
    p[0] = (unsigned char)h, p[1] = (unsigned char)(h >> 8);
}

static void blocks_of_32(void)
{
    unsigned char bytes[2 * 4 * 34];
    float want[128];
    for (int b = 0; b < 8; b++) {
        float d = (float)(1 + below(9)) / 64;
        put_half(bytes + b * 34, d);
        for (int i = 0; i < 32; i++) {
            bytes[b * 34 + 2 + i] = (unsigned char)below(256);
            if (b >= 4)
                want[(b - 4) * 32 + i] = d * (float)(signed char)bytes[b * 34 + 2 + i];
        }
    }
    struct weight w = {bytes, WEIGHT_Q8_0, 2, 128, 1, 1, NULL};
    same_row("Q8_0", &w, 1, want, 128);
}

/* Packs eight scales and minima as ggml writes them: the first four in whole bytes, of the last
 * four the low halves together and the two upper bits above the first ones. */
static void pack_scales(const int scale[8], const int least[8], unsigned char out[12])
{
    memset(out, 0, 12);
    for (int j = 0; j < 8; j++)
        if (j < 4) {
            out[j] |= (unsigned char)scale[j];
            out[j + 4] |= (unsigned char)least[j];
        } else {
            out[j + 4] = (unsigned char)((scale[j] & 15) | (least[j] & 15) << 4);
            out[j - 4] |= (unsigned char)(scale[j] >> 4 << 6);
            out[j] |= (unsigned char)(least[j] >> 4 << 6);
        }
}

static void blocks_of_256(void)
{
    unsigned char bytes[2 * 144] = {0};
    float want[512];
    for (int b = 0; b < 2; b++) {
        unsigned char *p = bytes + b * 144;
        int scale[8], least[8], q[256];
        float d = (float)(1 + below(9)) / 256, m = (float)(1 + below(9)) / 256;
        for (int j = 0; j < 8; j++)
            scale[j] = below(64), least[j] = below(64);
        put_half(p, d);
        put_half(p + 2, m);
        pack_scales(scale, least, p + 4);
        for (int i = 0; i < 256; i++) {
            q[i] = below(16);
            want[b * 256 + i] = d * (float)scale[i / 32] * (float)q[i] - m * (float)least[i / 32];
            p[16 + i / 64 * 32 + i % 32] |= (unsigned char)(q[i] << (i / 32 % 2 ? 4 : 0));
        }
    }
    struct weight w = {bytes, WEIGHT_Q4_K, 1, 512, 1, 1, NULL};
    same_row("Q4_K", &w, 0, want, 512);
}

static void simple_types(void)
{
    float want[96], scales[2] = {9, 0.25f};
    unsigned char half[192], eight[192];
    for (int i = 0; i < 96; i++) {
        want[i] = some();
        put_half(half + 2 * i, want[i]);
    }
    struct weight f16 = {half, WEIGHT_F16, 1, 96, 1, 1, NULL};
    same_row("F16", &f16, 0, want, 96);
    for (int i = 0; i < 192; i++)
        eight[i] = (unsigned char)below(256);
    for (int i = 0; i < 96; i++)
        want[i] = 0.25f * (float)(signed char)eight[96 + i];
    struct weight i8 = {eight, WEIGHT_I8, 2, 96, 1, 1, scales};
    same_row("I8 with a scale a row", &i8, 1, want, 96);
}

static void formulas(void)
{
    float x[37], y[37], z[37];
    double worst[3] = {0};
    for (int i = 0; i < 37; i++)
        x[i] = y[i] = z[i] = (float)(below(2000) - 1000) / 40;
    rows_gelu(x, 37);
    rows_silu(y, 37);
    for (int i = 0; i < 37; i++) {
        double v = z[i], g = 0.5 * v * (1 + tanh(0.7978845608028654 * (v + 0.044715 * v * v * v)));
        worst[0] = fmax(worst[0], fabs(x[i] - g) / fmax(1, fabs(g)));
        worst[1] = fmax(worst[1], fabs(y[i] - v / (1 + exp(-v))) / fmax(1, fabs(v)));
    }
    memcpy(y, z, sizeof y);
    double sum = rows_exp(y, 37, 25), want = 0;
    for (int i = 0; i < 37; i++) {
        want += exp((double)z[i] - 25);
        worst[2] = fmax(worst[2], fabs(y[i] - exp((double)z[i] - 25)));
    }
    ok(worst[0] < 1e-6 && worst[1] < 1e-6, "GELU and SiLU: %.1e, %.1e", worst[0], worst[1]);
    ok(worst[2] < 1e-6 && fabs(sum - want) < 1e-5, "powers of e and their sum: %.1e", worst[2]);
}

int main(void)
{
    plain_products(false);
    ways_out(false);
    if (matmul_has_bf16()) {
        plain_products(true);
        ways_out(true);
        attention_in_bf16();
    } else {
        printf("# bf16 products are not tried: this processor has no AMX, or oneDNN is told not to "
               "use it\n");
    }
    simple_types();
    eighths(true);
    eighths(false);
    blocks_of_32();
    blocks_of_256();
    formulas();
    return done_testing();
}
