/* How near the engine comes to what the machine gives, in the same run: its matrix products (bias
 * and activation included, in its own tiles) against oneDNN's bare matmul primitive with packed
 * weights on the whole matrix; its fused attention in GFLOP/s; and the denoising of a model, if its
 * folder is there (argument, or generator/weights). One thread, time of the thread
 * itself, the two sides in turns, the best of each: so that a busy machine harms both alike. */
#include <dnnl.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "generator/cpu/attention.h"
#include "generator/cpu/gemm.h"
#include "generator/model/sampler.h"
#include "generator/rng.h"

enum { ROUNDS = 40 };

static double clock_of(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double cpu_seconds(void)
{
    return clock_of(CLOCK_THREAD_CPUTIME_ID);
}

static float *random_floats(long n)
{
    float *x = aligned_alloc(64, ((size_t)n * sizeof(float) + 63) / 64 * 64);
    if (!x)
        exit(1);
    rng_normal(1, 1, x, n);
    return x;
}

/* --- oneDNN alone --- */

struct bare {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t args[5];
    int count;
};

static void need(dnnl_status_t s)
{
    if (s != dnnl_success) {
        fprintf(stderr, "oneDNN: status %d\n", (int)s);
        exit(1);
    }
}

static dnnl_memory_t memory(struct bare *b, const dnnl_memory_desc_t *md, void *data)
{
    dnnl_memory_t m;
    need(dnnl_memory_create(&m, md, b->engine, data));
    return m;
}

/* Packed weights of any layout the primitive likes; their values do not matter for the time. */
static void bare_make(struct bare *b, int rows, int n, int k, bool relu, float *x, float *w,
                      float *bias, float *y)
{
    dnnl_memory_desc_t mx, mw, mb, my;
    dnnl_dims_t dx = {rows, k}, dw = {k, n}, db = {1, n}, dy = {rows, n};
    dnnl_matmul_desc_t op;
    dnnl_primitive_desc_t pd;
    dnnl_primitive_attr_t attr;
    dnnl_post_ops_t ops;
    need(dnnl_engine_create(&b->engine, dnnl_cpu, 0));
    need(dnnl_stream_create(&b->stream, b->engine, dnnl_stream_default_flags));
    need(dnnl_memory_desc_init_by_tag(&mx, 2, dx, dnnl_f32, dnnl_ab));
    need(dnnl_memory_desc_init_by_tag(&mw, 2, dw, dnnl_f32, dnnl_format_tag_any));
    need(dnnl_memory_desc_init_by_tag(&mb, 2, db, dnnl_f32, dnnl_ab));
    need(dnnl_memory_desc_init_by_tag(&my, 2, dy, dnnl_f32, dnnl_ab));
    need(dnnl_matmul_desc_init(&op, &mx, &mw, &mb, &my));
    need(dnnl_primitive_attr_create(&attr));
    need(dnnl_post_ops_create(&ops));
    if (relu)
        need(dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0));
    need(dnnl_primitive_attr_set_post_ops(attr, ops));
    need(dnnl_primitive_desc_create(&pd, &op, attr, b->engine, NULL));
    need(dnnl_primitive_create(&b->primitive, pd));
    const dnnl_memory_desc_t *packed = dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
    float *p = aligned_alloc(64, (dnnl_memory_desc_get_size(packed) + 63) / 64 * 64);
    memcpy(p, w, (size_t)n * (size_t)k * sizeof(float));
    b->args[0] = (dnnl_exec_arg_t){DNNL_ARG_SRC, memory(b, &mx, x)};
    b->args[1] = (dnnl_exec_arg_t){DNNL_ARG_WEIGHTS, memory(b, packed, p)};
    b->args[2] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, memory(b, &mb, bias)};
    b->args[3] = (dnnl_exec_arg_t){DNNL_ARG_DST, memory(b, &my, y)};
    b->count = 4;
}

static double ratio_of_product(int rows, int n, int k, bool relu)
{
    float *x = random_floats((long)rows * k), *w = random_floats((long)n * k),
          *bias = random_floats(n);
    float *y = random_floats((long)rows * n);
    whelk_error err = {0};
    struct bare bare;
    bare_make(&bare, rows, n, k, relu, x, w, bias, y);
    struct gemm *g = gemm_new(w, bias, n, k, relu ? GEMM_RELU : GEMM_PLAIN, 1, &err);
    if (!g || !gemm_prepare(g, rows, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    double best[2] = {1e9, 1e9};
    int times = 1 + (int)(4e7 / (2.0 * rows * n * k));
    for (int round = 0; round < ROUNDS; round++)
        for (int side = 0; side < 2; side++) {
            double t = cpu_seconds();
            for (int i = 0; i < times; i++)
                if (side)
                    dnnl_primitive_execute(bare.primitive, bare.stream, bare.count, bare.args);
                else
                    gemm_run(g, x, y, rows);
            t = (cpu_seconds() - t) / times;
            best[side] = t < best[side] ? t : best[side];
        }
    double flops = 2.0 * rows * n * k * 1e-9;
    printf("%5d x %4d x %4d %-5s %8.1f %8.1f   %3.0f %%\n", rows, n, k, relu ? "relu" : "",
           flops / best[0], flops / best[1], 100 * best[1] / best[0]);
    gemm_free(g);
    free(x);
    free(w);
    free(bias);
    free(y);
    return best[1] / best[0];
}

static void products(void)
{
    static const int SHAPES[][2] = {{576, 192}, {192, 192}, {768, 192}, {192, 768}, {1536, 384}};
    static const int ROWS[] = {81, 150, 256, 1024};
    double worst = 9, sum = 0;
    int count = 0;
    printf("matrix products, GFLOP/s of one core: engine, oneDNN alone, ratio (target 80 %%)\n");
    for (size_t s = 0; s < sizeof SHAPES / sizeof *SHAPES; s++)
        for (size_t r = 0; r < sizeof ROWS / sizeof *ROWS; r++) {
            double ratio = ratio_of_product(ROWS[r], SHAPES[s][0], SHAPES[s][1], s == 2);
            worst = ratio < worst ? ratio : worst;
            sum += ratio;
            count++;
        }
    printf("worst %.0f %%, mean %.0f %%\n\n", 100 * worst, 100 * sum / count);
}

/* --- Attention --- */

static double attention_speed(int tokens, int heads, int d, bool wide)
{
    struct attention a = {.tokens = tokens, .heads = heads, .head_dim = d, .wide = wide};
    attention_layout(&a);
    long n = (long)tokens * heads * d;
    float *q = random_floats(n), *k = random_floats(n), *v = random_floats(n),
          *out = random_floats(n);
    float *keys = random_floats(attention_keys(&a)), *values = random_floats(attention_keys(&a));
    float *scores = random_floats(attention_scores(&a));
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double t = cpu_seconds();
        for (int i = 0; i < tokens; i++)
            attention_put(&a, i, k + (long)i * heads * d, v + (long)i * heads * d, keys, values);
        for (int h = 0; h < heads; h++)
            for (int tile = 0; tile < gemm_tiles(tokens); tile++) {
                int first = gemm_tile_row(tokens, tile);
                attention_rows(&a, q, keys, values, first, gemm_tile_row(tokens, tile + 1) - first,
                               h, scores, out);
            }
        t = cpu_seconds() - t;
        best = t < best ? t : best;
    }
    float *all[] = {q, k, v, out, keys, values, scores};
    for (int i = 0; i < 7; i++)
        free(all[i]);
    return 4.0 * tokens * tokens * heads * d / best * 1e-9;
}

static void attentions(void)
{
    static const int SHAPES[][3] = {
        {81, 4, 48}, {150, 4, 48}, {256, 4, 48}, {256, 6, 64}, {1024, 6, 64}};
    printf("fused softmax attention, laying out keys and values included, GFLOP/s of one core "
           "(target 45)\n");
    printf("%-22s %8s %8s\n", "tokens heads numbers", "AVX2",
           attention_has_avx512() ? "AVX-512" : "");
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
        const int *s = SHAPES[i];
        printf("%6d %5d %7d   %8.1f", s[0], s[1], s[2], attention_speed(s[0], s[1], s[2], false));
        if (attention_has_avx512())
            printf(" %8.1f", attention_speed(s[0], s[1], s[2], true));
        printf("\n");
    }
    printf("\n");
}

/* --- A model --- */

static void denoise(struct sampler *s, const struct model *m, double budget, double exact[2])
{
    struct sample_request r = {.seed = 1, .budget = budget};
    struct sample_figures f = {0};
    struct latents z;
    whelk_error err = {0};
    double wall = 1e9, cpu = 1e9;
    if (!latents_init(&z, m, &err))
        return;
    for (int round = 0; round < 3; round++) {
        double t = clock_of(CLOCK_PROCESS_CPUTIME_ID);
        if (!sampler_run(s, &r, &z, NULL, &f, &err)) {
            printf("%s\n", err.text);
            break;
        }
        t = clock_of(CLOCK_PROCESS_CPUTIME_ID) - t;
        wall = f.seconds < wall ? f.seconds : wall;
        cpu = t < cpu ? t : cpu;
    }
    if (budget == 1) {
        exact[0] = cpu;
        exact[1] = wall;
    }
    printf("%6.2f %8lld %8.1f %9.3f %9.3f %12.1f   %5.2f %5.2f\n", budget, f.tokens, f.flops * 1e-9,
           wall, cpu, f.flops / cpu * 1e-9, f.flops / f.flops_exact, cpu / exact[0]);
    latents_release(&z);
}

static void models(const char *dir)
{
    static const double BUDGETS[] = {1, 0.7, 0.5, 0.4, 0.3};
    whelk_error err = {0};
    double t = clock_of(CLOCK_MONOTONIC), exact[2] = {1, 1};
    struct model *m = model_open(dir, &err);
    if (!m) {
        printf("no model was timed: %s\n", err.text);
        return;
    }
    t = clock_of(CLOCK_MONOTONIC) - t;
    for (int threads = 1; threads <= 2; threads++) {
        double packing = clock_of(CLOCK_MONOTONIC);
        struct sampler *s = sampler_new(m, threads, &err);
        packing = clock_of(CLOCK_MONOTONIC) - packing;
        printf("%s, %lld parameters, %d steps, %d thread%s; opened in %.2f s, packed in %.2f s\n",
               m->name, m->parameters, m->steps, threads, threads > 1 ? "s" : "", t, packing);
        printf("budget   tokens   GFLOP    wall s     cpu s  GFLOP/cpu s   of exact: flops, cpu\n");
        for (size_t i = 0; s && i < sizeof BUDGETS / sizeof *BUDGETS; i++)
            denoise(s, m, BUDGETS[i], exact);
        sampler_free(s);
    }
    model_close(m);
}

int main(int argc, char **argv)
{
    omp_set_num_threads(1);
    products();
    attentions();
    models(argc > 1 ? argv[1] : "generator/weights");
    return 0;
}
