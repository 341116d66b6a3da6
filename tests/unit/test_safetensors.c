/* Safetensors files: what is right is read to the bit, what is wrong is refused with a sentence
 * that says what; and models whose model.json, digest or shapes do not fit are refused by name. */
#include "tests/tap.h"

#include <stdlib.h>
#include <unistd.h>

#include "generator/model/model.h"
#include "generator/model/safetensors.h"
#include "pipeline/base/file.h"

static char dir[64] = "/tmp/whelk-safetensors-XXXXXX";

static char *place(const char *name)
{
    static char path[4][160];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

/* A file of this header and so many zero bytes; `claim` < 0: the true header length. */
static void put(const char *path, const char *header, size_t header_size, long data,
                long long claim)
{
    FILE *f = fopen(path, "wb");
    unsigned long long n = claim < 0 ? header_size : (unsigned long long)claim;
    for (int i = 0; i < 8; i++)
        fputc((int)(n >> (8 * i) & 255), f);
    fwrite(header, 1, header_size, f);
    for (long i = 0; i < data; i++)
        fputc(0, f);
    fclose(f);
}

static void refused(const char *what, const char *header, long data, long long claim,
                    const char *sentence)
{
    whelk_error err = {0};
    char *path = place("bad.safetensors");
    put(path, header, strlen(header), data, claim);
    struct safetensors *st = safetensors_open(path, &err);
    ok(!st && err.code == WHELK_EFAIL && strstr(err.text, sentence) && strstr(err.text, path),
       "%s: %s", what,
       st                       ? "NOT refused"
       : strstr(err.text, ": ") ? strstr(err.text, ": ") + 2
                                : err.text);
    safetensors_close(st);
}

#define T(type, shape, begin, end)                                                                 \
    "{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

static void hostile_files(void)
{
    refused("empty header", "", 8, 0, "not");
    refused("header longer than the file", "{}", 0, 1000, "truncated");
    refused("header of 2^64-1 bytes", "{}", 0, -2LL & 0x7fffffffffffffffLL, "truncated");
    refused("no JSON", "{\"a\":", 8, -1, "JSON");
    refused("a list", "[1,2,3]", 8, -1, "JSON");
    refused("more after the object", "{} x", 8, -1, "JSON");
    refused("bad UTF-8", "{\"\xff\":" T("F32", "[1]", "0", "4") "}", 4, -1, "UTF-8");
    refused("overlong UTF-8", "{\"\xc0\xaf\":" T("F32", "[1]", "0", "4") "}", 4, -1, "UTF-8");
    refused("a surrogate", "{\"\xed\xa0\x80\":" T("F32", "[1]", "0", "4") "}", 4, -1, "UTF-8");
    refused("data cut off", "{\"a\":" T("F32", "[4]", "0", "16") "}", 12, -1, "outside");
    refused("negative offset", "{\"a\":" T("F32", "[1]", "-4", "0") "}", 4, -1, "outside");
    refused("fractional offset", "{\"a\":" T("F32", "[1]", "0.5", "4") "}", 4, -1, "outside");
    refused("end before begin", "{\"a\":" T("F32", "[1]", "4", "0") "}", 8, -1, "outside");
    refused("offset beyond 2^53", "{\"a\":" T("F32", "[1]", "0", "1e300") "}", 4, -1, "outside");
    refused("no offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, -1, "outside");
    refused("unknown type", "{\"a\":" T("F31", "[1]", "0", "4") "}", 4, -1, "type");
    refused("no type", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, -1, "type");
    refused("not an object", "{\"a\":7}", 4, -1, "type");
    refused("negative dimension", "{\"a\":" T("F32", "[-1]", "0", "4") "}", 4, -1, "shape");
    refused("dimension that is text", "{\"a\":" T("F32", "[\"1\"]", "0", "4") "}", 4, -1, "shape");
    refused("nine dimensions", "{\"a\":" T("F32", "[1,1,1,1,1,1,1,1,1]", "0", "4") "}", 4, -1,
            "shape");
    refused("a product beyond 64 bits", "{\"a\":" T("F32", "[4294967296,4294967296]", "0", "4") "}",
            4, -1, "shape");
    refused("bytes beyond 64 bits", "{\"a\":" T("F64", "[4503599627370496,1024]", "0", "4") "}", 4,
            -1, "need another");
    refused("shape too large for its bytes", "{\"a\":" T("F32", "[2]", "0", "4") "}", 4, -1,
            "need another");
    refused("shape too small for its bytes", "{\"a\":" T("F16", "[1]", "0", "4") "}", 4, -1,
            "need another");
    refused("overlap", "{\"a\":" T("F32", "[2]", "0", "8") ",\"b\":" T("F32", "[1]", "4", "8") "}",
            8, -1, "overlaps");
    refused("the same place",
            "{\"a\":" T("F32", "[1]", "0", "4") ",\"b\":" T("F32", "[1]", "0", "4") "}", 4, -1,
            "overlaps");
    refused("a hole", "{\"a\":" T("F32", "[1]", "0", "4") ",\"b\":" T("F32", "[1]", "8", "12") "}",
            12, -1, "hole");
    refused("bytes nobody owns", "{\"a\":" T("F32", "[1]", "0", "4") "}", 8, -1,
            "belong to no tensor");
    refused("one name twice",
            "{\"a\":" T("F32", "[1]", "0", "4") ",\"a\":" T("F32", "[1]", "4", "8") "}", 8, -1,
            "two tensors");
    whelk_error err = {0};
    ok(!safetensors_open(place("none"), &err) && strstr(err.text, "cannot open"), "no file: %s",
       err.text);
    ok(!safetensors_open(dir, &err) && *err.text, "a folder: %s", err.text);
}

/* Every cut of a valid file is refused, and no changed byte of its header does worse than be
 * refused or be read. */
static void cut_and_bent_files(void)
{
    char header[] =
        "{\"a\":" T("F32", "[2]", "0", "8") ",\"bb\":" T("F16", "[1,2]", "8", "12") "}    ";
    size_t size = sizeof header - 1;
    char *path = place("cut.safetensors");
    put(path, header, size, 12, -1);
    struct safetensors *st = safetensors_open(path, NULL);
    ok(st && safetensors_count(st) == 2, "the whole file is read");
    safetensors_close(st);
    int read = 0;
    for (long n = 0; n < (long)(8 + size + 12); n++) {
        put(path, header, size, 12, -1);
        if (truncate(path, n) == 0 && (st = safetensors_open(path, NULL)))
            read++;
        safetensors_close(st);
        st = NULL;
    }
    is_int(read, 0, "no shorter one is");
    int same = 0;
    for (size_t at = 0; at < size; at++)
        for (int bit = 0; bit < 8; bit++) {
            char bent[sizeof header];
            memcpy(bent, header, sizeof header);
            bent[at] = (char)(bent[at] ^ 1 << bit);
            put(path, bent, size, 12, -1);
            st = safetensors_open(path, NULL);
            for (int i = 0; st && i < safetensors_count(st); i++) {
                float out[16];
                const struct st_tensor *t = safetensors_at(st, i);
                if (t->count <= 16)
                    st_floats(t, out);
                same++;
            }
            safetensors_close(st);
        }
    ok(same > 0, "a header with any bit turned is refused or safely read (%d tensors were)", same);
}

static void valid_values(void)
{
    static const unsigned short f16[9] = {0x0000, 0x3c00, 0xc000, 0x7bff, 0x0001,
                                          0x3555, 0x8000, 0x7c00, 0x3c01};
    static const float as_f16[9] = {0,           1,     -2,       65504,     5.9604645e-8f,
                                    0.33325195f, -0.0f, INFINITY, 1.0009766f};
    static const unsigned short bf16[2] = {0x3f80, 0xc049};
    char header[] = "{\"__metadata__\":{\"made\":\"by \\u00e9\"},\"h\":" T(
        "F16", "[3,3]", "0",
        "18") ",\"b\":" T("BF16", "[2]", "18",
                          "22") ",\"f\":" T("F32", "[]", "22",
                                            "26") ",\"none\":" T("F32", "[0,5]", "26",
                                                                 "26") ",\"i\":" T("I32", "[1]",
                                                                                   "26", "30") "}";
    float f = -12.375f, out[16];
    char *path = place("good.safetensors");
    put(path, header, sizeof header - 1, 0, -1);
    FILE *file = fopen(path, "ab");
    fwrite(f16, 1, sizeof f16, file);
    fwrite(bf16, 1, sizeof bf16, file);
    fwrite(&f, 1, 4, file);
    fwrite("\1\0\0\0", 1, 4, file);
    fclose(file);
    whelk_error err = {0};
    struct safetensors *st = safetensors_open(path, &err);
    if (!ok(st != NULL, "a file with five tensors opens %s", err.text))
        return;
    is_int(safetensors_count(st), 5, "and has five");
    is_str(safetensors_meta(st, "made"), "by \xc3\xa9", "its metadata is read");
    ok(!safetensors_meta(st, "other") && !safetensors_find(st, "__metadata__"),
       "what is not there is not found");
    const struct st_tensor *t = safetensors_find(st, "h");
    ok(t && t->rank == 2 && t->count == 9 && st_floats(t, out), "a half tensor is read");
    ok(memcmp(out, as_f16, sizeof as_f16) == 0, "with exact values, from subnormal to infinite");
    t = safetensors_find(st, "b");
    ok(t && st_floats(t, out) && out[0] == 1 && out[1] == -3.140625f, "bfloat16 too");
    t = safetensors_find(st, "f");
    ok(t && t->rank == 0 && t->count == 1 && st_floats(t, out) && out[0] == f, "and a scalar");
    t = safetensors_find(st, "none");
    ok(t && t->count == 0 && st_floats(t, out), "and nothing");
    t = safetensors_find(st, "i");
    ok(t && !st_floats(t, out), "whole numbers are not turned into floats");
    safetensors_close(st);
}

static void writes_what_it_reads(void)
{
    float a[6] = {1, 2, 3, 4, 5, 6.5f}, b[1] = {-1}, out[6];
    struct st_out tensors[] = {{"plate", 2, {2, 3}, a}, {"camera", 1, {1}, b}};
    const char *meta[] = {"model", "whelk \"mini\"", NULL};
    whelk_error err = {0};
    char *path = place("out.safetensors"), *twice = place("out2.safetensors"), *one = NULL,
         *two = NULL;
    size_t n = 0, m = 0;
    ok(safetensors_write(path, tensors, 2, meta, &err) &&
           safetensors_write(twice, tensors, 2, meta, &err),
       "two tensors are written %s", err.text);
    struct safetensors *st = safetensors_open(path, &err);
    const struct st_tensor *t = st ? safetensors_find(st, "plate") : NULL;
    ok(t && t->rank == 2 && t->dim[1] == 3 && st_floats(t, out) && memcmp(out, a, sizeof a) == 0,
       "and read again %s", err.text);
    is_str(st ? safetensors_meta(st, "model") : NULL, "whelk \"mini\"", "with their metadata");
    safetensors_close(st);
    ok(file_read(path, 1 << 20, &one, &n, &err) && file_read(twice, 1 << 20, &two, &m, &err) &&
           n == m && memcmp(one, two, n) == 0,
       "the same arguments give the same bytes");
    free(one);
    free(two);
    ok(!safetensors_write("/nowhere/at/all", tensors, 2, NULL, &err) && *err.text, "no folder: %s",
       err.text);
}

/* --- Models --- */

static char *text_of(const char *path)
{
    char *text = NULL;
    return file_read(path, 1 << 24, &text, NULL, NULL) ? text : NULL;
}

/* The tiny model's json with one text replaced, in a folder with its weights (or changed ones). */
static void model_refused(const char *what, const char *from, const char *to, const char *sentence)
{
    char *json = text_of("tests/golden/whelk-tiny/model.json"),
         *at = json ? strstr(json, from) : NULL;
    whelk_error err = {0};
    if (!ok(at != NULL, "%s: the text to change is there", what)) {
        free(json);
        return;
    }
    FILE *f = fopen(place("model.json"), "wb");
    fwrite(json, 1, (size_t)(at - json), f);
    fprintf(f, "%s%s", to, at + strlen(from));
    fclose(f);
    free(json);
    struct model *m = model_open(dir, &err);
    ok(!m && strstr(err.text, sentence), "%s: %s", what, m ? "NOT refused" : err.text);
    model_close(m);
}

static void models(void)
{
    whelk_error err = {0};
    struct model *m = model_open("tests/golden/whelk-tiny", &err);
    if (!ok(m != NULL, "the tiny model opens %s", err.text))
        return;
    is_int(m->layer_count, 6, "it has six layers");
    is_int(m->layers[1].quads, 8, "the actor has 8 quads");
    ok(m->parameters > 100000 && strlen(m->digest) == 64,
       "parameters are counted and its digest known");
    ok(!model_tensor(m, &(struct shape){1, {5}}, &err, "dit.mod.bias") &&
           strstr(err.text, "dit.mod.bias is 192"),
       "another shape: %s", err.text);
    ok(!model_tensor(m, &(struct shape){1, {5}}, &err, "dit.nothing") && strstr(err.text, "lack"),
       "no such tensor: %s", err.text);
    int ids[MODEL_CAPTION_WORDS];
    is_int(model_caption_words(m, "CAT, cat; c\xc3\xa4t dive...s", ids), 2,
           "unknown words are skipped");
    is_int(model_caption_words(m, NULL, ids), 0, "no caption has no words");
    char many[400] = "";
    for (int i = 0; i < 60; i++)
        strcat(many, "cat-");
    is_int(model_caption_words(m, many, ids), MODEL_CAPTION_WORDS, "no more than 32 are taken");
    model_close(m);

    char cwd[512];
    if (!getcwd(cwd, sizeof cwd))
        return;
    char weights[700];
    snprintf(weights, sizeof weights, "%s/tests/golden/whelk-tiny/whelk-tiny.safetensors", cwd);
    ok(symlink(weights, place("whelk-tiny.safetensors")) == 0, "the weights are put beside");
    model_refused("another family", "\"family\": \"whelk\"", "\"family\": \"wan\"", "family wan");
    model_refused("another version", "\"version\": 2", "\"version\": 3", "version 3");
    model_refused("another digest", "\"sha256\": \"", "\"sha256\": \"0", "not the weights");
    model_refused("weights elsewhere", "\"whelk-tiny.safetensors\"",
                  "\"../whelk-tiny.safetensors\"", "beside it");
    model_refused("weights that are not there", "\"whelk-tiny.safetensors\"",
                  "\"none.safetensors\"", "none.safetensors");
    model_refused("another width", "\"width\": 32", "\"width\": 64", "asks for");
    model_refused("a width that is no number of vectors", "\"width\": 32", "\"width\": 36",
                  "multiple of 8");
    model_refused("a huge grid", "\"grid\": [\n    1,", "\"grid\": [\n    100000,", "\"grid\"");
    model_refused("a quad that does not fit", "\"quad\": [\n    1,\n    2,",
                  "\"quad\": [\n    1,\n    3,", "quad");
    model_refused("a feature of no slot", "\"features\": [\n    [\n     \"place\"",
                  "\"features\": [\n    [\n     \"planet\"", "slot");
    model_refused("a negative dimension", "\"dim\": 4", "\"dim\": -4", "\"dim\"");
    model_refused("two layers of one name", "\"name\": \"actor\"", "\"name\": \"plate\"", "twice");
    model_refused("no JSON", "{", "", "not a JSON object");
    model_refused("more blocks than weights", "\"blocks\": 2", "\"blocks\": 3", "dit.block.2");
    model_refused("another value count", "\"left\",", "\"left\", \"up\",", "asks for");
    model_refused("a default that is no value", "\"name\": \"direction\",",
                  "\"name\": \"direction\", \"default\": \"up\",", "\"default\" of slot direction");
    ok(!model_open("/nowhere", &err) && *err.text, "no folder: %s", err.text);
    char *names[] = {"model.json", "whelk-tiny.safetensors"};
    for (int i = 0; i < 2; i++)
        unlink(place(names[i]));
}

int main(void)
{
    if (!ok(mkdtemp(dir) != NULL, "a folder for the files is made"))
        return done_testing();
    hostile_files();
    cut_and_bent_files();
    valid_values();
    writes_what_it_reads();
    models();
    char *names[] = {"bad.safetensors", "cut.safetensors", "good.safetensors", "out.safetensors",
                     "out2.safetensors"};
    for (int i = 0; i < 5; i++)
        unlink(place(names[i]));
    ok(rmdir(dir) == 0, "nothing is left behind");
    return done_testing();
}
