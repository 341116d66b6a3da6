/* eval: measures a model as a stranger would see it. Scenes that training never saw are drawn by
 * the world's renderer and made by the model from their slots and captions; a judge that does not
 * know what was asked for names what it sees in both. `make eval` writes generator/weights/EVAL.md.
 *
 *     eval [--model DIR] [--count N] [--seed S] [--out FILE] [--sheet FILE.png] [--curve FILE.svg]
 *     eval --glimpses --seed S --count N        what the judge is trained on, to standard output */
#include "eval.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../pipeline/base/opt.h"
#include "../shot.h"
#include "../model/goes_on.h"
#include "asked.h"

static const struct opt_row ROWS[] = {
    {'m', "model", OPT_TEXT, "DIR", offsetof(struct eval_options, model),
     .help = "model to measure; the shipped one if left out"},
    {'n', "count", OPT_INT, "N", offsetof(struct eval_options, count), .min = 1, .max = 100000,
     .help = "scenes asked for"},
    {0, "seed", OPT_SEED, "S", offsetof(struct eval_options, seed),
     .help = "of the scenes and of the noise"},
    {'o', "out", OPT_TEXT, "FILE", offsetof(struct eval_options, out),
     .help = "the report; standard output if left out"},
    {0, "sheet", OPT_TEXT, "FILE", offsetof(struct eval_options, sheet),
     .help = "frames of the first shots, as PNG"},
    {0, "curve", OPT_TEXT, "FILE", offsetof(struct eval_options, curve),
     .help = "compute against quality too, and its picture as SVG"},
    {0, "worldgen", OPT_TEXT, "FILE", offsetof(struct eval_options, worldgen),
     .help = "the training world's renderer"},
    {0, "judge", OPT_TEXT, "FILE", offsetof(struct eval_options, judge),
     .help = "the judge's weights"},
    {0, "glimpses", OPT_FLAG, NULL, offsetof(struct eval_options, glimpses),
     .help = "write what the judge is trained on"},
    {0}};

struct bench { /* what every pass needs */
    const struct eval_options *o;
    whelk_generator *g;
    const struct world_card *card;
    struct asked *asked;
    struct judge *judge;
    int plate_cells;
};

static void progress(const char *what, int done, int count)
{
    if (isatty(STDERR_FILENO) || done == count)
        fprintf(stderr, "\r%s: %d of %d%s", what, done, count, done == count ? "\n" : "");
}

static bool make(const struct bench *b, const struct scene *s, uint64_t seed, double budget,
                 int steps, struct sights *made, whelk_gen_figures *figures, whelk_error *err)
{
    whelk_gen_slot slots[SCENE_SLOTS];
    whelk_gen_request r;
    asked_request(b->asked, s, seed, slots, &r);
    r.budget = budget;
    r.steps = steps;
    whelk_gen_shot *shot = whelk_gen_shoot(b->g, &r, NULL, NULL, figures, err);
    bool good = shot && sights_add(made, b->judge, s->slot, &shot->layers, b->plate_cells, err);
    whelk_gen_shot_free(shot);
    return good;
}

/* Those who meet are measured apart, since the judge is not told which of two is meant. */
static const char *company_of(const struct bench *b, const char *more)
{
    for (int i = 0; i < b->card->count; i++)
        if (!strcmp(b->card->slot[i].name, "company") && !strstr(more, "company="))
            return "--slot company=alone";
    return "";
}

static struct scenes *open_scenes(const struct bench *b, uint64_t stream, bool held_out,
                                  const char *more, whelk_error *err)
{
    char only[640];
    snprintf(only, sizeof only, "%s %s %s", asked_only(b->asked), company_of(b, more), more);
    struct scenes_options options = {.worldgen = b->o->worldgen,
                                     .seed = b->o->seed * 1000 + stream,
                                     .count = 1000000,
                                     .held_out = held_out,
                                     .only = only};
    return scenes_open(&options, err);
}

/* The next scene of a stream that the model can be asked for. */
static bool next_asked(const struct bench *b, struct scenes *scenes, struct scene *s,
                       whelk_error *err)
{
    do {
        if (!scenes_next(scenes, s, err))
            return (err && err->code) ? false
                                      : whelk_fail(err, WHELK_EFAIL, "worldgen ended too early");
    } while (!asked_can(b->asked, s));
    return true;
}

/* Scenes of a stream that the model can be asked for, `count` of them: the world's own pictures
 * into *real, the model's into *made; each may be NULL. */
static bool pass(const struct bench *b, const char *what, struct scenes *scenes, int count,
                 struct sights *real, struct sights *made, whelk_error *err)
{
    struct scene s = {0};
    bool good = scenes != NULL;
    for (int done = 0; good && done < count;) {
        good = next_asked(b, scenes, &s, err) &&
               (!real || sights_add(real, b->judge, s.slot, &s.layers, b->plate_cells, err)) &&
               (!made || make(b, &s, b->o->seed + (uint64_t)done, 0, 0, made, NULL, err));
        if (good)
            progress(what, ++done, count);
    }
    scene_release(&s);
    scenes_close(scenes);
    return good;
}

/* Scenes under every budget and number of steps of the curve. */
static bool curve_pass(const struct bench *b, int count, struct curve *c, whelk_error *err)
{
    struct scenes *scenes = open_scenes(b, 6, false, "", err);
    struct scene s = {0};
    bool good = scenes != NULL;
    for (int done = 0; good && done < count;) {
        good = next_asked(b, scenes, &s, err) &&
               sights_add(&c->real, b->judge, s.slot, &s.layers, b->plate_cells, err);
        for (int i = 0; good && i < CURVE_POINTS; i++) {
            struct curve_point *p = &c->of[i];
            whelk_gen_figures f = {0};
            good = make(b, &s, b->o->seed + (uint64_t)done, p->budget, p->steps, &p->made, &f, err);
            p->tokens += (double)f.tokens;
            p->flops += f.flops;
            p->seconds += f.denoise_s;
        }
        if (good)
            progress("compute against quality", ++done, count);
    }
    curve_measure(c, b->judge);
    scene_release(&s);
    scenes_close(scenes);
    return good;
}

/* A few shots each of several actors: the same looks, another noise and another way to go. */
static bool film_pass(const struct bench *b, int films, struct sights *out, whelk_error *err)
{
    struct scenes *scenes = open_scenes(b, 4, false, "", err);
    struct scene s = {0};
    bool good = scenes != NULL;
    for (int film = 0; good && film < films;) {
        good = next_asked(b, scenes, &s, err);
        for (int k = 0; good && k < FILM_SHOTS; k++)
            good = make(b, &s, b->o->seed + 7000 + (uint64_t)(FILM_SHOTS * film + k), 0, 0, out,
                        NULL, err);
        if (good)
            progress("actors", ++film, films);
    }
    scene_release(&s);
    scenes_close(scenes);
    return good;
}

/* The world's slot that tells a first part from what comes next; -1: it has none. */
static int part_slot(const struct world_card *card)
{
    for (int i = 0; i < card->count; i++)
        if (!strcmp(card->slot[i].name, "part"))
            return i;
    return -1;
}

/* Shots as long as the model makes them, of scenes that go on. */
static bool longer_pass(const struct bench *b, int part, int count, struct longer *out,
                        whelk_error *err)
{
    const struct model *m = b->g->model;
    struct scenes *scenes = open_scenes(b, 7, false, "--slot part=next", err);
    struct scene s = {0};
    bool good = scenes != NULL;
    for (int done = 0; good && done < count;) {
        whelk_gen_slot slots[SCENE_SLOTS];
        whelk_gen_request r;
        good = scenes_next(scenes, &s, err);
        s.slot[part] = 0; /* the model is asked for the whole shot */
        if (!good || !asked_can(b->asked, &s))
            continue;
        asked_request(b->asked, &s, b->o->seed + 9000 + (uint64_t)done, slots, &r);
        r.seconds = model_longest(m);
        whelk_gen_shot *shot = whelk_gen_shoot(b->g, &r, NULL, NULL, NULL, err);
        good = shot && longer_add_real(out, b->judge, &s, b->plate_cells, err) &&
               longer_add(out, b->judge, s.slot, &shot->layers, m->poses, m->group, b->plate_cells,
                          err);
        whelk_gen_shot_free(shot);
        if (good)
            progress("shots that go on", ++done, count);
    }
    scene_release(&s);
    scenes_close(scenes);
    return good;
}

/* As many of each kind of company that the world and the model have. */
static bool company_pass(const struct bench *b, int count, struct findings *f, whelk_error *err)
{
    bool good = true;
    for (int i = 0; i < b->card->count; i++) {
        const struct world_slot *s = &b->card->slot[i];
        for (int k = 1; good && !strcmp(s->name, "company") && k < s->count; k++) {
            char more[64];
            snprintf(more, sizeof more, "--slot company=%.40s", s->value[k]);
            if (asked_value(b->asked, i, k))
                good = pass(b, more + strlen("--slot company="),
                            open_scenes(b, 10 + (uint64_t)k, false, more, err), count,
                            &f->real_meetings, &f->meetings, err);
        }
    }
    return good;
}

static bool evaluate(const struct bench *b, struct findings *f, whelk_error *err)
{
    int n = b->o->count, few = n / 5 > 2 ? n / 5 : 2, part = part_slot(f->card);
    bool goes_on = part >= 0 && model_parts(b->g->model, model_longest(b->g->model)) > 1;
    return pass(b, "scenes", open_scenes(b, 1, false, "", err), n, &f->real, &f->made, err) &&
           pass(b, "further real ones", open_scenes(b, 2, false, "", err), n, &f->other, NULL,
                err) &&
           pass(b, "dives", open_scenes(b, 3, false, "--slot action=dive", err), few,
                &f->real_dives, &f->dives, err) &&
           (!asked_has_held_out(b->asked) ||
            pass(b, "held-out pairs", open_scenes(b, 5, true, "", err), 2 * few, NULL, &f->held,
                 err)) &&
           film_pass(b, few, &f->films, err) &&
           company_pass(b, few / 4 > 2 ? few / 4 : 2, f, err) &&
           (!goes_on || longer_pass(b, part, few, &f->longer, err)) &&
           (!b->o->curve || curve_pass(b, n / 2 > 2 ? n / 2 : 2, &f->curve, err));
}

static bool write_report(const struct eval_options *o, const struct findings *f, whelk_error *err)
{
    FILE *out = o->out ? fopen(o->out, "we") : stdout;
    if (!out)
        return whelk_fail(err, WHELK_EFAIL, "%s cannot be written", o->out);
    report_write(f, out);
    bool good = fflush(out) == 0 && !ferror(out);
    if (out != stdout)
        good = fclose(out) == 0 && good;
    return (good || whelk_fail(err, WHELK_EFAIL, "%s cannot be written: disk full?",
                               o->out ? o->out : "the report")) &&
           (!o->sheet || report_sheet(f, o->sheet, err)) &&
           (!o->curve || curve_draw(&f->curve, o->curve, err));
}

static bool run(const struct eval_options *o, whelk_error *err)
{
    struct world_card card;
    struct bench b = {.o = o};
    whelk_gen_info info = {0};
    whelk_gen_options options = {.model_dir = o->model};
    bool good = world_card_read(o->worldgen, &card, err) && (b.judge = judge_open(o->judge, err)) &&
                (b.g = whelk_gen_open(&options, err));
    if (good) {
        whelk_gen_get_info(b.g, &info);
        good =
            b.g->model || whelk_fail(err, WHELK_EUSAGE,
                                     "%s is not of the layered kind that this measures", info.name);
    }
    if (good) {
        b.plate_cells = b.g->model->layers[b.g->plate].x;
        b.card = &card;
        good = (b.asked = asked_new(&card, info.card_json, err)) != NULL;
    }
    struct findings f = {.judge = b.judge,
                         .card = &card,
                         .model_name = info.name,
                         .model_digest = info.digest,
                         .seed = o->seed};
    curve_init(&f.curve);
    good = good && evaluate(&b, &f, err) && write_report(o, &f, err);
    struct sights *all[] = {&f.real,       &f.made,  &f.other,         &f.held,    &f.dives,
                            &f.real_dives, &f.films, &f.real_meetings, &f.meetings};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sights_free(all[i]);
    longer_free(&f.longer);
    curve_free(&f.curve);
    asked_free(b.asked);
    judge_close(b.judge);
    whelk_gen_close(b.g);
    return good;
}

int main(int argc, char **argv)
{
    struct eval_options values = {.worldgen = "build/worldgen",
                                  .judge = "generator/eval/judge.safetensors",
                                  .count = 200,
                                  .seed = 1};
    struct opts o = {.rows = ROWS, .values = &values};
    whelk_error err = {0};
    bool good = opts_parse(&o, argc, argv, &err);
    if (good && o.help) {
        puts("usage: eval [--model DIR] [--count N] [--out FILE]    measures a model; --glimpses: "
             "see eval.c");
        opts_print(stdout, ROWS, 100);
    } else if (good)
        good = values.glimpses ? eval_glimpses(&values, stdout, &err) : run(&values, &err);
    opts_release(&o);
    if (!good)
        fprintf(stderr, "eval: %s\n", err.text);
    return good ? 0 : err.code == WHELK_EUSAGE ? 2 : 1;
}
