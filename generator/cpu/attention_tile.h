/* The attention kernel for one vector width; included once for each by attention.c and
 * attention_avx512.c, which define LANES (floats in a vector), GROUP (rows at a time), VALUE_MOST
 * (vectors of values at a time), VECTOR_MAX and TILE_ROWS (the function's name). GROUP times the
 * vectors at a time is what the registers hold. No include guard on purpose. */

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef float vfu __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int vi __attribute__((vector_size(LANES * 4)));

enum { WIDE = 32 / LANES, SCORE_VECTORS = 2 }; /* vectors in 32 keys; score vectors at a time */

#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const float *p)
{
    return *(const vfu *)p;
}

INLINE void store(float *p, vf v)
{
    *(vfu *)p = v;
}

INLINE vf all(float a)
{
    return a - (vf){0};
}

/* 2^x for x <= 0: the polynomial is Chebyshev-fitted on [-0.5, 0.5], relative error 2e-7; below
 * -126 the result is 2^-126, nothing beside the row's greatest, which is 1. */
INLINE vf power_of_two(vf x)
{
    vf low = all(-126.0f);
    x = VECTOR_MAX(x, low);
    vf magic = all(12582912.0f), whole = (x + magic) - magic, f = x - whole;
    vf p = all(1.53533419e-4f);
    p = p * f + all(1.33988744e-3f);
    p = p * f + all(9.61843611e-3f);
    p = p * f + all(5.55033232e-2f);
    p = p * f + all(2.40226477e-1f);
    p = p * f + all(6.93147182e-1f);
    p = p * f + all(1.0f);
    vi exponent = __builtin_convertvector(whole, vi);
    return p * (vf)((exponent + 127) << 23);
}

/* Scores of GROUP rows against SCORE_VECTORS vectors of keys, which lie in panels of 16. */
INLINE void score_block(const float *const q[GROUP], const float *k, int d, float *scores,
                        long stride)
{
    vf s[GROUP][SCORE_VECTORS] = {0};
    for (int i = 0; i < d; i++) {
        vf key[SCORE_VECTORS];
#pragma GCC unroll 8
        for (int j = 0; j < SCORE_VECTORS; j++)
            key[j] = load(k + (long)(j * LANES / 16) * d * 16 + i * 16 + j * LANES % 16);
#pragma GCC unroll 16
        for (int r = 0; r < GROUP; r++) {
            vf a = all(q[r][i]);
#pragma GCC unroll 8
            for (int j = 0; j < SCORE_VECTORS; j++)
                s[r][j] += a * key[j];
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < GROUP; r++)
#pragma GCC unroll 8
        for (int j = 0; j < SCORE_VECTORS; j++)
            store(scores + r * stride + j * LANES, s[r][j]);
}

INLINE float greatest(vf v)
{
    float m = v[0];
    for (int i = 1; i < LANES; i++)
        m = v[i] > m ? v[i] : m;
    return m;
}

INLINE float total(vf v)
{
    float s = 0;
    for (int i = 0; i < LANES; i++)
        s += v[i];
    return s;
}

/* Turns a row of scores into powers; returns their sum. Keys from `tokens` on become 0. */
INLINE float soften(float *s, int tokens, int padded)
{
    for (int i = tokens; i < padded; i++)
        s[i] = -1e30f;
    vf most[WIDE], sum[WIDE] = {0};
    for (int j = 0; j < WIDE; j++)
        most[j] = load(s + j * LANES);
    for (int i = 32; i < padded; i += 32)
        for (int j = 0; j < WIDE; j++) {
            vf v = load(s + i + j * LANES);
            most[j] = VECTOR_MAX(most[j], v);
        }
    for (int j = 1; j < WIDE; j++)
        most[0] = VECTOR_MAX(most[0], most[j]);
    vf top = all(greatest(most[0]));
    for (int i = 0; i < padded; i += 32)
        for (int j = 0; j < WIDE; j++) {
            vf p = power_of_two(load(s + i + j * LANES) - top);
            sum[j] += p;
            store(s + i + j * LANES, p);
        }
    for (int i = tokens; i < padded; i++)
        s[i] = 0;
    for (int j = 1; j < WIDE; j++)
        sum[0] += sum[j];
    return total(sum[0]);
}

/* The parts of the keys that are looked at. */
struct parts {
    const struct attention_part *at;
    int count;
};

/* GROUP rows of powers times some vectors of the values' columns, divided by each row's sum. */
INLINE void weigh_block(const float *p, long stride, const float *v, struct parts parts,
                        int padded_dim, const float *inverse, const int vectors,
                        float o[GROUP][VALUE_MOST * LANES])
{
    vf s[GROUP][VALUE_MOST] = {0};
    for (int part = 0; part < parts.count; p += parts.at[part].to - parts.at[part].from, part++) {
        const float *own = v + (long)parts.at[part].from * padded_dim;
        int keys = parts.at[part].to - parts.at[part].from;
        for (int i = 0; i < keys; i++) {
            vf value[VALUE_MOST];
#pragma GCC unroll 8
            for (int j = 0; j < vectors; j++)
                value[j] = load(own + (long)i * padded_dim + j * LANES);
#pragma GCC unroll 16
            for (int r = 0; r < GROUP; r++) {
                vf a = all(p[r * stride + i]);
#pragma GCC unroll 8
                for (int j = 0; j < vectors; j++)
                    s[r][j] += a * value[j];
            }
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < GROUP; r++)
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++)
            store(o[r] + j * LANES, s[r][j] * all(inverse[r]));
}

/* One group of rows; `there` of them are real, the others repeat the last. */
static void group_rows(const struct attention *a, struct parts parts, const float *q,
                       const float *k, const float *v, int row, int there, int head, float *scores,
                       float *out)
{
    int d = a->head_dim, width = a->heads * d, tokens = 0, padded = 0;
    const float *rows[GROUP];
    float inverse[GROUP];
    for (int r = 0; r < GROUP; r++)
        rows[r] = q + (long)(row + (r < there ? r : there - 1)) * width + head * d;
    for (int p = 0; p < parts.count; p++) {
        int from = parts.at[p].from, keys = parts.at[p].to - from,
            whole = (keys + ATTENTION_STEP - 1) / ATTENTION_STEP * ATTENTION_STEP;
        for (int i = 0; i < whole; i += SCORE_VECTORS * LANES)
            score_block(rows, k + (long)(from + i) * d, d, scores + padded + i, a->padded);
        tokens = padded + keys;
        padded += whole;
    }
    for (int r = 0; r < GROUP; r++)
        inverse[r] = 1 / soften(scores + (long)r * a->padded, tokens, padded);
    for (int c = 0, vectors; c < a->padded_dim; c += vectors * LANES) {
        float o[GROUP][VALUE_MOST * LANES];
        vectors = a->padded_dim - c >= VALUE_MOST * LANES ? VALUE_MOST : 1;
        if (vectors > 1)
            weigh_block(scores, a->padded, v + c, parts, a->padded_dim, inverse, VALUE_MOST, o);
        else
            weigh_block(scores, a->padded, v + c, parts, a->padded_dim, inverse, 1, o);
        int some = d - c < vectors * LANES ? d - c : vectors * LANES;
        for (int r = 0; r < there; r++)
            memcpy(out + (long)(row + r) * width + head * d + c, o[r],
                   (size_t)some * sizeof(float));
    }
}

void TILE_ROWS(const struct attention *a, const float *q, const float *k, const float *v, int first,
               int rows, int head, float *scores, float *out)
{
    k += (long)head * a->padded * a->head_dim;
    v += (long)head * a->padded * a->padded_dim;
    struct attention_part whole = {0, a->tokens};
    struct parts parts = {a->parts ? a->part : &whole, a->parts ? a->parts : 1};
    for (int r = 0; r < rows; r += GROUP)
        group_rows(a, parts, q, k, v, first + r, rows - r < GROUP ? rows - r : GROUP, head, scores,
                   out);
}
