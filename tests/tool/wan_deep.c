/* The golden file's tensors once more, those of blocks under more numbers. */
#include "wan_deep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/model/safetensors.h"
#include "pipeline/base/file.h"

enum { ROOM = 4096, NAME = 96, GIVEN = 2 };

struct all {
    struct st_out out[ROOM];
    char name[ROOM][NAME];
    float *data[ROOM];
    int count;
};

static bool add(struct all *a, const struct st_tensor *t, const char *name, bool nothing)
{
    if (a->count == ROOM || !(a->data[a->count] = calloc((size_t)t->count, sizeof(float))))
        return false;
    int i = a->count++;
    snprintf(a->name[i], NAME, "%s", name);
    a->out[i] = (struct st_out){.name = a->name[i], .rank = t->rank, .data = a->data[i]};
    memcpy(a->out[i].dim, t->dim, sizeof t->dim);
    return nothing || st_floats(t, a->data[i]);
}

/* What a block adds comes out of these. */
static bool adds(const char *part)
{
    return strncmp(part, "self_attn.o.", 12) == 0 || strncmp(part, "cross_attn.o.", 13) == 0 ||
           strncmp(part, "ffn.2.", 6) == 0;
}

/* The matrix that reads rows of text, for wider ones. */
static bool widen(struct all *a, int columns)
{
    struct st_out *out = &a->out[a->count - 1];
    long long n = out->dim[0], old = out->dim[1];
    float *data = calloc((size_t)(n * columns), sizeof *data);
    for (long long i = 0; data && i < n * columns; i++)
        data[i] = out->data[i / columns * old + i % columns % old];
    free(a->data[a->count - 1]);
    out->data = a->data[a->count - 1] = data;
    out->dim[1] = columns;
    return data != NULL;
}

static bool add_all(struct all *a, const struct safetensors *st, const struct wan_deep *how)
{
    bool good = true;
    for (int i = 0; i < safetensors_count(st); i++) {
        const struct st_tensor *t = safetensors_at(st, i);
        int block, used = 0;
        char name[NAME];
        if (how->blind && strstr(t->name, "img"))
            continue;
        if (sscanf(t->name, "blocks.%d.%n", &block, &used) != 1) {
            good = good && add(a, t, t->name, false);
            if (good && how->text && strcmp(t->name, "text_embedding.0.weight") == 0)
                good = widen(a, how->text);
            continue;
        }
        for (int b = block; b < how->blocks; b += GIVEN) {
            snprintf(name, sizeof name, "blocks.%d.%s", b, t->name + used);
            good = good && add(a, t, name, b >= how->idle_from && b < how->idle_to && adds(t->name + used));
        }
    }
    return good;
}

bool wan_deep_write(const char *from, const char *folder, const struct wan_deep *how,
                    whelk_error *err)
{
    char path[512], *config = NULL;
    size_t size;
    struct all *a = calloc(1, sizeof *a);
    snprintf(path, sizeof path, "%s/diffusion_pytorch_model.safetensors", from);
    struct safetensors *st = safetensors_open(path, err);
    bool good =
        a && st && add_all(a, st, how) && file_make_dirs(folder, err);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    good = good && safetensors_write(path, a->out, a->count, NULL, err);
    snprintf(path, sizeof path, "%s/config.json", from);
    good = good && file_read(path, 1 << 16, &config, &size, err);
    snprintf(path, sizeof path, "%s/config.json", folder);
    good = good && file_write(path, config, size, err);
    for (int i = 0; a && i < a->count; i++)
        free(a->data[i]);
    free(config);
    free(a);
    safetensors_close(st);
    return good;
}
