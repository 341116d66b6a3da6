/* Matrix products as 1x1 convolutions: of oneDNN's ways to multiply by a constant matrix this is
 * the one that packs the weights on AVX2 as well as on AVX-512 (its matmul packs on AVX-512 only).
 * A matrix of `rows` rows is a picture of rows x 1 pixels, channels last, so neither side is
 * copied. */
#include "gemm.h"

#include <dnnl.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 40 };

/* One number of rows: its primitive, and one pair of handles a thread. */
struct kind {
    dnnl_primitive_t primitive;
    dnnl_memory_t *src, *dst, *scratch; /* [threads] */
};

struct gemm {
    int n, k, threads;
    enum gemm_act act;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_memory_desc_t packed_desc;
    bool packed_known;
    float *plain, *packed, *bias; /* plain is dropped once packed is there */
    void *scratch;                /* scratch_size bytes a thread, lines apart */
    size_t scratch_size;
    dnnl_memory_t weights, bias_memory;
    struct kind kinds[TILE + 1]; /* by number of rows; primitive NULL = not made yet */
};

static bool dnnl_said(dnnl_status_t status, const char *what, whelk_error *err)
{
    return status == dnnl_success ||
           whelk_fail(err, WHELK_EFAIL, "oneDNN cannot %s (status %d)", what, (int)status);
}

static size_t padded(size_t bytes)
{
    return (bytes + 4095) / 4096 * 4096;
}

void gemm_alone(void)
{
    omp_set_num_threads(1);
}

int gemm_tiles(int rows)
{
    int tiles = (rows + TILE - 1) / TILE;
    return rows < 16 ? 1 : rows < 64 ? 2 : (tiles + 3) / 4 * 4;
}

int gemm_tile_row(int rows, int i)
{
    return (int)((long long)rows * i / gemm_tiles(rows));
}

/* --- Making --- */

struct gemm *gemm_new(const float *w, const float *bias, int n, int k, enum gemm_act act,
                      int threads, whelk_error *err)
{
    struct gemm *g = calloc(1, sizeof *g);
    size_t weights = (size_t)n * (size_t)k * sizeof(float);
    if (g) {
        g->n = n, g->k = k, g->act = act, g->threads = threads;
        g->plain = aligned_alloc(64, padded(weights));
        g->bias = aligned_alloc(64, padded((size_t)n * sizeof(float)));
    }
    if (!g || !g->plain || !g->bias) {
        whelk_fail(err, WHELK_EFAIL, "no memory for a %d x %d matrix", n, k);
        gemm_free(g);
        return NULL;
    }
    memcpy(g->plain, w, weights);
    if (bias)
        memcpy(g->bias, bias, (size_t)n * sizeof(float));
    else
        memset(g->bias, 0, (size_t)n * sizeof(float));
    if (!dnnl_said(dnnl_engine_create(&g->engine, dnnl_cpu, 0), "start on this processor", err) ||
        !dnnl_said(dnnl_stream_create(&g->stream, g->engine, dnnl_stream_default_flags),
                   "make a stream", err)) {
        gemm_free(g);
        return NULL;
    }
    return g;
}

static void kind_release(struct kind *kind, int threads)
{
    for (int i = 0; i < threads; i++) {
        if (kind->src)
            dnnl_memory_destroy(kind->src[i]);
        if (kind->dst)
            dnnl_memory_destroy(kind->dst[i]);
        if (kind->scratch)
            dnnl_memory_destroy(kind->scratch[i]);
    }
    free(kind->src);
    free(kind->dst);
    free(kind->scratch);
    dnnl_primitive_destroy(kind->primitive);
}

void gemm_free(struct gemm *g)
{
    if (!g)
        return;
    for (int i = 0; i <= TILE; i++)
        kind_release(&g->kinds[i], g->threads);
    dnnl_memory_destroy(g->weights);
    dnnl_memory_destroy(g->bias_memory);
    dnnl_stream_destroy(g->stream);
    dnnl_engine_destroy(g->engine);
    free(g->plain);
    free(g->packed);
    free(g->bias);
    free(g->scratch);
    free(g);
}

long long gemm_bytes(const struct gemm *g)
{
    return g->packed_known ? (long long)dnnl_memory_desc_get_size(&g->packed_desc)
                           : 4LL * g->n * g->k;
}

static dnnl_status_t attributes(const struct gemm *g, dnnl_primitive_attr_t *out)
{
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t s = dnnl_primitive_attr_create(out);
    if (!s)
        s = dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
    if (s || g->act == GEMM_PLAIN)
        return s;
    s = dnnl_post_ops_create(&ops);
    if (!s)
        s = dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0);
    if (!s && g->act == GEMM_RELU2)
        s = dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_square, 0, 0);
    if (!s)
        s = dnnl_primitive_attr_set_post_ops(*out, ops);
    dnnl_post_ops_destroy(ops);
    return s;
}

static dnnl_status_t describe(const struct gemm *g, int rows, dnnl_memory_desc_t md[4],
                              dnnl_primitive_desc_t *out)
{
    dnnl_dims_t src = {1, g->k, rows, 1}, w = {g->n, g->k, 1, 1}, dst = {1, g->n, rows, 1},
                b = {g->n};
    dnnl_dims_t strides = {1, 1}, none = {0, 0};
    dnnl_convolution_desc_t conv;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t s = dnnl_memory_desc_init_by_tag(&md[0], 4, src, dnnl_f32, dnnl_nhwc);
    if (!s && g->packed_known)
        md[1] = g->packed_desc;
    else if (!s)
        s = dnnl_memory_desc_init_by_tag(&md[1], 4, w, dnnl_f32, dnnl_format_tag_any);
    if (!s)
        s = dnnl_memory_desc_init_by_tag(&md[2], 1, b, dnnl_f32, dnnl_a);
    if (!s)
        s = dnnl_memory_desc_init_by_tag(&md[3], 4, dst, dnnl_f32, dnnl_nhwc);
    if (!s)
        s = dnnl_convolution_forward_desc_init(&conv, dnnl_forward_inference, dnnl_convolution_auto,
                                               &md[0], &md[1], &md[2], &md[3], strides, none, none);
    if (!s)
        s = attributes(g, &attr);
    if (!s)
        s = dnnl_primitive_desc_create(out, &conv, attr, g->engine, NULL);
    dnnl_primitive_attr_destroy(attr);
    return s;
}

static dnnl_status_t reorder(const struct gemm *g, dnnl_memory_t from, dnnl_memory_t to,
                             const dnnl_memory_desc_t *plain)
{
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t p = NULL;
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    dnnl_status_t s =
        dnnl_reorder_primitive_desc_create(&pd, plain, g->engine, &g->packed_desc, g->engine, NULL);
    if (!s)
        s = dnnl_primitive_create(&p, pd);
    if (!s)
        s = dnnl_primitive_execute(p, g->stream, 2, args);
    dnnl_primitive_destroy(p);
    dnnl_primitive_desc_destroy(pd);
    return s;
}

/* Lays the weights out as the first primitive wants them; later ones are asked to take the same
 * layout. */
static bool pack(struct gemm *g, const dnnl_memory_desc_t *want, const dnnl_memory_desc_t *bias,
                 whelk_error *err)
{
    dnnl_memory_t from = NULL;
    dnnl_memory_desc_t plain;
    dnnl_dims_t w = {g->n, g->k, 1, 1};
    g->packed_desc = *want;
    g->packed = aligned_alloc(4096, padded(dnnl_memory_desc_get_size(want)));
    if (!g->packed)
        return whelk_fail(err, WHELK_EFAIL, "no memory for %zu bytes of packed weights",
                          dnnl_memory_desc_get_size(want));
    memset(g->packed, 0, padded(dnnl_memory_desc_get_size(want)));
    dnnl_status_t s = dnnl_memory_desc_init_by_tag(&plain, 4, w, dnnl_f32, dnnl_oihw);
    if (!s)
        s = dnnl_memory_create(&from, &plain, g->engine, g->plain);
    if (!s)
        s = dnnl_memory_create(&g->weights, want, g->engine, g->packed);
    if (!s)
        s = dnnl_memory_create(&g->bias_memory, bias, g->engine, g->bias);
    if (!s)
        s = reorder(g, from, g->weights, &plain);
    dnnl_memory_destroy(from);
    if (s == dnnl_success) {
        g->packed_known = true;
        free(g->plain);
        g->plain = NULL;
    }
    return dnnl_said(s, "pack a matrix", err);
}

/* One piece of scratch a thread, shared by all kinds: made anew when a kind needs more. */
static bool make_scratch(struct gemm *g, size_t size, whelk_error *err)
{
    if (size <= g->scratch_size)
        return true;
    void *more = aligned_alloc(4096, padded(size) * (size_t)g->threads);
    if (!more)
        return whelk_fail(err, WHELK_EFAIL, "no memory for %zu bytes of scratch",
                          padded(size) * (size_t)g->threads);
    free(g->scratch);
    g->scratch = more;
    g->scratch_size = padded(size);
    for (int i = 0; i <= TILE; i++)
        for (int k = 0; g->kinds[i].primitive && k < g->threads; k++)
            dnnl_memory_set_data_handle(g->kinds[i].scratch[k],
                                        (char *)more + (size_t)k * g->scratch_size);
    return true;
}

static bool make_handles(struct gemm *g, struct kind *kind, const dnnl_memory_desc_t *src,
                         const dnnl_memory_desc_t *dst, const dnnl_memory_desc_t *scratch,
                         whelk_error *err)
{
    size_t n = (size_t)g->threads;
    kind->src = calloc(n, sizeof *kind->src);
    kind->dst = calloc(n, sizeof *kind->dst);
    kind->scratch = calloc(n, sizeof *kind->scratch);
    if (!kind->src || !kind->dst || !kind->scratch)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    if (!make_scratch(g, dnnl_memory_desc_get_size(scratch), err))
        return false;
    for (size_t i = 0; i < n; i++) {
        void *piece = g->scratch ? (char *)g->scratch + i * g->scratch_size : NULL;
        if (!dnnl_said(dnnl_memory_create(&kind->src[i], src, g->engine, NULL), "make a handle",
                       err) ||
            !dnnl_said(dnnl_memory_create(&kind->dst[i], dst, g->engine, NULL), "make a handle",
                       err) ||
            !dnnl_said(dnnl_memory_create(&kind->scratch[i], scratch, g->engine, piece),
                       "make a handle", err))
            return false;
    }
    return true;
}

static bool make_kind(struct gemm *g, int rows, struct kind *kind, whelk_error *err)
{
    dnnl_memory_desc_t md[4];
    dnnl_primitive_desc_t pd = NULL;
    bool fine = dnnl_said(describe(g, rows, md, &pd), "multiply these sizes", err);
    if (fine && !g->packed_known)
        fine = pack(g, dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0), &md[2], err);
    fine = fine &&
           dnnl_said(dnnl_primitive_create(&kind->primitive, pd), "make a primitive", err) &&
           make_handles(g, kind, &md[0], &md[3],
                        dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0), err);
    dnnl_primitive_desc_destroy(pd);
    return fine;
}

static bool add_kind(struct gemm *g, int rows, whelk_error *err)
{
    struct kind kind = {0};
    if (g->kinds[rows].primitive)
        return true;
    if (!make_kind(g, rows, &kind, err)) {
        kind_release(&kind, g->threads);
        return false;
    }
    g->kinds[rows] = kind;
    return true;
}

bool gemm_prepare(struct gemm *g, int rows, whelk_error *err)
{
    if (rows < 1)
        return true;
    int threads = omp_get_max_threads();
    omp_set_num_threads(1); /* a primitive's own tiling follows the thread count at its making */
    bool fine = true;
    for (int i = 0; fine && i < gemm_tiles(rows); i++)
        fine = add_kind(g, gemm_tile_row(rows, i + 1) - gemm_tile_row(rows, i), err);
    omp_set_num_threads(threads);
    return fine;
}

/* --- Running --- */

void gemm_tile(const struct gemm *g, const float *x, float *y, int tile_rows, int lane)
{
    const struct kind *kind = &g->kinds[tile_rows];
    if (!kind->primitive)
        abort(); /* our own bug: gemm_prepare was not called for this number of rows */
    dnnl_memory_set_data_handle(kind->src[lane], (void *)(uintptr_t)x);
    dnnl_memory_set_data_handle(kind->dst[lane], y);
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, kind->src[lane]},
                              {DNNL_ARG_WEIGHTS, g->weights},
                              {DNNL_ARG_BIAS, g->bias_memory},
                              {DNNL_ARG_DST, kind->dst[lane]},
                              {DNNL_ARG_SCRATCHPAD, kind->scratch[lane]}};
    dnnl_primitive_execute(kind->primitive, g->stream, 5, args);
}

void gemm_run(const struct gemm *g, const float *x, float *y, int rows)
{
    int tiles = rows > 0 ? gemm_tiles(rows) : 0;
#pragma omp parallel num_threads(g->threads)
    {
        gemm_alone();
#pragma omp for schedule(dynamic, 1)
        for (int i = 0; i < tiles; i++) {
            int a = gemm_tile_row(rows, i);
            gemm_tile(g, x + (size_t)a * (size_t)g->k, y + (size_t)a * (size_t)g->n,
                      gemm_tile_row(rows, i + 1) - a, omp_get_thread_num());
        }
    }
}
