/* Convolutions through oneDNN 2.6. Primitives are made under one OpenMP thread, because oneDNN
 * splits its sums by the number of threads it finds when it is made. */
#include "conv.h"

#include <dnnl.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct conv {
    dnnl_engine_t engine;
    dnnl_primitive_t primitive;
    dnnl_memory_desc_t src, weights, bias, dst, scratch;
    float *packed, *bias_data;
};

void conv_free(struct conv *c)
{
    if (!c)
        return;
    dnnl_primitive_destroy(c->primitive);
    dnnl_engine_destroy(c->engine);
    free(c->packed);
    free(c->bias_data);
    free(c);
}

static dnnl_status_t post_ops(dnnl_primitive_attr_t attr, int flags)
{
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t s = dnnl_post_ops_create(&ops);
    if (!s && (flags & CONV_ADD))
        s = dnnl_post_ops_append_sum(ops, 1);
    if (!s && (flags & CONV_RELU))
        s = dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0);
    if (!s)
        s = dnnl_primitive_attr_set_post_ops(attr, ops);
    dnnl_post_ops_destroy(ops);
    return s;
}

static dnnl_status_t describe(struct conv *c, const struct conv_shape *p, int flags,
                              dnnl_primitive_desc_t *out)
{
    int height = (p->height + 2 * p->pad - p->kernel) / p->stride + 1;
    int width = (p->width + 2 * p->pad - p->kernel) / p->stride + 1;
    dnnl_dims_t src = {1, p->in, p->height, p->width}, dst = {1, p->out, height, width},
                b = {p->out};
    dnnl_dims_t w = {p->out, p->in, p->kernel, p->kernel}, stride = {p->stride, p->stride},
                pad = {p->pad, p->pad};
    dnnl_convolution_desc_t d;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_memory_desc_t any;
    dnnl_status_t s = dnnl_memory_desc_init_by_tag(&c->src, 4, src, dnnl_f32, dnnl_nhwc);
    if (!s)
        s = dnnl_memory_desc_init_by_tag(&any, 4, w, dnnl_f32, dnnl_format_tag_any);
    if (!s)
        s = dnnl_memory_desc_init_by_tag(&c->bias, 1, b, dnnl_f32, dnnl_a);
    if (!s)
        s = dnnl_memory_desc_init_by_tag(&c->dst, 4, dst, dnnl_f32, dnnl_nhwc);
    if (!s)
        s = dnnl_convolution_forward_desc_init(&d, dnnl_forward_inference, dnnl_convolution_direct,
                                               &c->src, &any, &c->bias, &c->dst, stride, pad, pad);
    if (!s)
        s = dnnl_primitive_attr_create(&attr);
    if (!s)
        s = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (!s)
        s = post_ops(attr, flags);
    if (!s)
        s = dnnl_primitive_desc_create(out, &d, attr, c->engine, NULL);
    dnnl_primitive_attr_destroy(attr);
    return s;
}

/* Reorders O, I, y, x into the layout that the primitive asked for. */
static dnnl_status_t pack(struct conv *c, const struct conv_shape *p, const float *weight)
{
    dnnl_dims_t w = {p->out, p->in, p->kernel, p->kernel};
    dnnl_memory_desc_t plain;
    dnnl_memory_t from = NULL, to = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t reorder = NULL;
    dnnl_stream_t stream = NULL;
    dnnl_status_t s = dnnl_memory_desc_init_by_tag(&plain, 4, w, dnnl_f32, dnnl_oihw);
    if (!s)
        s = dnnl_stream_create(&stream, c->engine, dnnl_stream_default_flags);
    if (!s)
        s = dnnl_memory_create(&from, &plain, c->engine, (void *)(uintptr_t)weight);
    if (!s)
        s = dnnl_memory_create(&to, &c->weights, c->engine, c->packed);
    if (!s)
        s = dnnl_reorder_primitive_desc_create(&pd, &plain, c->engine, &c->weights, c->engine,
                                               NULL);
    if (!s)
        s = dnnl_primitive_create(&reorder, pd);
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    if (!s)
        s = dnnl_primitive_execute(reorder, stream, 2, args);
    dnnl_primitive_destroy(reorder);
    dnnl_primitive_desc_destroy(pd);
    dnnl_memory_destroy(from);
    dnnl_memory_destroy(to);
    dnnl_stream_destroy(stream);
    return s;
}

static bool keep_weights(struct conv *c, const struct conv_shape *p, const float *weight,
                         const float *bias)
{
    size_t size = (dnnl_memory_desc_get_size(&c->weights) + 4095) / 4096 * 4096,
           biases = (size_t)p->out * sizeof(float);
    c->packed = aligned_alloc(4096, size);
    c->bias_data = aligned_alloc(64, (biases + 63) / 64 * 64);
    if (!c->packed || !c->bias_data)
        return false;
    memset(c->packed, 0, size);
    memcpy(c->bias_data, bias, biases);
    return pack(c, p, weight) == dnnl_success;
}

struct conv *conv_new(const struct conv_shape *shape, const float *weight, const float *bias,
                      int flags, whelk_error *err)
{
    struct conv *c = calloc(1, sizeof *c);
    dnnl_primitive_desc_t pd = NULL;
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    bool good = c && dnnl_engine_create(&c->engine, dnnl_cpu, 0) == dnnl_success &&
                describe(c, shape, flags, &pd) == dnnl_success &&
                dnnl_primitive_create(&c->primitive, pd) == dnnl_success;
    if (good) {
        c->weights = *dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
        c->scratch = *dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
        good = keep_weights(c, shape, weight, bias);
    }
    dnnl_primitive_desc_destroy(pd);
    omp_set_num_threads(threads);
    if (good)
        return c;
    whelk_fail(
        err, WHELK_EFAIL,
        "oneDNN cannot make a %dx%d convolution of %d to %d channels, or there is no memory for it",
        shape->kernel, shape->kernel, shape->in, shape->out);
    conv_free(c);
    return NULL;
}

size_t conv_scratch(const struct conv *c)
{
    return (dnnl_memory_desc_get_size(&c->scratch) + 63) / 64 * 64;
}

bool conv_run(const struct conv *c, const float *in, float *out, void *scratch)
{
    const struct {
        int arg;
        const dnnl_memory_desc_t *desc;
        const void *data;
    } part[5] = {{DNNL_ARG_SRC, &c->src, in},
                 {DNNL_ARG_WEIGHTS, &c->weights, c->packed},
                 {DNNL_ARG_BIAS, &c->bias, c->bias_data},
                 {DNNL_ARG_DST, &c->dst, out},
                 {DNNL_ARG_SCRATCHPAD, &c->scratch, scratch}};
    dnnl_exec_arg_t args[5] = {0};
    dnnl_stream_t stream = NULL;
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    dnnl_status_t s = dnnl_stream_create(&stream, c->engine, dnnl_stream_default_flags);
    for (int i = 0; i < 5; i++) {
        args[i].arg = part[i].arg;
        if (!s)
            s = dnnl_memory_create(&args[i].memory, part[i].desc, c->engine,
                                   (void *)(uintptr_t)part[i].data);
    }
    if (!s)
        s = dnnl_primitive_execute(c->primitive, stream, 5, args);
    for (int i = 0; i < 5; i++)
        dnnl_memory_destroy(args[i].memory);
    dnnl_stream_destroy(stream);
    omp_set_num_threads(threads);
    return s == dnnl_success;
}
