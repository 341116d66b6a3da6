/* One pass of a transformer of Wan 2.1 1.3B's shape with made-up weights in bf16. On the processor
 * at 320 and at 2,550 tokens: processor seconds of all threads, wall seconds and the process's
 * greatest memory. On a GPU at 32,760, a clip of 832x480x81: wall seconds, TFLOP/s and the device's
 * memory, with all blocks there and with as little as it can be run with; and the share of
 * attention. The weights are a file of 2.8 GB under build/bench, written first and removed at the
 * end. Sums of the answer are printed so that two runs can be compared.
 *
 *     build/bench/bench_wan [--f32 | --cuda | --host] [threads]
 *
 * --host is the GPU's run in small on this processor, to see that it goes. */
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "generator/cpu/matmul.h"
#include "generator/cuda/host.h"
#include "generator/cuda/wan_device.h"
#include "generator/model/wan_dit.h"

#define FILE_NAME "build/bench/wan-1.3b-made-up.safetensors"

enum { WIDTH = 1536, FFN = 8960, BLOCKS = 30, TEXT = 4096, RANDOM = 1 << 20 };

struct tensor {
    char name[64];
    int n, k; /* k = 0: a vector */
};

static int list_tensors(struct tensor *t)
{
    static const char *const attentions[] = {"self_attn", "cross_attn"}, *const four = "qkvo";
    int count = 0;
#define ADD(rows, columns, ...)                                                                    \
    (t[count].n = (rows), t[count].k = (columns),                                                  \
     (void)snprintf(t[count++].name, sizeof t->name, __VA_ARGS__))
    ADD(WIDTH, 16 * 4, "patch_embedding.weight");
    ADD(WIDTH, 0, "patch_embedding.bias");
    ADD(WIDTH, TEXT, "text_embedding.0.weight");
    ADD(WIDTH, 0, "text_embedding.0.bias");
    ADD(WIDTH, WIDTH, "text_embedding.2.weight");
    ADD(WIDTH, 0, "text_embedding.2.bias");
    ADD(WIDTH, 256, "time_embedding.0.weight");
    ADD(WIDTH, 0, "time_embedding.0.bias");
    ADD(WIDTH, WIDTH, "time_embedding.2.weight");
    ADD(WIDTH, 0, "time_embedding.2.bias");
    ADD(6 * WIDTH, WIDTH, "time_projection.1.weight");
    ADD(6 * WIDTH, 0, "time_projection.1.bias");
    ADD(64, WIDTH, "head.head.weight");
    ADD(64, 0, "head.head.bias");
    ADD(2 * WIDTH, 0, "head.modulation");
    for (int b = 0; b < BLOCKS; b++) {
        for (int a = 0; a < 2; a++) {
            for (int i = 0; i < 4; i++) {
                ADD(WIDTH, WIDTH, "blocks.%d.%s.%c.weight", b, attentions[a], four[i]);
                ADD(WIDTH, 0, "blocks.%d.%s.%c.bias", b, attentions[a], four[i]);
            }
            ADD(WIDTH, 0, "blocks.%d.%s.norm_q.weight", b, attentions[a]);
            ADD(WIDTH, 0, "blocks.%d.%s.norm_k.weight", b, attentions[a]);
        }
        ADD(WIDTH, 0, "blocks.%d.norm3.weight", b);
        ADD(WIDTH, 0, "blocks.%d.norm3.bias", b);
        ADD(6 * WIDTH, 0, "blocks.%d.modulation", b);
        ADD(FFN, WIDTH, "blocks.%d.ffn.0.weight", b);
        ADD(FFN, 0, "blocks.%d.ffn.0.bias", b);
        ADD(WIDTH, FFN, "blocks.%d.ffn.2.weight", b);
        ADD(WIDTH, 0, "blocks.%d.ffn.2.bias", b);
    }
#undef ADD
    return count;
}

static size_t numbers_of(const struct tensor *t)
{
    return (size_t)t->n * (size_t)(t->k ? t->k : 1);
}

/* bf16 of -0.05..0.05, enough of them not to repeat within a matrix's row. */
static uint16_t *make_random(void)
{
    uint16_t *r = malloc(2 * RANDOM * sizeof *r);
    uint32_t state = 12345;
    for (int i = 0; r && i < 2 * RANDOM; i++) {
        state = state * 1664525u + 1013904223u;
        float f = ((float)(state >> 8) / 16777216.0f - 0.5f) * 0.1f;
        uint32_t bits;
        memcpy(&bits, &f, 4);
        r[i] = (uint16_t)(bits >> 16);
    }
    return r;
}

static bool write_data(FILE *f, const struct tensor *t, int count)
{
    uint16_t *random = make_random();
    bool good = random != NULL;
    for (int i = 0; good && i < count; i++)
        for (size_t left = numbers_of(&t[i]), at = (size_t)i * 7919 % RANDOM; good && left;) {
            size_t some = left < RANDOM ? left : RANDOM;
            good = fwrite(random + at, 2, some, f) == some;
            left -= some;
        }
    free(random);
    return good;
}

static bool write_file(void)
{
    struct tensor *t = calloc(1024, sizeof *t);
    FILE *f = fopen(FILE_NAME, "wb");
    char *header = malloc(1 << 18);
    bool good = t && f && header;
    if (good) {
        int count = list_tensors(t);
        size_t at = 0, size = 0;
        for (int i = 0; i < count; i++) {
            size_t bytes = 2 * numbers_of(&t[i]);
            char shape[32];
            if (strcmp(t[i].name, "patch_embedding.weight") == 0)
                snprintf(shape, sizeof shape, "%d,16,1,2,2", t[i].n);
            else
                snprintf(shape, sizeof shape, t[i].k ? "%d,%d" : "%d", t[i].n, t[i].k);
            size += (size_t)sprintf(
                header + size,
                "%c\"%s\":{\"dtype\":\"BF16\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                i ? ',' : '{', t[i].name, shape, at, at + bytes);
            at += bytes;
        }
        header[size++] = '}';
        while (size % 8)
            header[size++] = ' ';
        uint64_t length = size;
        good = fwrite(&length, 8, 1, f) == 1 && fwrite(header, size, 1, f) == 1 &&
               write_data(f, t, count);
    }
    good = (!f || fclose(f) == 0) && good;
    free(header);
    free(t);
    return good;
}

static double processor(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The greatest resident size since the last call with `forget`, in MB: what is mapped counts. */
static long peak_mb(bool forget)
{
    char line[128];
    long kib = 0;
    int fd = forget ? open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && write(fd, "5", 1) != 1)
        perror("clear_refs");
    if (fd >= 0)
        close(fd);
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %ld", &kib) == 1)
            break;
    if (f)
        fclose(f);
    return kib / 1024;
}

/* What a pass is given: a latent and 24 rows of text, and where its answer goes. */
struct given {
    long count;
    float *x, *out, *words;
    struct wan_pass pass;
};

static bool give(struct given *g, int frames, int rows, int columns)
{
    long text = 24L * TEXT;
    g->count = 16L * frames * rows * columns;
    g->x = malloc((size_t)g->count * sizeof *g->x);
    g->out = malloc((size_t)g->count * sizeof *g->out);
    g->words = malloc((size_t)text * sizeof *g->words);
    bool good = g->x && g->out && g->words;
    for (long i = 0; good && i < g->count; i++)
        g->x[i] = (float)sin((double)i);
    for (long i = 0; good && i < text; i++)
        g->words[i] = (float)sin(0.7 * (double)i);
    g->pass =
        (struct wan_pass){.x = g->x, .text = g->words, .text_rows = 24, .time = 900, .out = g->out};
    return good;
}

static void take_back(struct given *g)
{
    free(g->x);
    free(g->out);
    free(g->words);
}

static double mean_of(const struct given *g)
{
    double sum = 0;
    for (long i = 0; i < g->count; i++)
        sum += fabs((double)g->out[i]);
    return sum / (double)g->count;
}

static bool run(const struct wan_dit *d, int frames, int rows, int columns, int threads)
{
    whelk_error err = {0};
    struct given g = {0};
    peak_mb(true);
    struct wan_work *w = wan_work_new(d, frames, rows, columns, threads, &err);
    bool good = give(&g, frames, rows, columns) && w;
    for (int round = 0; good && round < 2; round++) {
        double start = now(), used = processor();
        good = wan_dit_pass(d, w, &g.pass, &err);
        used = processor() - used, start = now() - start;
        double flops = wan_dit_flops(d, frames, rows, columns);
        if (good)
            printf("%5d tokens, %s pass: %6.2f processor s, %6.2f wall s, peak %4ld MB, %.3g TFLOP "
                   "(%.0f GFLOP/s a core), mean |v| %.6g\n",
                   frames * rows * columns / 4, round ? "next " : "first", used, start,
                   peak_mb(false), flops / 1e12, flops / used / 1e9, mean_of(&g));
    }
    if (!good)
        fprintf(stderr, "bench_wan: %s\n", err.text[0] ? err.text : "out of memory");
    wan_work_free(w);
    take_back(&g);
    return good;
}

/* --- On a device ------------------------------------------------------------------------------ */

/* The first pass sends weights and looks for ways; the last of three is told. */
static bool passes(struct device *v, const struct wan_dit *d, int frames, int rows, int columns,
                   long long bytes)
{
    whelk_error err = {0};
    struct given g = {0};
    struct wan_device_options o = {.type = DEVICE_BF16, .bytes = bytes};
    long long before = v->there(v);
    struct wan_device *w = wan_device_new(v, d, frames, rows, columns, &o, &err);
    bool good = give(&g, frames, rows, columns) && w;
    double seconds = 0, flops = wan_dit_flops(d, frames, rows, columns), first = 0;
    for (int round = 0; good && round < 3; round++) {
        double start = now();
        good = wan_device_pass(w, d, &g.pass, &err);
        seconds = now() - start;
        first = round ? first : seconds;
    }
    if (good)
        printf("%5d tokens, %d blocks stay: %.3f wall s (first %.3f), %.3g TFLOP (%.1f TFLOP/s), "
               "%lld MB of the device, %lld MB planned, mean |v| %.6g\n",
               frames * rows * columns / 4, wan_device_planned(w)->resident, seconds, first,
               flops / 1e12, flops / seconds / 1e12, (before - v->there(v)) >> 20,
               wan_device_planned(w)->total >> 20, mean_of(&g));
    else
        fprintf(stderr, "bench_wan: %s\n", err.text[0] ? err.text : "out of memory");
    wan_device_free(w);
    take_back(&g);
    return good;
}

/* Self-attention of one block by itself. */
static bool attention(struct device *v, long tokens)
{
    enum { TIMES = 10 };
    whelk_error err = {0};
    size_t row = 3UL * WIDTH * 2;
    char *qkv = v->take(v, (size_t)tokens * row, &err),
         *out = qkv ? v->take(v, (size_t)tokens * WIDTH * 2, &err) : NULL;
    struct device_op op = {.kind = DEVICE_ATTEND,
                           .attend = {.q = qkv,
                                      .k = qkv + WIDTH * 2,
                                      .v = qkv + 2UL * WIDTH * 2,
                                      .o = out,
                                      .queries = tokens,
                                      .keys = tokens,
                                      .q_stride = 3L * WIDTH,
                                      .kv_stride = 3L * WIDTH,
                                      .heads = WIDTH / 128,
                                      .dim = 128,
                                      .scale = 0.088f,
                                      .type = DEVICE_BF16}};
    uint16_t *random = make_random();
    bool good = out && random;
    for (size_t at = 0, all = (size_t)tokens * row, some; good && at < all; at += some) {
        some = all - at < 4 * RANDOM ? all - at : 4 * RANDOM;
        good = v->copy(v, DEVICE_COMPUTE, qkv + at, random, some, &err);
    }
    good = good && v->run(v, &op, &err) && v->finish(v, &err);
    double start = now();
    for (int i = 0; good && i < TIMES; i++)
        good = v->run(v, &op, &err);
    good = good && v->finish(v, &err);
    double seconds = (now() - start) / TIMES, flops = 4.0 * (double)tokens * (double)tokens * WIDTH;
    if (good)
        printf("%5ld tokens, attention of one block: %.2f ms (%.1f TFLOP/s)\n%s\n", tokens,
               1e3 * seconds, flops / seconds / 1e12, v->note(v));
    else
        fprintf(stderr, "bench_wan: %s\n", err.text);
    free(random);
    v->release(v, qkv);
    v->release(v, out);
    return good;
}

static bool on_device(const struct wan_dit *d, bool cuda)
{
    whelk_error err = {0};
    struct wan_device_plan all;
    struct wan_device_options o = {.type = DEVICE_BF16};
    struct device *v = cuda ? device_open_cuda(&err) : host_device_new(HOST_AT_ONCE, 0, &err);
    if (!v) {
        printf("skipped: %s\n", err.text);
        return true;
    }
    int frames = cuda ? 21 : 1, rows = cuda ? 60 : 4, columns = cuda ? 104 : 4;
    printf("%s\n", v->name);
    bool good =
        wan_device_plan(d, frames, rows, columns, &o, v->own_bytes, 1LL << 40, &all, &err) &&
        passes(v, d, frames, rows, columns, 0) && passes(v, d, frames, rows, columns, all.least) &&
        attention(v, (long)frames * rows * columns / 4);
    v->close(v);
    return good;
}

int main(int argc, char **argv)
{
    whelk_error err = {0};
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *option = argc > 1 && argv[1][0] == '-' ? argv[1] : "";
    bool cuda = strcmp(option, "--cuda") == 0, device = cuda || strcmp(option, "--host") == 0,
         bf16 = strcmp(option, "--f32") != 0 && !device && matmul_has_bf16();
    int threads = argc > 1 + (*option != 0) ? atoi(argv[1 + (*option != 0)]) : 2;
    if (!write_file()) {
        fprintf(stderr, "bench_wan: cannot write " FILE_NAME " (2.8 GB)\n");
        unlink(FILE_NAME);
        return 1;
    }
    struct wan_dit *d = wan_dit_open(FILE_NAME, bf16, &err);
    if (!d)
        fprintf(stderr, "bench_wan: %s\n", err.text);
    else
        printf("Wan 2.1 1.3B's shape, weights in bf16, products in %s, %d threads\n",
               bf16 || device ? "bf16" : "f32", threads);
    bool good = d && (device ? on_device(d, cuda)
                             : run(d, 5, 16, 16, threads) && run(d, 5, 34, 60, threads));
    wan_dit_close(d);
    unlink(FILE_NAME);
    return good ? 0 : 1;
}
