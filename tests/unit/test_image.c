/* The image encoder of CLIP beyond what the golden vectors hold: other programs' names, any number
 * of threads, and files that are none. */
#include "tests/tap.h"

#include <stdlib.h>
#include <unistd.h>

#include "generator/model/clip.h"
#include "generator/model/safetensors.h"

#define FILE_NAME "tests/golden/wan/clip-tiny/models_clip_tiny.safetensors"

enum { ROOM = 128, HIGH = 20, WIDE = 31, BYTES = 257 * 48 * 4 };

static struct st_out out[ROOM];
static char name[ROOM][128];
static int count;

static float picture[3 * HIGH * WIDE];

static float *add(const char *as, const struct st_tensor *t, long long from, long long rows)
{
    long long each = t->dim[0] ? t->count / t->dim[0] : 0;
    float *data = malloc((size_t)t->count * sizeof *data);
    if (count == ROOM || !data || !st_floats(t, data))
        return NULL;
    snprintf(name[count], sizeof name[0], "vision_model.%s", as);
    out[count] = (struct st_out){.name = name[count], .rank = t->rank, .data = data + from * each};
    memcpy(out[count].dim, t->dim, sizeof t->dim);
    out[count++].dim[0] = rows;
    return data;
}

/* A block's tensors under the names of the transformers library, its queries, keys and values
 * apart. */
static void add_block(const struct st_tensor *t, int block, const char *part)
{
    static const char *const pairs[][2] = {{"norm1", "layer_norm1"},
                                           {"norm2", "layer_norm2"},
                                           {"attn.proj", "self_attn.out_proj"},
                                           {"mlp.0", "mlp.fc1"},
                                           {"mlp.2", "mlp.fc2"}};
    static const char letters[] = "qkv";
    const char *end = strrchr(part, '.');
    char as[96];
    for (int i = 0; i < 3 && strncmp(part, "attn.to_qkv", 11) == 0; i++) {
        snprintf(as, sizeof as, "encoder.layers.%d.self_attn.%c_proj%s", block, letters[i], end);
        add(as, t, i * t->dim[0] / 3, t->dim[0] / 3);
    }
    for (int i = 0; i < 5; i++)
        if (strncmp(part, pairs[i][0], strlen(pairs[i][0])) == 0) {
            snprintf(as, sizeof as, "encoder.layers.%d.%s%s", block, pairs[i][1], end);
            add(as, t, 0, t->dim[0]);
        }
}

static bool rename_all(const char *path, whelk_error *err)
{
    static const char *const others[][2] = {
        {"visual.patch_embedding.weight", "embeddings.patch_embedding.weight"},
        {"visual.cls_embedding", "embeddings.class_embedding"},
        {"visual.pos_embedding", "embeddings.position_embedding.weight"},
        {"visual.pre_norm.weight", "pre_layrnorm.weight"},
        {"visual.pre_norm.bias", "pre_layrnorm.bias"},
        {"visual.heads", "heads"}};
    struct safetensors *st = safetensors_open(FILE_NAME, err);
    for (int i = 0; st && i < safetensors_count(st); i++) {
        const struct st_tensor *t = safetensors_at(st, i);
        int block, used = 0;
        if (sscanf(t->name, "visual.transformer.%d.%n", &block, &used) == 1)
            add_block(t, block, t->name + used);
        for (int k = 0; k < 6; k++)
            if (strcmp(t->name, others[k][0]) == 0)
                add(others[k][1], t, 0, t->dim[0]);
    }
    bool good = st && safetensors_write(path, out, count, NULL, err);
    safetensors_close(st);
    return good;
}

static float *encoded(const char *path, int threads, whelk_error *err)
{
    struct clip *c = clip_open(path, false, err);
    float *rows = c ? clip_encode(c, picture, HIGH, WIDE, threads, err) : NULL;
    clip_close(c);
    return rows;
}

int main(void)
{
    whelk_error err = {0};
    char work[] = "/tmp/whelk-image.XXXXXX", path[64];
    if (!mkdtemp(work))
        return 1;
    snprintf(path, sizeof path, "%s/model.safetensors", work);
    for (int i = 0; i < 3 * HIGH * WIDE; i++)
        picture[i] = sinf(0.37f * (float)i);
    float *one = encoded(FILE_NAME, 1, &err), *three = encoded(FILE_NAME, 3, &err);
    ok(one && three && memcmp(one, three, BYTES) == 0,
       "one thread and three give the same bytes %s", err.text);
    float *other = rename_all(path, &err) ? encoded(path, 2, &err) : NULL;
    ok(one && other && memcmp(one, other, BYTES) == 0,
       "under the names of transformers, queries, keys and values apart, too %s", err.text);
    struct clip *c =
        clip_open("tests/golden/wan/umt5-tiny/models_t5_umt5-tiny-enc.safetensors", false, &err);
    ok(!c && strstr(err.text, "is no image encoder of CLIP"), "another network is refused: %s",
       err.text);
    for (int i = 0; i < count; i++)
        if (strstr(out[i].name, "layers.1.mlp.fc2.weight"))
            out[i].dim[0]--;
    bool written = safetensors_write(path, out, count, NULL, &err);
    c = written ? clip_open(path, false, &err) : NULL;
    ok(written && !c && strstr(err.text, "transformer.1.mlp.2"), "a wrong shape by name: %s",
       err.text);
    unlink(path);
    rmdir(work);
    free(one);
    free(three);
    free(other);
    return done_testing();
}
