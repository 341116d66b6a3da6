/* The own kernels, each as what `lanes` lanes do together to one row: lane i of them takes the
 * pairs of numbers i, i + lanes, ... The module runs them with a warp a row (kernels.cu), the host
 * device with one lane (host.c), and tests/unit/test_device.c with 32 lanes in step, so that what a
 * warp does is tested where there is no GPU. All that lanes exchange goes through lanes_sum, which
 * the includer defines beside BODY:
 *
 *     #define BODY static inline
 *     #define LANES_MOST 1                      // of how many lanes a row is worked by
 *     BODY float lanes_sum(float x) { return x; }
 *     BODY float lanes_max(float x) { return x; }
 *     #include "kernels.h"
 *
 * C that nvcc also takes. */
#ifndef WHELK_CUDA_KERNELS_H
#define WHELK_CUDA_KERNELS_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "device.h"

struct pair {
    float a, b;
};

/* The nearest bf16, ties to even; what is not a number stays none. */
BODY uint32_t narrow(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, 4);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return 0x7fc0;
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

BODY float widen(uint32_t upper)
{
    float f;
    memcpy(&f, &upper, 4);
    return f;
}

/* Pair i of a row of operands. */
BODY struct pair load(const void *row, long i, enum device_type type)
{
    struct pair p;
    if (type == DEVICE_F32) {
        p.a = ((const float *)row)[2 * i];
        p.b = ((const float *)row)[2 * i + 1];
    } else {
        uint32_t both = ((const uint32_t *)row)[i];
        p.a = widen(both << 16);
        p.b = widen(both & 0xffff0000u);
    }
    return p;
}

BODY void store(void *row, long i, enum device_type type, float a, float b)
{
    if (type == DEVICE_F32) {
        ((float *)row)[2 * i] = a;
        ((float *)row)[2 * i + 1] = b;
    } else {
        ((uint32_t *)row)[i] = narrow(a) | narrow(b) << 16;
    }
}

/* Row r of rows that are `stride` numbers apart. */
BODY char *row_at(const void *rows, long r, long stride, enum device_type type)
{
    return (char *)rows + r * stride * (type == DEVICE_F32 ? 4 : 2);
}

BODY void norm_add(const struct device_norm *p, float *x, long row, int lane, int lanes)
{
    const char *add = row_at(p->add, row, p->width, p->type);
    const float *gate = p->gate ? p->gate + (row < p->held ? p->gate_set : 0) : NULL;
    for (int i = lane; i < p->width / 2; i += lanes) {
        struct pair v = load(add, i, p->type);
        x[2 * i] += gate ? gate[2 * i] * v.a : v.a;
        x[2 * i + 1] += gate ? gate[2 * i + 1] * v.b : v.b;
    }
}

BODY void norm_row(const struct device_norm *p, long row, int lane, int lanes)
{
    float *x = p->x + row * p->width;
    if (p->add)
        norm_add(p, x, row, lane, lanes);
    if (!p->y)
        return;
    float sum = 0, square = 0;
    for (int i = lane; i < p->width / 2; i += lanes)
        sum += x[2 * i] + x[2 * i + 1];
    float mean = lanes_sum(sum) / (float)p->width;
    for (int i = lane; i < p->width / 2; i += lanes) {
        float a = x[2 * i] - mean, b = x[2 * i + 1] - mean;
        square += a * a + b * b;
    }
    float over = 1 / sqrtf(lanes_sum(square) / (float)p->width + p->eps);
    long set = row < p->held ? p->set : 0;
    char *y = row_at(p->y, row, p->width, p->type);
    for (int i = lane; i < p->width / 2; i += lanes) {
        const float *scale = p->scale + set + 2 * i, *shift = p->shift + set + 2 * i;
        float a = (x[2 * i] - mean) * over * (p->one + scale[0]) + shift[0],
              b = (x[2 * i + 1] - mean) * over * (p->one + scale[1]) + shift[1];
        store(y, i, p->type, a, b);
    }
}

/* Where the angles of a row's place lie: those of pair i of a head at of[k] + i, for the axis k
 * that it turns with. Divided once a row, not once a pair. */
struct turn_place {
    long of[3];
};

BODY struct turn_place turn_place_of(const struct device_turn *p, long row)
{
    const int *pairs = p->pairs, *grid = p->grid;
    long half = p->places ? p->places[row] : 2 * row, line = half / 2 / grid[2],
         frame = line / grid[1];
    struct turn_place at;
    at.of[0] = frame * pairs[0];
    at.of[1] = (long)grid[0] * pairs[0] + line % grid[1] * pairs[1] - pairs[0];
    at.of[2] = (long)grid[0] * pairs[0] + (long)grid[1] * pairs[1] +
               (half - 2 * line * grid[2]) * pairs[2] - pairs[0] - pairs[1];
    return at;
}

/* Cosine and sine of pair i of a head. */
BODY const float *turn_angle(const struct device_turn *p, const struct turn_place *at, int i)
{
    int first = p->pairs[0], second = first + p->pairs[1];
    return p->angles + 2 * ((i < first ? at->of[0] : i < second ? at->of[1] : at->of[2]) + i);
}

BODY void turn_row(const struct device_turn *p, long row, int lane, int lanes)
{
    int width = p->heads * p->dim, runs = p->runs ? p->runs : 1;
    char *x = row_at(p->x, 1, row / runs * p->stride + row % runs * width, p->type);
    float square = 0;
    for (int i = lane; i < width / 2; i += lanes) {
        struct pair v = load(x, i, p->type);
        square += v.a * v.a + v.b * v.b;
    }
    float over = 1 / sqrtf(lanes_sum(square) / (float)width + p->eps);
    struct turn_place at = {{0, 0, 0}};
    if (p->angles)
        at = turn_place_of(p, row);
    for (int i = lane; i < width / 2; i += lanes) {
        struct pair v = load(x, i, p->type);
        float a = v.a * over * p->weight[2 * i], b = v.b * over * p->weight[2 * i + 1];
        if (p->angles) {
            const float *turn = turn_angle(p, &at, i % (p->dim / 2));
            float turned = a * turn[0] - b * turn[1];
            b = a * turn[1] + b * turn[0];
            a = turned;
        }
        store(x, i, p->type, a, b);
    }
}

/* One query of one head, keys one after another with a running maximum. For what cuDNN has no
 * engine for, and for f32; it reads every key from memory for every query, and is slow. */
BODY void attend_row(const struct device_attend *p, long query, int head, int lane, int lanes)
{
    float sum[DEVICE_HEAD_MAX / LANES_MOST], most = -INFINITY, total = 0;
    const char *q = row_at(p->q, query, p->q_stride, p->type);
    long first = (long)head * p->dim / 2;
    int mine = 0;
    for (int i = lane; i < p->dim / 2; i += lanes, mine++)
        sum[2 * mine] = sum[2 * mine + 1] = 0;
    for (long key = 0; key < p->keys; key++) {
        const char *k = row_at(p->k, key, p->kv_stride, p->type),
                   *v = row_at(p->v, key, p->kv_stride, p->type);
        float dot = 0;
        for (int i = lane; i < p->dim / 2; i += lanes) {
            struct pair a = load(q, first + i, p->type), b = load(k, first + i, p->type);
            dot += a.a * b.a + a.b * b.b;
        }
        float score = lanes_sum(dot) * p->scale;
        if (p->bias)
            score += p->bias[(key - query + p->keys - 1) * p->heads + head];
        float greater = score > most ? score : most, keep = expf(most - greater),
              weight = expf(score - greater);
        most = greater;
        total = total * keep + weight;
        mine = 0;
        for (int i = lane; i < p->dim / 2; i += lanes, mine++) {
            struct pair b = load(v, first + i, p->type);
            sum[2 * mine] = sum[2 * mine] * keep + weight * b.a;
            sum[2 * mine + 1] = sum[2 * mine + 1] * keep + weight * b.b;
        }
    }
    char *o = row_at(p->o, query, (long)p->heads * p->dim, p->type);
    mine = 0;
    for (int i = lane; i < p->dim / 2; i += lanes, mine++)
        store(o, first + i, p->type, sum[2 * mine] / total, sum[2 * mine + 1] / total);
}

/* The upper left number of a token's patch in channel 0. */
BODY float *patch_corner(const struct device_patch *p, long token)
{
    int across = p->columns / 2, down = p->rows / 2;
    long column = token % across, line = token / across % down, frame = token / across / down;
    return p->latent + (frame * p->rows + 2 * line) * p->columns + 2 * column;
}

BODY void patch_row(const struct device_patch *p, long token, int lane, int lanes)
{
    char *out = row_at(p->patches, token, 4L * p->channels, p->type);
    const float *corner = patch_corner(p, token);
    long channel = (long)p->frames * p->rows * p->columns;
    for (int i = lane; i < 2 * p->channels; i += lanes) { /* a pair: one line of a patch */
        const float *from = corner + i / 2 * channel + i % 2 * p->columns;
        store(out, i, p->type, from[0], from[1]);
    }
}

BODY void unpatch_row(const struct device_patch *p, long token, int lane, int lanes)
{
    const float *row = (const float *)p->patches + token * 4 * p->channels;
    float *corner = patch_corner(p, token);
    long channel = (long)p->frames * p->rows * p->columns;
    for (int i = lane; i < p->channels; i += lanes) {
        float *to = corner + i * channel;
        to[0] = row[i];
        to[1] = row[p->channels + i];
        to[p->columns] = row[2 * p->channels + i];
        to[p->columns + 1] = row[3 * p->channels + i];
    }
}

/* Numbers of a set that row `row` of its pieces of DEVICE_PIECE holds. */
BODY void sum_row(const struct device_sum *p, long row, int lane, int lanes)
{
    long pieces = (p->count + DEVICE_PIECE - 1) / DEVICE_PIECE, set = row / pieces,
         first = row % pieces * DEVICE_PIECE;
    for (long i = first + lane; i < first + DEVICE_PIECE && i < p->count; i += lanes)
        p->y[set * p->y_set + i] = p->a[set * p->a_set + i] + p->b[i];
}

BODY float silu_of(float x)
{
    return x / (1 + expf(-x));
}

/* The one with tanh: 0.5 x (1 + tanh u) = x / (1 + exp(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x^3).
 */
BODY float gelu_of(float x)
{
    return x / (1 + expf(-x * (1.5957691216f + 0.0713548162726f * x * x)));
}

BODY void silu_row(const struct device_curve *p, long row, int lane, int lanes)
{
    for (long i = row * DEVICE_PIECE + lane; i < (row + 1) * DEVICE_PIECE && i < p->count;
         i += lanes)
        p->y[i] = silu_of(p->x[i]);
}

BODY void gelu_row(const struct device_curve *p, long row, int lane, int lanes)
{
    for (long i = row * DEVICE_PIECE + lane; i < (row + 1) * DEVICE_PIECE && i < p->count;
         i += lanes)
        p->y[i] = gelu_of(p->x[i]);
}

BODY void gelu_exact_row(const struct device_curve *p, long row, int lane, int lanes)
{
    for (long i = row * DEVICE_PIECE + lane; i < (row + 1) * DEVICE_PIECE && i < p->count;
         i += lanes)
        p->y[i] = 0.5f * p->x[i] * (1 + erff(p->x[i] * 0.70710678f));
}

BODY void mix_row(const struct device_mix *p, long row, int lane, int lanes)
{
    for (long i = row * DEVICE_PIECE / 2 + lane;
         i < (row + 1) * DEVICE_PIECE / 2 && i < p->count / 2; i += lanes) {
        struct pair a = load(p->y, i, p->type), b = load(p->x, i, p->type);
        store(p->y, i, p->type, p->times ? a.a * b.a : a.a + b.a, p->times ? a.b * b.b : a.b + b.b);
    }
}

/* A pixel; a lane has every so many'th channel. For what cuDNN has no engine for, and for f32. */
BODY void convolve_row(const struct device_convolve *p, long pixel, int lane, int lanes)
{
    int row = (int)(pixel / p->columns), column = (int)(pixel % p->columns), half = p->side / 2,
        taps = p->frames * p->side * p->side;
    for (int o = lane; o < p->out; o += lanes) {
        float sum = 0;
        for (int t = 0; t < taps; t++) {
            int frame = t / (p->side * p->side), y = row + t / p->side % p->side - half,
                x = column + t % p->side - half;
            if (y < 0 || y >= p->rows || x < 0 || x >= p->columns)
                continue;
            const char *from = row_at(p->x, ((long)frame * p->rows + y) * p->columns + x, p->in,
                                      p->type),
                       *w = row_at(p->w, (long)o * taps + t, p->in, p->type);
            for (int i = 0; i < p->in / 2; i++) {
                struct pair a = load(from, i, p->type), b = load(w, i, p->type);
                sum += a.a * b.a + a.b * b.b;
            }
        }
        sum += p->bias[o];
        p->y[pixel * p->out + o] = p->add ? sum + p->add[pixel * p->out + o] : sum;
    }
}

/* A pixel of what comes out. */
BODY void put_row(const struct device_put *p, long pixel, int lane, int lanes)
{
    int wide = p->columns * p->times, row = (int)(pixel / wide), column = (int)(pixel % wide);
    const float *x = p->x + ((long)(row / p->times) * p->columns + column / p->times) * p->stride;
    char *y = row_at(p->y, pixel, p->channels, p->type);
    float square = 0, over = 1;
    for (int i = lane; p->gamma && i < p->channels; i += lanes)
        square += x[i] * x[i];
    if (p->gamma)
        over = 1 / sqrtf(lanes_sum(square) / (float)p->channels + (p->eps > 0 ? p->eps : 1e-24f));
    for (int i = lane; i < p->channels / 2; i += lanes) {
        float a = x[2 * i], b = x[2 * i + 1];
        if (p->gamma) {
            a *= over * p->gamma[2 * i];
            b *= over * p->gamma[2 * i + 1];
        }
        store(y, i, p->type, p->silu ? silu_of(a) : a, p->silu ? silu_of(b) : b);
    }
}

BODY void softmax_row(const struct device_softmax *p, long row, int lane, int lanes)
{
    const float *x = p->x + row * p->width;
    char *y = row_at(p->y, row, p->width, p->type);
    float most = -INFINITY, sum = 0;
    for (int i = lane; i < p->width; i += lanes)
        most = x[i] > most ? x[i] : most;
    most = lanes_max(most);
    for (int i = lane; i < p->width; i += lanes)
        sum += expf((x[i] - most) * p->scale);
    float over = 1 / lanes_sum(sum);
    for (int i = lane; i < p->width / 2; i += lanes)
        store(y, i, p->type, expf((x[2 * i] - most) * p->scale) * over,
              expf((x[2 * i + 1] - most) * p->scale) * over);
}

BODY void repeat_row(const struct device_repeat *p, long pixel, int lane, int lanes)
{
    int row = (int)(pixel / p->columns), column = (int)(pixel % p->columns), a = p->across,
        repeats = p->out * p->times * a * a / p->in;
    const float *x = p->x + ((long)(row / a) * (p->columns / a) + column / a) * p->in;
    for (int o = lane; o < p->out; o += lanes) {
        int g = ((o * p->times + p->time) * a + row % a) * a + column % a;
        p->y[pixel * p->out + o] += x[g / repeats];
    }
}

BODY void place_row(const struct device_place *p, long row, int lane, int lanes)
{
    float *x = p->x + row * p->width;
    for (int k = 0; k < p->each; k++) {
        int of = p->of[row * p->each + k];
        for (int i = lane; of >= 0 && i < p->width; i += lanes)
            x[i] += p->table[(long)of * p->width + i];
    }
}

/* What is not a number stays none. */
BODY float relu2_of(float x)
{
    return x < 0 ? 0 : x * x;
}

BODY void taps_row(const struct device_taps *p, long row, int lane, int lanes)
{
    char *y = row_at(p->y, row, p->width, p->type);
    for (int i = lane; i < p->width / 2; i += lanes) {
        float a = 0, b = 0;
        for (int t = p->first[row]; t < p->first[row + 1]; t++) {
            struct device_tap tap = p->taps[t];
            const float *w = p->w + (long)tap.kind * p->width + 2 * i;
            struct pair v = load(row_at(p->x, tap.row, p->width, p->type), i, p->type);
            a += tap.coeff * w[0] * v.a;
            b += tap.coeff * w[1] * v.b;
        }
        store(y, i, p->type, relu2_of(a), relu2_of(b));
    }
}

BODY void zero_row(const struct device_zero *p, long row, int lane, int lanes)
{
    for (long i = row * DEVICE_PIECE + lane; i < (row + 1) * DEVICE_PIECE && i < p->count;
         i += lanes)
        p->at[i] = 0;
}

/* What is aside of the pair that begins at this place. */
BODY float *aside_of(const struct device_join *p, long place)
{
    return p->aside + (place / p->across * (p->across / 2) + place % p->across / 2) * p->width;
}

BODY void join_row(const struct device_join *p, long row, int lane, int lanes)
{
    long place = p->places[row] / 2;
    const float *x = p->x + place * p->width;
    float *y = p->y + row * p->width, *aside = aside_of(p, place);
    for (int i = lane; i < p->width; i += lanes) {
        if (p->places[row] % 2 == 0) {
            y[i] = x[i];
        } else {
            y[i] = 0.5f * (x[i] + x[p->width + i]);
            aside[i] = 0.5f * (x[i] - x[p->width + i]);
        }
    }
}

BODY void part_row(const struct device_join *p, long row, int lane, int lanes)
{
    long place = p->places[row] / 2;
    const float *x = p->x + row * p->width, *aside = aside_of(p, place);
    float *y = p->y + place * p->width;
    for (int i = lane; i < p->width; i += lanes) {
        if (p->places[row] % 2 == 0) {
            y[i] = x[i];
        } else {
            y[i] = x[i] + aside[i];
            y[p->width + i] = x[i] - aside[i];
        }
    }
}

BODY void kernel_row(const struct device_op *op, long row, int lane, int lanes)
{
    switch (op->kind) {
    case DEVICE_NORM:
        norm_row(&op->norm, row, lane, lanes);
        break;
    case DEVICE_TURN:
        turn_row(&op->turn, row, lane, lanes);
        break;
    case DEVICE_ATTEND:
        attend_row(&op->attend, row % op->attend.queries, (int)(row / op->attend.queries), lane,
                   lanes);
        break;
    case DEVICE_PATCH:
        patch_row(&op->patch, row, lane, lanes);
        break;
    case DEVICE_UNPATCH:
        unpatch_row(&op->patch, row, lane, lanes);
        break;
    case DEVICE_SUM:
        sum_row(&op->sum, row, lane, lanes);
        break;
    case DEVICE_SILU:
        silu_row(&op->curve, row, lane, lanes);
        break;
    case DEVICE_GELU:
        gelu_row(&op->curve, row, lane, lanes);
        break;
    case DEVICE_GELU_EXACT:
        gelu_exact_row(&op->curve, row, lane, lanes);
        break;
    case DEVICE_MIX:
        mix_row(&op->mix, row, lane, lanes);
        break;
    case DEVICE_CONVOLVE:
        convolve_row(&op->convolve, row, lane, lanes);
        break;
    case DEVICE_PUT:
        put_row(&op->put, row, lane, lanes);
        break;
    case DEVICE_SOFTMAX:
        softmax_row(&op->softmax, row, lane, lanes);
        break;
    case DEVICE_REPEAT:
        repeat_row(&op->repeat, row, lane, lanes);
        break;
    case DEVICE_PLACE:
        place_row(&op->place, row, lane, lanes);
        break;
    case DEVICE_TAPS:
        taps_row(&op->taps, row, lane, lanes);
        break;
    case DEVICE_ZERO:
        zero_row(&op->zero, row, lane, lanes);
        break;
    case DEVICE_JOIN:
        join_row(&op->join, row, lane, lanes);
        break;
    case DEVICE_PART:
        part_row(&op->join, row, lane, lanes);
        break;
    case DEVICE_MATMUL:
        break;
    }
}

#endif
