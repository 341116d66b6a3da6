/* A device's operations, those of transformers, against their meaning in doubles, over random
 * shapes, in f32 and bf16 (device_ops.h says on what). Then the host device's queues, which other
 * tests rely on to find what is not waited for. */
#include "tests/tap.h"

#include "tests/unit/device_ops.h"

/* --- Operations ------------------------------------------------------------------------------- */

static double gelu(double x)
{
    return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

static void check_matmul(enum device_type type, enum device_type y_type, bool biased, bool curved)
{
    int in = 8 * pick(1, 40), n = 8 * pick(1, 30), rows = pick(1, 70);
    struct field x = field((long)rows * in, type), w = field((long)n * in, type),
                 bias = field(n, y_type), y = field((long)rows * n, y_type);
    for (long i = 0; i < y.count; i++) {
        double sum = biased ? bias.want[i % n] : 0;
        for (int k = 0; k < in; k++)
            sum += x.want[i / n * in + k] * w.want[i % n * in + k];
        y.want[i] = curved ? gelu(sum) : sum;
    }
    run(&(struct device_op){.kind = DEVICE_MATMUL,
                            .matmul = {.x = x.at,
                                       .w = w.at,
                                       .bias = biased ? bias.at : NULL,
                                       .y = y.at,
                                       .rows = rows,
                                       .in = in,
                                       .n = n,
                                       .type = type,
                                       .y_type = y_type,
                                       .gelu = curved}});
    agree(&y, 2e-6, "%d x %d x %d of %s%s%s", rows, in, n, type ? "bf16" : "f32",
          biased ? ", bias" : "", curved ? ", gelu" : "");
    drop(&x), drop(&w), drop(&bias), drop(&y);
}

/* added: x += gate * add; normed: y is wanted. */
static void check_norm(enum device_type type, bool added, bool gated, bool normed, float one)
{
    int width = 2 * pick(1, 700), rows = pick(1, 9), held = pick(0, rows);
    struct field x = field((long)rows * width, DEVICE_F32), y = field((long)rows * width, type),
                 add = field((long)rows * width, type), gate = field(2L * width, DEVICE_F32),
                 scale = field(2L * width, DEVICE_F32), shift = field(2L * width, DEVICE_F32);
    for (int r = 0; r < rows; r++) {
        double mean = 0, square = 0, *v = x.want + (long)r * width;
        long set = r < held ? width : 0;
        for (int i = 0; i < width; i++) {
            if (added)
                v[i] += (gated ? gate.want[set + i] : 1) * add.want[(long)r * width + i];
            mean += v[i] / width;
        }
        for (int i = 0; i < width; i++)
            square += (v[i] - mean) * (v[i] - mean) / width;
        for (int i = 0; normed && i < width; i++)
            y.want[(long)r * width + i] =
                (v[i] - mean) / sqrt(square + 1e-3) * (one + scale.want[set + i]) +
                shift.want[set + i];
    }
    run(&(struct device_op){.kind = DEVICE_NORM,
                            .norm = {.x = x.at,
                                     .add = added ? add.at : NULL,
                                     .gate = gated ? gate.at : NULL,
                                     .y = normed ? y.at : NULL,
                                     .scale = scale.at,
                                     .shift = shift.at,
                                     .rows = rows,
                                     .held = held,
                                     .set = width,
                                     .gate_set = width,
                                     .width = width,
                                     .eps = 1e-3f,
                                     .one = one,
                                     .type = type}});
    agree(&x, 1e-6, "the sum of %d rows of %d, %d held", rows, width, held);
    agree(&y, 3e-6, "norm of %d rows of %d, %d held%s", rows, width, held, added ? ", summed" : "");
    drop(&x), drop(&y), drop(&add), drop(&gate), drop(&scale), drop(&shift);
}

/* places: rows are at some places of the grid, and midway between two of them. */
static void check_turn(enum device_type type, bool turned, bool places)
{
    int heads = pick(1, 5), dim = 2 * pick(3, 70), width = heads * dim, third = dim / 2 / 3;
    int grid[3] = {pick(1, 3), pick(1, 3), pick(1, 4)},
        pairs[3] = {dim / 2 - 2 * third, third, third};
    long rows = (long)grid[0] * grid[1] * grid[2], stride = width + 2L * pick(0, 9), angles = 0;
    int place[3 * 3 * 4];
    for (int r = 0; r < rows; r++)
        place[r] = places ? pick(0, 2 * (int)rows - 1) : 2 * r;
    for (int a = 0; a < 3; a++)
        angles += 2L * grid[a] * pairs[a] * (a == 2 ? 2 : 1);
    struct field x = field(rows * stride, type), weight = field(width, DEVICE_F32),
                 table = field(angles, DEVICE_F32), list = field(rows, DEVICE_F32);
    refill(&list, place); /* whole numbers in the place of floats */
    for (long r = 0; r < rows; r++) {
        double *v = x.want + r * stride, square = 0;
        long of = place[r] / 2,
             at[3] = {of / grid[2] / grid[1], of / grid[2] % grid[1], 2 * (of % grid[2])};
        at[2] += place[r] % 2;
        for (int i = 0; i < width; i++)
            square += v[i] * v[i] / width;
        for (int i = 0; i < width; i++)
            v[i] *= weight.want[i] / sqrt(square + 1e-5);
        for (int h = 0; turned && h < heads; h++)
            for (int a = 0, from = 0, base = 0; a < 3;
                 base += 2 * grid[a] * pairs[a], from += pairs[a], a++)
                for (int i = 0; i < pairs[a]; i++) {
                    double *p = v + h * dim + 2 * (from + i), p0 = p[0];
                    const double *t = table.want + base + 2 * (at[a] * pairs[a] + i);
                    p[0] = p0 * t[0] - p[1] * t[1];
                    p[1] = p0 * t[1] + p[1] * t[0];
                }
    }
    struct device_turn p = {.x = x.at,
                            .weight = weight.at,
                            .angles = turned ? table.at : NULL,
                            .places = places ? list.at : NULL,
                            .rows = rows,
                            .stride = stride,
                            .heads = heads,
                            .dim = dim,
                            .eps = 1e-5f,
                            .type = type};
    memcpy(p.grid, grid, sizeof grid);
    memcpy(p.pairs, pairs, sizeof pairs);
    run(&(struct device_op){.kind = DEVICE_TURN, .turn = p});
    agree(&x, 2e-6, "%ld rows of %d heads of %d over their root mean square%s", rows, heads, dim,
          places   ? ", turned midway"
          : turned ? ", turned"
                   : "");
    drop(&x), drop(&weight), drop(&table), drop(&list);
}

/* Queries and keys of several heads beside values, which stay as they are; weights that make it
 * their length. A head of nothing stays nothing. */
static void check_lengths(enum device_type type)
{
    int heads = pick(1, 5), dim = 2 * pick(2, 40), rows = pick(2, 9), stride = 3 * heads * dim;
    struct field x = field((long)rows * stride, type), weight = field(dim, DEVICE_F32);
    float one[128];
    for (int i = 0; i < dim; i++)
        one[i] = 1 / sqrtf((float)dim);
    refill(&weight, one);
    zero(&x, dim);
    for (int r = 0; r < rows * 2 * heads; r++) {
        double *v = x.want + r / (2 * heads) * stride + r % (2 * heads) * dim, square = 0;
        for (int i = 0; i < dim; i++)
            square += v[i] * v[i];
        for (int i = 0; i < dim && square > 0; i++)
            v[i] /= sqrt(square);
    }
    run(&(struct device_op){.kind = DEVICE_TURN,
                            .turn = {.x = x.at,
                                     .weight = weight.at,
                                     .rows = rows,
                                     .stride = stride,
                                     .runs = 2 * heads,
                                     .heads = 1,
                                     .dim = dim,
                                     .eps = 1e-24f / (float)dim,
                                     .type = type}});
    agree(&x, 2e-6, "%d rows of %d heads of %d over their lengths", rows, heads, dim);
    drop(&x), drop(&weight);
}

/* biased: by how far a key is after the query. */
static void check_attend(enum device_type type, int dim, bool biased)
{
    int heads = pick(1, 3), width = heads * dim, queries = pick(1, 12), keys = pick(1, 9);
    int q_stride = width + 8 * pick(0, 3), kv_stride = 2 * width + 8 * pick(0, 3);
    double scale = 1 / sqrt(dim), score[16];
    struct field q = field((long)queries * q_stride, type),
                 kv = field((long)keys * kv_stride, type), o = field((long)queries * width, type),
                 bias = field((2L * keys - 1) * heads, DEVICE_F32);
    if (biased) /* of tokens that look at one another */
        queries = keys < queries ? keys : queries;
    for (long i = (long)queries * width; i < o.count; i++)
        o.want[i] = value_of(&o, i);
    for (int r = 0; r < queries * heads; r++) {
        int i = r / heads, h = r % heads * dim;
        double total = 0;
        for (int j = 0; j < keys; j++) {
            double dot = 0;
            for (int c = 0; c < dim; c++)
                dot += q.want[(long)i * q_stride + h + c] * kv.want[(long)j * kv_stride + h + c];
            dot = dot * scale + (biased ? bias.want[(j - i + keys - 1) * heads + r % heads] : 0);
            total += score[j] = exp(dot);
        }
        for (int c = 0; c < dim; c++) {
            double *out = &o.want[(long)i * width + h + c];
            *out = 0;
            for (int j = 0; j < keys; j++)
                *out += score[j] / total * kv.want[(long)j * kv_stride + width + h + c];
        }
    }
    run(&(struct device_op){.kind = DEVICE_ATTEND,
                            .attend = {.q = q.at,
                                       .k = kv.at,
                                       .v = (char *)kv.at + (size_t)width * device_size(type),
                                       .o = o.at,
                                       .queries = queries,
                                       .keys = keys,
                                       .q_stride = q_stride,
                                       .kv_stride = kv_stride,
                                       .bias = biased ? bias.at : NULL,
                                       .heads = heads,
                                       .dim = dim,
                                       .scale = (float)scale,
                                       .type = type}});
    agree(&o, 3e-6, "%d heads of %d, %d queries, %d keys%s", heads, dim, queries, keys,
          biased ? ", biased" : "");
    drop(&q), drop(&kv), drop(&o), drop(&bias);
}

static void check_mix(enum device_type type, bool times)
{
    int count = 2 * pick(1, 900);
    struct field x = field(count, type), y = field(count, type);
    for (int i = 0; i < count; i++)
        y.want[i] = times ? y.want[i] * x.want[i] : y.want[i] + x.want[i];
    run(&(struct device_op){.kind = DEVICE_MIX, .mix = {x.at, y.at, count, times, type}});
    agree(&y, 1e-6, "%d %s", count, times ? "products" : "sums");
    drop(&x), drop(&y);
}

static void check_patch(enum device_type type)
{
    int c = pick(1, 40), f = pick(1, 3), rows = 2 * pick(1, 5), columns = 2 * pick(1, 5);
    long tokens = (long)f * (rows / 2) * (columns / 2);
    struct field latent = field((long)c * f * rows * columns, DEVICE_F32),
                 patches = field(tokens * 4 * c, type), back = field(tokens * 4 * c, DEVICE_F32),
                 out = field(latent.count, DEVICE_F32);
    for (long i = 0; i < latent.count; i++) {
        long x = i % columns, y = i / columns % rows, t = i / columns / rows % f,
             channel = i / columns / rows / f, corner = y % 2 * 2 + x % 2,
             token = (t * (rows / 2) + y / 2) * (columns / 2) + x / 2;
        patches.want[(token * c + channel) * 4 + corner] = latent.want[i];
        out.want[i] = back.want[(token * 4 + corner) * c + channel];
    }
    struct device_patch p = {latent.at, patches.at, c, f, rows, columns, type};
    run(&(struct device_op){.kind = DEVICE_PATCH, .patch = p});
    agree(&patches, 0, "%d channels of %d x %d x %d to patches", c, f, rows, columns);
    p = (struct device_patch){out.at, back.at, c, f, rows, columns, DEVICE_F32};
    run(&(struct device_op){.kind = DEVICE_UNPATCH, .patch = p});
    agree(&out, 0, "and patches to a latent");
    drop(&latent), drop(&patches), drop(&back), drop(&out);
}

static void check_flat(void)
{
    int count = pick(1, 2000), sets = pick(1, 3);
    struct field a = field(count + 3000L * (sets - 1), DEVICE_F32), b = field(count, DEVICE_F32),
                 y = field(count + 2500L * (sets - 1), DEVICE_F32), z = field(count, DEVICE_F32);
    for (int s = 0; s < sets; s++)
        for (int i = 0; i < count; i++)
            y.want[2500L * s + i] = a.want[3000L * s + i] + b.want[i];
    for (int i = 0; i < count; i++)
        z.want[i] = z.want[i] / (1 + exp(-z.want[i]));
    run(&(struct device_op){.kind = DEVICE_SUM,
                            .sum = {a.at, b.at, y.at, count, sets, 3000, 2500}});
    agree(&y, 1e-7, "%d sets of %d sums, and nothing between them", sets, count);
    run(&(struct device_op){.kind = DEVICE_SILU, .curve = {z.at, z.at, count}});
    agree(&z, 1e-6, "silu of %d", count);
    for (int i = 0; i < count; i++)
        y.want[i] = gelu(z.want[i]);
    run(&(struct device_op){.kind = DEVICE_GELU, .curve = {z.at, y.at, count}});
    agree(&y, 1e-6, "gelu of %d", count);
    for (int i = 0; i < count; i++)
        y.want[i] = 0.5 * z.want[i] * (1 + erf(z.want[i] / sqrt(2)));
    run(&(struct device_op){.kind = DEVICE_GELU_EXACT, .curve = {z.at, y.at, count}});
    agree(&y, 1e-6, "the exact gelu of %d", count);
    drop(&a), drop(&b), drop(&y), drop(&z);
}

static void check_place(void)
{
    enum { EACH = 3, MOST = 9 };
    int rows = pick(1, MOST), width = pick(1, 90), there = pick(1, 6), of[MOST * EACH];
    struct field x = field((long)rows * width, DEVICE_F32),
                 table = field((long)there * width, DEVICE_F32),
                 places = field((long)rows * EACH, DEVICE_F32);
    for (int i = 0; i < rows * EACH; i++) {
        of[i] = pick(-1, there - 1);
        for (int k = 0; of[i] >= 0 && k < width; k++)
            x.want[i / EACH * width + k] += table.want[of[i] * width + k];
    }
    refill(&places, of); /* whole numbers in the place of floats */
    run(&(struct device_op){.kind = DEVICE_PLACE,
                            .place = {x.at, table.at, places.at, rows, EACH, width}});
    agree(&x, 1e-6, "%d rows of %d, to which %d are added each", rows, width, EACH);
    drop(&x), drop(&table), drop(&places);
}

/* Some pairs of a grid joined, and all of it parted again; lines may be odd. */
static void check_join(void)
{
    enum { LINES = 3, MOST = 9 };
    int across = pick(1, MOST), width = pick(1, 90), places[LINES * MOST], rows = 0;
    long all = (long)LINES * across, pairs = LINES * (across / 2L);
    for (int i = 0; i < all; i++) {
        bool joined = i % across % 2 == 0 && i % across + 1 < across && pick(0, 1);
        places[rows++] = 2 * i + joined;
        i += joined;
    }
    struct field x = field(all * width, DEVICE_F32), y = field((long)rows * width, DEVICE_F32),
                 aside = field(pairs * width + 1, DEVICE_F32), list = field(rows, DEVICE_F32),
                 back = field(all * width, DEVICE_F32);
    refill(&list, places);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < width; i++) {
            int p = places[r] / 2;
            double one = x.want[(long)p * width + i],
                   two = places[r] % 2 ? x.want[(long)(p + 1) * width + i] : one;
            y.want[(long)r * width + i] = (one + two) / 2;
            back.want[(long)p * width + i] = one;
            if (places[r] % 2) {
                aside.want[((long)(p / across) * (across / 2) + p % across / 2) * width + i] =
                    (one - two) / 2;
                back.want[(long)(p + 1) * width + i] = two;
            }
        }
    struct device_join j = {x.at, y.at, aside.at, list.at, rows, across, width};
    run(&(struct device_op){.kind = DEVICE_JOIN, .join = j});
    agree(&y, 1e-6, "%ld places joined to %d rows of %d", all, rows, width);
    agree(&aside, 1e-6, "and what is aside of them, and no more");
    j.x = y.at, j.y = back.at;
    run(&(struct device_op){.kind = DEVICE_PART, .join = j});
    agree(&back, 1e-6, "and parted again");
    drop(&x), drop(&y), drop(&aside), drop(&list), drop(&back);
}

static void check_taps(enum device_type type)
{
    enum { MOST = 8, TAPS = 5, KINDS = 4 };
    int rows = pick(1, MOST), from = pick(1, MOST), width = 2 * pick(1, 90), first[MOST + 1] = {0};
    struct device_tap taps[MOST * TAPS] = {{0}};
    struct field x = field((long)from * width, type), y = field((long)rows * width, type),
                 w = field((long)KINDS * width, DEVICE_F32), starts = field(rows + 1, DEVICE_F32),
                 list = field(MOST * TAPS * 3, DEVICE_F32);
    memset(y.want, 0, (size_t)y.count * sizeof *y.want);
    for (int r = 0, at = 0; r < rows; r++) {
        for (int n = pick(0, TAPS); n > 0; n--, at++) { /* some rows have none */
            struct device_tap t = {pick(0, from - 1), pick(0, KINDS - 1), (float)pick(1, 4) / 4};
            taps[at] = t;
            for (int k = 0; k < width; k++)
                y.want[r * width + k] +=
                    t.coeff * w.want[t.kind * width + k] * x.want[t.row * width + k];
        }
        first[r + 1] = at;
    }
    for (long i = 0; i < y.count; i++)
        y.want[i] = y.want[i] > 0 ? y.want[i] * y.want[i] : 0;
    refill(&starts, first);
    refill(&list, taps);
    run(&(struct device_op){.kind = DEVICE_TAPS,
                            .taps = {.x = x.at,
                                     .y = y.at,
                                     .w = w.at,
                                     .taps = list.at,
                                     .first = starts.at,
                                     .rows = rows,
                                     .width = width,
                                     .type = type}});
    agree(&y, 3e-6, "%d rows of %d by %d taps, squared", rows, width, first[rows]);
    drop(&x), drop(&y), drop(&w), drop(&starts), drop(&list);
}

static void check_kernels(int times)
{
    for (int i = 0; i < times; i++)
        for (int t = DEVICE_F32; t <= DEVICE_BF16; t++) {
            enum device_type type = (enum device_type)t;
            check_norm(type, false, false, true, 1);
            check_norm(type, true, true, true, 0);
            check_norm(type, true, false, false, 1);
            check_turn(type, false, false);
            check_turn(type, true, false);
            check_turn(type, true, true);
            check_attend(type, 2 * pick(1, 90), false);
            check_attend(type, 2 * pick(1, 90), true);
            check_mix(type, i % 2);
            check_patch(type);
            check_flat();
            check_lengths(type);
            check_place();
            check_join();
            check_taps(type);
        }
}

/* By the device's library, where it has one. */
static void check_products(int times)
{
    for (int i = 0; device && i < 4; i++)
        for (int dim = 64; dim <= 128; dim *= 2)
            check_attend(DEVICE_BF16, dim, false);
    for (int i = 0; device && i < times; i++) {
        check_matmul(DEVICE_F32, DEVICE_F32, i % 2, false);
        check_matmul(DEVICE_F32, DEVICE_F32, true, true);
        check_matmul(DEVICE_BF16, DEVICE_BF16, i % 2, false);
        check_matmul(DEVICE_BF16, DEVICE_BF16, true, true);
        check_matmul(DEVICE_BF16, DEVICE_BF16, false, true);
        check_matmul(DEVICE_BF16, DEVICE_F32, false, false);
    }
}

/* What is not a number must not become one by rounding. */
static void check_narrow(void)
{
    const uint32_t hostile[] = {0x7fffffffu, 0xffffffffu, 0x7f800001u, 0xff80ffffu};
    int kept = 0;
    for (int i = 0; i < 4; i++)
        kept += isnan(widen(narrow(widen(hostile[i])) << 16));
    is_int(kept, 4, "every kind of NaN stays one in bf16");
    ok(isinf(widen(narrow(INFINITY) << 16)) && narrow(1) == 0x3f80 && narrow(-2) == 0xc000 &&
           narrow(1.00390625f) == 0x3f80 && narrow(1.01171875f) == 0x3f82,
       "numbers are rounded to the nearest, ties to even");
}

/* --- The host device's queues ----------------------------------------------------------------- */

enum { FILLED, USED };

/* A weight goes to the device by the copies' queue, is used, and is written over with the next one;
 * the sum of both uses. waits: bit 0 that computing waits for copies, bit 1 that copies wait for
 * computing, bit 2 that the caller waits before it writes over what is being copied. */
static float relay(enum host_order order, int waits)
{
    struct device *d = host_device_new(order, 0, &err);
    float staging[2], zero[2] = {0, 0}, total[2] = {0, 0};
    float *sum = d->take(d, sizeof staging, &err), *weight = d->take(d, sizeof staging, &err);
    bool good = d->copy(d, DEVICE_COMPUTE, sum, zero, sizeof zero, &err);
    for (int i = 0; good && i < 2; i++) {
        if (i && waits & 4)
            good = d->meet(d, FILLED, &err);
        staging[0] = staging[1] = i ? 10 : 1;
        struct device_op add = {.kind = DEVICE_SUM, .sum = {sum, weight, sum, 2, 1, 0, 0}};
        good = good && (!(waits & 2) || d->wait(d, DEVICE_COPIES, USED, &err)) &&
               d->copy(d, DEVICE_COPIES, weight, staging, sizeof staging, &err) &&
               d->mark(d, DEVICE_COPIES, FILLED, &err) &&
               (!(waits & 1) || d->wait(d, DEVICE_COMPUTE, FILLED, &err)) &&
               d->run(d, &add, &err) && d->mark(d, DEVICE_COMPUTE, USED, &err);
    }
    good = good && d->copy(d, DEVICE_COMPUTE, total, sum, sizeof total, &err) && d->finish(d, &err);
    d->close(d);
    return good ? total[0] : -1;
}

static void check_queues(void)
{
    for (int order = 0; order < HOST_ORDERS; order++)
        is_near(relay((enum host_order)order, 7), 11, 0, "all waits: right in order %d", order);
    for (int without = 1; without < 8; without *= 2) {
        int found = 0;
        for (int order = 0; order < HOST_ORDERS; order++)
            found += relay((enum host_order)order, 7 - without) != 11;
        ok(found > 0, "a wait left out (%d) is found in %d orders", without, found);
    }
    struct device *d = host_device_new(HOST_AT_ONCE, 1000, &err);
    void *a = d->take(d, 600, &err), *b = d->take(d, 600, &err);
    ok(a && !b, "more than there is: %s", err.text);
    d->release(d, a);
    b = d->take(d, 900, &err);
    ok(b && host_device_most(d) == 900 && d->there(d) == 100, "and given back is there again");
    d->close(d);
}

static void check_all(int times)
{
    check_kernels(times);
    check_products(times);
}

int main(void)
{
    check_narrow();
    check_queues();
    return on_each_device(check_all);
}
