/* What of a model can be removed from the shared cache without another program missing it: its
 * links, the blobs that no link of another snapshot points to, and what never came whole. */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "hub.h"

enum { DEPTH_MAX = 12 };

static bool add(struct hub_waste *w, char *path, long long bytes, whelk_error *err)
{
    if (path && w->count == w->room) {
        int room = w->room ? 2 * w->room : 64;
        struct hub_scrap *more = realloc(w->all, (size_t)room * sizeof *more);
        if (more)
            w->all = more, w->room = room;
    }
    if (!path || w->count == w->room) {
        free(path);
        return whelk_fail(err, WHELK_EFAIL, "no memory to look for a model's files");
    }
    w->all[w->count++] = (struct hub_scrap){.path = path, .bytes = bytes};
    w->bytes += bytes;
    return true;
}

static bool listed(const struct hub_waste *w, const char *path)
{
    for (int i = 0; i < w->count; i++)
        if (strcmp(w->all[i].path, path) == 0)
            return true;
    return false;
}

/* The name under blobs/ that a link points to; caller's, NULL = it is no such link. */
static char *blob_of(const char *link)
{
    char target[4096];
    ssize_t n = readlink(link, target, sizeof target - 1);
    if (n <= 0)
        return NULL;
    target[n] = '\0';
    const char *slash = strrchr(target, '/');
    return slash && slash - target >= 5 && strncmp(slash - 5, "blobs", 5) == 0 ? strdup(slash + 1)
                                                                               : NULL;
}

/* Does a link below `dir` that stays point to the blob? */
static bool is_used(const struct hub_waste *w, const char *dir, const char *blob, int depth)
{
    bool used = false;
    DIR *d = depth < DEPTH_MAX ? opendir(dir) : NULL;
    for (struct dirent *entry; d && !used && (entry = readdir(d));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *path = file_join(dir, entry->d_name), *to = path ? blob_of(path) : NULL;
        struct stat st;
        if (to)
            used = strcmp(to, blob) == 0 && !listed(w, path);
        else if (path && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            used = is_used(w, path, blob, depth + 1);
        free(path);
        free(to);
    }
    if (d)
        closedir(d);
    return used;
}

static bool add_links(struct hub_waste *w, const struct catalogue_model *m, const char *snapshot,
                      whelk_error *err)
{
    bool good = true;
    for (int i = 0; good && snapshot && i < m->count; i++) {
        char *path = file_join(snapshot, m->files[i].path);
        struct stat st;
        bool there = path && lstat(path, &st) == 0;
        if (there || !path)
            good = add(w, path, there && S_ISREG(st.st_mode) ? (long long)st.st_size : 0, err);
        else
            free(path);
    }
    return good;
}

static bool add_blobs(struct hub_waste *w, const char *folder, whelk_error *err)
{
    char *snapshots = file_join(folder, "snapshots"), *blobs = file_join(folder, "blobs");
    bool good = (snapshots && blobs) || add(w, NULL, 0, err);
    for (int i = 0, links = w->count; good && i < links; i++) {
        char *name = blob_of(w->all[i].path), *path = name ? file_join(blobs, name) : NULL;
        struct stat st;
        if (path && stat(path, &st) == 0 && !listed(w, path) && !is_used(w, snapshots, name, 0)) {
            good = add(w, path, (long long)st.st_size, err);
            path = NULL;
        }
        free(name);
        free(path);
    }
    DIR *d = good ? opendir(blobs) : NULL;
    for (struct dirent *entry; d && good && (entry = readdir(d));) {
        const char *dot = strrchr(entry->d_name, '.');
        struct stat st;
        if (!dot || strcmp(dot, ".incomplete") != 0)
            continue;
        char *path = file_join(blobs, entry->d_name);
        good = add(w, path, path && stat(path, &st) == 0 ? (long long)st.st_size : 0, err);
    }
    if (d)
        closedir(d);
    free(snapshots);
    free(blobs);
    return good;
}

bool hub_waste_find(struct hub_waste *w, const struct hub *hub, const struct catalogue_model *m,
                    whelk_error *err)
{
    char *folder = hub_folder(hub, m), *snapshot = hub_snapshot(hub, m);
    *w = (struct hub_waste){0};
    bool good =
        folder ? add_links(w, m, snapshot, err) && add_blobs(w, folder, err) : add(w, NULL, 0, err);
    free(folder);
    free(snapshot);
    return good;
}

/* The folders above `path`, up to `root` itself, as far as they are empty. */
static void remove_empty(const char *path, const char *root)
{
    char *work = strdup(path);
    for (char *slash; work && strlen(work) > strlen(root) && (slash = strrchr(work, '/'));) {
        *slash = '\0';
        if (rmdir(work) != 0)
            break;
    }
    free(work);
}

/* A ref whose snapshot is gone leads nowhere. */
static void remove_ref(const char *folder, const struct hub *hub, const struct catalogue_model *m)
{
    char *snapshot = hub_snapshot(hub, m), *refs = file_join(folder, "refs"),
         *path = refs ? file_join(refs, m->revision) : NULL;
    if (!snapshot && path && unlink(path) == 0)
        remove_empty(path, folder);
    free(snapshot);
    free(refs);
    free(path);
}

bool hub_waste_remove(const struct hub_waste *w, const struct hub *hub,
                      const struct catalogue_model *m, whelk_error *err)
{
    char *folder = hub_folder(hub, m);
    bool good = folder || whelk_fail(err, WHELK_EFAIL, "no memory to remove a model");
    for (int i = 0; good && i < w->count; i++)
        if (unlink(w->all[i].path) != 0 && errno != ENOENT)
            good = whelk_fail(err, WHELK_EFAIL, "%s: cannot be removed: %s", w->all[i].path,
                              strerror(errno));
    for (int i = 0; good && i < w->count; i++)
        remove_empty(w->all[i].path, folder);
    if (good)
        remove_ref(folder, hub, m);
    free(folder);
    return good;
}

void hub_waste_release(struct hub_waste *w)
{
    for (int i = 0; i < w->count; i++)
        free(w->all[i].path);
    free(w->all);
    *w = (struct hub_waste){0};
}
