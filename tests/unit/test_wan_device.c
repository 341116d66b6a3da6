/* The transformer on a device whose memory does not hold it: whatever is granted, and in whatever
 * order the device's queues come to their work, the answer is the same to the last bit, and no more
 * is taken than was granted. The model is that of the golden vectors, its two blocks repeated with
 * changes; the device is the processor's, and with BACKEND=cuda the GPU too. */
#include "tests/tap.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "generator/cuda/host.h"
#include "generator/cuda/wan_device.h"
#include "generator/model/safetensors.h"
#include "generator/rng.h"
#include "tests/unit/apart.h"
#include "tests/unit/gpu.h"

enum {
    BLOCKS = 7,
    FRAMES = 3,
    ROWS = 4,
    COLUMNS = 6,
    COUNT = 16 * FRAMES * ROWS * COLUMNS,
    TEXT = 9
};

#define GOLDEN "tests/golden/wan/wan21-t2v-tiny/"

static const struct wan_device_options in_bf16 = {.type = DEVICE_BF16};
static whelk_error err;
static char folder[] = "/tmp/whelk-device-XXXXXX";
static float latent[COUNT], text[TEXT * 64];

/* --- A model of seven blocks ------------------------------------------------------------------ */

static void copy_tensor(struct st_out *out, const struct st_tensor *t, int block, const char *rest,
                        float factor)
{
    char *name = malloc(96);
    float *x = malloc((size_t)t->count * sizeof *x);
    if (!name || !x || !st_floats(t, x))
        abort();
    if (block < 0)
        snprintf(name, 96, "%s", t->name);
    else
        snprintf(name, 96, "blocks.%d.%s", block, rest);
    for (long long i = 0; i < t->count; i++)
        x[i] *= factor;
    *out = (struct st_out){.name = name, .rank = t->rank, .data = x};
    memcpy(out->dim, t->dim, sizeof t->dim);
}

/* What was copied of an open file into one of its own; the copies and the file are let go. */
static void write_tensors(const char *path, struct safetensors *st, struct st_out *out, int count)
{
    if (!st || !safetensors_write(path, out, count, NULL, &err))
        printf("# %s\n", err.text);
    for (int i = 0; i < count; i++)
        free((void *)out[i].name), free((void *)out[i].data);
    safetensors_close(st);
}

/* broken: a number of a matrix of block 4 is none. */
static const char *make_model(const char *file, float factor, bool broken)
{
    static char paths[4][128];
    static int made;
    char *path = paths[made++];
    struct safetensors *st = safetensors_open(GOLDEN "diffusion_pytorch_model.safetensors", &err);
    struct st_out out[512];
    int count = 0, block, end;
    for (int i = 0; st && i < safetensors_count(st); i++) {
        const struct st_tensor *t = safetensors_at(st, i);
        if (sscanf(t->name, "blocks.%d.%n", &block, &end) != 1)
            copy_tensor(&out[count++], t, -1, NULL, 1);
        for (int b = block; strncmp(t->name, "blocks", 6) == 0 && b < BLOCKS; b += 2)
            copy_tensor(&out[count++], t, b, t->name + end, factor + 0.1f * (float)b);
    }
    for (int i = 0; broken && i < count; i++)
        if (strcmp(out[i].name, "blocks.4.ffn.0.weight") == 0)
            ((float *)out[i].data)[17] = NAN;
    snprintf(path, sizeof paths[0], "%s/%s", folder, file);
    write_tensors(path, st, out, count);
    return path;
}

static void copy_config(void)
{
    char bytes[1024], path[128];
    FILE *in = fopen(GOLDEN "config.json", "r");
    size_t n = in ? fread(bytes, 1, sizeof bytes, in) : 0;
    snprintf(path, sizeof path, "%s/config.json", folder);
    FILE *out = fopen(path, "w");
    if (!out || fwrite(bytes, 1, n, out) != n)
        abort();
    fclose(out);
    fclose(in);
}

/* --- Passes ----------------------------------------------------------------------------------- */

static struct wan_pass pass_at(double time, int held, float *out)
{
    return (struct wan_pass){
        .x = latent, .text = text, .text_rows = TEXT, .time = time, .held = held, .out = out};
}

static struct wan_device *open_on(struct device *v, const struct wan_dit *d, enum device_type type,
                                  long long bytes)
{
    struct wan_device_options o = {.type = type, .bytes = bytes};
    return wan_device_new(v, d, FRAMES, ROWS, COLUMNS, &o, &err);
}

/* The processor's own pass is the yardstick. */
static void agrees_with_processor(struct device *v, const struct wan_dit *d)
{
    static float got[COUNT], want[COUNT];
    struct wan_work *w = wan_work_new(d, FRAMES, ROWS, COLUMNS, 2, &err);
    for (int type = DEVICE_F32; type <= DEVICE_BF16; type++) {
        struct wan_device *on = open_on(v, d, (enum device_type)type, 0);
        for (int held = 0; held < 2; held++) {
            struct wan_pass p = pass_at(731, held, want);
            bool good = wan_dit_pass(d, w, &p, &err);
            p.out = got;
            good = good && on && wan_device_pass(on, d, &p, &err);
            double e = apart(got, want, COUNT);
            ok(good && e < (type == DEVICE_BF16 ? 1.5e-2 : 5e-6),
               "%s in %s, %d frames held: as on the processor, %.1e apart %s", v->name,
               type == DEVICE_BF16 ? "bf16" : "f32", held, e, good ? "" : err.text);
        }
        wan_device_free(on);
    }
    wan_work_free(w);
}

static void plan_of(const struct wan_dit *d, long long own, long long granted,
                    struct wan_device_plan *p)
{
    if (!wan_device_plan(d, FRAMES, ROWS, COLUMNS, &in_bf16, own, granted, p, &err))
        printf("# %s\n", err.text);
}

/* Two passes with `resident` blocks staying. */
static void streams(struct device *v, const struct wan_dit *d, int resident, const float *want)
{
    static float got[2 * COUNT];
    struct wan_device_plan all, p = {0};
    plan_of(d, v->own_bytes, 1LL << 40, &all);
    long long granted = all.work + (resident + 2) * all.block + all.block / 2;
    struct wan_device *on = open_on(v, d, DEVICE_BF16, granted);
    bool good = on != NULL;
    for (int i = 0; good && i < 2; i++) {
        struct wan_pass one = pass_at(i ? 120 : 950, i, got + i * COUNT);
        good = wan_device_pass(on, d, &one, &err);
    }
    if (on)
        p = *wan_device_planned(on);
    ok(good && memcmp(got, want, sizeof got) == 0, "%d of %d blocks stay: the same answers %s",
       resident, BLOCKS, good ? "" : err.text);
    ok(p.resident == resident && p.slots == 2 && p.total <= granted, "as planned");
    wan_device_free(on);
}

static void streams_in_every_order(const struct wan_dit *d)
{
    static float want[2 * COUNT];
    struct device *v = host_device_new(HOST_AT_ONCE, 0, &err);
    struct wan_device *on = open_on(v, d, DEVICE_BF16, 0);
    bool good = on != NULL;
    for (int i = 0; good && i < 2; i++) {
        struct wan_pass one = pass_at(i ? 120 : 950, i, want + i * COUNT);
        good = wan_device_pass(on, d, &one, &err);
    }
    ok(good && wan_device_planned(on)->resident == BLOCKS && !wan_device_planned(on)->slots,
       "with memory enough all blocks stay");
    wan_device_free(on);
    v->close(v);
    for (int order = 0; order < HOST_ORDERS; order++)
        for (int resident = 0; resident < BLOCKS - 2; resident += 2) {
            struct wan_device_plan p;
            plan_of(d, 0, 1LL << 40, &p);
            long long there = p.work + (resident + 2) * p.block + p.block / 2;
            v = host_device_new((enum host_order)order, there, &err);
            streams(v, d, resident, want);
            ok(host_device_most(v) <= there, "order %d: %lld bytes of %lld were taken", order,
               host_device_most(v), there);
            v->close(v);
        }
}

/* A long clip's feed-forward goes by pieces, which here are 5 of 18 tokens, the last one short. */
static void goes_by_pieces(const struct wan_dit *d)
{
    static float answer[2][COUNT];
    struct device *v = host_device_new(HOST_LATE_COPIES, 0, &err);
    struct wan_device_options o = in_bf16;
    bool good = true;
    for (int i = 0; i < 2; i++) {
        o.rows = i ? 5 : 0;
        struct wan_device *on = wan_device_new(v, d, FRAMES, ROWS, COLUMNS, &o, &err);
        struct wan_pass p = pass_at(500, 1, answer[i]);
        good = on && wan_device_pass(on, d, &p, &err) && good;
        wan_device_free(on);
    }
    ok(good && memcmp(answer[0], answer[1], sizeof answer[0]) == 0,
       "the feed-forward in pieces gives the same answer %s", good ? "" : err.text);
    v->close(v);
}

/* A model that takes a picture's latent beside its own, as Wan 2.2's I2V experts do: the golden one
 * without its image encoder's parts. The processor's pass is the yardstick. */
static void takes_a_picture(void)
{
    enum { MORE = 20 * FRAMES * ROWS * COLUMNS, I2V_TENSORS = 256 };
    static float y[MORE], got[COUNT], want[COUNT];
    struct safetensors *st = safetensors_open(
        "tests/golden/wan/wan21-i2v-tiny/diffusion_pytorch_model.safetensors", &err);
    static struct st_out out[I2V_TENSORS];
    char path[128];
    int count = 0;
    for (int i = 0; st && i < safetensors_count(st) && count < I2V_TENSORS; i++)
        if (!strstr(safetensors_at(st, i)->name, "img"))
            copy_tensor(&out[count++], safetensors_at(st, i), -1, NULL, 1);
    snprintf(path, sizeof path, "%s/beside.safetensors", folder);
    struct wan_dit *d = st && safetensors_write(path, out, count, NULL, &err)
                            ? wan_dit_open(path, false, &err)
                            : NULL;
    struct device *v = host_device_new(HOST_AT_ONCE, 0, &err);
    struct wan_device *on = d ? open_on(v, d, DEVICE_F32, 0) : NULL;
    struct wan_work *w = d ? wan_work_new(d, FRAMES, ROWS, COLUMNS, 2, &err) : NULL;
    struct wan_pass p = pass_at(500, 0, want);
    bool good = on && w && !wan_device_pass(on, d, &p, &err);
    ok(good, "without the picture it is refused: %s", err.text);
    rng_normal(1, 3, y, MORE);
    p.y = y;
    good = good && wan_dit_pass(d, w, &p, &err);
    p.out = got;
    good = good && wan_device_pass(on, d, &p, &err);
    ok(good && apart(got, want, COUNT) < 5e-6, "with it as on the processor: %.1e apart %s",
       apart(got, want, COUNT), good ? "" : err.text);
    for (int i = 0; i < count; i++)
        free((void *)out[i].name), free((void *)out[i].data);
    safetensors_close(st);
    wan_device_free(on);
    wan_work_free(w);
    wan_dit_close(d);
    v->close(v);
}

/* --- Kinds of files --------------------------------------------------------------------------- */

/* The golden model's file, which is in bf16, as f32. */
static const char *in_f32(void)
{
    static char path[128];
    struct safetensors *st = safetensors_open(GOLDEN "diffusion_pytorch_model.safetensors", &err);
    struct st_out out[128];
    int count = 0;
    for (; st && count < safetensors_count(st); count++)
        copy_tensor(&out[count], safetensors_at(st, count), -1, NULL, 1);
    snprintf(path, sizeof path, "%s/f32.safetensors", folder);
    write_tensors(path, st, out, count);
    return path;
}

/* bf16 goes up as it lies in the file, f32 is narrowed on the way. */
static void kinds_of_files(void)
{
    static float answer[2][COUNT];
    const char *files[] = {GOLDEN "diffusion_pytorch_model.safetensors", in_f32()};
    struct device *v = host_device_new(HOST_AT_ONCE, 0, &err);
    bool good = true;
    for (int i = 0; i < 2; i++) {
        struct wan_dit *d = wan_dit_open(files[i], false, &err);
        struct wan_device *on = d ? open_on(v, d, DEVICE_BF16, 0) : NULL;
        struct wan_pass p = pass_at(500, 0, answer[i]);
        good = on && wan_device_pass(on, d, &p, &err) && good;
        wan_device_free(on);
        wan_dit_close(d);
    }
    ok(good && memcmp(answer[0], answer[1], sizeof answer[0]) == 0,
       "weights in bf16 and the same in f32 give the same answer %s", good ? "" : err.text);
    v->close(v);
}

/* --- What goes wrong -------------------------------------------------------------------------- */

static void too_little(const struct wan_dit *d)
{
    struct wan_device_plan p, unused;
    plan_of(d, 0, 1LL << 40, &p);
    ok(wan_device_plan(d, FRAMES, ROWS, COLUMNS, &in_bf16, 0, p.least, &unused, &err) &&
           unused.resident == 0 && unused.total == p.least,
       "the least can be planned");
    ok(!wan_device_plan(d, FRAMES, ROWS, COLUMNS, &in_bf16, 0, p.least - 1, &unused, &err),
       "a byte less is refused: %s", err.text);
    has_text(err.text, "--vram", "with the cure");
    struct device *v = host_device_new(HOST_AT_ONCE, p.least - 1, &err);
    ok(!open_on(v, d, DEVICE_BF16, 0) && host_device_most(v) == 0,
       "a device too small is refused before anything is taken");
    v->close(v);
    ok(!wan_device_plan(d, FRAMES, 3, COLUMNS, &in_bf16, 0, 1LL << 40, &unused, &err),
       "so are sizes that make no patches: %s", err.text);
}

static void fails_and_goes_on(const struct wan_dit *d)
{
    static float got[COUNT], want[COUNT];
    struct wan_device_plan all;
    plan_of(d, 0, 1LL << 40, &all);
    struct device *v = host_device_new(HOST_LATE_COPIES, 0, &err);
    struct wan_device *on = open_on(v, d, DEVICE_BF16, all.work + 4 * all.block);
    struct wan_pass p = pass_at(500, 0, want);
    bool good = on && wan_device_pass(on, d, &p, &err);
    long runs = host_device_runs(v);
    int found = 0, right = 0, tries = 0;
    p.out = got;
    for (long at = 1; good && at <= runs; at += 13, tries++) {
        host_device_fail_at(v, host_device_runs(v) + at);
        err = (whelk_error){0};
        found += !wan_device_pass(on, d, &p, &err) && strstr(err.text, "was to fail");
        host_device_fail_at(v, 0);
        right += wan_device_pass(on, d, &p, &err) && memcmp(got, want, sizeof got) == 0;
    }
    ok(tries > 5, "%d of %ld operations were made to fail, one after another", tries, runs);
    is_int(found, tries, "each ends its pass with what it said");
    is_int(right, tries, "and the pass after it is right");
    wan_device_free(on);
    v->close(v);
}

static bool until_four(void *ctx, int block)
{
    int *asked = ctx;
    *asked += block == *asked;
    return block < 4;
}

static bool never(void *ctx, int block)
{
    *(bool *)ctx = block == 0;
    return false;
}

static void stops_between_blocks(const struct wan_dit *d)
{
    static float got[COUNT], want[COUNT];
    struct device *v = host_device_new(HOST_LATE_COMPUTE, 0, &err);
    struct wan_device *on = open_on(v, d, DEVICE_BF16, 0);
    struct wan_pass p = pass_at(500, 0, want);
    int asked = 0;
    bool good = on && wan_device_pass(on, d, &p, &err);
    p.go_on = until_four, p.ctx = &asked, p.out = got;
    ok(good && !wan_device_pass(on, d, &p, &err) && err.code == WHELK_EINTERRUPTED && asked == 5,
       "asked before each block, and stopped when told: %s", err.text);
    bool no = false;
    p.go_on = never, p.ctx = &no;
    ok(!wan_device_pass(on, d, &p, &err) && err.code == WHELK_EINTERRUPTED && no,
       "and while weights are sent");
    p.go_on = NULL;
    ok(wan_device_pass(on, d, &p, &err) && memcmp(got, want, sizeof got) == 0,
       "the next pass is right");
    wan_device_free(on);
    v->close(v);
}

static void experts_change_places(const struct wan_dit *d, const struct wan_dit *other)
{
    static float want[2][COUNT], got[COUNT];
    const struct wan_dit *both[] = {d, other};
    struct wan_device_plan all;
    plan_of(d, 0, 1LL << 40, &all);
    struct device *v = host_device_new(HOST_LATE_COPIES, 0, &err);
    int right = 0;
    for (int i = 0; i < 2; i++) {
        struct wan_device *one = open_on(v, both[i], DEVICE_BF16, 0);
        struct wan_pass p = pass_at(500, 0, want[i]);
        right += one && wan_device_pass(one, both[i], &p, &err);
        wan_device_free(one);
    }
    ok(right == 2 && memcmp(want[0], want[1], sizeof want[0]) != 0, "two experts differ");
    struct wan_device *on = open_on(v, d, DEVICE_BF16, all.work + 4 * all.block);
    for (int i = 0; i < 4; i++) {
        struct wan_pass p = pass_at(500, 0, got);
        right += on && wan_device_pass(on, both[i % 2], &p, &err) &&
                 memcmp(got, want[i % 2], sizeof got) == 0;
    }
    is_int(right, 6, "in one place by turns, partly streamed, each gives its own answer");
    wan_device_free(on);
    v->close(v);
}

static void damaged(const char *path)
{
    static float got[COUNT];
    struct wan_dit *d = wan_dit_open(path, false, &err);
    struct device *v = host_device_new(HOST_AT_ONCE, 0, &err);
    for (int type = DEVICE_F32; type <= DEVICE_BF16; type++) {
        struct wan_device *on = open_on(v, d, (enum device_type)type, 0);
        struct wan_pass p = pass_at(500, 0, got);
        ok(on && !wan_device_pass(on, d, &p, &err), "a number that is none in a matrix: %s",
           err.text);
        has_text(err.text, "damaged.safetensors", "the file is named");
        wan_device_free(on);
    }
    v->close(v);
    wan_dit_close(d);
}

/* --- Threads ---------------------------------------------------------------------------------- */

enum { THREADS_MAX = 64 };

/* Their numbers; how many there are. */
static int threads_here(long number[THREADS_MAX])
{
    DIR *d = opendir("/proc/self/task");
    int count = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.' && count < THREADS_MAX)
            number[count++] = atol(e->d_name);
    if (d)
        closedir(d);
    return count;
}

/* Those that were not there before. Some of an earlier pass may still be on their way out. */
static int new_threads(const long *before, int count)
{
    long now[THREADS_MAX];
    int fresh = 0;
    for (int n = threads_here(now), i = 0; i < n; i++) {
        int k = 0;
        while (k < count && before[k] != now[i])
            k++;
        fresh += k == count;
    }
    return fresh;
}

struct loading {
    const struct wan_dit *dit;
    int threads, begun;
    bool good;
};

/* OpenMP keeps the threads of a team for the thread that made it: they are counted after a pass. */
static void *load(void *ctx)
{
    static float got[COUNT];
    struct loading *l = ctx;
    struct wan_device_options o = {.type = DEVICE_BF16, .threads = l->threads};
    struct wan_pass p = pass_at(500, 0, got);
    long before[THREADS_MAX];
    int count = threads_here(before);
    struct device *v = host_device_new(HOST_AT_ONCE, 0, &err);
    struct wan_device *on = wan_device_new(v, l->dit, FRAMES, ROWS, COLUMNS, &o, &err);
    l->good = on && wan_device_pass(on, l->dit, &p, &err);
    l->begun = new_threads(before, count);
    wan_device_free(on);
    v->close(v);
    return NULL;
}

static void takes_its_threads(const struct wan_dit *d)
{
    for (int threads = 1; threads <= 3; threads++) {
        struct loading l = {.dit = d, .threads = threads};
        pthread_t one;
        if (pthread_create(&one, NULL, load, &l) != 0 || pthread_join(one, NULL) != 0)
            abort();
        ok(l.good && l.begun == threads - 1, "with %d threads %d are begun %s", threads, l.begun,
           l.good ? "" : err.text);
    }
}

/* --- On devices ------------------------------------------------------------------------------- */

static void on_the_host(const struct wan_dit *d, const struct wan_dit *other)
{
    struct device *v = host_device_new(HOST_LATE_COPIES, 0, &err);
    agrees_with_processor(v, d);
    v->close(v);
    streams_in_every_order(d);
    goes_by_pieces(d);
    kinds_of_files();
    takes_a_picture();
    too_little(d);
    fails_and_goes_on(d);
    stops_between_blocks(d);
    experts_change_places(d, other);
    takes_its_threads(d);
    damaged(make_model("damaged.safetensors", 1, true));
    err = (whelk_error){0};
}

static void on_the_gpu(const struct wan_dit *d)
{
    static float want[2 * COUNT];
    struct device *v = open_gpu(&err);
    if (!v)
        return;
    agrees_with_processor(v, d);
    struct wan_device *on = open_on(v, d, DEVICE_BF16, 0);
    for (int i = 0; on && i < 2; i++) {
        struct wan_pass one = pass_at(i ? 120 : 950, i, want + (long)i * COUNT);
        ok(wan_device_pass(on, d, &one, &err), "pass %d %s", i, err.text);
    }
    wan_device_free(on);
    for (int resident = 0; resident < BLOCKS - 2; resident++)
        streams(v, d, resident, want);
    printf("# %s: %s\n", v->name, v->note(v));
    v->close(v);
}

int main(void)
{
    const char *backend = getenv("BACKEND");
    char command[64];
    if (!mkdtemp(folder))
        abort();
    copy_config();
    rng_normal(1, 1, latent, COUNT);
    rng_normal(1, 2, text, TEXT * 64);
    struct wan_dit *d = wan_dit_open(make_model("seven.safetensors", 1, false), false, &err),
                   *other = wan_dit_open(make_model("other.safetensors", 0.8f, false), false, &err);
    if (ok(d && other, "models of seven blocks %s", err.text)) {
        on_the_host(d, other);
        if (backend && strcmp(backend, "cuda") == 0)
            on_the_gpu(d);
    }
    wan_dit_close(d);
    wan_dit_close(other);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) ? 1 : done_testing();
}
