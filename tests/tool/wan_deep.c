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

static bool add_all(struct all *a, const struct safetensors *st, int blocks, int from, int to)
{
    bool good = true;
    for (int i = 0; i < safetensors_count(st); i++) {
        const struct st_tensor *t = safetensors_at(st, i);
        int block, used = 0;
        char name[NAME];
        if (sscanf(t->name, "blocks.%d.%n", &block, &used) != 1) {
            good = good && add(a, t, t->name, false);
            continue;
        }
        for (int b = block; b < blocks; b += GIVEN) {
            snprintf(name, sizeof name, "blocks.%d.%s", b, t->name + used);
            good = good && add(a, t, name, b >= from && b < to && adds(t->name + used));
        }
    }
    return good;
}

bool wan_deep_write(const char *from, const char *folder, int blocks, int idle_from, int idle_to,
                    whelk_error *err)
{
    char path[512], *config = NULL;
    size_t size;
    struct all *a = calloc(1, sizeof *a);
    snprintf(path, sizeof path, "%s/diffusion_pytorch_model.safetensors", from);
    struct safetensors *st = safetensors_open(path, err);
    bool good =
        a && st && add_all(a, st, blocks, idle_from, idle_to) && file_make_dirs(folder, err);
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
