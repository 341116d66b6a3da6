/* Cleaning a reel. A take is three files, and its strip where it was looked at, so they are told
 * and deleted together. */
#define _DEFAULT_SOURCE
#include "clean.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "change.h"
#include "stage.h"

void waste_release(struct waste *w)
{
    for (int i = 0; i < w->count; i++)
        free(w->files[i].name);
    free(w->files);
    *w = (struct waste){0};
}

static bool add_file(struct waste *w, const whelk_reel *reel, const char *name, whelk_error *err)
{
    char *path = reel_file(reel, name);
    struct stat st;
    bool there = path && stat(path, &st) == 0;
    free(path);
    if (!there)
        return true;
    struct waste_file *more = realloc(w->files, ((size_t)w->count + 1) * sizeof *more);
    if (!more)
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory for its files", reel->path);
    w->files = more;
    more[w->count] = (struct waste_file){strdup(name), (long long)st.st_size};
    w->bytes += (long long)st.st_size;
    w->count++;
    return more[w->count - 1].name || whelk_fail(err, WHELK_EFAIL, "%s: no memory", reel->path);
}

/* --- Takes that are named -------------------------------------------------------------------- */

struct named { /* "0010-t01", sorted once all are there */
    char (*takes)[16];
    int count;
};

static bool name_takes(struct named *n, const whelk_film *film)
{
    char(*more)[16] = realloc(n->takes, (size_t)(n->count + film->shot_count + 1) * sizeof *more);
    if (!more)
        return false;
    n->takes = more;
    for (int i = 0; i < film->shot_count; i++)
        if (film->shots[i].take)
            snprintf(more[n->count++], sizeof *more, "%.8s-%.6s", film->shots[i].id,
                     film->shots[i].take);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool stays(const struct history *h, int n, int keep)
{
    return h->versions[n - 1].there && (keep == 0 || n > h->count - keep || n == h->at);
}

static bool name_all(struct named *named, const whelk_reel *reel, const struct history *h, int keep,
                     whelk_error *err)
{
    whelk_film *film = reel_load_film(reel, err);
    bool done = film != NULL;
    for (int n = 0; done && n <= h->count; n++) {
        if (n > 0)
            film = stays(h, n, keep) ? history_film(reel, n, err) : NULL;
        if (n > 0 && stays(h, n, keep) && !film) {
            whelk_error_prefix(err, "%s: nothing is removed, for it is not known what is needed",
                               reel->path);
            done = false;
        }
        if (film && !name_takes(named, film))
            done = whelk_fail(err, WHELK_EFAIL, "%s: no memory", reel->path);
        whelk_film_free(film);
        film = NULL;
    }
    if (done && named->count)
        qsort(named->takes, (size_t)named->count, sizeof *named->takes, by_name);
    return done;
}

/* --- Looking through the reel ---------------------------------------------------------------- */

enum { TAKE_FILES = 4 };
static const char *const take_ends[TAKE_FILES] = {".json", ".mkv", ".latent.safetensors",
                                                  ".strip.json"};

/* "0010-t01" or "0010-preview" of one of a take's files; false: it is none. */
static bool take_of(const char *file, char out[16])
{
    size_t size = strcspn(file, ".");
    bool known = false;
    for (int i = 0; i < TAKE_FILES; i++)
        known = known || strcmp(file + size, take_ends[i]) == 0;
    if (!known || size < 7 || size > 15 || file[4] != '-' || strspn(file, "0123456789") != 4)
        return false;
    snprintf(out, 16, "%.*s", (int)size, file);
    bool numbered = out[5] == 't' && strspn(out + 6, "0123456789") == size - 6;
    return numbered || strcmp(out + 5, "preview") == 0;
}

static bool add_unnamed(struct waste *w, const whelk_reel *reel, const struct named *named,
                        whelk_error *err)
{
    char *folder = reel_file(reel, "clips");
    struct dirent **entries = NULL;
    int count = folder ? scandir(folder, &entries, NULL, alphasort) : 0;
    char take[16], last[16] = "", name[300];
    bool done = true;
    for (int i = 0; i < count; i++) {
        bool waste = done && take_of(entries[i]->d_name, take) &&
                     !(named->count && bsearch(take, named->takes, (size_t)named->count,
                                               sizeof *named->takes, by_name));
        if (waste) {
            snprintf(name, sizeof name, "clips/%s", entries[i]->d_name);
            done = add_file(w, reel, name, err);
            w->takes += strcmp(last, take) != 0;
            snprintf(last, sizeof last, "%s", take);
        }
        free(entries[i]);
    }
    free(entries);
    free(folder);
    return done;
}

bool waste_find(struct waste *w, const whelk_reel *reel, int keep_versions, whelk_error *err)
{
    struct history h = {0};
    struct named named = {0};
    *w = (struct waste){0};
    bool done = history_load(reel, &h, err) && name_all(&named, reel, &h, keep_versions, err) &&
                add_unnamed(w, reel, &named, err);
    for (int n = 1; done && n <= h.count; n++) {
        char name[32];
        history_name(n, name);
        if (h.versions[n - 1].there && !stays(&h, n, keep_versions))
            done = add_file(w, reel, name, err);
    }
    free(named.takes);
    history_release(&h);
    if (!done)
        waste_release(w);
    return done;
}

bool waste_take(struct waste *w, const whelk_reel *reel, const char *shot, const char *take,
                whelk_error *err)
{
    whelk_film *film = reel_load_film(reel, err);
    const whelk_shot *s = film ? whelk_film_shot(film, shot) : NULL;
    *w = (struct waste){.takes = 1};
    bool done = film != NULL;
    if (done && !take_exists(reel, shot, take))
        done = whelk_fail(err, WHELK_EUSAGE,
                          "%s: shot %s has no take %s; whelk take %s list tells those there are",
                          reel->path, shot, take, reel->path);
    if (done && s && s->take && strcmp(s->take, take) == 0)
        done = whelk_fail(err, WHELK_EUSAGE,
                          "%s: take %s of shot %s is in use; pick another one first", reel->path,
                          take, shot);
    for (int i = 0; done && i < TAKE_FILES; i++) {
        char name[96];
        snprintf(name, sizeof name, "clips/%.40s-%.8s%s", shot, take, take_ends[i]);
        done = add_file(w, reel, name, err);
    }
    whelk_film_free(film);
    if (!done)
        waste_release(w);
    return done;
}

/* --- Removing -------------------------------------------------------------------------------- */

#define FULL_BYTES 65536 /* less than this free, and nothing can be relied on to be written */

void waste_make_room(const struct waste *w, const whelk_reel *reel)
{
    long long space = file_space(reel->path);
    const struct waste_file *largest = w->files;
    for (int i = 1; i < w->count; i++)
        if (w->files[i].bytes > largest->bytes)
            largest = &w->files[i];
    char *path =
        w->count && space >= 0 && space < FULL_BYTES ? reel_file(reel, largest->name) : NULL;
    if (path)
        unlink(path);
    free(path);
}

bool stage_clean(struct run *run, whelk_error *err)
{
    const struct waste *w = run->change->waste;
    const char *reason = run->change->reason;
    run->stage = "clean";
    run->cause = run_storyboard_event(run);
    for (int i = 0; i < w->count; i++) {
        char *path = reel_file(run->reel, w->files[i].name);
        bool gone = path && (unlink(path) == 0 || errno == ENOENT);
        if (!gone)
            whelk_fail(err, WHELK_EFAIL, "%s: cannot be removed: %s", path ? path : "a file",
                       strerror(errno));
        free(path);
        if (!gone)
            return false;
        run_tell(run, (struct tell){.kind = "work"}, "Removed %s.", w->files[i].name);
    }
    snprintf(run->outcome, sizeof run->outcome, "Removed %d files, %.1f MB%s%.120s%s.", w->count,
             (double)w->bytes / 1e6, reason ? " (" : "", reason ? reason : "", reason ? ")" : "");
    return true;
}
