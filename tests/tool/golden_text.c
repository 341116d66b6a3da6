/* Golden vectors of text: ids of the tokenizer, and rows of the UMT5 encoder. */
#include "golden.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/cuda/encoders.h"
#include "generator/model/unigram.h"
#include "pipeline/base/file.h"

/* --- Tokenizer --- */

static void one_text(struct golden *g, const struct unigram *u, const char *model,
                     const cJSON *kase, int i)
{
    const cJSON *want = cJSON_GetObjectItem(kase, "ids"), *id = want ? want->child : NULL;
    int ids[4096],
        n = unigram_encode(u, cJSON_GetStringValue(cJSON_GetObjectItem(kase, "text")), ids, 4096);
    char name[96], why[64];
    bool same = n == cJSON_GetArraySize(want);
    int k = 0;
    for (; same && id; id = id->next, k++)
        same = ids[k] == id->valueint;
    snprintf(name, sizeof name, "%s.%d", model, i);
    snprintf(why, sizeof why, same ? "0 0" : "%d ids, wanted %d, first difference at %d", n,
             cJSON_GetArraySize(want), k - 1);
    golden_say(g, name, "ids", same, why);
}

static void one_tokenizer(struct golden *g, const char *file)
{
    char json[512], *path, *text = NULL;
    whelk_error err = {0};
    size_t size;
    int i = 0;
    snprintf(json, sizeof json, "%.*s.json", (int)(strlen(file) - 6), file);
    struct unigram *u = (path = file_join(g->folder, file)) ? unigram_open(path, &err) : NULL;
    free(path);
    path = file_join(g->folder, json);
    if (!u || !path || !file_read(path, 1 << 24, &text, &size, &err)) {
        golden_say(g, file, "open", false, err.text);
    } else {
        cJSON *root = cJSON_ParseWithLength(text, size);
        const cJSON *cases = cJSON_GetObjectItem(root, "cases");
        for (const cJSON *c = cases ? cases->child : NULL; c; c = c->next)
            one_text(g, u, file, c, i++);
        cJSON_Delete(root);
    }
    free(text);
    free(path);
    unigram_close(u);
}

/* Every *.model with a *.json beside it; false = the folder has none. */
bool golden_tokenizer(struct golden *g)
{
    int before = g->lines;
    DIR *dir = opendir(g->folder);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        size_t n = strlen(entry->d_name);
        if (n > 6 && n < 256 && strcmp(entry->d_name + n - 6, ".model") == 0)
            one_tokenizer(g, entry->d_name);
    }
    if (dir)
        closedir(dir);
    return g->lines > before;
}

/* --- Encoder --- */

struct context {
    struct golden *g;
    const char *kase;
};

static void stage(void *ctx, const char *name, const float *data, long rows, long width)
{
    struct context *c = ctx;
    char full[160];
    snprintf(full, sizeof full, "%s.mid.%s", c->kase, name);
    if (safetensors_find(c->g->st, full))
        golden_check(c->g, c->kase, full + strlen(c->kase) + 1, data, rows * width);
}

static void one_case(struct golden *g, const struct umt5 *t, const char *kase)
{
    char name[96];
    whelk_error err = {0};
    int ids[UMT5_TOKENS_MAX], count;
    snprintf(name, sizeof name, "%s.in", kase);
    count = golden_ids(g, name, ids, UMT5_TOKENS_MAX);
    struct context ctx = {g, kase};
    struct encode_options o = {g->on_device.type, 2, stage, &ctx};
    float *rows = g->device ? umt5_device_encode(g->device, t, ids, count, &o, &err)
                            : umt5_encode_traced(t, ids, count, 2, stage, &ctx, &err);
    if (rows)
        golden_check(g, kase, "out", rows, (long)count * umt5_width(t));
    else
        golden_say(g, kase, "encode", false, err.text);
    free(rows);
}

/* The file of an encoder in a folder of golden vectors. */
char *golden_umt5_file(const char *folder)
{
    char *found = NULL;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && !found && (entry = readdir(dir)))
        if (strncmp(entry->d_name, "models_t5", 9) == 0 && strstr(entry->d_name, ".safetensors"))
            found = file_join(folder, entry->d_name);
    if (dir)
        closedir(dir);
    return found;
}

void golden_umt5(struct golden *g)
{
    whelk_error err = {0};
    char *path = golden_umt5_file(g->folder);
    const cJSON *cases = cJSON_GetObjectItem(g->cases, "cases");
    struct umt5 *t = umt5_open(path ? path : g->folder, g->cpu_bf16, &err);
    if (!t)
        golden_say(g, "-", "open", false, err.text);
    for (const cJSON *c = t && cases ? cases->child : NULL; c; c = c->next)
        one_case(g, t, c->string);
    umt5_close(t);
    free(path);
}
