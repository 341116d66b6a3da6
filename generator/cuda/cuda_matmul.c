/* Products by cuBLASLt. It thinks in columns, so a product of rows y = x . w^T is told to it as
 * y^T = w . x^T, which is the same memory. Each size's descriptors and algorithm are found once. */
#include <cublasLt.h>
#include <stdint.h>
#include <stdlib.h>

#include "module.h"

struct product {
    struct product *next;
    struct device_matmul of; /* its sizes and kinds; of the pointers their alignment alone counts */
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t w, x, y;
    cublasLtMatmulAlgo_t algo;
};

struct cuda_matmul {
    cublasLtHandle_t handle;
    void *workspace;
    size_t bytes;
    struct product *products;
};

static bool refused(cublasStatus_t status, const struct device_matmul *m, const char *what,
                    whelk_error *err)
{
    return whelk_fail(err, WHELK_EFAIL, "cuBLASLt: %s of %ld x %d x %d%s%s failed: %s", what,
                      m->rows, m->in, m->n, m->bias ? ", with bias" : "", m->gelu ? ", gelu" : "",
                      cublasLtGetStatusString(status));
}

static cudaDataType_t type_of(enum device_type t)
{
    return t == DEVICE_BF16 ? CUDA_R_16BF : CUDA_R_32F;
}

/* The greatest power of two, up to what cuBLASLt takes for granted, that an address is a multiple
 * of: rows in the midst of a tensor have whatever their place gives. */
static uint32_t alignment(const void *at)
{
    return 1u << __builtin_ctzl((uintptr_t)at | DEVICE_ALIGN);
}

static bool same(const struct device_matmul *a, const struct device_matmul *b)
{
    return a->rows == b->rows && a->in == b->in && a->n == b->n && a->type == b->type &&
           a->y_type == b->y_type && a->gelu == b->gelu && !a->bias == !b->bias &&
           alignment(a->x) == alignment(b->x) && alignment(a->w) == alignment(b->w) &&
           alignment(a->y) == alignment(b->y);
}

static void drop(struct product *p)
{
    cublasLtMatrixLayoutDestroy(p->w);
    cublasLtMatrixLayoutDestroy(p->x);
    cublasLtMatrixLayoutDestroy(p->y);
    cublasLtMatmulDescDestroy(p->desc);
    free(p);
}

/* Needs no device, nor a driver. f32 is f32 throughout: no TF32. */
static cublasStatus_t describe(struct product *p)
{
    const struct device_matmul *m = &p->of;
    cublasOperation_t turned = CUBLAS_OP_T;
    cublasLtEpilogue_t after = m->gelu
                                   ? m->bias ? CUBLASLT_EPILOGUE_GELU_BIAS : CUBLASLT_EPILOGUE_GELU
                               : m->bias ? CUBLASLT_EPILOGUE_BIAS
                                         : CUBLASLT_EPILOGUE_DEFAULT;
    cudaDataType_t in = type_of(m->type), out = type_of(m->y_type);
    cublasStatus_t s = cublasLtMatmulDescCreate(&p->desc, CUBLAS_COMPUTE_32F, CUDA_R_32F);
    if (!s)
        s = cublasLtMatmulDescSetAttribute(p->desc, CUBLASLT_MATMUL_DESC_TRANSA, &turned,
                                           sizeof turned);
    if (!s)
        s = cublasLtMatmulDescSetAttribute(p->desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &after,
                                           sizeof after);
    if (!s && m->bias)
        s = cublasLtMatmulDescSetAttribute(p->desc, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, &out,
                                           sizeof out);
    if (!s)
        s = cublasLtMatrixLayoutCreate(&p->w, in, (uint64_t)m->in, (uint64_t)m->n, m->in);
    if (!s)
        s = cublasLtMatrixLayoutCreate(&p->x, in, (uint64_t)m->in, (uint64_t)m->rows, m->in);
    return s ? s : cublasLtMatrixLayoutCreate(&p->y, out, (uint64_t)m->n, (uint64_t)m->rows, m->n);
}

static cublasStatus_t choose(const struct cuda_matmul *c, struct product *p)
{
    cublasLtMatmulPreference_t wish = NULL;
    cublasLtMatmulHeuristicResult_t found;
    /* sums that are divided are joined in f32 and in a fixed order, or not divided */
    uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE,
             at[] = {alignment(p->of.w), alignment(p->of.x), alignment(p->of.y),
                     alignment(p->of.y)};
    static const cublasLtMatmulPreferenceAttributes_t of[] = {
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES};
    int count = 0;
    cublasStatus_t s = cublasLtMatmulPreferenceCreate(&wish);
    if (!s)
        s = cublasLtMatmulPreferenceSetAttribute(wish, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                                                 &schemes, sizeof schemes);
    if (!s)
        s = cublasLtMatmulPreferenceSetAttribute(wish, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                 &c->bytes, sizeof c->bytes);
    for (int i = 0; !s && i < 4; i++)
        s = cublasLtMatmulPreferenceSetAttribute(wish, of[i], &at[i], sizeof at[i]);
    if (!s)
        s = cublasLtMatmulAlgoGetHeuristic(c->handle, p->desc, p->w, p->x, p->y, p->y, wish, 1,
                                           &found, &count);
    if (!s && !count)
        s = CUBLAS_STATUS_NOT_SUPPORTED;
    if (!s)
        p->algo = found.algo;
    cublasLtMatmulPreferenceDestroy(wish);
    return s;
}

static struct product *product_for(struct cuda_matmul *c, const struct device_matmul *m,
                                   whelk_error *err)
{
    for (struct product *p = c->products; p; p = p->next)
        if (same(&p->of, m))
            return p;
    struct product *p = calloc(1, sizeof *p);
    if (!p) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    p->of = *m;
    cublasStatus_t s = describe(p);
    if (!s && c->handle)
        s = choose(c, p);
    if (s) {
        refused(s, m, "finding a way for a product", err);
        drop(p);
        return NULL;
    }
    p->next = c->products;
    return c->products = p;
}

bool cuda_matmul_run(struct cuda_matmul *c, const struct device_matmul *m, cudaStream_t stream,
                     whelk_error *err)
{
    const float one = 1, none = 0;
    struct product *p = product_for(c, m, err);
    if (!p)
        return false;
    cublasStatus_t s = CUBLAS_STATUS_SUCCESS;
    if (m->bias)
        s = cublasLtMatmulDescSetAttribute(p->desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &m->bias,
                                           sizeof m->bias);
    if (!s)
        s = cublasLtMatmul(c->handle, p->desc, &one, m->w, p->w, m->x, p->x, &none, m->y, p->y,
                           m->y, p->y, &p->algo, c->workspace, c->bytes, stream);
    return !s || refused(s, m, "a product", err);
}

struct cuda_matmul *cuda_matmul_open(void *workspace, size_t bytes, whelk_error *err)
{
    struct cuda_matmul *c = calloc(1, sizeof *c);
    cublasStatus_t s = c ? cublasLtCreate(&c->handle) : CUBLAS_STATUS_ALLOC_FAILED;
    if (s) {
        whelk_fail(err, WHELK_EFAIL, "cuBLASLt cannot be opened: %s", cublasLtGetStatusString(s));
        free(c);
        return NULL;
    }
    c->workspace = workspace;
    c->bytes = bytes;
    return c;
}

void cuda_matmul_close(struct cuda_matmul *c)
{
    if (!c)
        return;
    while (c->products) {
        struct product *p = c->products;
        c->products = p->next;
        drop(p);
    }
    cublasLtDestroy(c->handle);
    free(c);
}

bool cuda_matmul_describe(const struct device_matmul *m, whelk_error *err)
{
    struct cuda_matmul without = {0};
    struct product *p = product_for(&without, m, err);
    if (p)
        drop(p);
    return p != NULL;
}
