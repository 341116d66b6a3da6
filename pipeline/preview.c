/* Previews: each shot as a small, quick sketch, to see the film before its takes are paid for. They
 * lie beside the takes as ID-preview.*, are never a take of the storyboard, and only `whelk cut
 * --preview` looks at them. The same seed at the same place gives about the same picture. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shoot.h"

static bool wanted(const struct run *run, const char *id)
{
    for (const char *const *s = run->options.shots; s && *s; s++)
        if (strcmp(*s, id) == 0)
            return true;
    return run->options.shots == NULL;
}

static bool make_preview(struct run *run, const whelk_film *film, int index, int plate_from,
                         int *made, whelk_error *err)
{
    const whelk_shot *shot = &film->shots[index];
    whelk_gen_figures figures;
    struct shot_request r;
    if (!shot_request_init(&r, run, film, index, plate_from, err))
        return false;
    char *base = take_base(run->reel, shot->id, PREVIEW);
    bool have = base && whelk_gen_have(base, r.digest);
    bool done = base || whelk_fail(err, WHELK_EFAIL, "no memory");
    if (done && !have) {
        if (!*made)
            tell_model(run);
        run->cause = run_shot_cause(run, shot->id);
        tell_passed_over(run, &r, shot);
        run_begin_take(run, &r.gen);
        done = whelk_gen_take(run->generator, &r.gen, base, &run->inner, &figures, err);
        if (!done)
            whelk_error_prefix(err, "preview of shot %s", shot->id);
    }
    if (done && !have) {
        char file[80], text[160];
        snprintf(file, sizeof file, "clips/%.40s-" PREVIEW ".mkv", shot->id);
        snprintf(text, sizeof text, "A preview of shot %.40s: %dx%d, %d steps; not a take.",
                 shot->id, r.gen.width, r.gen.height, figures.steps);
        run_artifact(run, (struct tell){.shot = shot->id, .why = run->cause}, file, text);
        run->shots_s += journal_clock(run->reel->journal) - run->shot_began_s;
        run->shots_made++;
        ++*made;
    }
    free(base);
    shot_request_release(&r);
    return done;
}

bool preview_shoot(struct run *run, const whelk_film *film, const struct plates *plates,
                   whelk_error *err)
{
    int made = 0;
    for (int n = 0; n < film->shot_count; n++) {
        int i = plates->order[n];
        if (!wanted(run, film->shots[i].id))
            continue;
        run->shot = film->shots[i].id;
        bool done = run_goes_on(run, err) &&
                    make_preview(run, film, i, plates->from[i], &made, err);
        run->shot = NULL;
        if (!done)
            return false;
    }
    snprintf(run->outcome, sizeof run->outcome,
             "%d previews are new: clips/*-" PREVIEW ".mkv; no take was made.", made);
    return true;
}
