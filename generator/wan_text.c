/* A prompt as rows of the text encoder. An encoder may be eleven gigabytes, so what it said is kept
 * in the user's cache, $XDG_CACHE_HOME/whelk/text or ~/.cache/whelk/text: one file a text, named by
 * the digest of encoder, tokenizer and text. A cache that cannot be written, or whose file is not
 * what it should be, is done without. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/file.h"
#include "cuda/encoders.h"
#include "model/safetensors.h"
#include "model/weights.h"
#include "wan.h"

enum { TOKENS_MAX = 512 };

const char *wan_text_here(const struct wan *w)
{
    long long bytes =
        w->device ? umt5_device_bytes(w->device, w->text, TOKENS_MAX, DEVICE_BF16) : 0;
    return bytes < 0 ? "the device cannot run this text encoder: the processor does"
           : w->device && bytes > device_granted(w->device, w->vram)
               ? "the device has no room for the text encoder: the processor runs it"
               : NULL;
}

static bool on_device(const struct wan *w)
{
    return w->device && !wan_text_here(w);
}

/* Ids of the text and the end; their number, 0 = no memory. */
static int tokens_of(const struct wan *w, const char *text, int ids[TOKENS_MAX])
{
    int most = w->info.text_rows < TOKENS_MAX ? w->info.text_rows : TOKENS_MAX,
        end = unigram_end(w->tokenizer),
        n = unigram_encode(w->tokenizer, text, ids, most - (end >= 0));
    if (n < 0)
        return 0;
    if (end >= 0 || n == 0)
        ids[n++] = end >= 0 ? end : 0;
    return n;
}

/* The cache's file for these ids, caller's; NULL = there is no place for a cache. */
static char *cache_path(const struct wan *w, const int *ids, int count)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char name[DIGEST_TEXT], *path = NULL;
    struct digest *d = digest_new();
    digest_field(d, "whelk text", "1");
    weights_digest(umt5_weights(w->text), d);
    digest_field(d, "products",
                 on_device(w)            ? "bf16 on a device"
                 : umt5_in_bf16(w->text) ? "bf16"
                                         : "f32");
    digest_add(d, ids, (size_t)count * sizeof *ids);
    if (!digest_end(d, name) || !((cache && cache[0] == '/') || (home && home[0] == '/')))
        return NULL;
    bool own = cache && cache[0] == '/';
    size_t size = strlen(own ? cache : home) + 128;
    if ((path = malloc(size)))
        snprintf(path, size, "%s%s/whelk/text/%s.safetensors", own ? cache : home,
                 own ? "" : "/.cache", name);
    return path;
}

static float *read_rows(const char *path, int count, int width)
{
    struct safetensors *st = file_exists(path) ? safetensors_open(path, NULL) : NULL;
    const struct st_tensor *t = st ? safetensors_find(st, "rows") : NULL;
    long long numbers = (long long)count * width;
    float *rows = t && t->count == numbers ? malloc((size_t)numbers * sizeof *rows) : NULL;
    bool good = rows && st_floats(t, rows);
    for (long long i = 0; good && i < numbers; i++)
        good = isfinite(rows[i]);
    safetensors_close(st);
    if (!good) {
        free(rows);
        return NULL;
    }
    return rows;
}

static void write_rows(const char *path, const float *rows, int count, int width)
{
    struct st_out out = {"rows", 2, {count, width}, rows};
    char *dir = strdup(path), *slash = dir ? strrchr(dir, '/') : NULL;
    if (slash) {
        *slash = '\0';
        if (file_make_dirs(dir, NULL))
            safetensors_write(path, &out, 1, NULL, NULL);
    }
    free(dir);
}

float *wan_text_rows(const struct wan *w, const char *text, int *count, whelk_error *err)
{
    int ids[TOKENS_MAX];
    *count = tokens_of(w, text, ids);
    if (!*count) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    int width = umt5_width(w->text);
    char *path = cache_path(w, ids, *count);
    float *rows = path ? read_rows(path, *count, width) : NULL;
    if (!rows) {
        struct encode_options o = {.type = DEVICE_BF16, .threads = w->threads};
        rows = on_device(w) ? umt5_device_encode(w->device, w->text, ids, *count, &o, err)
                            : umt5_encode(w->text, ids, *count, w->threads, err);
        if (rows && path)
            write_rows(path, rows, *count, width);
    }
    free(path);
    return rows;
}

long long wan_text_bytes(const struct wan *w)
{
    return on_device(w) ? umt5_device_host_bytes(w->text, TOKENS_MAX, DEVICE_BF16)
                        : umt5_scratch_bytes(w->text, TOKENS_MAX, w->threads);
}
