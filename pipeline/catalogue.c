/* Reading catalogue.json. A path in it stays below its folder and an address on its host, whoever
 * wrote the file: both are made of letters, digits, dots, dashes and underscores only. */
#define _DEFAULT_SOURCE
#include "catalogue.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#ifndef WHELK_DATADIR
#define WHELK_DATADIR "/usr/local/share/whelk"
#endif

enum { CATALOGUE_MAX = 4 << 20, NEAREST_OF = 64 };

#define WORD_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* --- What may stand in it --------------------------------------------------------------------- */

/* One part of a path: never empty, never "." or "..". */
static bool is_word(const char *text, size_t size)
{
    return size && text[0] != '.' && strspn(text, WORD_LETTERS) >= size;
}

static bool is_path(const char *text, int least, int most)
{
    int parts = 0;
    for (const char *at = text;; at++, parts++) {
        size_t size = strcspn(at, "/");
        if (!is_word(at, size))
            return false;
        at += size;
        if (!*at)
            return parts + 1 >= least && parts + 1 <= most;
    }
}

static bool is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static bool read_file(struct catalogue_file *f, const cJSON *json)
{
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(json, "size");
    f->path = json_text(json, "path");
    f->sha256 = json_text(json, "sha256");
    f->size = cJSON_IsNumber(size) ? (long long)size->valuedouble : -1;
    return f->path && is_path(f->path, 1, 8) && (!f->sha256 || is_digest(f->sha256)) &&
           (!size || (cJSON_IsNumber(size) && size->valuedouble >= 0 && size->valuedouble < 9e15));
}

static bool read_model(struct catalogue_model *m, const cJSON *json, const char *path,
                       whelk_error *err)
{
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(json, "files"), *item;
    m->name = json_text(json, "name");
    m->about = json_text(json, "about");
    m->licence = json_text(json, "licence");
    m->repository = json_text(json, "repository");
    m->revision = json_text(json, "revision");
    if (!m->name || !is_path(m->name, 1, 1) || !m->about || !m->licence || !m->repository ||
        !is_path(m->repository, 2, 2) || !m->revision || !is_path(m->revision, 1, 1) ||
        !cJSON_IsArray(files) || !files->child)
        return whelk_fail(
            err, WHELK_EFAIL,
            "%s: model \"%.60s\" lacks a name, about, licence, repository (owner/name), "
            "revision or files, or one of them is not as it must be",
            path, m->name ? m->name : "");
    m->files = calloc((size_t)cJSON_GetArraySize(files), sizeof *m->files);
    if (!m->files)
        return whelk_fail(err, WHELK_EFAIL, "no memory for the catalogue");
    cJSON_ArrayForEach(item, files) if (!read_file(&m->files[m->count++], item)) return whelk_fail(
        err, WHELK_EFAIL,
        "%s: file %d of \"%s\" has no path inside its repository, or a size "
        "or sha256 that is none",
        path, m->count, m->name);
    return true;
}

/* --- Finding and opening it ------------------------------------------------------------------- */

/* Beside the program: in the tree that built it, or installed under another prefix; caller's. */
static char *near_program(void)
{
    static const char *const places[] = {"../pipeline/catalogue.json",
                                         "../../pipeline/catalogue.json",
                                         "../share/whelk/catalogue.json"};
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0)
        return NULL;
    program[n] = '\0';
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = file_join(program, places[i]);
        if (path && file_exists(path))
            return path;
        free(path);
    }
    return NULL;
}

static char *catalogue_path(void)
{
    const char *own = getenv("WHELK_CATALOGUE");
    char *path = own && *own ? strdup(own) : near_program();
    return path ? path : strdup(WHELK_DATADIR "/catalogue.json");
}

static bool read_all(struct catalogue *c, const char *path, whelk_error *err)
{
    const cJSON *models = cJSON_GetObjectItemCaseSensitive(c->json, "models"), *item;
    if (!cJSON_IsArray(models))
        return whelk_fail(err, WHELK_EFAIL, "%s: is no catalogue of models (no \"models\")", path);
    c->models = calloc((size_t)cJSON_GetArraySize(models) + 1, sizeof *c->models);
    if (!c->models)
        return whelk_fail(err, WHELK_EFAIL, "no memory for the catalogue");
    cJSON_ArrayForEach(
        item, models) if (!read_model(&c->models[c->count++], item, path, err)) return false;
    return true;
}

bool catalogue_open(struct catalogue *c, whelk_error *err)
{
    char *path = catalogue_path(), *text = NULL;
    size_t size = 0;
    *c = (struct catalogue){0};
    bool good = path ? file_read(path, CATALOGUE_MAX, &text, &size, err)
                     : whelk_fail(err, WHELK_EFAIL, "no memory for the catalogue");
    if (good) {
        c->json = cJSON_ParseWithLength(text, size);
        good = read_all(c, path, err);
    }
    free(text);
    free(path);
    if (!good)
        catalogue_release(c);
    return good;
}

void catalogue_release(struct catalogue *c)
{
    for (int i = 0; i < c->count; i++)
        free(c->models[i].files);
    free(c->models);
    cJSON_Delete(c->json);
    *c = (struct catalogue){0};
}

const struct catalogue_model *catalogue_find(const struct catalogue *c, const char *name)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->models[i].name, name) == 0)
            return &c->models[i];
    return NULL;
}

const struct catalogue_model *catalogue_need(const struct catalogue *c, const char *name,
                                             whelk_error *err)
{
    const char *names[NEAREST_OF + 1] = {0};
    const struct catalogue_model *m = catalogue_find(c, name);
    if (m)
        return m;
    for (int i = 0; i < c->count && i < NEAREST_OF; i++)
        names[i] = c->models[i].name;
    const char *near = text_nearest(name, names);
    whelk_fail(err, WHELK_EUSAGE,
               "the catalogue has no model \"%.60s\"%s%s; whelk model list tells all", name,
               near ? "; did you mean " : "", near ? near : "");
    return NULL;
}

long long catalogue_bytes(const struct catalogue_model *m)
{
    long long bytes = 0;
    for (int i = 0; i < m->count; i++)
        bytes += m->files[i].size > 0 ? m->files[i].size : 0;
    return bytes;
}
