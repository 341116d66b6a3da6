/* Opening a transformer: sizes from the shapes of its tensors, the rest from config.json, every
 * matrix found and checked; and the scratch of a pass, sized here and nowhere else. */
#include "wan_dit_parts.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../pipeline/base/file.h"
#include "arena.h"

/* --- Sizes --- */

static bool dims(const struct weights *w, const char *name, int rank, int *first, int *second,
                 whelk_error *err)
{
    const struct weights_tensor *t = weights_find(w, "%s", name);
    if (!t || t->rank < rank)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: is no transformer of the Wan family: %s is not there",
                          weights_path(w), name);
    for (int i = 0; i < 2 && i < t->rank; i++)
        if (t->dim[i] < 1 || t->dim[i] > 1 << 20)
            return whelk_fail(err, WHELK_EFAIL, "%s: tensor %s has an impossible shape",
                              weights_path(w), name);
    *first = (int)t->dim[0];
    *second = rank > 1 ? (int)t->dim[1] : 0;
    return true;
}

static bool find_sizes(struct wan_dit *d, whelk_error *err)
{
    struct wan_dit_info *i = &d->info;
    int four_out, unused;
    if (!dims(d->weights, "patch_embedding.weight", 2, &i->width, &i->in, err) ||
        !dims(d->weights, "head.head.weight", 2, &four_out, &unused, err) ||
        !dims(d->weights, "text_embedding.0.weight", 2, &unused, &i->text_dim, err) ||
        !dims(d->weights, "blocks.0.ffn.0.weight", 2, &i->ffn, &unused, err))
        return false;
    while (weights_find(d->weights, "blocks.%d.modulation", i->blocks))
        i->blocks++;
    i->out = four_out / 4;
    if (weights_find(d->weights, "img_emb.proj.1.weight") &&
        !dims(d->weights, "img_emb.proj.0.weight", 1, &i->image_dim, &unused, err))
        return false;
    i->images = i->image_dim && weights_find(d->weights, "img_emb.emb_pos") ? 2 : 1;
    if (weights_find(d->weights, "vace_blocks.0.modulation") ||
        weights_find(d->weights, "ref_conv.weight"))
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: is a VACE or Fun variant of Wan; T2V, I2V, FLF2V and "
                          "TI2V are what the engine runs",
                          weights_path(d->weights));
    if (i->blocks < 1 || i->blocks > WAN_BLOCKS_MAX || i->out < 1 || i->in < i->out)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: %d blocks, %d channels in and %d out make no "
                          "transformer of the Wan family",
                          weights_path(d->weights), i->blocks, i->in, i->out);
    i->parameters = weights_parameters(d->weights);
    i->weight_bytes = weights_bytes(d->weights);
    return true;
}

static int number(const cJSON *config, const char *key, int otherwise)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(config, key);
    return cJSON_IsNumber(n) ? n->valueint : otherwise;
}

/* config.json in the folder, or beside the file. */
static cJSON *config_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("."), *file,
         *text = NULL;
    size_t size;
    cJSON *config = NULL;
    file = file_join(path, "config.json");
    if (file && !file_exists(file)) {
        free(file);
        file = folder ? file_join(folder, "config.json") : NULL;
    }
    if (file && file_exists(file) && file_read(file, 1 << 20, &text, &size, NULL))
        config = cJSON_ParseWithLength(text, size);
    free(folder);
    free(file);
    free(text);
    return config;
}

/* What shapes do not tell: heads (128 numbers each in every published model), the text's rows. */
static bool find_config(struct wan_dit *d, const char *path, whelk_error *err)
{
    struct wan_dit_info *i = &d->info;
    cJSON *config = config_beside(path);
    int heads = i->width >= 128 && i->width % 128 == 0 ? i->width / 128 : 0;
    i->heads = number(config, "num_heads", number(config, "num_attention_heads", heads));
    i->text_rows = number(config, "text_len", 512);
    const cJSON *eps = cJSON_GetObjectItemCaseSensitive(config, "eps");
    d->eps = cJSON_IsNumber(eps) ? (float)eps->valuedouble : 1e-6f;
    cJSON_Delete(config);
    if (i->heads < 1 || i->width % i->heads || i->width / i->heads % 2 ||
        i->width / i->heads > 1024 || i->text_rows < 1 || i->text_rows > 4096 || !(d->eps > 0))
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: a width of %d in %d heads with %d rows of text cannot "
                          "be run; is its config.json the right one?",
                          path, i->width, i->heads, i->text_rows);
    d->head_dim = i->width / i->heads;
    return true;
}

/* --- Matrices --- */

static bool open_attention(struct weights *w, struct wan_attention *a, int dim, int block,
                           const char *name, whelk_error *err)
{
    return weights_matmul(w, &a->q, dim, dim, 1, true, err, "blocks.%d.%s.q", block, name) &&
           weights_matmul(w, &a->k, dim, dim, 1, true, err, "blocks.%d.%s.k", block, name) &&
           weights_matmul(w, &a->v, dim, dim, 1, true, err, "blocks.%d.%s.v", block, name) &&
           weights_matmul(w, &a->o, dim, dim, 1, true, err, "blocks.%d.%s.o", block, name) &&
           (a->norm_q = weights_floats(w, dim, err, "blocks.%d.%s.norm_q.weight", block, name)) &&
           (a->norm_k = weights_floats(w, dim, err, "blocks.%d.%s.norm_k.weight", block, name));
}

static bool open_block(struct wan_dit *d, int i, whelk_error *err)
{
    struct weights *w = d->weights;
    struct wan_block *b = &d->block[i];
    int dim = d->info.width, ffn = d->info.ffn;
    bool good = open_attention(w, &b->self, dim, i, "self_attn", err) &&
                open_attention(w, &b->cross, dim, i, "cross_attn", err) &&
                (b->norm3 = weights_floats(w, dim, err, "blocks.%d.norm3.weight", i)) &&
                (b->norm3_bias = weights_floats(w, dim, err, "blocks.%d.norm3.bias", i)) &&
                (b->modulation = weights_floats(w, 6LL * dim, err, "blocks.%d.modulation", i)) &&
                weights_matmul(w, &b->ffn0, ffn, dim, 1, true, err, "blocks.%d.ffn.0", i) &&
                weights_matmul(w, &b->ffn2, dim, ffn, 1, true, err, "blocks.%d.ffn.2", i);
    if (good && d->info.image_dim)
        good =
            weights_matmul(w, &b->k_img, dim, dim, 1, true, err, "blocks.%d.cross_attn.k_img", i) &&
            weights_matmul(w, &b->v_img, dim, dim, 1, true, err, "blocks.%d.cross_attn.v_img", i) &&
            (b->norm_k_img =
                 weights_floats(w, dim, err, "blocks.%d.cross_attn.norm_k_img.weight", i));
    b->ffn0.act = MATMUL_GELU;
    struct matmul *all[] = {&b->self.q,  &b->self.k,  &b->self.v,  &b->self.o,
                            &b->cross.q, &b->cross.k, &b->cross.v, &b->cross.o,
                            &b->k_img,   &b->v_img,   &b->ffn0,    &b->ffn2};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        all[k]->bf16 = d->bf16;
    return good;
}

static bool open_image(struct wan_dit *d, whelk_error *err)
{
    struct weights *w = d->weights;
    int dim = d->info.width, from = d->info.image_dim;
    if (!from)
        return true;
    bool good = (d->img0 = weights_floats(w, from, err, "img_emb.proj.0.weight")) &&
                (d->img0_bias = weights_floats(w, from, err, "img_emb.proj.0.bias")) &&
                weights_matmul(w, &d->img1, from, from, 1, true, err, "img_emb.proj.1") &&
                weights_matmul(w, &d->img3, dim, from, 1, true, err, "img_emb.proj.3") &&
                (d->img4 = weights_floats(w, dim, err, "img_emb.proj.4.weight")) &&
                (d->img4_bias = weights_floats(w, dim, err, "img_emb.proj.4.bias"));
    if (good && d->info.images == 2)
        good =
            (d->img_place = weights_floats(w, 2LL * WAN_IMAGE_ROWS * from, err, "img_emb.emb_pos"));
    d->img1.bf16 = d->img3.bf16 = d->bf16;
    return good;
}

/* Times and what they modulate stay in f32, as in the reference. */
static bool open_ends(struct wan_dit *d, whelk_error *err)
{
    struct weights *w = d->weights;
    const struct wan_dit_info *i = &d->info;
    bool good =
        weights_matmul(w, &d->patch, i->width, i->in, 4, true, err, "patch_embedding") &&
        weights_matmul(w, &d->text0, i->width, i->text_dim, 1, true, err, "text_embedding.0") &&
        weights_matmul(w, &d->text2, i->width, i->width, 1, true, err, "text_embedding.2") &&
        weights_matmul(w, &d->time0, i->width, WAN_FREQ, 1, true, err, "time_embedding.0") &&
        weights_matmul(w, &d->time2, i->width, i->width, 1, true, err, "time_embedding.2") &&
        weights_matmul(w, &d->time6, 6 * i->width, i->width, 1, true, err, "time_projection.1") &&
        weights_matmul(w, &d->head, 4 * i->out, i->width, 1, true, err, "head.head") &&
        (d->head_modulation = weights_floats(w, 2LL * i->width, err, "head.modulation"));
    /* a patch is one row of all its channels' four numbers, which is how its weights lie */
    d->patch.w.in *= 4;
    d->patch.w.taps = 1;
    d->text0.act = MATMUL_GELU;
    d->time0.act = MATMUL_SILU;
    d->patch.bf16 = d->text0.bf16 = d->text2.bf16 = d->head.bf16 = d->bf16;
    return good;
}

struct wan_dit *wan_dit_open(const char *path, bool bf16, whelk_error *err)
{
    struct wan_dit *d = calloc(1, sizeof *d);
    if (!d) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    d->bf16 = bf16;
    bool good = (d->weights = weights_open(path, NAMES_DIT, err)) && find_sizes(d, err) &&
                find_config(d, path, err) && open_ends(d, err) && open_image(d, err);
    for (int i = 0; good && i < d->info.blocks; i++)
        good = open_block(d, i, err);
    if (!good) {
        wan_dit_close(d);
        return NULL;
    }
    return d;
}

void wan_dit_close(struct wan_dit *d)
{
    if (!d)
        return;
    weights_close(d->weights);
    free(d);
}

void wan_dit_get_info(const struct wan_dit *d, struct wan_dit_info *out)
{
    *out = d->info;
}

const struct weights *wan_dit_weights(const struct wan_dit *d)
{
    return d->weights;
}

struct wan_dit_costs wan_dit_costs(const struct wan_dit *d)
{
    const struct wan_dit_info *i = &d->info;
    double w = i->width, f = i->ffn, m = i->text_rows;
    m += i->image_dim ? i->images * WAN_IMAGE_ROWS : 0;
    return (struct wan_dit_costs){4 * w, 4 * m * w + 2 * (6 * w * w + 2 * w * f), 4 * m * w * w,
                                  8 * w * (i->in + i->out)};
}

double wan_dit_flops(const struct wan_dit *d, int frames, int rows, int columns)
{
    struct wan_dit_costs c = wan_dit_costs(d);
    double n = (double)frames * rows * columns / 4;
    return d->info.blocks * (c.per_pair * n * n + c.per_token * n + c.fixed) + c.ends * n;
}

/* --- Scratch --- */

static bool keys_in_bf16(const struct wan_dit *d)
{
    return d->bf16 && d->head_dim % 32 == 0;
}

static void place_keys(struct arena *l, struct wan_keys *keys, const struct wan_dit *d, int tokens)
{
    keys->tokens = tokens;
    keys->a = (struct attention){.tokens = tokens, .heads = d->info.heads, .head_dim = d->head_dim};
    keys->b = (struct attention_bf16){
        .tokens = tokens, .heads = d->info.heads, .head_dim = d->head_dim};
    if (keys_in_bf16(d)) {
        keys->memory = arena_take(l, attention_bf16_bytes(&keys->b));
        return;
    }
    keys->a.wide = attention_has_avx512();
    attention_layout(&keys->a);
    keys->k = arena_floats(l, attention_keys(&keys->a));
    keys->v = arena_floats(l, attention_keys(&keys->a));
}

/* Bytes of scores a thread. */
static size_t scores_of(const struct wan_dit *d, const struct wan_keys *keys)
{
    return !keys->tokens     ? 0
           : keys_in_bf16(d) ? attention_bf16_scratch(&keys->b)
                             : (size_t)attention_scores(&keys->a) * sizeof(float);
}

static size_t panels(const struct wan_dit *d)
{
    const struct matmul *all[] = {
        &d->patch, &d->text0, &d->text2, &d->time0,           &d->time2,         &d->time6,
        &d->head,  &d->img1,  &d->img3,  &d->block[0].self.q, &d->block[0].ffn0, &d->block[0].ffn2};
    size_t most = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t need = all[i]->w.n ? matmul_scratch(all[i]) : 0;
        most = need > most ? need : most;
    }
    return most;
}

/* Pairs of one head that turn with each axis: frames, rows, columns. */
static void axis_pairs(int head_dim, int pairs[3])
{
    int all = head_dim / 2, third = all / 3;
    pairs[0] = all - 2 * third;
    pairs[1] = pairs[2] = third;
}

/* Columns are told in halves. */
static void axis_positions(const struct wan_work *w, int positions[3])
{
    positions[0] = w->frames;
    positions[1] = w->rows / 2;
    positions[2] = w->columns;
}

static void place_image(struct arena *l, struct wan_work *w, const struct wan_dit *d)
{
    int rows = d->info.images * WAN_IMAGE_ROWS, dim = d->info.width;
    if (!d->info.image_dim)
        return;
    w->image_in = arena_take(l, (size_t)rows * matmul_row_bytes(d->bf16, d->info.image_dim));
    w->image_mid = arena_take(l, (size_t)rows * matmul_row_bytes(d->bf16, d->info.image_dim));
    w->image = arena_take(l, (size_t)rows * matmul_row_bytes(d->bf16, dim));
    w->image_rows =
        arena_floats(l, (long)rows * (dim > d->info.image_dim ? dim : d->info.image_dim));
    place_keys(l, &w->picture, d, rows);
}

static void place_all(struct arena *l, struct wan_work *w, const struct wan_dit *d)
{
    const struct wan_dit_info *i = &d->info;
    long n = w->tokens, dim = i->width, text = i->text_rows;
    long most = text > i->images * WAN_IMAGE_ROWS ? text : i->images * WAN_IMAGE_ROWS;
    int pairs[3], positions[3];
    size_t row = matmul_row_bytes(d->bf16, i->width);
    w->x = arena_floats(l, n * dim);
    w->q = arena_floats(l, n * dim);
    w->k = arena_floats(l, n * dim);
    w->v = arena_floats(l, n * dim);
    w->h = arena_take(l, (size_t)n * row);
    w->hidden = arena_take(l, WAN_FFN_ROWS * matmul_row_bytes(d->bf16, i->ffn));
    w->patches = arena_take(l, (size_t)n * matmul_row_bytes(d->bf16, 4 * i->in));
    w->leave = arena_floats(l, n * 4 * i->out);
    w->text_in = arena_take(l, (size_t)text * matmul_row_bytes(d->bf16, i->text_dim));
    w->text_mid = arena_take(l, (size_t)text * row);
    w->context = arena_take(l, (size_t)text * row);
    w->text_k = arena_floats(l, most * dim);
    w->text_v = arena_floats(l, most * dim);
    place_keys(l, &w->self, d, w->tokens);
    place_keys(l, &w->text, d, i->text_rows);
    place_image(l, w, d);
    axis_pairs(d->head_dim, pairs);
    axis_positions(w, positions);
    for (int a = 0; a < 3; a++) {
        w->cosine[a] = arena_floats(l, (long)positions[a] * pairs[a]);
        w->sine[a] = arena_floats(l, (long)positions[a] * pairs[a]);
    }
    w->time = arena_floats(l, WAN_TIMES * (WAN_FREQ + 9 * dim));
    w->mod = arena_floats(l, WAN_TIMES * 6 * dim);
    w->scratch = arena_take(l, (size_t)w->threads * sizeof *w->scratch);
    w->scores = arena_take(l, (size_t)w->threads * sizeof *w->scores);
    size_t scores = scores_of(d, &w->self), others = scores_of(d, &w->text),
           pictures = scores_of(d, &w->picture);
    others = pictures > others ? pictures : others;
    for (int t = 0; t < w->threads; t++) {
        void *panel = arena_take(l, panels(d));
        size_t more =
            (size_t)(2 * d->head_dim + (dim > 4 * i->in ? dim : 4 * i->in)) * sizeof(float);
        float *own = arena_take(l, (scores > others ? scores : others) + more);
        if (l->base)
            w->scratch[t] = panel, w->scores[t] = own;
    }
}

static void set_sizes(struct wan_work *w, int frames, int rows, int columns, int threads)
{
    w->frames = frames, w->rows = rows, w->columns = columns, w->threads = threads;
    w->per_frame = rows / 2 * (columns / 2);
    w->tokens = frames * w->per_frame;
}

long long wan_work_bytes(const struct wan_dit *d, int frames, int rows, int columns, int threads)
{
    struct wan_work w = {0};
    struct arena count = {0};
    set_sizes(&w, frames, rows, columns, threads);
    place_all(&count, &w, d);
    return (long long)count.size;
}

/* Angle of pair i at position p: p * 10000^(-2i / (2 * pairs)), each axis by its own width. */
static void make_angles(struct wan_work *w, const struct wan_dit *d)
{
    int pairs[3], positions[3];
    axis_pairs(d->head_dim, pairs);
    axis_positions(w, positions);
    for (int a = 0; a < 3; a++)
        for (int p = 0; p < positions[a]; p++)
            for (int i = 0; i < pairs[a]; i++) {
                double angle = (a == 2 ? 0.5 * p : p) * pow(10000, -(double)i / pairs[a]);
                w->cosine[a][p * pairs[a] + i] = (float)cos(angle);
                w->sine[a][p * pairs[a] + i] = (float)sin(angle);
            }
}

struct wan_work *wan_work_new(const struct wan_dit *d, int frames, int rows, int columns,
                              int threads, whelk_error *err)
{
    long long bytes = wan_work_bytes(d, frames, rows, columns, threads);
    struct wan_work *w = calloc(1, sizeof *w);
    struct arena place = {.base = w ? aligned_alloc(64, (size_t)bytes) : NULL};
    if (!place.base) {
        whelk_fail(err, WHELK_EFAIL, "no memory for %lld bytes of scratch (%d frames of %d x %d)",
                   bytes, frames, rows, columns);
        free(w);
        return NULL;
    }
    w->memory = place.base;
    w->threads = threads;
    wan_work_shape(w, d, frames, rows, columns);
    return w;
}

void wan_work_shape(struct wan_work *w, const struct wan_dit *d, int frames, int rows, int columns)
{
    struct arena place = {.base = w->memory};
    set_sizes(w, frames, rows, columns, w->threads);
    place_all(&place, w, d);
    if (w->self.memory) /* keys beyond the last are to be nothing */
        memset(w->self.memory, 0, attention_bf16_bytes(&w->self.b));
    if (w->text.memory)
        memset(w->text.memory, 0, attention_bf16_bytes(&w->text.b));
    if (w->picture.memory)
        memset(w->picture.memory, 0, attention_bf16_bytes(&w->picture.b));
    make_angles(w, d);
}

void wan_work_free(struct wan_work *w)
{
    if (!w)
        return;
    free(w->memory);
    free(w);
}
