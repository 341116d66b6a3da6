/* What stage two says in the journal: the model, the picture that is held, the work, the take, what
 * was seen on it. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "shoot.h"

/* Once a run: what the takes are made with. */
void tell_model(struct run *run)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "model", run->info.name);
    cJSON_AddStringToObject(data, "weights", run->info.digest);
    cJSON_AddStringToObject(data, "backend", run->info.backend);
    if (run->info.device)
        cJSON_AddStringToObject(data, "device", run->info.device);
    const char *shot = run->shot;
    run->shot = NULL;
    run_tell(run, (struct tell){.kind = "work", .why = run_storyboard_event(run), .data = data},
             "The takes are made by the model %s (%.1f million parameters) on %s%s%s, %d threads.",
             run->info.name, (double)run->info.parameters / 1e6, run->info.backend,
             run->info.device ? ": " : "", run->info.device ? run->info.device : "",
             run->info.threads);
    run->shot = shot;
}

static long tell_after(struct run *run, const whelk_shot *after, const whelk_shot *shot, long why)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "begins_after", after->id);
    long n = run_tell(
        run, (struct tell){.kind = "choice", .shot = shot->id, .why = why, .data = data},
        "It begins with the frame on which shot %s ends (take %s), so that it goes on from there; "
        "were that take replaced or trimmed otherwise, this one would be made anew.",
        after->id, after->take);
    return n ? n : why;
}

long tell_plate(struct run *run, const struct shot_request *r, const whelk_shot *shot, long why)
{
    if (r->after)
        return tell_after(run, r->after, shot, why);
    if (!r->plate_shot)
        return why;
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "plate_from", r->plate_shot->id);
    long n = run_tell(
        run, (struct tell){.kind = "choice", .shot = shot->id, .why = why, .data = data},
        "The place is the one of shot %s%s: its picture (take %s) is held, so that both look "
        "alike; were that take replaced, this one would be made anew.",
        r->plate_shot->id, r->gen.actor_from ? " and so is the actor" : "", r->plate_shot->take);
    return n ? n : why;
}

/* What a budget left out of the steps of a model trained elsewhere; "" where that was nothing. */
static void say_left_out(const whelk_gen_figures *f, char *out, size_t room)
{
    const struct {
        int steps;
        const char *what;
    } rows[] = {{f->reused, "answered from the one before"},
                {f->gated, "without the pass for the negative prompt"},
                {f->near, "with attention to near frames only"},
                {f->paired, "with tokens joined in the middle blocks"},
                {f->coarse, "on half the size"}};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].steps && used < room)
            used += (size_t)snprintf(out + used, room - used, "%s%d %s", used ? ", " : " (",
                                     rows[i].steps, rows[i].what);
    if (used && used < room)
        snprintf(out + used, room - used, ")");
}

static double share_of(double some, double all)
{
    return all > 0 ? 100 * some / all : 100;
}

/* The steps of a model trained elsewhere, whose passes and pairs of tokens are counted, too. */
static void say_steps(const whelk_gen_figures *f, char *out, size_t room)
{
    char left[400];
    say_left_out(f, left, sizeof left);
    snprintf(out, room,
             "%d steps in %.1f s%s: %d of exact mode's %d passes, %.0f %% of its tokens, %.0f %% "
             "of the pairs of tokens that look at each other, %.0f %% of its work",
             f->steps, f->denoise_s, left, f->passes, f->passes_exact,
             share_of((double)f->tokens, (double)f->tokens_exact),
             share_of(f->looks, f->looks_exact), share_of(f->flops, f->flops_exact));
}

static void add_left_out(cJSON *data, const whelk_gen_figures *f)
{
    if (!f->passes_exact)
        return;
    cJSON_AddNumberToObject(data, "reused", f->reused);
    cJSON_AddNumberToObject(data, "gated", f->gated);
    cJSON_AddNumberToObject(data, "near", f->near);
    cJSON_AddNumberToObject(data, "paired", f->paired);
    cJSON_AddNumberToObject(data, "coarse", f->coarse);
    cJSON_AddNumberToObject(data, "passes", f->passes);
    cJSON_AddNumberToObject(data, "passes_exact", f->passes_exact);
    cJSON_AddNumberToObject(data, "looks", f->looks);
    cJSON_AddNumberToObject(data, "looks_exact", f->looks_exact);
}

long tell_work(struct run *run, const whelk_gen_figures *f, long why)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddNumberToObject(data, "seconds", f->wall_s);
    cJSON_AddNumberToObject(data, "steps", f->steps);
    cJSON_AddNumberToObject(data, "frames", f->frames);
    cJSON_AddNumberToObject(data, "tokens", (double)f->tokens);
    cJSON_AddNumberToObject(data, "tokens_exact", (double)f->tokens_exact);
    cJSON_AddNumberToObject(data, "flops", f->flops);
    cJSON_AddNumberToObject(data, "flops_exact", f->flops_exact);
    add_left_out(data, f);
    cJSON_AddNumberToObject(data, "denoise_s", f->denoise_s);
    cJSON_AddNumberToObject(data, "decode_s", f->decode_s);
    cJSON_AddNumberToObject(data, "compose_s", f->compose_s);
    cJSON_AddNumberToObject(data, "write_s", f->write_s);
    char steps[700];
    struct tell how = {.kind = "work", .why = why, .data = data};
    double frames_s = f->decode_s + f->compose_s + f->write_s;
    if (f->passes_exact)
        say_steps(f, steps, sizeof steps);
    else
        snprintf(steps, sizeof steps,
                 "%d steps in %.1f s with %.0f %% of the tokens and %.0f %% of the work of exact "
                 "mode",
                 f->steps, f->denoise_s, share_of((double)f->tokens, (double)f->tokens_exact),
                 share_of(f->flops, f->flops_exact));
    long n = f->steps ? run_tell(run, how, "%s; %d frames decoded, composed and written in %.1f s.",
                                 steps, f->frames, frames_s)
                      : run_tell(run, how,
                                 "The latent was there already: %d frames decoded, composed and "
                                 "written in %.1f s.",
                                 f->frames, frames_s);
    return n ? n : why;
}

long tell_take(struct run *run, const whelk_shot *shot, const char *take, const char *digest,
               long why)
{
    char file[80], text[120];
    snprintf(file, sizeof file, "clips/%.40s-%.8s.mkv", shot->id, take);
    snprintf(text, sizeof text, "Take %.8s of shot %.40s.", take, shot->id);
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "request", digest);
    return run_artifact(run, (struct tell){.shot = shot->id, .why = why, .data = data}, file, text);
}

static cJSON *figures_of(const struct attempt *a)
{
    const struct look *l = &a->look;
    const struct {
        const char *name;
        double value;
    } rows[] = {
        {"frames", l->frames},           {"looked_at", l->looked_at},
        {"brightness", l->brightness},   {"contrast", l->contrast},
        {"motion", l->motion},           {"still_s", l->still_s},
        {"flicker", l->flicker},         {"cut", l->cut},
        {"sharpness", l->sharpness},     {"actor_seen", a->actor.seen},
        {"actor_size", a->actor.size},   {"actor_whole", a->actor.whole},
        {"actor_crisp", a->actor.crisp}, {"actor_steady", a->actor.steady},
        {"actor_red", a->actor.red},     {"actor_green", a->actor.green},
        {"actor_blue", a->actor.blue},   {"likeness", a->review.likeness},
        {"score", a->review.score},
    };
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "take", a->take);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].value >= 0) /* likeness: there may be nothing to be like */
            cJSON_AddNumberToObject(data, rows[i].name,
                                    (double)(long)(rows[i].value * 1e4 + 0.5) / 1e4);
    cJSON_AddBoolToObject(data, "good", a->review.fault_count == 0);
    cJSON *faults = cJSON_AddArrayToObject(data, "faults");
    for (int i = 0; i < a->review.fault_count; i++)
        cJSON_AddItemToArray(faults, cJSON_CreateString(a->review.faults[i]));
    return data;
}

void review_faults(const struct review *r, char *out, size_t size)
{
    out[0] = '\0';
    for (int i = 0; i < r->fault_count; i++)
        snprintf(out + strlen(out), size - strlen(out), "%s%s", i ? "; " : "", r->faults[i]);
}

void tell_review(struct run *run, const struct attempt *a, long why)
{
    const struct look *l = &a->look;
    char faults[500];
    review_faults(&a->review, faults, sizeof faults);
    run_tell(
        run, (struct tell){.kind = "review", .why = why, .data = figures_of(a)},
        "Take %s: %d of %d frames were looked at: brightness %.0f, contrast %.0f, change %.1f, "
        "detail %.0f %% of what the model normally gives, %.0f %% of the actor in the frame; "
        "score %.2f: %s.",
        a->take, l->looked_at, l->frames, l->brightness, l->contrast, l->motion,
        100 * a->review.share.sharp, 100 * a->review.share.seen, a->review.score,
        a->review.fault_count ? faults : "nothing is wrong with it");
}

/* What the storyboard asks for and cannot be had is said, never silently dropped. */
void tell_passed_over(struct run *run, const struct shot_request *r, const whelk_shot *shot)
{
    if (r->passed_over)
        run_tell(run, (struct tell){.kind = "warn"},
                 "The model %s has no slot \"%s\"; \"%s\" is left out of shot %s.", run->info.name,
                 r->passed_over->name, r->passed_over->value, shot->id);
}
