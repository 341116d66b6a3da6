/* The same small transformer in the forms in which weights go round: other programs' names, a
 * prefix, shards, fp8 with scales, GGUF; each gives the reference's answer as closely as its
 * numbers allow. And files that lie: each is refused by name. */
#include "tests/tap.h"

#include <stdlib.h>
#include <unistd.h>
#include <immintrin.h>

#include "generator/cpu/matmul.h"
#include "generator/generator.h"
#include "generator/model/safetensors.h"
#include "generator/model/wan_dit.h"
#include "generator/model/wan_vae.h"
#include "weights_file.h"

#define FOLDER "tests/golden/wan/wan21-t2v-tiny/"

static char work[64];

static bool load(void)
{
    return load_file(FOLDER "diffusion_pytorch_model.safetensors");
}

/* --- GGUF ------------------------------------------------------------------------------------ */

static void put_number(struct bytes *b, unsigned long long v, int n)
{
    for (int i = 0; i < n; i++, v >>= 8)
        bytes_append(b, &(char){(char)v}, 1);
}

static void write_gguf(const char *path)
{
    struct bytes b;
    size_t at = 0;
    bytes_init(&b, 1 << 26);
    bytes_text(&b, "GGUF");
    put_number(&b, 3, 4);
    put_number(&b, (unsigned)count, 8);
    put_number(&b, 1, 8);
    put_number(&b, 20, 8);
    bytes_text(&b, "general.architecture");
    put_number(&b, 8, 4);
    put_number(&b, 3, 8);
    bytes_text(&b, "wan");
    for (int i = 0; i < count; i++) {
        put_number(&b, strlen(tensors[i].name), 8);
        bytes_text(&b, tensors[i].name);
        put_number(&b, (unsigned)tensors[i].rank, 4);
        for (int k = tensors[i].rank; k-- > 0;)
            put_number(&b, (unsigned long long)tensors[i].dim[k], 8);
        put_number(&b, (unsigned)tensors[i].ggml, 4);
        put_number(&b, at, 8);
        at += (tensors[i].size + 31) / 32 * 32;
    }
    while (b.size % 32)
        bytes_append(&b, "", 1);
    for (int i = 0; i < count; i++) {
        bytes_append(&b, tensors[i].data, tensors[i].size);
        while (b.size % 32)
            bytes_append(&b, "", 1);
    }
    file_write(path, b.data, b.size, NULL);
    bytes_release(&b);
}

/* --- Running ---------------------------------------------------------------------------------- */

/* Relative rms of the answer to golden case d; NAN where it cannot be had. */
static double error_of(const char *path, whelk_error *err)
{
    struct safetensors *g = safetensors_open(FOLDER "golden.safetensors", NULL);
    const struct st_tensor *x = safetensors_find(g, "d.in.x"),
                           *text = safetensors_find(g, "d.in.context"),
                           *want = safetensors_find(g, "d.out");
    float *in = malloc((size_t)x->count * 4), *rows = malloc((size_t)text->count * 4),
          *wanted = malloc((size_t)want->count * 4), *out = calloc((size_t)want->count, 4);
    double error = NAN, square = 0;
    *err = (whelk_error){0};
    struct wan_dit *d = wan_dit_open(path, false, err);
    struct wan_work *w = d ? wan_work_new(d, 5, 10, 6, 2, err) : NULL;
    if (w && in && rows && wanted && out && st_floats(x, in) && st_floats(text, rows) &&
        st_floats(want, wanted)) {
        struct wan_pass p = {
            .x = in, .text = rows, .text_rows = (int)text->dim[0], .time = 785, .out = out};
        if (wan_dit_pass(d, w, &p, err)) {
            error = 0;
            for (long i = 0; i < want->count; i++) {
                error += pow((double)out[i] - wanted[i], 2);
                square += (double)wanted[i] * wanted[i];
            }
            error = sqrt(error / square);
        }
    }
    wan_work_free(w);
    wan_dit_close(d);
    free(in);
    free(rows);
    free(wanted);
    free(out);
    safetensors_close(g);
    return error;
}

static const char *in_work(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", work, name);
    return path;
}

static void agrees(const char *path, double most, const char *what)
{
    whelk_error err;
    double e = error_of(path, &err);
    ok(e <= most, "%s: relative rms %.1e %s", what, e, err.text);
}

static void refused(const char *path, const char *says)
{
    whelk_error err;
    double e = error_of(path, &err);
    ok(!(e == e) && strstr(err.text, says), "refused: %s", says);
    if (!strstr(err.text, says))
        printf("#   got \"%s\"\n", err.text);
}

/* --- Forms ------------------------------------------------------------------------------------ */

static void swap(char *name, const char *from, const char *to)
{
    char copy[160], *at = strstr(name, from);
    if (!at)
        return;
    snprintf(copy, sizeof copy, "%.*s%s%s", (int)(at - name), name, to, at + strlen(from));
    strcpy(name, copy);
}

/* As diffusers' conversion script renames them, norm3 becoming norm2. */
static void name_as_diffusers(char *name)
{
    static const char *const pairs[][2] = {
        {"time_embedding.0", "condition_embedder.time_embedder.linear_1"},
        {"time_embedding.2", "condition_embedder.time_embedder.linear_2"},
        {"text_embedding.0", "condition_embedder.text_embedder.linear_1"},
        {"text_embedding.2", "condition_embedder.text_embedder.linear_2"},
        {"time_projection.1", "condition_embedder.time_proj"},
        {"head.modulation", "scale_shift_table"},
        {"head.head", "proj_out"},
        {".modulation", ".scale_shift_table"},
        {"ffn.0", "ffn.net.0.proj"},
        {"ffn.2", "ffn.net.2"},
        {"norm3", "norm2"},
        {"self_attn.q", "attn1.to_q"},
        {"self_attn.k", "attn1.to_k"},
        {"self_attn.v", "attn1.to_v"},
        {"self_attn.o", "attn1.to_out.0"},
        {"self_attn", "attn1"},
        {"cross_attn.q", "attn2.to_q"},
        {"cross_attn.k", "attn2.to_k"},
        {"cross_attn.v", "attn2.to_v"},
        {"cross_attn.o", "attn2.to_out.0"},
        {"cross_attn", "attn2"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        swap(name, pairs[i][0], pairs[i][1]);
}

/* --- The codecs under diffusers' names --- */

/* decoder.upsamples.7 is the fourth of the second of Wan 2.1's groups of four. */
static void name_codec(char *name, bool folded)
{
    static const char *const inside[][2] = {{"residual.0", "norm1"},
                                            {"residual.2", "conv1"},
                                            {"residual.3", "norm2"},
                                            {"residual.6", "conv2"},
                                            {"shortcut", "conv_shortcut"}};
    char copy[160], rest[96];
    int i, j;
    if (strstr(name, "conv1.") == name)
        swap(name, "conv1", "quant_conv");
    else if (strstr(name, "conv2.") == name)
        swap(name, "conv2", "post_quant_conv");
    else if (!strstr(name, "residual"))
        swap(name, "coder.conv1", "coder.conv_in");
    swap(name, "head.0", "norm_out");
    swap(name, "head.2", "conv_out");
    for (int k = 0; k < 5; k++)
        swap(name, inside[k][0], inside[k][1]);
    swap(name, "middle.0", "mid_block.resnets.0");
    swap(name, "middle.1", "mid_block.attentions.0");
    swap(name, "middle.2", "mid_block.resnets.1");
    bool up = strstr(name, "decoder.upsamples.") == name,
         down = strstr(name, "encoder.downsamples.") == name, change;
    if (folded && (up || down)) {
        if (sscanf(name, "%*[a-z].%*[a-z].%d.%*[a-z].%d.%95s", &i, &j, rest) != 3)
            return;
        change = j == (up ? 3 : 2);
    } else if (up || down) {
        if (sscanf(name, "%*[a-z].%*[a-z].%d.%95s", &j, rest) != 2)
            return;
        i = j / 4, change = j % 4 == 3;
        if (down) { /* one list there too */
            snprintf(copy, sizeof copy, "encoder.down_blocks.%d.%s", j, rest);
            strcpy(name, copy);
            return;
        }
        j %= 4;
    } else {
        return;
    }
    if (change)
        snprintf(copy, sizeof copy, "%s_blocks.%d.%ssampler%s.%s",
                 up ? "decoder.up" : "encoder.down", i, up ? "up" : "down", folded ? "" : "s.0",
                 rest);
    else
        snprintf(copy, sizeof copy, "%s_blocks.%d.resnets.%d.%s",
                 up ? "decoder.up" : "encoder.down", i, j, rest);
    strcpy(name, copy);
}

static bool sum_frame(void *ctx, const float *data, int rows, int columns, int channels)
{
    double *sum = ctx;
    for (long i = 0; i < (long)rows * columns * channels; i++)
        *sum += (double)data[i] * cos((double)i);
    return true;
}

/* A number that stands for all that comes out of both halves. */
static double codec_sum(const char *path, whelk_error *err)
{
    enum { ROWS = 2, COLUMNS = 3 };
    double sum = 0;
    static float latent[3 * 48 * ROWS * COLUMNS], pixels[5 * 3 * 64 * 64];
    for (size_t i = 0; i < sizeof latent / sizeof *latent; i++)
        latent[i] = (float)sin((double)i);
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++)
        pixels[i] = (float)sin(0.01 * (double)i);
    *err = (whelk_error){0};
    struct wan_vae *v = wan_vae_open(path, false, err);
    struct wan_codec *d = v ? wan_codec_new(v, WAN_DECODE, ROWS, COLUMNS, 1, err) : NULL,
                     *e = v ? wan_codec_new(v, WAN_ENCODE, 64, 64, 1, err) : NULL;
    bool good = d && e;
    for (int t = 0; good && t < 3; t++)
        good = wan_codec_push(
            d, &(struct wan_picture){latent + t * 48 * ROWS * COLUMNS, ROWS * COLUMNS, 1},
            sum_frame, &sum, err);
    for (int t = 0; good && t < 5; t++)
        good = wan_codec_push(e, &(struct wan_picture){pixels + t * 3 * 64 * 64, 64 * 64, 1},
                              sum_frame, &sum, err);
    wan_codec_free(d);
    wan_codec_free(e);
    wan_vae_close(v);
    return good ? sum : NAN;
}

static void codecs(void)
{
    static const char *const files[] = {"tests/golden/wan/wan21-vae-tiny/Wan2.1_VAE.safetensors",
                                        "tests/golden/wan/wan22-vae-tiny/Wan2.2_VAE.safetensors"};
    for (int k = 0; k < 2; k++) {
        whelk_error err;
        double want = codec_sum(files[k], &err);
        ok(want == want, "%s runs %s", files[k], err.text);
        load_file(files[k]);
        for (int i = 0; i < count; i++)
            name_codec(tensors[i].name, k == 1);
        write_safetensors(in_work("codec.safetensors"), 0, count);
        double got = codec_sum(in_work("codec.safetensors"), &err);
        ok(got == want, "and does the same under diffusers' names: %.9g %.9g %s", got, want,
           err.text);
    }
}

static bool is_matrix(const struct out *t)
{
    return t->rank == 2 && strstr(t->name, "blocks.") == t->name;
}

static void names(void)
{
    load();
    for (int i = 0; i < count; i++)
        name_as_diffusers(tensors[i].name);
    write_safetensors(in_work("diffusers.safetensors"), 0, count);
    agrees(in_work("diffusers.safetensors"), 5e-6, "diffusers' names");
    load();
    for (int i = 0; i < count; i++) {
        char name[128];
        snprintf(name, sizeof name, "%.120s", tensors[i].name);
        snprintf(tensors[i].name, sizeof tensors[i].name, "model.diffusion_model.%s", name);
    }
    write_safetensors(in_work("prefixed.safetensors"), 0, count);
    agrees(in_work("prefixed.safetensors"), 5e-6, "a prefix before every name");
}

/* To the nearest of e4m3's numbers, by trying all. */
static unsigned char to_f8(float v)
{
    unsigned char best = 0;
    float least = INFINITY;
    for (int b = 0; b < 256; b++) {
        unsigned char byte = (unsigned char)b;
        struct weight w = {&byte, WEIGHT_F8_E4M3, 1, 1, 1, 1, NULL};
        float is;
        weight_row(&w, 0, 0, 1, &is);
        if ((b & 127) != 127 && fabsf(is - v) < least)
            least = fabsf(is - v), best = byte;
    }
    return best;
}

static void scaled_f8(void)
{
    load();
    int before = count;
    for (int i = 0; i < before; i++) {
        struct out *t = &tensors[i];
        float most = 0, *v = (float *)(void *)t->data;
        if (!is_matrix(t) || t->count > 16384)
            continue;
        for (long k = 0; k < t->count; k++)
            most = fmaxf(most, fabsf(v[k]));
        float scale = most / 448;
        for (long k = 0; k < t->count; k++)
            t->data[k] = (char)to_f8(v[k] / scale); /* byte k lies before number k is read */
        t->type = "F8_E4M3", t->size = (size_t)t->count;
        struct out *s = &tensors[count++];
        char layer[128];
        snprintf(layer, sizeof layer, "%.*s", (int)strlen(t->name) - 7, t->name);
        *s = (struct out){.type = "F32", .rank = 0, .count = 1, .size = 4, .data = malloc(4)};
        snprintf(s->name, sizeof s->name, "%s.scale_weight", layer);
        memcpy(s->data, &scale, 4);
    }
    write_safetensors(in_work("f8.safetensors"), 0, count);
    agrees(in_work("f8.safetensors"), 3e-2, "fp8 with a scale a matrix");
}

static void put_half(char *p, float v)
{
    unsigned short h = _cvtss_sh(v, 0);
    memcpy(p, &h, 2);
}

static void gguf_blocks(void)
{
    load();
    for (int i = 0; i < count; i++) {
        struct out *t = &tensors[i];
        float *v = (float *)(void *)t->data;
        if (!is_matrix(t) || strstr(t->name, "modulation"))
            continue;
        char *q = malloc((size_t)t->count / 32 * 34);
        for (long b = 0; b < t->count / 32; b++) {
            float most = 0;
            for (int k = 0; k < 32; k++)
                most = fmaxf(most, fabsf(v[b * 32 + k]));
            put_half(q + b * 34, most / 127);
            for (int k = 0; k < 32; k++)
                q[b * 34 + 2 + k] = (char)lrintf(most > 0 ? v[b * 32 + k] / (most / 127) : 0);
        }
        free(t->data);
        t->data = q, t->ggml = 8, t->size = (size_t)t->count / 32 * 34;
    }
    write_gguf(in_work("q8.gguf"));
    agrees(in_work("q8.gguf"), 1e-2, "GGUF with Q8_0 matrices");
    named("blocks.0.ffn.0.weight")->ggml = 14; /* Q6_K */
    write_gguf(in_work("q6.gguf"));
    refused(in_work("q6.gguf"), "blocks.0.ffn.0.weight is of a type that is not read");
}

/* --- Files that lie --------------------------------------------------------------------------- */

static void not_numbers(void)
{
    load();
    memset(named("blocks.1.norm3.weight")->data, 0xff, 4);
    write_safetensors(in_work("nan.safetensors"), 0, count);
    refused(in_work("nan.safetensors"), "blocks.1.norm3.weight holds what is not a number");
    load();
    memset(named("blocks.0.ffn.2.weight")->data, 0xff, named("blocks.0.ffn.2.weight")->size);
    write_safetensors(in_work("nan.safetensors"), 0, count);
    refused(in_work("nan.safetensors"), "numbers ceased to be numbers after block 0");
}

static void foreign(void)
{
    load();
    named("blocks.1.ffn.0.bias")->dim[0] /= 2;
    named("blocks.1.ffn.0.bias")->size /= 2;
    write_safetensors(in_work("x.safetensors"), 0, count);
    refused(in_work("x.safetensors"), "blocks.1.ffn.0.bias has 128 numbers and should have 256");
    load();
    strcpy(named("blocks.1.self_attn.o.weight")->name, "blocks.1.self_attn.p.weight");
    write_safetensors(in_work("x.safetensors"), 0, count);
    refused(in_work("x.safetensors"), "has no tensor blocks.1.self_attn.o.weight");
    load();
    strcpy(named("blocks.1.modulation")->name, "blocks.1.scale_shift_table");
    strcpy(named("head.head.bias")->name, "blocks.1.modulation");
    write_safetensors(in_work("x.safetensors"), 0, count);
    refused(in_work("x.safetensors"), "there are two tensors blocks.1.modulation");
}

static void write_text(const char *name, const char *text)
{
    file_write(in_work(name), text, strlen(text), NULL);
}

static void indexes(void)
{
    char shard[256];
    load();
    snprintf(shard, sizeof shard, "%s", in_work("shards/part-1.safetensors"));
    file_make_dirs(in_work("shards"), NULL);
    write_safetensors(shard, 0, count / 2);
    snprintf(shard, sizeof shard, "%s", in_work("shards/part-2.safetensors"));
    write_safetensors(shard, count / 2, count);
    char *config;
    size_t size;
    if (file_read(FOLDER "config.json", 1 << 16, &config, &size, NULL))
        file_write(in_work("shards/config.json"), config, size, NULL);
    free(config);
    write_text("shards/diffusion_pytorch_model.safetensors.index.json",
               "{\"weight_map\":{\"a\":\"part-1.safetensors\",\"b\":\"part-2.safetensors\",\"c\":"
               "\"part-1.safetensors\"}}");
    agrees(in_work("shards"), 5e-6, "two shards and an index");
    write_text("shards/diffusion_pytorch_model.safetensors.index.json",
               "{\"weight_map\":{\"a\":\"../nan.safetensors\"}}");
    refused(in_work("shards"), "no plain file name");
    write_text("shards/diffusion_pytorch_model.safetensors.index.json",
               "{\"weight_map\":{\"a\":\"part-3.safetensors\"}}");
    refused(in_work("shards"), "part-3.safetensors: cannot open");
    write_text("shards/diffusion_pytorch_model.safetensors.index.json", "{\"weight_map\":7}");
    refused(in_work("shards"), "is no index of shards");
    write_text("shards/diffusion_pytorch_model.safetensors.index.json",
               "{\"weight_map\":{\"a\":\"part-1.safetensors\"}}");
    refused(in_work("shards"), "patch_embedding.weight is not there");
}

/* --- Other kinds of model, made of the same weights ------------------------------------------- */

static void link_part(const char *name, const char *target)
{
    char from[400], cwd[256];
    if (!getcwd(cwd, sizeof cwd))
        return;
    snprintf(from, sizeof from, "%s/tests/golden/wan/%s", cwd, target);
    if (symlink(from, in_work(name)) != 0)
        printf("# cannot link %s\n", name);
}

/* The clip's digest of one request on a model.json; "" where it could not be made. */
static void take_of(const char *fields, const char *picture, char sha[65])
{
    whelk_error err = {0};
    char json[512], folder[256];
    whelk_gen_figures f = {0};
    whelk_gen_request r = {.caption = "a red fox",
                           .seed = 5,
                           .width = 32,
                           .height = 32,
                           .seconds = 0.3,
                           .plate_picture = picture};
    snprintf(json, sizeof json,
             "{\"family\": \"wan\", \"text_encoder\": \"t5.safetensors\", \"tokenizer\": "
             "\"spiece.model\", \"vae\": "
             "\"vae.safetensors\", \"fps\": 16, \"frames\": 9, %s}",
             fields);
    write_text("model.json", json);
    snprintf(folder, sizeof folder, "%s", work);
    whelk_generator *g =
        whelk_gen_open(&(whelk_gen_options){.model_dir = folder, .threads = 2}, &err);
    bool good = g && whelk_gen_take(g, &r, in_work("take"), NULL, &f, &err);
    if (!good)
        printf("# %s\n", err.text);
    snprintf(sha, 65, "%s", good ? f.clip_sha256 : "");
    whelk_gen_close(g);
}

#define SAMPLER(more)                                                                              \
    "\"sampler\": {\"steps\": 4, \"shift\": 5, \"guidance\": 3, \"guidance_low\": 3" more "}"

/* Two experts with one expert's weights are that expert; a transformer that takes a picture beside
 * the latent and gives it no weight is one that takes none. */
static void kinds(void)
{
    char one[65], two[65], beside[65], again[65], picture[256];
    uint8_t rgb[32 * 32 * 3];
    setenv("XDG_CACHE_HOME", work, 1);
    link_part("t5.safetensors", "umt5-tiny/models_t5_umt5-tiny-enc.safetensors");
    link_part("spiece.model", "tokenizer-tiny/nfkc.model");
    link_part("vae.safetensors", "wan21-vae-tiny/Wan2.1_VAE.safetensors");
    load();
    write_safetensors(in_work("t2v.safetensors"), 0, count);
    struct out *patch = named("patch_embedding.weight");
    float *wide = calloc((size_t)patch->dim[0] * 36 * 4, sizeof *wide);
    for (long n = 0; wide && n < patch->dim[0]; n++)
        memcpy(wide + n * 36 * 4, (float *)(void *)patch->data + n * 16 * 4, 16 * 4 * sizeof *wide);
    free(patch->data);
    patch->data = (char *)wide, patch->dim[1] = 36,
    patch->size = (size_t)patch->dim[0] * 36 * 4 * 4;
    write_safetensors(in_work("i2v.safetensors"), 0, count);
    for (size_t i = 0; i < sizeof rgb; i++)
        rgb[i] = (uint8_t)(i * 5);
    snprintf(picture, sizeof picture, "%s", in_work("first.png"));
    whelk_picture_write(picture, rgb, 32, 32, NULL);
    take_of("\"dit\": \"t2v.safetensors\", " SAMPLER(""), NULL, one);
    ok(one[0], "one transformer makes a take");
    take_of("\"dit\": \"t2v.safetensors\", \"dit_low\": \"t2v.safetensors\", \"boundary\": "
            "0.8, " SAMPLER(""),
            NULL, two);
    is_str(two, one, "two experts of the same weights make the same");
    take_of("\"dit\": \"i2v.safetensors\", " SAMPLER(""), picture, beside);
    is_str(beside, one, "a picture beside the latent that has no weight changes nothing");
    take_of("\"dit\": \"t2v.safetensors\", " SAMPLER(", \"solver\": \"renoise\""), NULL, two);
    take_of("\"dit\": \"t2v.safetensors\", " SAMPLER(", \"solver\": \"renoise\""), NULL, again);
    ok(two[0] && strcmp(two, one) != 0 && strcmp(two, again) == 0,
       "re-noising makes another take, and the same again");
}

static void pickles(void)
{
    whelk_error err = {0};
    char to[256];
    snprintf(to, sizeof to, "%s", in_work("two.safetensors"));
    ok(whelk_weights_convert("tests/fuzz/corpus/pickle/two", to, &err),
       "a checkpoint is converted %s", err.text);
    struct safetensors *st = safetensors_open(to, &err);
    const struct st_tensor *w = st ? safetensors_find(st, "a.weight") : NULL,
                           *b = st ? safetensors_find(st, "a.bias") : NULL;
    ok(w && w->dtype == ST_F32 && w->rank == 2 && w->dim[0] == 2 && w->dim[1] == 3 && b &&
           b->dtype == ST_BF16 && b->count == 3,
       "its tensors keep names, types and shapes");
    safetensors_close(st);
    unlink(to);
    ok(!whelk_weights_convert("tests/fuzz/corpus/pickle/calls", to, &err) &&
           strstr(err.text, "\"os system \""),
       "one that calls is refused by name: %s", err.text);
    ok(!file_exists(to), "and nothing is left");
}

int main(void)
{
    snprintf(work, sizeof work, "/tmp/whelk-weights.XXXXXX");
    if (!mkdtemp(work) || !ok(load(), "the small model is there"))
        return 1;
    char *config;
    size_t size;
    if (file_read(FOLDER "config.json", 1 << 16, &config, &size, NULL))
        file_write(in_work("config.json"), config, size, NULL);
    free(config);
    names();
    codecs();
    scaled_f8();
    gguf_blocks();
    not_numbers();
    foreign();
    indexes();
    kinds();
    pickles();
    forget();
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", work);
    if (system(command) != 0)
        printf("# %s is left behind\n", work);
    return done_testing();
}
