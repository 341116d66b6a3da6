/* The CUDA module as far as it goes without a GPU: products are described, attention's graph is
 * built for every size the published models have, and cuDNN is asked which of its engines take it
 * on a Hopper GPU described in words. Where there is no driver, the stub from CUDA's toolkit stands
 * in for it, and cuDNN compiles the kernels, up to their loading onto the device that is not there.
 * What the module computes is tested by test_device, test_wan_device and golden.t with
 * BACKEND=cuda. */
#include "tests/tap.h"

#include <dlfcn.h>

#include "generator/cuda/module.h"

static const char hopper[] =
    "{\"deviceName\":\"H100\",\"deviceVer\":900,\"driverVer\":13000,\"multiProcessorCount\":132,"
    "\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64],\"warpSize\":32,"
    "\"regsPerBlock\":65536,\"maxRegistersPerSM\":65536,\"maxSharedMemoryPerBlock\":49152,"
    "\"maxSharedMemoryPerBlockOptin\":232448,\"reservedSharedMemoryPerBlock\":1024,"
    "\"maxCtasPerSM\":32,\"maxThreadsPerBlock\":1024,\"maxThreadsPerSM\":2048,\"pciDeviceId\":0,"
    "\"cudaDeviceId\":0,\"isTccDriver\":0,\"supportCoopLaunch\":1,\"totalGlobalMem\":84929347584,"
    "\"l2CacheSize\":52428800,\"smClockRateKHz\":1980000,\"memClockRateKHz\":2619000}";

static whelk_error err;

/* As wan_device.c asks: queries, keys and values side by side in one row, or those of the text. */
static struct device_attend attention(long queries, long keys, int heads, int dim)
{
    long width = (long)heads * dim;
    return (struct device_attend){.queries = queries,
                                  .keys = keys,
                                  .q_stride = queries == keys ? 3 * width : width,
                                  .kv_stride = queries == keys ? 3 * width : 2 * width,
                                  .heads = heads,
                                  .dim = dim,
                                  .type = DEVICE_BF16};
}

static const struct {
    const char *name;
    long tokens;
    int heads;
} models[] = {{"Wan 2.1 1.3B, 832x480x81", 32760, 12},
              {"Wan 2.2 5B, 1280x704x121", 27280, 24},
              {"Wan 2.1 14B, 1280x720x81", 75600, 40},
              {"a clip of 35 tokens", 35, 4}};

static void reaches(struct device_op op, enum graph_reach least, const char *what)
{
    err = (whelk_error){0};
    enum graph_reach reach = cuda_graphs_try(&op, hopper, &err);
    ok(reach >= least, "%s is %s %s", what,
       least == GRAPH_KNOWN ? "known to an engine" : "compiled", err.text);
}

static struct device_op attend(int model, bool text)
{
    return (struct device_op){.kind = DEVICE_ATTEND,
                              .attend =
                                  attention(models[model].tokens, text ? 512 : models[model].tokens,
                                            models[model].heads, 128)};
}

/* What a budget leaves out: some queries to fewer keys, both in rows of all three; and half of the
 * tokens joined. */
static struct device_op near_frames(int model, int frames, int seen)
{
    struct device_attend a =
        attention(models[model].tokens, models[model].tokens, models[model].heads, 128);
    a.queries /= frames;
    a.keys = a.queries * seen;
    return (struct device_op){.kind = DEVICE_ATTEND, .attend = a};
}

static struct device_op joined(int model)
{
    struct device_op op = attend(model, false);
    op.attend.queries = op.attend.keys = op.attend.keys * 5 / 8 + 3;
    return op;
}

/* The widest convolutions of Wan 2.1's codec at 832x480, and one of few channels. */
static struct device_op convolution(int in, int out, int frames, int side, int rows, bool added)
{
    static const float something;
    return (struct device_op){.kind = DEVICE_CONVOLVE,
                              .convolve = {.frames = frames,
                                           .rows = rows,
                                           .columns = rows * 26 / 15,
                                           .in = in,
                                           .out = out,
                                           .side = side,
                                           .add = added ? &something : NULL,
                                           .type = DEVICE_BF16}};
}

static void compiled(void)
{
    char what[96];
    for (int i = 0; i < (int)(sizeof models / sizeof *models); i++) {
        snprintf(what, sizeof what, "%s: self-attention", models[i].name);
        reaches(attend(i, false), GRAPH_COMPILED, what);
        snprintf(what, sizeof what, "%s: attention to the text", models[i].name);
        reaches(attend(i, true), GRAPH_COMPILED, what);
        snprintf(what, sizeof what, "%s: attention of tokens in pairs", models[i].name);
        reaches(joined(i), GRAPH_COMPILED, what);
    }
    reaches(near_frames(0, 21, 8), GRAPH_COMPILED, "1.3B: a frame's attention to near ones");
    reaches(near_frames(1, 31, 10), GRAPH_COMPILED, "5B: a frame's attention to near ones");
    reaches(near_frames(2, 21, 5), GRAPH_COMPILED, "14B: the last frame's attention to near ones");
    reaches((struct device_op){.kind = DEVICE_ATTEND, .attend = attention(264, 264, 4, 48)},
            GRAPH_COMPILED, "whelk-mini: attention in bf16");
    reaches((struct device_op){.kind = DEVICE_ATTEND, .attend = attention(257, 257, 16, 80)},
            GRAPH_COMPILED, "CLIP: attention");
    struct device_attend image = attention(32760, 514, 40, 128);
    reaches((struct device_op){.kind = DEVICE_ATTEND, .attend = image}, GRAPH_COMPILED,
            "14B: attention to two pictures' features");
    reaches(convolution(96, 96, 3, 3, 480, true), GRAPH_COMPILED, "a causal convolution, added");
    reaches(convolution(96, 3, 3, 3, 480, false), GRAPH_COMPILED, "one to three channels");
    reaches(convolution(192, 96, 1, 3, 480, false), GRAPH_COMPILED, "a convolution in space");
    reaches(convolution(384, 768, 3, 1, 60, false), GRAPH_COMPILED, "a convolution in time");
}

/* The own kernel is for these. */
static void refused(void)
{
    struct device_op odd = {.kind = DEVICE_ATTEND, .attend = attention(64, 64, 2, 36)};
    ok(cuda_graphs_try(&odd, hopper, &err) == GRAPH_REFUSED,
       "heads of 36 are taken by no engine, which is said: %s", err.text);
}

static void products(void)
{
    static const struct device_matmul all[] = {
        {.rows = 32760,
         .in = 1536,
         .n = 4608,
         .type = DEVICE_BF16,
         .y_type = DEVICE_BF16,
         .bias = ""},
        {.rows = 8192,
         .in = 1536,
         .n = 8960,
         .type = DEVICE_BF16,
         .y_type = DEVICE_BF16,
         .bias = "",
         .gelu = true},
        {.rows = 32760, .in = 1536, .n = 64, .type = DEVICE_BF16, .y_type = DEVICE_F32},
        {.rows = 2, .in = 256, .n = 1536, .type = DEVICE_F32, .y_type = DEVICE_F32, .bias = ""},
        /* UMT5's gate, and CLIP's patches */
        {.rows = 512,
         .in = 4096,
         .n = 10240,
         .type = DEVICE_BF16,
         .y_type = DEVICE_BF16,
         .gelu = true},
        {.rows = 256, .in = 592, .n = 1280, .type = DEVICE_BF16, .y_type = DEVICE_F32},
        /* whelk-mini: q, k and v; a path's way in and out */
        {.rows = 264, .in = 192, .n = 576, .type = DEVICE_F32, .y_type = DEVICE_F32},
        {.rows = 1, .in = 48, .n = 192, .type = DEVICE_F32, .y_type = DEVICE_F32, .bias = ""},
        {.rows = 1, .in = 192, .n = 48, .type = DEVICE_F32, .y_type = DEVICE_F32}};
    err = (whelk_error){0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ok(cuda_matmul_describe(&all[i], &err), "a product of %ld x %d x %d can be described %s",
           all[i].rows, all[i].in, all[i].n, err.text);
}

static void mistakes(void)
{
    struct graph *g = graph_new();
    int a = graph_tensor(
            g, (struct graph_tensor){.dims = 3, .dim = {1, 8, 16}, .type = CUDNN_DATA_BFLOAT16}),
        b = graph_tensor(
            g, (struct graph_tensor){.dims = 3, .dim = {1, 24, 8}, .type = CUDNN_DATA_BFLOAT16}),
        c = graph_tensor(
            g, (struct graph_tensor){.dims = 3, .dim = {1, 8, 8}, .type = CUDNN_DATA_BFLOAT16});
    graph_matmul(g, a, b, c);
    ok(graph_try(g, hopper, &err) == GRAPH_WRONG, "a product that does not fit: %s", err.text);
    graph_free(g);
    g = graph_new();
    graph_matmul(g, 0, 1, 2);
    ok(graph_try(g, hopper, &err) == GRAPH_WRONG, "a product of nothing: %s", err.text);
    graph_free(g);
}

int main(void)
{
    struct device *d = device_open_cuda(&err);
    void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (d) {
        ok(d->memory_bytes > 0 && d->there(d) > 0, "%s: %lld MB", d->name, d->memory_bytes >> 20);
        d->close(d);
    } else
        ok(strstr(err.text, "NVIDIA") != NULL, "no device: %s", err.text);
    products();
    mistakes();
    if (!driver) {
        reaches(attend(0, false), GRAPH_KNOWN, "self-attention");
        reaches(convolution(96, 96, 3, 3, 480, true), GRAPH_KNOWN, "a causal convolution");
        driver = dlopen(CUDA_STUB, RTLD_NOW | RTLD_GLOBAL);
    }
    if (driver) {
        compiled();
        refused();
    } else
        ok(1, "# SKIP neither a driver nor its stub (" CUDA_STUB ")");
    return done_testing();
}
