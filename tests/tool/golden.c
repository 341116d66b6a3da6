/* golden [--backend cpu|cuda|host] [--dtype f32|bf16] [--vram MB] FOLDER...: runs every case of
 * each folder through the engine and prints `folder case stage max_abs rel_rms ok|FAIL`; exit 1
 * when any failed, 2 for a folder it cannot read, 3 where there is no such backend. The family is
 * known by config.json and by names. Tolerances are those of the folder the vectors came in: in
 * f32, 2e-5 of the greatest number and 5e-6 relative rms; whole pipelines 1e-4 and 2e-5; samplers
 * 5e-6; bf16 products 1.5e-2 relative rms alone. The backend host is the pass of generator/cuda/
 * over this processor; --vram grants it or the GPU so much that not all blocks stay. */
#include "golden.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/cpu/matmul.h"
#include "generator/cuda/host.h"
#include "pipeline/base/file.h"

/* --- Numbers --- */

float *golden_floats(const struct golden *g, const char *name, long *count)
{
    const struct st_tensor *t = g->st ? safetensors_find(g->st, name) : NULL;
    float *out = t ? malloc((size_t)t->count * sizeof *out + 64) : NULL;
    if (!out || !st_floats(t, out)) {
        free(out);
        return NULL;
    }
    *count = (long)t->count;
    return out;
}

long long *golden_whole(const struct golden *g, const char *name, long *count)
{
    const struct st_tensor *t = g->st ? safetensors_find(g->st, name) : NULL;
    long long *out = t && t->dtype == ST_I64 ? malloc(t->size + 8) : NULL;
    if (out) {
        memcpy(out, t->data, t->size);
        *count = (long)t->count;
    }
    return out;
}

int golden_ids(const struct golden *g, const char *stem, int *ids, int room)
{
    char name[112];
    long n = 0, m = 0;
    int count = 0;
    snprintf(name, sizeof name, "%s.ids", stem);
    long long *padded = golden_whole(g, name, &n);
    snprintf(name, sizeof name, "%s.mask", stem);
    long long *mask = golden_whole(g, name, &m);
    for (long i = 0; padded && mask && n == m && i < n && count < room; i++)
        if (mask[i])
            ids[count++] = (int)padded[i];
    free(padded);
    free(mask);
    return count;
}

void golden_say(struct golden *g, const char *kase, const char *stage, bool good, const char *why)
{
    g->lines++;
    g->failed += !good;
    printf("%s %s %s %s %s\n", g->name, kase, stage, why, good ? "ok" : "FAIL");
}

void golden_compare(struct golden *g, const char *kase, const char *stage, const float *got,
                    const float *want, long count)
{
    double most = 0, greatest = 1, error = 0, square = 0;
    for (long i = 0; i < count; i++) {
        double e = fabs((double)got[i] - want[i]);
        most = e > most || e != e ? e : most;
        greatest = fmax(greatest, fabs(want[i]));
        error += e * e;
        square += (double)want[i] * want[i];
    }
    double rms = square > 0 ? sqrt(error / square) : sqrt(error);
    bool good =
        g->bf16 ? rms <= 1.5e-2 : most <= g->most * greatest && (g->rms == 0 || rms <= g->rms);
    char text[64];
    snprintf(text, sizeof text, "%.2e %.2e", most, rms);
    golden_say(g, kase, stage, good, text);
}

void golden_check(struct golden *g, const char *kase, const char *stage, const float *got,
                  long count)
{
    char name[160];
    long wanted;
    snprintf(name, sizeof name, "%s.%s", kase, stage);
    float *want = golden_floats(g, name, &wanted);
    if (!want || wanted != count)
        golden_say(g, kase, stage, false, want ? "has another size" : "is not in the file");
    else
        golden_compare(g, kase, stage, got, want, count);
    free(want);
}

/* --- Folders --- */

static cJSON *read_json(const char *folder, const char *name)
{
    char *path = file_join(folder, name), *text = NULL;
    size_t size;
    cJSON *json = NULL;
    if (path && file_exists(path) && file_read(path, 1 << 24, &text, &size, NULL))
        json = cJSON_ParseWithLength(text, size);
    free(text);
    free(path);
    return json;
}

static bool has(const cJSON *json, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(json, key) != NULL;
}

static void run_family(struct golden *g)
{
    g->most = 2e-5;
    g->rms = 5e-6;
    g->cpu_bf16 = g->bf16 && !g->device;
    bool there = has(g->cases, "parts") || has(g->config, "model_type") ||
                 has(g->config, "z_dim") || has(g->config, "model") || has(g->config, "vocab_size");
    if (g->device && !there) {
        golden_say(g, "-", "family", true, "skipped: runs on the processor only,");
        return;
    }
    if (has(g->cases, "shifts"))
        golden_flow(g);
    else if (has(g->cases, "parts"))
        golden_pipeline(g);
    else if (has(g->config, "model_type"))
        golden_dit(g);
    else if (has(g->config, "model"))
        golden_clip(g);
    else if (has(g->config, "vocab_size"))
        golden_umt5(g);
    else if (has(g->config, "z_dim"))
        golden_vae(g);
    else if (!golden_tokenizer(g))
        golden_say(g, "-", "family", false, "is not known");
}

static bool run_folder(const char *folder, const struct golden *how, int *failed)
{
    struct golden g = *how;
    g.folder = folder;
    whelk_error err = {0};
    char *path = file_join(folder, "golden.safetensors");
    size_t end = strlen(folder);
    while (end && folder[end - 1] == '/')
        end--;
    char *name = strndup(folder, end);
    char *slash = name ? strrchr(name, '/') : NULL;
    g.name = slash ? slash + 1 : name;
    g.cases = read_json(folder, "cases.json");
    g.config = read_json(folder, "config.json");
    bool good = !path || !file_exists(path) || (g.st = safetensors_open(path, &err));
    if (good)
        run_family(&g);
    else
        fprintf(stderr, "golden: %s\n", err.text);
    if (good && !g.lines)
        golden_say(&g, "-", "cases", false, "are none");
    *failed += g.failed;
    safetensors_close(g.st);
    cJSON_Delete(g.cases);
    cJSON_Delete(g.config);
    free(path);
    free(name);
    return good;
}

/* Options before the folders; false = 2 is the exit code. */
static bool read_option(struct golden *g, const char *name, const char *value, const char **backend)
{
    char *end;
    if (strcmp(name, "--dtype") == 0) {
        g->bf16 = strcmp(value, "bf16") == 0;
        return g->bf16 || strcmp(value, "f32") == 0;
    }
    if (strcmp(name, "--backend") == 0) {
        *backend = value;
        return strcmp(value, "cpu") == 0 || strcmp(value, "cuda") == 0 ||
               strcmp(value, "host") == 0;
    }
    g->on_device.bytes = strtoll(value, &end, 10) << 20;
    return strcmp(name, "--vram") == 0 && g->on_device.bytes > 0 && !*end;
}

/* 0, or the exit code. */
static int open_backend(struct golden *g, const char *backend)
{
    whelk_error err = {0};
    g->on_device.type = g->bf16 ? DEVICE_BF16 : DEVICE_F32;
    if (strcmp(backend, "cpu") != 0) {
        g->device = strcmp(backend, "cuda") == 0 ? device_open_cuda(&err)
                                                 : host_device_new(HOST_LATE_COPIES, 0, &err);
        if (!g->device)
            return printf("- - cuda skipped: %s\n", err.text), 3;
    } else if (g->bf16 && !matmul_has_bf16())
        return printf("- - bf16 skipped: this processor multiplies none\n"), 3;
    return 0;
}

int main(int argc, char **argv)
{
    struct golden how = {0};
    const char *backend = "cpu";
    bool good = true;
    int failed = 0, i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2)
        if (!read_option(&how, argv[i], argv[i + 1], &backend))
            return fprintf(stderr, "golden: %s %s makes no sense\n", argv[i], argv[i + 1]), 2;
    if (i >= argc)
        return fprintf(stderr, "usage: golden [--backend cpu|cuda|host] [--dtype f32|bf16] "
                               "[--vram MB] FOLDER...\n"),
               2;
    int code = open_backend(&how, backend);
    if (code)
        return code == 3 && strcmp(backend, "cpu") == 0 ? 0 : code;
    for (; i < argc; i++)
        good = run_folder(argv[i], &how, &failed) && good;
    if (how.device)
        how.device->close(how.device);
    return !good ? 2 : failed ? 1 : 0;
}
