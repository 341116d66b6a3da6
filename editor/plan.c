/* Lays a cut out in whole frames: where each clip and title begins, how far neighbours overlap,
 * which of the two picture layers a clip lies on. Everything a request can get wrong is refused
 * here, before anything is written. */
#include "captions.h"
#include "edit.h"
#include "speech.h"

#include <math.h>
#include <string.h>

#define MAX_CLIPS 2000
#define MAX_TITLES 500
#define LABEL_S 2 /* what GB 45438-2025 asks for at least */

/* Whole nanoseconds a frame, rounded down, so that n frames never last a nanosecond longer than n
 * frame times: GES would put one frame more into that nanosecond. At 24 a second an hour of film is
 * 58 microseconds short. */
GstClockTime edit_plan_time(const struct edit_plan *plan, long frame)
{
    return (GstClockTime)frame *
           ((GstClockTime)plan->fps_d * GST_SECOND / (GstClockTime)plan->fps_n);
}

double edit_plan_seconds(const struct edit_plan *plan, long frame)
{
    return (double)frame * plan->fps_d / plan->fps_n;
}

static long to_frames(const struct edit_plan *plan, double seconds)
{
    return lround(seconds * plan->fps_n / plan->fps_d);
}

char *edit_plan_file(const struct edit_plan *plan, const char *name)
{
    return g_build_filename(plan->reel, name, NULL);
}

const char *edit_plan_inside(const struct edit_plan *plan, const char *path)
{
    size_t n = strlen(plan->reel);
    return strncmp(path, plan->reel, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

static bool set_rate(struct edit_plan *plan, double fps, whelk_error *err)
{
    if (fps == 0)
        fps = 24;
    if (!(fps >= 1 && fps <= 120))
        return whelk_fail(err, WHELK_EUSAGE, "the frame rate is %g; 1 to 120 a second can be made",
                          fps);
    double ntsc = fps * 1.001;
    plan->fps_d = 1000;
    plan->fps_n = (int)lround(fps * 1000);
    if (fabs(fps - round(fps)) < 1e-6) {
        plan->fps_n = (int)lround(fps);
        plan->fps_d = 1;
    } else if (fabs(ntsc - round(ntsc)) < 2e-3) {
        plan->fps_n = (int)lround(ntsc) * 1000;
        plan->fps_d = 1001;
    }
    return true;
}

/* A shape like "2.39:1" as a number; 0 = none. */
static double shape_of(const char *text)
{
    char *rest = NULL;
    double across = g_ascii_strtod(text, &rest);
    if (rest == text || *rest != ':')
        return 0;
    const char *second = rest + 1;
    double down = g_ascii_strtod(second, &rest);
    return rest != second && !*rest && across > 0 && down > 0 ? across / down : 0;
}

static bool set_view(struct edit_plan *plan, const whelk_edit *edit, whelk_error *err)
{
    plan->view.width = plan->width;
    plan->view.height = plan->height;
    if (edit->fit && strcmp(edit->fit, "fit") != 0 && strcmp(edit->fit, "fill") != 0)
        return whelk_fail(err, WHELK_EUSAGE,
                          "a clip can be made to \"fit\" or to \"fill\", not \"%s\"", edit->fit);
    if (!edit->letterbox)
        return true;
    double shape = shape_of(edit->letterbox);
    if (!(shape >= 0.2 && shape <= 5))
        return whelk_fail(err, WHELK_EUSAGE,
                          "a letterbox of \"%s\" cannot be made; write it like 2.39:1",
                          edit->letterbox);
    if (shape * plan->height > plan->width)
        plan->view.height = MAX((int)lround(plan->width / shape / 2) * 2, 2);
    else
        plan->view.width = MAX((int)lround(plan->height * shape / 2) * 2, 2);
    plan->view.x = (plan->width - plan->view.width) / 4 * 2;
    plan->view.y = (plan->height - plan->view.height) / 4 * 2;
    return true;
}

static bool set_frame(struct edit_plan *plan, const whelk_edit *edit, whelk_error *err)
{
    plan->width = edit->width ? edit->width : 1280;
    plan->height = edit->height ? edit->height : 720;
    if (plan->width < 32 || plan->height < 32 || plan->width > 7680 || plan->height > 7680 ||
        plan->width % 2 || plan->height % 2)
        return whelk_fail(err, WHELK_EUSAGE,
                          "a film of %dx%d cannot be made; sides are even, 32 to 7680", plan->width,
                          plan->height);
    return set_view(plan, edit, err) && set_rate(plan, edit->fps, err);
}

static bool check_numbers(const whelk_edit_clip *c, const char *name, whelk_error *err)
{
    if (!(c->in_s >= 0 && c->in_s < 86400) || !(c->seconds >= 0 && c->seconds < 86400))
        return whelk_fail(err, WHELK_EUSAGE,
                          "%s: begins at %g s and lasts %g s; both must be 0 or more", name,
                          c->in_s, c->seconds);
    if (c->speed != 0 && !(c->speed >= 0.1 && c->speed <= 10))
        return whelk_fail(err, WHELK_EUSAGE, "%s: speed %g; 0.1 to 10 can be made", name, c->speed);
    if (!(c->transition_s >= 0 && c->transition_s < 3600))
        return whelk_fail(err, WHELK_EUSAGE, "%s: a transition of %g s makes no sense", name,
                          c->transition_s);
    return true;
}

/* Puts the cure behind what is wrong with a clip's file. */
static void add_remake(const whelk_edit_clip *c, whelk_error *err)
{
    if (!err || !c->remake || err->code == WHELK_EINTERRUPTED)
        return;
    whelk_error fault = *err;
    whelk_fail(err, fault.code, "%s; %s", fault.text, c->remake);
}

/* Reads the clip's file and fixes how many frames of the film it fills. */
static bool set_slot(struct edit_plan *plan, struct edit_slot *s, const whelk_edit_clip *c,
                     int index, whelk_error *err)
{
    s->clip = c;
    if (!c->path || !*c->path)
        return whelk_fail(err, WHELK_EUSAGE, "clip %d has no file", index + 1);
    s->path = g_canonicalize_filename(c->path, plan->reel);
    s->name = c->shot ? g_strdup_printf("shot %s (%s)", c->shot, c->path) : g_strdup(c->path);
    s->speed = c->speed != 0 ? c->speed : 1;
    s->in_s = c->in_s;
    if (!check_numbers(c, s->name, err))
        return false;
    if (!edit_join_parse(c->transition, &s->join, &s->wipe))
        return whelk_fail(err, WHELK_EUSAGE, "%s: there is no transition \"%s\"", s->name,
                          c->transition);
    if (plan->unseen) {
        s->media =
            (struct edit_media){.width = plan->width, .height = plan->height, .seconds = 1e9};
    } else if (!edit_check_media(s->path, &s->media, plan->listen, err)) {
        whelk_error_prefix(err, "%s", s->name);
        add_remake(c, err);
        return false;
    }
    double there = (s->media.seconds - s->in_s) / s->speed;
    double frame = (double)plan->fps_d / plan->fps_n;
    s->frames = c->seconds > 0 ? to_frames(plan, c->seconds) : (long)floor(there / frame + 0.1);
    /* half a frame of grace: containers round the time of the last picture */
    if (s->frames < 1 || (s->frames - 0.5) * frame > there) {
        whelk_fail(err, WHELK_EFAIL,
                   "%s: is shorter than its slot: %.2f s are wanted from %.2f s on, "
                   "%.2f s are there",
                   s->name, MAX(s->frames, 1) * frame, s->in_s, MAX(there, 0));
        add_remake(c, err);
        return false;
    }
    return true;
}

/* A clip may be covered by both its transitions, but they must not meet: one frame stays alone. */
static void set_overlaps(struct edit_plan *plan)
{
    long taken = 0;
    for (int i = 0; i < plan->slot_count; i++) {
        struct edit_slot *s = &plan->slots[i];
        bool last = i + 1 == plan->slot_count;
        if (last || s->join == JOIN_CUT || s->clip->transition_s <= 0) {
            s->join = JOIN_CUT;
            s->overlap = 0;
        } else {
            long room = MIN(s->frames - taken - 1, plan->slots[i + 1].frames / 2);
            s->overlap = CLAMP(to_frames(plan, s->clip->transition_s), 0, MAX(room, 0));
            if (s->overlap == 0)
                s->join = JOIN_CUT;
        }
        taken = s->overlap;
    }
}

/* Crossfades and dips go from one layer to the other; a cut or a wipe stays on its layer. */
static void set_starts(struct edit_plan *plan)
{
    long at = 0;
    int roll = 0;
    for (int i = 0; i < plan->slot_count; i++) {
        struct edit_slot *s = &plan->slots[i];
        s->start = at;
        s->roll = roll;
        at += s->frames - s->overlap;
        if (s->join != JOIN_CUT && s->join != JOIN_WIPE)
            roll = !roll;
    }
    plan->frames = at;
}

static bool check_title(const whelk_edit_title *t, int number, whelk_error *err)
{
    if (!t->text || !*t->text || !g_utf8_validate(t->text, -1, NULL))
        return whelk_fail(err, WHELK_EUSAGE, "title %d is empty or not UTF-8", number);
    if (strlen(t->text) > 1000)
        return whelk_fail(err, WHELK_EUSAGE, "title %d is longer than 1000 bytes; write it shorter",
                          number);
    if (t->kind && strcmp(t->kind, "opening") && strcmp(t->kind, "lower-third") &&
        strcmp(t->kind, "end") && strcmp(t->kind, "label"))
        return whelk_fail(
            err, WHELK_EUSAGE,
            "title %d: there is no kind \"%s\"; opening, lower-third and end are there", number,
            t->kind);
    if (!(t->at_s >= 0 && t->at_s < 86400 && t->seconds > 0 && t->seconds < 3600))
        return whelk_fail(err, WHELK_EUSAGE,
                          "title %d: at %g s for %g s is no time a title can stand", number,
                          t->at_s, t->seconds);
    return true;
}

/* A title that begins on the film ends with it at the latest; one that begins after the last clip
 * lies on black and makes the film longer. */
static bool set_card(struct edit_plan *plan, struct edit_card *c, long pictures, int number,
                     whelk_error *err)
{
    const whelk_edit_title *t = c->title;
    c->start = to_frames(plan, t->at_s);
    c->frames = MAX(to_frames(plan, t->seconds), 1);
    c->on_black = c->start >= pictures;
    if (!c->on_black)
        c->frames = MIN(c->frames, pictures - c->start);
    else if (c->start - pictures > to_frames(plan, 10))
        return whelk_fail(err, WHELK_EUSAGE, "title %d begins %.1f s after the last clip", number,
                          edit_plan_seconds(plan, c->start - pictures));
    plan->frames = MAX(plan->frames, c->start + c->frames);
    return true;
}

/* The notice that a machine made the film is one more title, over its first two seconds. */
static bool set_cards(struct edit_plan *plan, whelk_error *err)
{
    const whelk_edit *e = plan->edit;
    long pictures = plan->frames;
    plan->label = (whelk_edit_title){.text = e->label, .kind = "label", .seconds = LABEL_S};
    if (e->label && (!*e->label || strlen(e->label) > 100 || !g_utf8_validate(e->label, -1, NULL)))
        return whelk_fail(err, WHELK_EUSAGE,
                          "the label is empty, longer than 100 bytes or not UTF-8");
    for (int i = 0; i < plan->card_count; i++) {
        struct edit_card *c = &plan->cards[i];
        bool own = i == e->title_count;
        c->title = own ? &plan->label : &e->titles[i];
        if (!own && !check_title(c->title, i + 1, err))
            return false;
        if (!set_card(plan, c, pictures, i + 1, err))
            return false;
    }
    return true;
}

bool edit_goes_on(const whelk_listener *listen, whelk_error *err)
{
    if (!listen || !listen->progress ||
        listen->progress(listen->ctx, "cut", NULL, "stage", 0, 0, -1))
        return true;
    return whelk_fail(err, WHELK_EINTERRUPTED, "the cut was stopped");
}

static bool init(struct edit_plan *plan, const whelk_edit *edit, const char *reel, bool unseen,
                 const whelk_listener *listen, whelk_error *err)
{
    *plan = (struct edit_plan){.edit = edit, .listen = listen, .unseen = unseen};
    if (!reel || !*reel)
        return whelk_fail(err, WHELK_EUSAGE, "no reel is named");
    if (edit->clip_count < 1 || !edit->clips)
        return whelk_fail(err, WHELK_EUSAGE, "there is no clip to cut; shoot the film first");
    if (edit->clip_count > MAX_CLIPS || edit->title_count < 0 || edit->title_count > MAX_TITLES)
        return whelk_fail(err, WHELK_EUSAGE,
                          "%d clips and %d titles are too many; at most %d and %d can be cut",
                          edit->clip_count, edit->title_count, MAX_CLIPS, MAX_TITLES);
    plan->profile = edit_profile_find(edit->profile);
    if (!plan->profile)
        return whelk_fail(
            err, WHELK_EUSAGE,
            "there is no profile \"%s\"; mp4, webm, mkv, prores and preview are there",
            edit->profile);
    plan->reel = g_canonicalize_filename(reel, NULL);
    plan->slot_count = edit->clip_count;
    plan->slots = g_new0(struct edit_slot, edit->clip_count);
    plan->card_count = edit->title_count + (edit->label != NULL);
    plan->cards = g_new0(struct edit_card, plan->card_count);
    bool good = set_frame(plan, edit, err);
    for (int i = 0; good && i < edit->clip_count; i++)
        good =
            edit_goes_on(listen, err) && set_slot(plan, &plan->slots[i], &edit->clips[i], i, err);
    if (good) {
        set_overlaps(plan);
        set_starts(plan);
        good = set_cards(plan, err);
    }
    if (!good)
        edit_plan_release(plan);
    return good;
}

bool edit_plan_init(struct edit_plan *plan, const whelk_edit *edit, const char *reel,
                    const whelk_listener *listen, whelk_error *err)
{
    return init(plan, edit, reel, false, listen, err);
}

bool edit_plan_lay(struct edit_plan *plan, const whelk_edit *edit, const char *reel,
                   whelk_error *err)
{
    return init(plan, edit, reel, true, NULL, err);
}

void edit_plan_release(struct edit_plan *plan)
{
    for (int i = 0; plan->slots && i < plan->slot_count; i++) {
        g_free(plan->slots[i].path);
        g_free(plan->slots[i].played);
        g_free(plan->slots[i].name);
    }
    for (int i = 0; plan->cards && i < plan->card_count; i++)
        g_free(plan->cards[i].path);
    for (int i = 0; i < plan->sound_count; i++) {
        g_free(plan->sounds[i].path);
        g_free(plan->sounds[i].keys);
    }
    g_free(plan->slots);
    g_free(plan->cards);
    g_free(plan->sounds);
    for (int i = 0; i < plan->speech_count; i++)
        speech_words_release(&plan->speeches[i].words);
    g_free(plan->speeches);
    captions_release(plan);
    g_free(plan->reel);
    *plan = (struct edit_plan){0};
}

double *edit_plan_cuts(const struct edit_plan *plan, int *count)
{
    double *cuts = g_new0(double, plan->slot_count);
    *count = plan->slot_count - 1;
    for (int i = 1; i < plan->slot_count; i++) {
        const struct edit_slot *before = &plan->slots[i - 1];
        cuts[i - 1] = edit_plan_seconds(plan, plan->slots[i].start) +
                      edit_plan_seconds(plan, before->overlap) / 2;
    }
    return cuts;
}
