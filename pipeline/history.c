/* Every storyboard a reel has had: history/0001.json, 0002.json, ... and index.json, which says
 * which one is in use, which one each was made from and what was changed. Undo and redo walk that
 * tree; nothing is ever taken out of it, so a change made after an undo loses nothing either. A
 * missing or damaged index reads as a plain row of versions. */
#define _DEFAULT_SOURCE
#include "history.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#define INDEX "history/index.json"

void history_name(int n, char out[32])
{
    snprintf(out, 32, "history/%04d.json", n);
}

/* The greatest NNNN of history/NNNN.json; 0 = none. */
static int newest_file(const whelk_reel *reel)
{
    char *folder = reel_file(reel, "history");
    int newest = 0, n, used;
    DIR *dir = folder ? opendir(folder) : NULL;
    free(folder);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        used = 0;
        if (sscanf(entry->d_name, "%d.json%n", &n, &used) == 1 && used && !entry->d_name[used] &&
            n > newest && n < 1000000)
            newest = n;
    }
    if (dir)
        closedir(dir);
    return newest;
}

/* --- The index ------------------------------------------------------------------------------- */

static cJSON *read_index(const whelk_reel *reel)
{
    char *path = reel_file(reel, INDEX), *text = NULL;
    cJSON *tree = NULL;
    if (path && file_exists(path) && file_read(path, 16 << 20, &text, NULL, NULL))
        tree = cJSON_Parse(text);
    free(text);
    free(path);
    return tree;
}

static int whole(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valueint : 0;
}

static char *words(const cJSON *object, const char *name)
{
    const char *text = json_text(object, name);
    return strdup(text ? text : "");
}

bool history_load(const whelk_reel *reel, struct history *h, whelk_error *err)
{
    int newest = newest_file(reel);
    *h = (struct history){.versions = calloc((size_t)newest + 1, sizeof *h->versions)};
    if (!h->versions)
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory for its history", reel->path);
    h->count = newest;
    cJSON *tree = read_index(reel), *item;
    for (int i = 0; i < newest; i++) {
        char name[32];
        history_name(i + 1, name);
        h->versions[i] = (struct version){.n = i + 1, .from = i, .there = reel_has(reel, name)};
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(tree, "versions"))
    {
        int n = whole(item, "n"), from = whole(item, "from");
        if (n < 1 || n > newest || h->versions[n - 1].what)
            continue;
        struct version *v = &h->versions[n - 1];
        v->from = from < n && from >= 0 ? from : n - 1;
        v->what = words(item, "what");
        v->date = words(item, "date");
    }
    int at = whole(tree, "at");
    h->at = at >= 1 && at <= newest ? at : newest;
    cJSON_Delete(tree);
    return true;
}

void history_release(struct history *h)
{
    for (int i = 0; i < h->count; i++) {
        free(h->versions[i].what);
        free(h->versions[i].date);
    }
    free(h->versions);
    *h = (struct history){0};
}

static bool save_index(const whelk_reel *reel, const struct history *h, whelk_error *err)
{
    cJSON *tree = cJSON_CreateObject();
    cJSON_AddNumberToObject(tree, "version", 1);
    cJSON_AddNumberToObject(tree, "at", h->at);
    cJSON *list = cJSON_AddArrayToObject(tree, "versions");
    for (int i = 0; i < h->count; i++) {
        const struct version *v = &h->versions[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "n", v->n);
        cJSON_AddNumberToObject(item, "from", v->from);
        if (v->what)
            cJSON_AddStringToObject(item, "what", v->what);
        if (v->date)
            cJSON_AddStringToObject(item, "date", v->date);
        cJSON_AddItemToArray(list, item);
    }
    char *path = reel_file(reel, INDEX), *text = cJSON_PrintUnformatted(tree);
    bool done = path && text ? file_write(path, text, strlen(text), err)
                             : whelk_fail(err, WHELK_EFAIL, "%s: no memory", reel->path);
    cJSON_free(text);
    free(path);
    cJSON_Delete(tree);
    return done;
}

int history_undo(const struct history *h)
{
    int from = h->at > 0 ? h->versions[h->at - 1].from : 0;
    return from > 0 && h->versions[from - 1].there ? from : 0;
}

int history_redo(const struct history *h)
{
    for (int n = h->count; n > h->at; n--)
        if (h->versions[n - 1].there && h->versions[n - 1].from == h->at)
            return n;
    return 0;
}

/* --- Versions -------------------------------------------------------------------------------- */

static char *read_file(const whelk_reel *reel, const char *name, whelk_error *err)
{
    char *path = reel_file(reel, name), *text = NULL;
    if (!path)
        whelk_fail(err, WHELK_EFAIL, "%s: no memory", reel->path);
    else
        file_read(path, whelk_limits.file_bytes, &text, NULL, err);
    free(path);
    return text;
}

static bool write_file(const whelk_reel *reel, const char *name, const char *text, whelk_error *err)
{
    char *path = reel_file(reel, name);
    bool done = path ? file_write(path, text, strlen(text), err)
                     : whelk_fail(err, WHELK_EFAIL, "%s: no memory", reel->path);
    free(path);
    return done;
}

static bool make_folder(const whelk_reel *reel, whelk_error *err)
{
    char *folder = reel_file(reel, "history");
    bool done = folder ? file_make_dirs(folder, err) : whelk_fail(err, WHELK_EFAIL, "no memory");
    free(folder);
    return done;
}

static bool add_version(const whelk_reel *reel, struct history *h, const char *text,
                        const char *what, whelk_error *err)
{
    struct version *more = realloc(h->versions, ((size_t)h->count + 1) * sizeof *more);
    if (!more)
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory", reel->path);
    h->versions = more;
    char now[32];
    text_now(now);
    int n = ++h->count;
    more[n - 1] = (struct version){n, h->at, strdup(what), strdup(now), true};
    h->at = n;
    char name[32];
    history_name(n, name);
    return write_file(reel, name, text, err) && save_index(reel, h, err);
}

bool reel_keep_history(whelk_reel *reel, const char *what, whelk_error *err)
{
    struct history h = {0};
    char name[32], *text = NULL, *last = NULL;
    bool done = make_folder(reel, err) && (text = read_file(reel, "storyboard.json", err)) &&
                history_load(reel, &h, err);
    if (done && h.at) {
        history_name(h.at, name);
        last = read_file(reel, name, NULL);
    }
    if (done && !(last && strcmp(last, text) == 0))
        done = add_version(reel, &h, text, what, err);
    free(last);
    free(text);
    history_release(&h);
    return done;
}

/* Is the storyboard as Whelk last wrote it? */
static bool is_ours(whelk_reel *reel, const char *text)
{
    char digest[DIGEST_TEXT];
    const char *known = json_text(reel_state(reel, "plan"), "storyboard");
    return known && digest_memory(text, strlen(text), digest) && strcmp(known, digest) == 0;
}

bool history_settle(whelk_reel *reel, whelk_error *err)
{
    struct history h;
    char name[32], *now = NULL, *kept = NULL;
    if (!history_load(reel, &h, err))
        return false;
    bool done = (now = read_file(reel, "storyboard.json", err)) != NULL;
    history_name(h.at, name);
    if (done && h.at)
        kept = read_file(reel, name, NULL);
    bool same = kept && done && strcmp(kept, now) == 0;
    if (done && !same && kept && is_ours(reel, now))
        done = write_file(reel, name, now, err);
    else if (done && !same)
        done = reel_keep_history(reel, kept ? "changed by hand" : "as it was found", err);
    free(kept);
    free(now);
    history_release(&h);
    return done;
}

whelk_film *history_film(const whelk_reel *reel, int n, whelk_error *err)
{
    char name[32];
    history_name(n, name);
    char *text = read_file(reel, name, err);
    whelk_film *film = text ? whelk_film_parse(text, name, err) : NULL;
    free(text);
    return film;
}

bool history_go(whelk_reel *reel, int n, whelk_error *err)
{
    struct history h;
    if (!history_load(reel, &h, err))
        return false;
    h.at = n;
    bool done = save_index(reel, &h, err);
    history_release(&h);
    return done;
}
