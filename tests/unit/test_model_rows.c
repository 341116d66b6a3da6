/* Weights of 8-bit rows: the tiny model with one matrix so written opens, every number within half
 * a step of the one it was made from; factors that are missing, too few or of another type are
 * refused. */
#include "tests/tap.h"

#include <math.h>
#include <unistd.h>

#include "generator/model/model.h"
#include "pipeline/base/digest.h"
#include "weights_file.h"

#define TINY "tests/golden/whelk-tiny"
#define NAME "dit.block.0.fc1.weight"
enum { ROWS = 128, WIDTH = 32 };

static char dir[64] = "/tmp/whelk-rows-XXXXXX";
static float matrix[ROWS][WIDTH], factors[ROWS];
static signed char rows[ROWS][WIDTH];

static char *place(const char *name)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void quantise(void)
{
    for (int r = 0; r < ROWS; r++) {
        float most = 0;
        for (int i = 0; i < WIDTH; i++)
            most = fmaxf(most, fabsf(matrix[r][i]));
        factors[r] = most / 127;
        for (int i = 0; i < WIDTH; i++)
            rows[r][i] = (signed char)lrintf(matrix[r][i] / factors[r]);
    }
}

/* The tiny model's weights with NAME as rows, and so many factors of that type (0 = none). */
static bool write_weights(int scales, const char *type)
{
    if (!load_file(TINY "/whelk-tiny.safetensors") || !named(NAME))
        return false;
    struct out *t = named(NAME), *s = &tensors[count];
    t->type = "I8";
    t->size = sizeof rows;
    memcpy(t->data, rows, sizeof rows);
    if (scales) {
        *s = (struct out){.name = NAME ".scale", .type = type, .rank = 1, .dim = {scales}};
        s->size = (size_t)scales * (strcmp(type, "F32") == 0 ? 4 : 2);
        s->data = malloc(sizeof factors);
        memcpy(s->data, factors, sizeof factors);
        count++;
    }
    write_safetensors(place("whelk-tiny.safetensors"), 0, count);
    return true;
}

/* model.json with the digest of these weights. */
static bool write_json(void)
{
    char *json = NULL, digest[65];
    whelk_error err = {0};
    bool fine = file_read(TINY "/model.json", 1 << 24, &json, NULL, &err) &&
                digest_file(place("whelk-tiny.safetensors"), digest, &err);
    char *at = fine ? strstr(json, "\"sha256\": \"") : NULL;
    if (at)
        memcpy(at + strlen("\"sha256\": \""), digest, 64);
    FILE *f = at ? fopen(place("model.json"), "wb") : NULL;
    fine = f && fputs(json, f) >= 0;
    free(json);
    return f && fclose(f) == 0 && fine;
}

/* --- The cases ----------------------------------------------------------------------------- */

static void opens(const struct model *tiny)
{
    whelk_error err = {0};
    struct model *m = model_open(dir, &err);
    if (!ok(m != NULL, "a model with 8-bit rows opens %s", err.text))
        return;
    const float *got = model_tensor(m, &(struct shape){2, {ROWS, WIDTH}}, &err, NAME);
    float worst = 0;
    for (int r = 0; got && r < ROWS; r++)
        for (int i = 0; i < WIDTH; i++)
            worst = fmaxf(worst, fabsf(got[r * WIDTH + i] - matrix[r][i]) / factors[r]);
    ok(got && worst > 0.1f && worst < 0.501f, "its numbers are within half a step: %.3f",
       (double)worst);
    const float *other = model_tensor(m, &(struct shape){2, {6 * 32, 32}}, &err, "dit.mod.weight"),
                *same =
                    model_tensor(tiny, &(struct shape){2, {6 * 32, 32}}, &err, "dit.mod.weight");
    ok(other && same && memcmp(other, same, 6 * 32 * 32 * sizeof *same) == 0,
       "a matrix of floats is left as it was");
    is_int(m->parameters, tiny->parameters, "factors do not count as parameters");
    model_close(m);
}

static void refuses(const char *what, int scales, const char *dtype)
{
    whelk_error err = {0};
    if (!ok(write_weights(scales, dtype) && write_json(), "%s: written", what))
        return;
    struct model *m = model_open(dir, &err);
    ok(!m && strstr(err.text, NAME ".scale must be F32"), "%s: %s", what,
       m ? "NOT refused" : err.text);
    model_close(m);
}

int main(void)
{
    whelk_error err = {0};
    struct model *tiny = model_open(TINY, &err);
    const float *m =
        tiny ? model_tensor(tiny, &(struct shape){2, {ROWS, WIDTH}}, &err, NAME) : NULL;
    if (!ok(mkdtemp(dir) && m, "the tiny model and a folder %s", err.text))
        return done_testing();
    memcpy(matrix, m, sizeof matrix);
    quantise();
    if (ok(write_weights(ROWS, "F32") && write_json(), "the model is written with 8-bit rows"))
        opens(tiny);
    refuses("no factors", 0, "F32");
    refuses("too few factors", ROWS - 1, "F32");
    refuses("factors of 16 bits", ROWS, "F16");
    model_close(tiny);
    forget();
    unlink(place("model.json"));
    unlink(place("whelk-tiny.safetensors"));
    ok(rmdir(dir) == 0, "nothing is left behind");
    return done_testing();
}
