/* The network half of the engine against the reference's numbers in tests/golden/whelk-tiny:
 * velocities at every cut into tokens, a held plate, a part that goes on, no conditions, the prior,
 * and sampling with and without guidance; on the processor, on the device that stands in for a GPU,
 * and with BACKEND=cuda on the GPU. Both sides compute in fp32; 1e-4 of the numbers' own size
 * leaves room for the order of sums alone. With operands in bf16, on devices, the root mean square
 * of the error is held against the numbers' own. */
#include "tests/tap.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "generator/cuda/dit_device.h"
#include "generator/cuda/host.h"
#include "generator/model/dit.h"
#include "generator/model/goes_on.h"
#include "generator/model/prior.h"
#include "generator/model/safetensors.h"
#include "generator/model/sampler.h"
#include "tests/unit/gpu.h"

#define FOLDER "tests/golden/whelk-tiny"
#define CAPTION "A cat dives into the pool, slowly & unknownword at night!"
#define TOLERANCE 1e-4
#define TOLERANCE_BF16 1.5e-2

static struct model *model;
static struct safetensors *golden;
static int slots[MODEL_SLOTS_MAX];
static struct device *device; /* NULL = the processor itself */
static enum device_type type; /* of operands, on a device */

static long numbers(int layer)
{
    return (long)model->layers[layer].cells * model->layers[layer].dim;
}

static float *named(const char *prefix, const char *name, long count)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", prefix, name);
    const struct st_tensor *t = safetensors_find(golden, full);
    float *out = calloc((size_t)count, sizeof *out);
    if (!out || !t || t->count != count || !st_floats(t, out)) {
        free(out);
        return NULL;
    }
    return out;
}

struct apart {
    double most, errors,
        squares; /* the greatest error; sums of squares: of errors, of the reference */
    long count;
};

static void add_apart(struct apart *a, const float *got, const float *want, long n)
{
    for (long i = 0; i < n; i++) {
        double e = fabs((double)got[i] - want[i]);
        a->most = e > a->most || e != e ? e : a->most;
        a->errors += e * e;
        a->squares += (double)want[i] * want[i];
    }
    a->count += n;
}

/* In f32 every layer by its greatest error; in bf16 all together by the root mean square. */
static void agrees(const struct apart *a, const char *prefix, const char *layer)
{
    double e = a->count ? type == DEVICE_BF16 ? sqrt(a->errors / a->squares)
                                              : a->most / sqrt(a->squares / (double)a->count)
                        : NAN;
    ok(e <= (type == DEVICE_BF16 ? TOLERANCE_BF16 : TOLERANCE), "%s%s%s%s%s agrees: error %.1e",
       device ? device->name : "", device ? ", " : "", type == DEVICE_BF16 ? "bf16, " : "", prefix,
       layer, e);
}

/* held: cells of each layer that were given clean, in which what is computed means nothing; NULL =
 * none. */
static void compare(const char *prefix, float *const *got, const int *held)
{
    struct apart all = {0};
    for (int i = 0; i < model->layer_count; i++) {
        const struct model_layer *l = &model->layers[i];
        if (held && held[i] == l->cells)
            continue;
        float *want = named(prefix, l->name, numbers(i));
        char name[40];
        struct apart one = {0};
        long clean = held ? (long)held[i] * l->dim : 0, count = numbers(i) - clean;
        snprintf(name, sizeof name, ".%s", l->name);
        if (!want && !ok(false, "%s%s is there", prefix, name))
            continue;
        add_apart(type == DEVICE_BF16 ? &all : &one, got[i] + clean, want + clean, count);
        if (type == DEVICE_F32)
            agrees(&one, prefix, name);
        free(want);
    }
    if (type == DEVICE_BF16)
        agrees(&all, prefix, "");
}

struct setting {
    struct geometry geometry;
    struct layout layout;
    struct cond cond;
    struct dit *dit;
    struct dit_work *work;
    float *x[MODEL_LAYERS_MAX], *v[MODEL_LAYERS_MAX];
    bool *chosen[MODEL_LAYERS_MAX], *filled[MODEL_LAYERS_MAX];
};

static bool open_setting(struct setting *s, int threads)
{
    whelk_error err = {0};
    memset(s, 0, sizeof *s);
    bool fine = geometry_init(&s->geometry, model, &err) && layout_init(&s->layout, model, &err) &&
                cond_init(&s->cond, model, &err) && (s->dit = dit_new(model, threads, &err)) &&
                (s->work = dit_work_new(s->dit, &err));
    for (int i = 0; fine && i < model->layer_count; i++) {
        s->x[i] = named("x", model->layers[i].name, numbers(i));
        s->v[i] = calloc((size_t)numbers(i), sizeof(float));
        s->chosen[i] = calloc((size_t)model->layers[i].quads + 1, sizeof(bool));
        s->filled[i] = calloc((size_t)model->layers[i].cells, sizeof(bool));
        fine = s->x[i] && s->v[i] && s->chosen[i] && s->filled[i];
    }
    return ok(fine, "everything for a pass can be made %s", err.text);
}

static void close_setting(struct setting *s)
{
    for (int i = 0; i < model->layer_count; i++) {
        free(s->x[i]);
        free(s->v[i]);
        free(s->chosen[i]);
        free(s->filled[i]);
    }
    dit_work_free(s->work);
    dit_free(s->dit);
    cond_release(&s->cond);
    layout_release(&s->layout);
    geometry_release(&s->geometry);
}

/* How a layer is cut: all of one kind, or as the golden file chooses. */
enum cut { COARSE_ALL, FINE_ALL, MIXED, FILLED };

/* Marks what the golden file lists for this layer; all where it lists nothing. */
static void mark(bool *marks, int count, const char *prefix, const char *layer)
{
    char name[96];
    snprintf(name, sizeof name, "%s.%s", prefix, layer);
    const struct st_tensor *t = safetensors_find(golden, name);
    for (int i = 0; i < count; i++)
        marks[i] = !t;
    for (long k = 0; t && k < t->count; k++) {
        int at;
        memcpy(&at, (const char *)t->data + 4 * k, 4);
        if (at >= 0 && at < count)
            marks[at] = true;
    }
}

static void choose(struct setting *s, enum cut cut, struct ncr_step *step)
{
    for (int i = 0; i < model->layer_count; i++) {
        const struct model_layer *l = &model->layers[i];
        for (int q = 0; q < l->quads; q++)
            s->chosen[i][q] = cut != COARSE_ALL;
        if (cut == MIXED)
            mark(s->chosen[i], l->quads, "mixed.fine", l->name);
        mark(s->filled[i], l->cells, cut == FILLED ? "filled" : "none", l->name);
        for (int q = 0; q < l->quads; q++)
            step->fine[i] += s->chosen[i][q];
        for (int c = 0; c < l->cells; c++)
            step->cells[i] +=
                s->filled[i][c] && (!l->quads || s->chosen[i][s->geometry.quad_of_cell[i][c]]);
    }
}

/* What is clean or told of beforehand: nothing, the plate, or what a part that goes on begins with.
 */
enum given { NOTHING, PLATE, BEGUN };

/* The first poses of the golden path; NULL for layers that have none. Caller's. */
static float *first_poses(int layer)
{
    const struct model_layer *l = &model->layers[layer];
    float *path = l->grid ? NULL : named("before", l->name, l->raw);
    for (int c = 0; path && c < l->raw / model->poses; c++)
        memmove(path + c * model->group, path + c * model->poses,
                (size_t)model->group * sizeof *path);
    return path;
}

/* A part that goes on has the slots of its shot but for one. */
static void set_part(enum given given)
{
    const struct model_slot *s = &model->slots[model->goes_on.slot];
    slots[model->goes_on.slot] = given == BEGUN ? model->goes_on.value : s->otherwise;
}

static void give(struct dit_pass *p, const struct dit *d, enum given given)
{
    p->held[0] = given == NOTHING ? 0 : model->layers[0].cells;
    for (int i = 0; given == BEGUN && i < model->layer_count; i++) {
        const struct model_layer *l = &model->layers[i];
        float *poses = first_poses(i), *start = calloc((size_t)model->width, sizeof *start);
        if (poses && start)
            dit_start(d, i, poses, start);
        p->start[i] = poses ? start : NULL;
        p->held[i] = l->grid ? l->y * l->x : 0;
        if (!poses)
            free(start);
        free(poses);
    }
}

static bool pass(const struct setting *s, const struct dit_pass *p, const struct ncr_step *step,
                 int threads, whelk_error *err)
{
    struct team team;
    if (device) {
        struct dit_device *on = dit_device_new(device, s->dit, type, 0, err);
        bool good = on && dit_device_pass(on, p, err);
        dit_device_free(on);
        return good;
    }
    if (!dit_prepare(s->dit, step, err))
        return false;
    team_init(&team);
#pragma omp parallel num_threads(threads)
    {
        struct lane lane = lane_of(&team);
        dit_pass(s->dit, s->work, p, &lane);
    }
    return true;
}

static void velocities(const char *prefix, enum cut cut, enum given given, bool conditions,
                       int threads)
{
    struct setting s;
    whelk_error err = {0};
    struct ncr_step step = {0};
    if (open_setting(&s, threads)) {
        choose(&s, cut, &step);
        layout_build(&s.layout, &s.geometry, s.chosen, s.filled);
        set_part(given);
        cond_fill(&s.cond, conditions ? slots : NULL, conditions ? CAPTION : NULL);
        struct dit_pass p = {.layout = &s.layout, .cond = &s.cond, .t = 0.37};
        give(&p, s.dit, given);
        for (int i = 0; i < model->layer_count; i++) {
            p.x[i] = s.x[i];
            p.v[i] = s.v[i];
        }
        ok(pass(&s, &p, &step, threads, &err), "%s: a pass is made %s", prefix, err.text);
        compare(prefix, s.v, given == BEGUN ? p.held : NULL);
        for (int i = 0; i < model->layer_count; i++)
            free((float *)(uintptr_t)p.start[i]);
    }
    close_setting(&s);
}

static void prior_both_ways(void)
{
    whelk_error err = {0};
    float *z[MODEL_LAYERS_MAX], *x[MODEL_LAYERS_MAX];
    for (int i = 0; i < model->layer_count; i++) {
        z[i] = named("x", model->layers[i].name, numbers(i));
        x[i] = named("z", model->layers[i].name, numbers(i));
        ok(z[i] && x[i] && prior_to_z(model, i, slots, z[i], z[i], &err) &&
               prior_to_x(model, i, slots, x[i], x[i], &err),
           "prior of %s can be used both ways %s", model->layers[i].name, err.text);
    }
    compare("z", z, NULL);
    compare("x", x, NULL);
    for (int i = 0; i < model->layer_count; i++) {
        free(z[i]);
        free(x[i]);
    }
}

static void samples(const char *prefix, double guidance, enum given given, int threads)
{
    whelk_error err = {0};
    struct latents z;
    struct sampler *s = sampler_new(model, threads, &err);
    struct sample_request r = {.slots = slots, .caption = CAPTION, .guidance = guidance};
    float *noise[MODEL_LAYERS_MAX] = {0}, *start[MODEL_LAYERS_MAX] = {0},
          *plate = named("z", model->layers[0].name, numbers(0));
    set_part(given);
    for (int i = 0; i < model->layer_count; i++) {
        r.noise[i] = noise[i] = named("sample.noise", model->layers[i].name, numbers(i));
        bool groups = model->layers[i].grid && model->layers[i].t > 1;
        if (given == BEGUN)
            r.start[i] = start[i] =
                groups ? named("z", model->layers[i].name, numbers(i)) : first_poses(i);
    }
    if (given != NOTHING)
        r.held[0] = plate;
    bool fine = s && latents_init(&z, model, &err);
    bool placed = fine && (!device || sampler_use_device(s, device, type, 0, &err));
    if (ok(placed && sampler_run(s, &r, &z, NULL, NULL, &err), "%s: sampling ends well %s", prefix,
           err.text)) {
        for (int i = 0; i < model->layer_count; i++)
            prior_to_x(model, i, slots, z.z[i], z.z[i], &err);
        compare(prefix, z.z, NULL);
    }
    if (fine)
        latents_release(&z);
    for (int i = 0; i < model->layer_count; i++)
        free(noise[i]), free(start[i]);
    free(plate);
    set_part(NOTHING);
    sampler_free(s);
}

static void read_slots(void)
{
    const struct st_tensor *t = safetensors_find(golden, "slots");
    ok(t && t->count == model->slot_count, "the golden slots are as many as the model's");
    if (t && t->count == model->slot_count)
        memcpy(slots, t->data, (size_t)model->slot_count * sizeof(int));
}

static void check_caption(void)
{
    const struct st_tensor *t = safetensors_find(golden, "caption");
    int ids[MODEL_CAPTION_WORDS], count = model_caption_words(model, CAPTION, ids);
    ok(t && t->count == count && memcmp(t->data, ids, (size_t)count * sizeof(int)) == 0,
       "the caption is split into the reference's %d words", count);
}

static void cases(void)
{
    velocities("v.L1", FINE_ALL, NOTHING, true, 1);
    velocities("v.L1", FINE_ALL, NOTHING, true, 2);
    velocities("v.L0", COARSE_ALL, NOTHING, true, 2);
    velocities("v.mixed", MIXED, NOTHING, true, 2);
    velocities("v.filled", FILLED, NOTHING, true, 2);
    velocities("v.L1.held_plate", FINE_ALL, PLATE, true, 1);
    velocities("v.mixed.held_plate", MIXED, PLATE, true, 1);
    velocities("v.L1.begun", FINE_ALL, BEGUN, true, 2);
    velocities("v.L0.begun", COARSE_ALL, BEGUN, true, 1);
    velocities("v.mixed.begun", MIXED, BEGUN, true, 2);
    velocities("v.null", FINE_ALL, NOTHING, false, 1);
    samples("sample.x", 1, NOTHING, 2);
    samples("sample.guided.x", 1.5, NOTHING, 2);
    samples("sample.held.x", 1, PLATE, 1);
    samples("sample.begun.x", 1, BEGUN, 2);
}

static void cases_in_both(void)
{
    for (int t = DEVICE_F32; t <= DEVICE_BF16; t++) {
        type = (enum device_type)t;
        cases();
    }
    type = DEVICE_F32;
}

/* restricted: the processor alone, with what the surroundings allow. */
static int all(bool restricted)
{
    whelk_error err = {0};
    const char *backend = getenv("BACKEND");
    model = model_open(FOLDER, &err);
    golden = safetensors_open(FOLDER "/golden.safetensors", &err);
    if (!ok(model && golden, "the golden model and its values are there %s", err.text))
        return done_testing();
    read_slots();
    check_caption();
    prior_both_ways();
    cases();
    if (!restricted) {
        device = host_device_new(HOST_ALL_LATE, 0, &err);
        cases_in_both();
        device->close(device);
        if (backend && strcmp(backend, "cuda") == 0 && (device = open_gpu(&err))) {
            cases_in_both();
            device->close(device);
        }
        device = NULL;
    }
    safetensors_close(golden);
    model_close(model);
    return done_testing();
}

/* A child that must do with AVX2, before anything here has asked oneDNN what there is. */
static void same_with_avx2(void)
{
    int status = 1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1);
        _exit(freopen("/dev/null", "w", stdout) ? all(true) : 2);
    }
    if (child > 0)
        waitpid(child, &status, 0);
    ok(child > 0 && status == 0, "all of the following holds where there is AVX2 only");
}

int main(void)
{
    same_with_avx2();
    return all(false);
}
