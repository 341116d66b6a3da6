/* Where things are in the shared cache, and what of a model is there. */
#define _DEFAULT_SOURCE
#include "hub.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/file.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool is_on(const char *value)
{
    return value && (strcmp(value, "1") == 0 || strcasecmp(value, "true") == 0 ||
                     strcasecmp(value, "yes") == 0 || strcasecmp(value, "on") == 0);
}

static char *cache_path(void)
{
    const char *cache = variable("HF_HUB_CACHE"), *home = variable("HF_HOME");
    if (cache)
        return strdup(cache);
    if (home)
        return file_join(home, "hub");
    if ((home = variable("XDG_CACHE_HOME")))
        return file_join(home, "huggingface/hub");
    home = variable("HOME");
    return home ? file_join(home, ".cache/huggingface/hub") : NULL;
}

bool hub_open(struct hub *hub, whelk_error *err)
{
    const char *endpoint = variable("HF_ENDPOINT");
    *hub = (struct hub){.endpoint = strdup(endpoint ? endpoint : "https://huggingface.co"),
                        .cache = cache_path(),
                        .key = variable("HF_TOKEN"),
                        .offline = is_on(variable("HF_HUB_OFFLINE"))};
    size_t n = hub->endpoint ? strlen(hub->endpoint) : 0;
    while (n && hub->endpoint[n - 1] == '/')
        hub->endpoint[--n] = '\0';
    if (hub->endpoint && hub->cache)
        return true;
    whelk_fail(err, WHELK_EFAIL,
               "there is no folder for models: HF_HUB_CACHE can name one, else HOME must be set");
    hub_release(hub);
    return false;
}

void hub_release(struct hub *hub)
{
    free(hub->endpoint);
    free(hub->cache);
    *hub = (struct hub){0};
}

char *hub_folder(const struct hub *hub, const struct catalogue_model *m)
{
    const char *slash = strchr(m->repository, '/');
    struct bytes b;
    bytes_init(&b, 1 << 16);
    bytes_format(&b, "%s/models--%.*s--%s", hub->cache, (int)(slash - m->repository), m->repository,
                 slash + 1);
    return bytes_take(&b);
}

static bool is_commit(const char *revision)
{
    return strlen(revision) == 40 && strspn(revision, "0123456789abcdef") == 40;
}

/* The commit in refs/REVISION; caller's, NULL = none. */
static char *read_ref(const char *folder, const char *revision)
{
    char *refs = file_join(folder, "refs"), *path = refs ? file_join(refs, revision) : NULL,
         *text = NULL;
    if (path && file_exists(path) && file_read(path, 200, &text, NULL, NULL)) {
        text[strcspn(text, "\r\n ")] = '\0';
        if (!is_commit(text))
            *text = '\0';
    }
    if (text && !*text) {
        free(text);
        text = NULL;
    }
    free(refs);
    free(path);
    return text;
}

char *hub_snapshot(const struct hub *hub, const struct catalogue_model *m)
{
    char *folder = hub_folder(hub, m), *path = NULL;
    char *commit = !folder                  ? NULL
                   : is_commit(m->revision) ? strdup(m->revision)
                                            : read_ref(folder, m->revision);
    struct bytes b;
    bytes_init(&b, 1 << 16);
    if (commit) {
        bytes_format(&b, "%s/snapshots/%s", folder, commit);
        path = bytes_take(&b);
    }
    if (path && !file_exists(path)) {
        free(path);
        path = NULL;
    }
    free(folder);
    free(commit);
    return path;
}

/* Bytes of files that have begun to come. */
static long long unfinished_bytes(const char *folder)
{
    char *blobs = file_join(folder, "blobs");
    long long bytes = 0;
    DIR *dir = blobs ? opendir(blobs) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *dot = strrchr(entry->d_name, '.');
        char *path =
            dot && strcmp(dot, ".incomplete") == 0 ? file_join(blobs, entry->d_name) : NULL;
        struct stat st;
        if (path && stat(path, &st) == 0)
            bytes += (long long)st.st_size;
        free(path);
    }
    if (dir)
        closedir(dir);
    free(blobs);
    return bytes;
}

struct hub_state hub_state(const struct hub *hub, const struct catalogue_model *m)
{
    struct hub_state s = {0};
    char *folder = hub_folder(hub, m), *snapshot = hub_snapshot(hub, m);
    for (int i = 0; snapshot && i < m->count; i++) {
        char *path = file_join(snapshot, m->files[i].path);
        struct stat st;
        if (path && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
            (m->files[i].size < 0 || m->files[i].size == (long long)st.st_size)) {
            s.files++;
            s.bytes += (long long)st.st_size;
        }
        free(path);
    }
    s.unfinished = folder ? unfinished_bytes(folder) : 0;
    s.whole = s.files == m->count;
    free(folder);
    free(snapshot);
    return s;
}

char *hub_model_dir(const char *name, whelk_error *err)
{
    struct catalogue c;
    struct hub hub;
    char *dir = NULL;
    *err = (whelk_error){0};
    if (!catalogue_open(&c, NULL))
        return NULL;
    const struct catalogue_model *m = catalogue_find(&c, name);
    if (m && hub_open(&hub, err)) {
        if (hub_state(&hub, m).whole)
            dir = hub_snapshot(&hub, m);
        else
            whelk_fail(err, WHELK_EFAIL, "the model %s is not here yet: whelk model pull %s", name,
                       name);
        hub_release(&hub);
    }
    catalogue_release(&c);
    return dir;
}
