/* whelk model pull, remove, and the published models in whelk model list: what would be loaded or
 * removed is said first, and agreed to. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/http.h"
#include "cli.h"
#include "hub.h"

static const struct opt_row pull_rows[] = {
    {'y', "yes", OPT_FLAG, NULL, CLI_AT(yes), .help = "agree to the size and the licence"},
    {'q', "quiet", OPT_FLAG, NULL, CLI_AT(quiet), .help = "only the result and errors"},
    {0},
};
static const struct opt_row remove_rows[] = {
    {'y', "yes", OPT_FLAG, NULL, CLI_AT(yes), .help = "remove what is listed"},
    {0},
};

#define ROOM_LEFT (64LL << 20) /* on the disk, beside what is loaded */

enum { SIZE_TEXT = 32 };

static const char *size_text(char out[SIZE_TEXT], long long bytes)
{
    double b = (double)bytes;
    if (bytes < 1000)
        snprintf(out, SIZE_TEXT, "%d bytes", (int)bytes);
    else if (b < 1e6)
        snprintf(out, SIZE_TEXT, "%.1f kB", b / 1e3);
    else if (b < 1e9)
        snprintf(out, SIZE_TEXT, "%.1f MB", b / 1e6);
    else
        snprintf(out, SIZE_TEXT, "%.1f GB", b / 1e9);
    return out;
}

/* --- What there is ---------------------------------------------------------------------------- */

void model_list_published(void)
{
    struct catalogue c;
    struct hub hub;
    whelk_error err = {0};
    if (!catalogue_open(&c, &err) || !hub_open(&hub, &err)) {
        printf("\n%s\n", err.text);
        catalogue_release(&c);
        return;
    }
    printf("\nPublished models, for whelk model pull NAME and --model NAME\n");
    for (int i = 0; i < c.count; i++) {
        const struct catalogue_model *m = &c.models[i];
        struct hub_state s = hub_state(&hub, m);
        char size[SIZE_TEXT] = "size ?", part[SIZE_TEXT], state[64] = "not here";
        if (catalogue_bytes(m))
            size_text(size, catalogue_bytes(m));
        if (s.whole)
            snprintf(state, sizeof state, "here");
        else if (s.files || s.unfinished)
            snprintf(state, sizeof state, "%s of it here", size_text(part, s.bytes + s.unfinished));
        printf("%-18s %9s  %s, %s\n  ", m->name, size, m->licence, state);
        show_text(stdout, m->about, 2, show_width(stdout));
    }
    hub_release(&hub);
    catalogue_release(&c);
}

/* --- A pull and how it is seen ---------------------------------------------------------------- */

struct pull {
    struct call *call;
    const struct catalogue_model *model;
    struct hub hub;
    struct hub_file *files; /* model->count of them */
    int at;                 /* the one that is coming */
    long long total, here;  /* bytes: of the model; of files that are whole */
    long long now, before;  /* those here by now; those here when the loading began */
    double began_s, told_s;
    bool live, lined; /* on a terminal; a line stands there */
};

static void end_line(struct pull *p)
{
    if (p->lined)
        fputs("\r\033[K", stderr);
    p->lined = false;
}

static void tell(struct pull *p, const char *text)
{
    end_line(p);
    if (p->call->show.mode != SHOW_QUIET)
        fprintf(stderr, "whelk: %s\n", text);
}

static void tell_progress(struct pull *p, double at_s)
{
    char now[SIZE_TEXT], total[SIZE_TEXT], rate[SIZE_TEXT], left[32], line[200];
    double seconds = at_s - p->began_s, pace = (double)(p->now - p->before) / seconds;
    int n = snprintf(line, sizeof line, "%s of %s, %.0f %%, file %d of %d", size_text(now, p->now),
                     size_text(total, p->total),
                     100 * (double)p->now / (double)(p->total ? p->total : 1), p->at + 1,
                     p->model->count);
    if (pace >= 1) {
        show_duration((double)(p->total - p->now) / pace, left, sizeof left);
        snprintf(line + n, sizeof line - (size_t)n, ", %s/s, %s left",
                 size_text(rate, (long long)pace), left);
    }
    if (!p->live) {
        fprintf(stderr, "whelk: %s\n", line);
        return;
    }
    fprintf(stderr, "\r\033[K%.*s", p->call->show.width - 1, line);
    fflush(stderr);
    p->lined = true;
}

static void take_size(void *ctx, long long size)
{
    struct pull *p = ctx;
    double at_s = show_now_s();
    p->now = p->here + size;
    if (p->call->show.mode == SHOW_QUIET ||
        at_s - p->told_s < (p->live ? 0.2 : (double)PLAIN_EVERY_S))
        return;
    p->told_s = at_s;
    tell_progress(p, at_s);
}

static void take_note(void *ctx, const char *text)
{
    tell(ctx, text);
}

static bool not_interrupted(void *ctx)
{
    (void)ctx;
    return !cli_interrupted();
}

static struct hub_watch watch_of(struct pull *p)
{
    return (struct hub_watch){
        .came = take_size, .note = take_note, .goes_on = not_interrupted, .ctx = p};
}

/* --- Before anything is loaded ---------------------------------------------------------------- */

static bool ask_hub(struct pull *p, whelk_error *err)
{
    struct hub_watch watch = watch_of(p);
    char host[300], line[400];
    http_host(p->hub.endpoint, host, sizeof host);
    snprintf(line, sizeof line, "asking %s about the %d files of %s", host, p->model->count,
             p->model->repository);
    tell(p, line);
    for (int i = 0; i < p->model->count; i++) {
        struct hub_file *f = &p->files[i];
        if (!hub_ask(&p->hub, p->model, i, &watch, f, err))
            return false;
        if (strcmp(f->commit, p->files[0].commit) != 0)
            return whelk_fail(err, WHELK_EFAIL,
                              "%s: its files changed between two answers; pull again", host);
        p->total += f->size;
        p->here += f->here ? f->size : 0;
        p->before += f->here ? f->size : f->part;
    }
    p->now = p->before;
    return true;
}

static bool check_disk(const struct pull *p, whelk_error *err)
{
    char need[SIZE_TEXT], there[SIZE_TEXT];
    long long missing = p->total - p->before, space = file_space(p->hub.cache);
    if (space < 0 || missing == 0 || space - ROOM_LEFT >= missing)
        return true;
    return whelk_fail(err, WHELK_EFAIL,
                      "%s: %s would be loaded, and its disk has room for %s; HF_HUB_CACHE can name "
                      "a folder elsewhere",
                      p->hub.cache, size_text(need, missing),
                      size_text(there, space > ROOM_LEFT ? space - ROOM_LEFT : 0));
}

static bool agreed(struct pull *p, whelk_error *err)
{
    char missing[SIZE_TEXT], total[SIZE_TEXT], line[800];
    const struct catalogue_model *m = p->model;
    snprintf(line, sizeof line, "%s: %s to load, of %s in %d files; licence %s", m->name,
             size_text(missing, p->total - p->before), size_text(total, p->total), m->count,
             m->licence);
    tell(p, line);
    snprintf(line, sizeof line, "from %s/%s at %s into %s", p->hub.endpoint, m->repository,
             m->revision, p->hub.cache);
    tell(p, line);
    if (p->call->v.yes)
        return true;
    if (!cli_somebody(p->call))
        return whelk_fail(err, WHELK_EUSAGE,
                          "nothing was loaded: --yes agrees to %s under the licence %s", missing,
                          m->licence);
    snprintf(line, sizeof line, "Load %s under the licence %s?", missing, m->licence);
    return cli_yes(p->call, line, 0) ||
           whelk_fail(err, cli_interrupted() ? WHELK_EINTERRUPTED : WHELK_EFAIL,
                      "nothing was loaded");
}

/* --- Pull ------------------------------------------------------------------------------------- */

static bool load(struct pull *p, whelk_error *err)
{
    struct hub_watch watch = watch_of(p);
    char size[SIZE_TEXT], line[400];
    if (!hub_begin(&p->hub, p->model, p->files[0].commit, err))
        return false;
    p->began_s = p->told_s = show_now_s();
    for (p->at = 0; p->at < p->model->count; p->at++) {
        const struct hub_file *f = &p->files[p->at];
        if (!hub_fetch(&p->hub, p->model, f, &watch, err))
            return false;
        p->here += f->here ? 0 : f->size;
        p->now = p->here;
        snprintf(line, sizeof line, "%s %s, %s", f->what->path, f->here ? "was here" : "is here",
                 size_text(size, f->size));
        tell(p, line);
    }
    return true;
}

/* Stopped, or cut off: what is here stays, and how it goes on is said. */
static void say_how_on(struct pull *p)
{
    char now[SIZE_TEXT], total[SIZE_TEXT], line[200];
    struct hub_state s = hub_state(&p->hub, p->model);
    long long bytes = s.bytes + s.unfinished;
    snprintf(line, sizeof line, "%s of %s are here and stay; whelk model pull %s goes on",
             size_text(now, bytes), size_text(total, p->total), p->model->name);
    if (p->began_s > 0)
        tell(p, line);
}

static bool pull(struct pull *p, whelk_error *err)
{
    if (hub_state(&p->hub, p->model).whole)
        return true;
    if (p->hub.offline)
        return whelk_fail(
            err, WHELK_ENETWORK,
            "HF_HUB_OFFLINE is set, so nothing is loaded, and %s is not wholly in %s; "
            "unset it, or copy the model there",
            p->model->name, p->hub.cache);
    p->files = calloc((size_t)p->model->count, sizeof *p->files);
    if (!p->files)
        return whelk_fail(err, WHELK_EFAIL, "no memory to load a model");
    bool good = ask_hub(p, err) && check_disk(p, err) && agreed(p, err) && load(p, err);
    end_line(p);
    if (!good)
        say_how_on(p);
    return good;
}

/* The only word as a model of the catalogue. */
static const struct catalogue_model *open_named(struct call *call, struct catalogue *c,
                                                struct hub *hub, whelk_error *err)
{
    *c = (struct catalogue){0};
    *hub = (struct hub){0};
    call->show.mode = call->v.quiet ? SHOW_QUIET : SHOW_PLAIN;
    if (call->opts.word_count != 1) {
        whelk_fail(err, WHELK_EUSAGE, "whelk model %s takes one name; whelk model list tells them",
                   call->command->name);
        return NULL;
    }
    if (!catalogue_open(c, err) || !hub_open(hub, err))
        return NULL;
    return catalogue_need(c, call->opts.words[0], err);
}

static int run_pull(struct call *call)
{
    whelk_error err = {0};
    struct catalogue c;
    struct pull p = {.call = call, .live = isatty(STDERR_FILENO)};
    p.model = open_named(call, &c, &p.hub, &err);
    bool good = p.model && pull(&p, &err);
    char *dir = good ? hub_snapshot(&p.hub, p.model) : NULL;
    if (dir)
        puts(dir);
    free(dir);
    free(p.files);
    hub_release(&p.hub);
    catalogue_release(&c);
    return good ? WHELK_OK : cli_fail(call, &err);
}

/* --- Remove ----------------------------------------------------------------------------------- */

static bool remove_agreed(struct call *call, const struct hub_waste *w, whelk_error *err)
{
    char size[SIZE_TEXT], line[200];
    if (call->v.yes)
        return true;
    if (!cli_somebody(call))
        return whelk_fail(err, WHELK_EUSAGE, "nothing was removed: --yes removes these %d files",
                          w->count);
    snprintf(line, sizeof line, "Remove these %d files, %s?", w->count, size_text(size, w->bytes));
    return cli_yes(call, line, 0) ||
           whelk_fail(err, cli_interrupted() ? WHELK_EINTERRUPTED : WHELK_EFAIL,
                      "nothing was removed");
}

static bool remove_model(struct call *call, const struct hub *hub, const struct catalogue_model *m,
                         whelk_error *err)
{
    struct hub_waste w;
    char size[SIZE_TEXT];
    bool good = hub_waste_find(&w, hub, m, err);
    if (good && !w.count)
        good = whelk_fail(err, WHELK_EFAIL, "nothing of %s is in %s", m->name, hub->cache);
    for (int i = 0; good && i < w.count; i++)
        printf("%12s  %s\n", w.all[i].bytes ? size_text(size, w.all[i].bytes) : "link",
               w.all[i].path);
    fflush(stdout);
    good = good && remove_agreed(call, &w, err) && hub_waste_remove(&w, hub, m, err);
    if (good)
        printf("Removed: %s, %s\n", m->name, size_text(size, w.bytes));
    hub_waste_release(&w);
    return good;
}

static int run_remove(struct call *call)
{
    whelk_error err = {0};
    struct catalogue c;
    struct hub hub;
    const struct catalogue_model *m = open_named(call, &c, &hub, &err);
    bool good = m && remove_model(call, &hub, m, &err);
    hub_release(&hub);
    catalogue_release(&c);
    return good ? WHELK_OK : cli_fail(call, &err);
}

const struct command verb_model_pull = {
    .name = "pull",
    .summary = "load a published model into the cache that other programs share",
    .words = "pull MODEL",
    .rows = pull_rows,
    .run = run_pull,
};

const struct command verb_model_remove = {
    .name = "remove",
    .summary = "remove a pulled model, after a list of its files and a yes",
    .words = "remove MODEL",
    .rows = remove_rows,
    .run = run_remove,
};
