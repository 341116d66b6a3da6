/* Gathering what view.html shows: the storyboard, how each shot stands, every take there is with a
 * few small frames of it, and the score's bars. */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "view.h"

#define POSTER_WIDTH 960

/* Frames get smaller in films of many shots, so that a page stays a page: some 12 MB at most. */
static int frame_width(const whelk_film *film)
{
    return film->shot_count <= 60 ? 256 : film->shot_count <= 200 ? 160 : 96;
}

static int frame_count(const whelk_film *film)
{
    return film->shot_count <= 200 ? VIEW_FRAMES : 3;
}

/* --- Pictures --------------------------------------------------------------------------------- */

static void read_frames(struct view_take *t, const char *clip_path, int width, int count)
{
    whelk_clip_info info;
    whelk_clip *clip = whelk_clip_open(clip_path, &info, &t->fault);
    if (clip) {
        t->width = width;
        t->height = (int)((double)width * info.height / info.width + 0.5);
        if (count > info.frames)
            count = info.frames;
    }
    for (int i = 0; clip && i < count; i++) {
        /* the middles of `count` equal stretches */
        int frame = (2 * i + 1) * info.frames / (2 * count);
        char *jpeg = frame_jpeg(clip, frame, t->width, t->height, &t->fault);
        if (!jpeg)
            break;
        t->frames[t->frame_count++] = (struct view_frame){frame / info.fps, jpeg};
    }
    whelk_clip_close(clip);
}

static char *read_poster(const whelk_reel *reel, const whelk_film *film)
{
    const whelk_shot *longest = NULL;
    for (int i = 0; i < film->shot_count; i++)
        if (film->shots[i].take && (!longest || film->shots[i].seconds > longest->seconds))
            longest = &film->shots[i];
    char *base = longest ? take_base(reel, longest->id, longest->take) : NULL, *poster = NULL;
    char *path = base ? malloc(strlen(base) + sizeof ".mkv") : NULL;
    whelk_clip_info info;
    if (path) {
        sprintf(path, "%s.mkv", base);
        whelk_clip *clip = whelk_clip_open(path, &info, NULL);
        int width = clip && info.width < POSTER_WIDTH ? info.width : POSTER_WIDTH;
        if (clip)
            poster = frame_jpeg(clip, info.frames / 2, width,
                                (int)((double)width * info.height / info.width + 0.5), NULL);
        whelk_clip_close(clip);
    }
    free(path);
    free(base);
    return poster;
}

/* --- Takes ------------------------------------------------------------------------------------ */

static cJSON *read_record(const char *path)
{
    char *text = NULL;
    cJSON *record = file_read(path, 1 << 20, &text, NULL, NULL) ? cJSON_Parse(text) : NULL;
    free(text);
    return record;
}

static int by_use_then_newest(const void *a, const void *b)
{
    const struct view_take *x = a, *y = b;
    return x->used != y->used ? y->used - x->used : strcmp(y->name, x->name);
}

static bool add_take(struct view_shot *s, const char *name)
{
    struct view_take *more = realloc(s->takes, (size_t)(s->take_count + 1) * sizeof *more);
    if (!more)
        return false;
    s->takes = more;
    s->takes[s->take_count] = (struct view_take){.used = false};
    snprintf(s->takes[s->take_count++].name, sizeof more->name, "%s", name);
    return true;
}

/* "0010-t01.json" belongs to shot 0010. */
static void list_takes(struct view *v)
{
    char *folder = reel_file(v->reel, "clips");
    DIR *dir = folder ? opendir(folder) : NULL;
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        const char *dash = strrchr(entry->d_name, '-');
        int n, used = 0;
        if (!dash || sscanf(dash, "-t%d.json%n", &n, &used) != 1 || !used || dash[used])
            continue;
        for (int i = 0; i < v->film->shot_count; i++) {
            const char *id = v->film->shots[i].id;
            size_t size = strlen(id);
            char name[8];
            snprintf(name, sizeof name, "%.*s", (int)strcspn(dash + 1, "."), dash + 1);
            if (size == (size_t)(dash - entry->d_name) && memcmp(id, entry->d_name, size) == 0)
                add_take(&v->shots[i], name);
        }
    }
    if (dir)
        closedir(dir);
    free(folder);
}

static void read_take(const struct view *v, const struct view_shot *s, struct view_take *t)
{
    char *base = take_base(v->reel, s->shot->id, t->name);
    char *path = base ? malloc(strlen(base) + sizeof ".json") : NULL;
    if (path) {
        sprintf(path, "%s.json", base);
        t->record = read_record(path);
        sprintf(path, "%s.mkv", base);
        int width = frame_width(v->film), count = frame_count(v->film);
        if (!strip_load(t, base, path, width, count)) {
            read_frames(t, path, width, count);
            strip_save(t, base, path, count);
        }
    }
    free(path);
    free(base);
}

static bool read_takes(struct view *v, const whelk_listener *listen, whelk_error *err)
{
    for (int i = 0; i < v->film->shot_count; i++) {
        struct view_shot *s = &v->shots[i];
        if (listen && listen->progress &&
            !listen->progress(listen->ctx, "view", s->shot->id, "shot", i, v->film->shot_count, -1))
            return whelk_fail(err, WHELK_EINTERRUPTED, "stopped on request");
        for (int k = 0; k < s->take_count; k++)
            s->takes[k].used = s->shot->take && strcmp(s->takes[k].name, s->shot->take) == 0;
        if (s->take_count)
            qsort(s->takes, (size_t)s->take_count, sizeof *s->takes, by_use_then_newest);
        for (int k = 0; k < s->take_count; k++)
            read_take(v, s, &s->takes[k]);
    }
    return true;
}

/* --- The rest --------------------------------------------------------------------------------- */

/* Where shots lie in the film: one begins while the one before still fades. */
static void lay_out(struct view *v)
{
    double at_s = 0;
    for (int i = 0; i < v->film->shot_count; i++) {
        const whelk_shot *shot = &v->film->shots[i];
        double speed = shot->speed > 0 ? shot->speed : 1;
        v->shots[i] = (struct view_shot){.shot = shot, .at_s = at_s, .state = -1};
        v->shots[i].seconds = (shot->seconds - shot->trim_in_s - shot->trim_out_s) / speed;
        bool cut = !shot->transition || strcmp(shot->transition, "cut") == 0;
        at_s += v->shots[i].seconds - (cut ? 0 : shot->transition_s);
    }
    v->seconds = whelk_film_cut_seconds(v->film);
}

static void read_states(struct view *v, whelk_reel *reel, const whelk_run_options *options)
{
    struct run run;
    run_init(&run, reel, options, NULL);
    run.only_looks = true;
    enum shot_state *states = calloc((size_t)v->film->shot_count + 1, sizeof *states);
    if (states && shot_states(&run, v->film, states, &v->state_fault))
        for (int i = 0; i < v->film->shot_count; i++)
            v->shots[i].state = states[i];
    free(states);
    run_release(&run);
}

/* Masters and ProRes are for other programs. */
static const char *newest_film(const whelk_reel *reel)
{
    static const char *const names[] = {"film.mp4", "film.webm"};
    const char *newest = NULL;
    struct timespec when = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = reel_file(reel, names[i]);
        struct stat st;
        if (path && stat(path, &st) == 0 &&
            (!newest || st.st_mtim.tv_sec > when.tv_sec ||
             (st.st_mtim.tv_sec == when.tv_sec && st.st_mtim.tv_nsec > when.tv_nsec))) {
            newest = names[i];
            when = st.st_mtim;
        }
        free(path);
    }
    return newest;
}

bool view_gather(struct view *v, whelk_reel *reel, const whelk_run_options *options,
                 const whelk_listener *listen, whelk_error *err)
{
    *v = (struct view){.reel = reel};
    v->film = reel_load_film(reel, err);
    if (!v->film)
        return false;
    v->shots = calloc((size_t)v->film->shot_count + 1, sizeof *v->shots);
    if (!v->shots)
        return whelk_fail(err, WHELK_EFAIL, "no memory for the page");
    lay_out(v);
    read_states(v, reel, options);
    list_takes(v);
    if (!read_takes(v, listen, err))
        return false;
    v->poster = read_poster(reel, v->film);
    v->film_name = newest_film(reel);
    char *midi = reel_file(reel, "score/score.mid");
    v->has_sheet = midi && !v->film->score.off && !v->film->score.file &&
                   whelk_score_read(midi, &v->sheet, NULL);
    free(midi);
    return true;
}

void view_release(struct view *v)
{
    for (int i = 0; v->shots && i < v->film->shot_count; i++) {
        for (int k = 0; k < v->shots[i].take_count; k++) {
            struct view_take *t = &v->shots[i].takes[k];
            for (int n = 0; n < t->frame_count; n++)
                free(t->frames[n].jpeg);
            cJSON_Delete(t->record);
        }
        free(v->shots[i].takes);
    }
    free(v->shots);
    free(v->poster);
    whelk_score_sheet_release(&v->sheet);
    whelk_film_free(v->film);
    *v = (struct view){0};
}
