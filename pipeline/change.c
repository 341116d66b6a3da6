/* Changing the storyboard of a reel: what is asked for is tried on a copy, then done and told, with
 * what became stale. Takes that answer the new requests already are put into use at once, so that a
 * change taken back costs nothing. */
#define _DEFAULT_SOURCE
#include "change.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "history.h"
#include "stage.h"

/* --- Files from outside ---------------------------------------------------------------------- */

static bool same_bytes(const char *a, const char *b)
{
    char da[DIGEST_TEXT], db[DIGEST_TEXT];
    return digest_file(a, da, NULL) && digest_file(b, db, NULL) && strcmp(da, db) == 0;
}

/* Copies the file into a folder of the reel; a name that another file has there is numbered. *name:
 * its path in the reel, the caller's. */
static bool bring_in(const whelk_reel *reel, const char *folder, const char *path, char **name,
                     whelk_error *err)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path,
               *dot = strrchr(base, '.');
    int stem = dot && dot != base ? (int)(dot - base) : (int)strlen(base);
    char *dir = reel_file(reel, folder);
    bool done = dir ? file_make_dirs(dir, err) : whelk_fail(err, WHELK_EFAIL, "no memory");
    *name = NULL;
    for (int n = 1; done && !*name; n++) {
        struct bytes b;
        bytes_init(&b, 8192);
        bytes_format(&b, "%s/%.*s", folder, stem, base);
        if (n > 1)
            bytes_format(&b, "-%d", n);
        bytes_text(&b, base + stem);
        char *inside = bytes_take(&b), *whole = inside ? reel_file(reel, inside) : NULL;
        if (!whole)
            done = whelk_fail(err, WHELK_EFAIL, "no memory");
        else if (!file_exists(whole))
            done = file_copy(path, whole, err);
        if (done && same_bytes(path, whole))
            *name = inside;
        else
            free(inside);
        free(whole);
    }
    free(dir);
    return done;
}

static bool check_picture(const char *path, whelk_error *err)
{
    whelk_clip_info info;
    whelk_clip *clip = whelk_clip_open(path, &info, err);
    whelk_clip_close(clip);
    return clip != NULL;
}

static bool names(const whelk_op *op, const char *field)
{
    return op->kind && strcmp(op->kind, "set") == 0 && op->field && op->value &&
           strcmp(op->field, field) == 0;
}

/* Files that an operation names lie in the reel: one named by a whole path is brought in. */
static bool settle_files(const whelk_reel *reel, whelk_op *op, whelk_error *err)
{
    bool picture = names(op, "last_frame") ||
                   (names(op, "first_frame") && strcmp(op->value, "previous") != 0);
    const char *what = picture                     ? "picture"
                       : names(op, "score.file")   ? "music"
                       : names(op, "effect_sound") ? "sound"
                                                   : NULL;
    if (!what)
        return true;
    char *path = reel_file(reel, op->value), *inside = NULL;
    bool done = path ? file_exists(path) ||
                           whelk_fail(err, WHELK_EUSAGE, "%s: there is no such %s", path, what)
                     : whelk_fail(err, WHELK_EFAIL, "no memory");
    done = done && (!picture || check_picture(path, err));
    const char *folder = picture ? "pictures" : strcmp(what, "music") == 0 ? "music" : "effects";
    if (done && op->value[0] == '/')
        done = bring_in(reel, folder, path, &inside, err);
    if (inside) {
        free(op->value);
        op->value = inside;
    }
    free(path);
    return done;
}

/* --- Takes ----------------------------------------------------------------------------------- */

/* Puts takes into use that answer the requests as they are now. */
static bool adopt_takes(struct run *run, whelk_film *film, whelk_error *err)
{
    struct plates plates;
    if (!plates_init(&plates, run, film, err))
        return false;
    for (int n = 0; n < film->shot_count; n++) {
        int i = plates.order[n];
        whelk_shot *shot = &film->shots[i];
        struct shot_request r;
        char take[8];
        if (!shot_request_init(&r, run, film, i, plates.from[i], NULL))
            continue;
        if (!shot->locked && take_find(run->reel, shot->id, shot->take, r.digest, take))
            whelk_set_text(&shot->take, take);
        shot_request_release(&r);
    }
    plates_release(&plates);
    return true;
}

static bool check_take(const struct run *run, const whelk_op *op, whelk_error *err)
{
    if (!op->shot || !names(op, "take") || take_exists(run->reel, op->shot, op->value))
        return true;
    return whelk_fail(err, WHELK_EUSAGE,
                      "%s: shot %s has no take %s; whelk take %s list %s tells those it has",
                      run->reel->path, op->shot, op->value, run->reel->path, op->shot);
}

/* A take put into use brings its seed; if the shot still asks for another one than it was made
 * for, only a lock keeps it. */
static bool settle_take(struct run *run, whelk_film *film, const whelk_op *op, whelk_error *err)
{
    whelk_shot *shot = op->shot && names(op, "take") ? whelk_film_shot(film, op->shot) : NULL;
    if (!shot)
        return true;
    struct take_facts facts;
    struct shot_request r = {0};
    struct plates plates;
    if (!take_facts_read(run->reel, shot->id, shot->take, &facts, err))
        return false;
    uint64_t was = shot->seed;
    int index = (int)(shot - film->shots);
    shot->seed = facts.seed;
    bool done = plates_init(&plates, run, film, err);
    bool same = done && shot_request_init(&r, run, film, index, plates.from[index], NULL) &&
                strcmp(r.digest, facts.digest) == 0;
    if (done)
        plates_release(&plates);
    shot_request_release(&r);
    take_facts_release(&facts);
    if (!done || same)
        return done;
    shot->seed = was;
    if (!shot->locked)
        run_tell(run, (struct tell){.kind = "choice", .shot = shot->id},
                 "Take %s was made for other words or settings; the shot is locked to it.",
                 shot->take);
    shot->locked = true;
    return true;
}

/* The second half of a split shot shows the take of the first. */
static bool share_take(struct run *run, whelk_film *film, const whelk_op *op, whelk_error *err)
{
    whelk_shot *shot =
        strcmp(op->kind, "split") == 0 && op->shot ? whelk_film_shot(film, op->shot) : NULL;
    if (!shot || !shot->take || !take_exists(run->reel, shot->id, shot->take))
        return true;
    char name[8];
    take_name(run->reel, shot[1].id, "", name);
    if (!take_share(run->reel, shot->id, shot->take, shot[1].id, name, err))
        return false;
    shot[1].locked = shot->locked;
    return whelk_set_text(&shot[1].take, name) || whelk_fail(err, WHELK_EFAIL, "no memory");
}

/* --- Telling --------------------------------------------------------------------------------- */

/* An operation as an event; what follows from it names that as its cause. */
static void tell_op(struct run *run, const struct change *c, const whelk_op *op)
{
    char *words = whelk_op_text(op), *json = whelk_op_json(op);
    cJSON *data = cJSON_CreateObject(), *object = json ? cJSON_Parse(json) : NULL;
    if (object)
        cJSON_AddItemToObject(data, "change", object);
    const char *reason = op->why ? op->why : c->reason;
    if (reason)
        cJSON_AddStringToObject(data, "reason", reason);
    if (op->why && c->reason)
        cJSON_AddStringToObject(data, "asked", c->reason);
    long why = c->why     ? c->why
               : op->shot ? run_shot_cause(run, op->shot)
                          : run_storyboard_event(run);
    if (words)
        words[0] = (char)toupper((unsigned char)words[0]);
    size_t size = words ? strlen(words) : 0;
    bool stop = size && strchr(".!?", words[size - 1]);
    long n =
        run_tell(run, (struct tell){.kind = "choice", .shot = op->shot, .why = why, .data = data},
                 "%s%s%s%s", words ? words : op->kind,
                 reason ? " ("
                 : stop ? ""
                        : ".",
                 reason ? reason : "", reason ? ")." : "");
    run->cause = n ? n : run->cause;
    free(words);
    free(json);
}

struct needs { /* which shots of a film need a take, by their ids */
    char (*ids)[8];
    bool *needs;
    int count;
};

static void needs_release(struct needs *n)
{
    free(n->ids);
    free(n->needs);
    *n = (struct needs){0};
}

/* A locked shot needs none as long as it has one. */
static bool needs_init(struct needs *n, struct run *run, const whelk_film *film, whelk_error *err)
{
    enum shot_state *states = calloc((size_t)film->shot_count + 1, sizeof *states);
    *n = (struct needs){.ids = calloc((size_t)film->shot_count + 1, sizeof *n->ids),
                        .needs = calloc((size_t)film->shot_count + 1, sizeof *n->needs),
                        .count = film->shot_count};
    bool done = states && n->ids && n->needs ? shot_states(run, film, states, err)
                                             : whelk_fail(err, WHELK_EFAIL, "no memory");
    for (int i = 0; done && i < film->shot_count; i++) {
        const whelk_shot *shot = &film->shots[i];
        snprintf(n->ids[i], sizeof n->ids[i], "%s", shot->id);
        n->needs[i] = states[i] == SHOT_MISSING || (states[i] == SHOT_STALE && !shot->locked);
    }
    free(states);
    return done;
}

static bool needed(const struct needs *n, const char *id)
{
    for (int i = 0; i < n->count; i++)
        if (strcmp(n->ids[i], id) == 0)
            return n->needs[i];
    return false; /* it was not there */
}

/* What has to be made anew because of the change. */
static void tell_stale(struct run *run, const struct needs *before, const struct needs *after)
{
    struct bytes b;
    bytes_init(&b, 8192);
    cJSON *data = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(data, "stale");
    int count = 0, missing = 0;
    for (int i = 0; i < after->count; i++) {
        missing += after->needs[i];
        if (after->needs[i] && !needed(before, after->ids[i])) {
            bytes_format(&b, "%s%s", count++ ? ", " : "", after->ids[i]);
            cJSON_AddItemToArray(list, cJSON_CreateString(after->ids[i]));
        }
    }
    char *ids = bytes_take(&b);
    bool some = count && ids;
    if (some)
        run_tell(run, (struct tell){.kind = "work", .data = data},
                 "%d shot%s to be made anew: %s; whelk run does it.", count,
                 count == 1 ? " is" : "s are", ids);
    else
        run_tell(run, (struct tell){.kind = "work", .data = data},
                 missing ? "No take became stale; whelk run makes those that are still to be made."
                         : "No take became stale; whelk cut puts it into the film.");
    free(ids);
}

/* --- Doing it -------------------------------------------------------------------------------- */

/* A line that stands for the whole change in the history. Caller's. */
static char *summary_of(const struct change *c)
{
    struct bytes b;
    bytes_init(&b, 2000);
    for (int i = 0; i < c->op_count && b.size < 300; i++) {
        const char *field = c->ops[i].field;
        char *words = whelk_op_text(&c->ops[i]);
        bool reason = i && field && strcmp(field, "why") == 0; /* of the op before */
        if (words && !reason)
            bytes_format(&b, "%s%.*s", i ? "; " : "", text_fit(words, 160), words);
        free(words);
    }
    if (c->reason)
        bytes_format(&b, " (%.*s)", text_fit(c->reason, 160), c->reason);
    char *all = bytes_take(&b);
    return all;
}

static bool copy_op(whelk_op *to, const whelk_op *from)
{
    *to = (whelk_op){.at_s = from->at_s, .seconds = from->seconds};
    return whelk_set_text(&to->kind, from->kind) && whelk_set_text(&to->shot, from->shot) &&
           whelk_set_text(&to->after, from->after) && whelk_set_text(&to->field, from->field) &&
           whelk_set_text(&to->value, from->value) && whelk_set_text(&to->why, from->why);
}

static bool try_ops(struct run *run, const whelk_film *film, const struct change *c,
                    whelk_error *err)
{
    whelk_film *copy = whelk_film_copy(film);
    bool done = copy || whelk_fail(err, WHELK_EFAIL, "no memory");
    for (int i = 0; done && i < c->op_count; i++)
        done = check_take(run, &c->ops[i], err) &&
               whelk_film_apply(copy, &c->ops[i], run->info.card_json, NULL, err);
    whelk_film_free(copy);
    return done;
}

/* A field set to what it is already is not worth a line. */
static bool changes_nothing(const struct run *run, const whelk_film *film, const whelk_op *op)
{
    whelk_film *copy = whelk_film_copy(film);
    char *before = whelk_film_json(film, NULL), *after = NULL;
    if (copy && whelk_film_apply(copy, op, run->info.card_json, NULL, NULL)) {
        copy->seconds = film->seconds;
        after = whelk_film_json(copy, NULL);
    }
    bool same = before && after && strcmp(before, after) == 0;
    free(before);
    free(after);
    whelk_film_free(copy);
    return same;
}

static bool do_ops(struct run *run, whelk_film *film, const struct change *c, whelk_error *err)
{
    bool done = true;
    for (int i = 0; done && i < c->op_count; i++) {
        whelk_op op;
        done = (copy_op(&op, &c->ops[i]) || whelk_fail(err, WHELK_EFAIL, "no memory")) &&
               settle_files(run->reel, &op, err);
        run->shot = op.shot;
        if (done && (c->op_count == 1 || !changes_nothing(run, film, &op))) {
            if (c->op_count == 1 || !names(&op, "why")) /* every line tells the reason */
                tell_op(run, c, &op);
            done = whelk_film_apply(film, &op, run->info.card_json, &run->inner, err) &&
                   settle_take(run, film, &op, err) && share_take(run, film, &op, err);
        }
        run->shot = NULL;
        whelk_op_release(&op);
    }
    return done;
}

static bool go_back(struct run *run, whelk_film **film, const struct change *c, whelk_error *err)
{
    whelk_film *old = history_film(run->reel, c->version, err);
    if (!old)
        return false;
    whelk_film_free(*film);
    *film = old;
    cJSON *data = cJSON_CreateObject(), *change = cJSON_AddObjectToObject(data, "change");
    cJSON_AddNumberToObject(change, "version", c->version);
    long n = run_tell(
        run, (struct tell){.kind = "choice", .why = run_storyboard_event(run), .data = data},
        "The storyboard is version %d of the history again%s%s%s.", c->version,
        c->reason ? " (" : "", c->reason ? c->reason : "", c->reason ? ")" : "");
    run->cause = n ? n : run->cause;
    return true;
}

static bool save(struct run *run, const whelk_film *film, const struct change *c, whelk_error *err)
{
    char *what = summary_of(c);
    bool done = what ? run_save_film(run, film, c->version ? NULL : what, err)
                     : whelk_fail(err, WHELK_EFAIL, "no memory");
    free(what);
    if (done && c->version)
        done = history_go(run->reel, c->version, err);
    cJSON *data = cJSON_CreateObject();
    cJSON_AddNumberToObject(data, "shots", film->shot_count);
    cJSON_AddNumberToObject(data, "seconds", whelk_film_cut_seconds(film));
    if (done)
        run_artifact(run, (struct tell){.data = data}, "storyboard.json",
                     "The storyboard, changed.");
    else
        cJSON_Delete(data);
    return done;
}

bool stage_change(struct run *run, whelk_error *err)
{
    const struct change *c = run->change;
    struct needs before = {0}, after = {0};
    bool looked = run->only_looks, reel_looked = run->reel->only_looks;
    run->stage = "plan";
    run->only_looks = run->reel->only_looks = true;
    whelk_film *film = reel_load_film(run->reel, err);
    bool done = film && run_open_generator(run, err) && history_settle(run->reel, err) &&
                needs_init(&before, run, film, err);
    if (done && c->version)
        done = go_back(run, &film, c, err);
    else if (done)
        done = try_ops(run, film, c, err) && do_ops(run, film, c, err);
    done = done && adopt_takes(run, film, err) && save(run, film, c, err) &&
           needs_init(&after, run, film, err);
    if (done)
        tell_stale(run, &before, &after);
    snprintf(run->outcome, sizeof run->outcome, "The storyboard is changed.");
    run->only_looks = looked;
    run->reel->only_looks = reel_looked;
    needs_release(&before);
    needs_release(&after);
    whelk_film_free(film);
    return done;
}
