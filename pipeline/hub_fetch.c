/* One file from the hub: what it says of it (a HEAD), then the bytes into blobs/ETAG.incomplete,
 * digested while they come, gone on with by a range request after whatever broke them off. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/http.h"
#include "hub.h"
#include "hub_ranges.h"

#define TRIES 5      /* in a row that bring nothing */
#define SILENCE_S 60 /* without a byte: the connection is taken for dead */
#define DEADLINE_S (30 * 86400.0)
#define LARGE (4 * HUB_RANGES_PIECE) /* bytes that are worth several connections */

/* "%s/%s" and so on into a path or address; caller's, NULL = no memory. */
static char *made(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *made(const char *format, ...)
{
    char *text = NULL;
    va_list list;
    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    va_end(list);
    return text;
}

static bool no_memory(whelk_error *err)
{
    return whelk_fail(err, WHELK_EFAIL, "no memory to load a model");
}

static bool goes_on(const struct hub_watch *w)
{
    return !w->goes_on || w->goes_on(w->ctx);
}

static void note(const struct hub_watch *w, const char *text)
{
    if (w->note)
        w->note(w->ctx, text);
}

/* An answer that is none of the file's. */
static bool refuse(const struct hub *hub, const struct catalogue_model *m, const char *path,
                   int status, whelk_error *err)
{
    char host[300];
    http_host(hub->endpoint, host, sizeof host);
    if (status == 401 || status == 403)
        return whelk_fail(err, WHELK_ECREDENTIALS,
                          hub->key
                              ? "%s: does not give %s of %s to the key in HF_TOKEN (status %d); "
                                "are the model's terms agreed to on its page?"
                              : "%s: gives %s of %s only with a key (status %d): put yours into "
                                "HF_TOKEN, and agree to the model's terms on its page",
                          host, path, m->repository, status);
    if (status == 404)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: has no %s in %s at revision %s (status 404); it was moved or taken "
                          "away since this catalogue was written",
                          host, path, m->repository, m->revision);
    if (status == 429)
        return whelk_fail(err, WHELK_EQUOTA,
                          "%s: asks for a pause (status 429); try again later, or with a key in "
                          "HF_TOKEN",
                          host);
    return whelk_fail(err, WHELK_ENETWORK, "%s: answers for %s with status %d; try again later",
                      host, path, status);
}

/* --- What the hub says ------------------------------------------------------------------------ */

struct said {
    const struct hub_watch *watch;
    char etag[200], linked_etag[200], commit[65];
    long long size, linked_size;
};

static void take_header(void *ctx, const char *name, const char *value)
{
    struct said *s = ctx;
    if (strcmp(name, "etag") == 0)
        snprintf(s->etag, sizeof s->etag, "%s", value);
    else if (strcmp(name, "x-linked-etag") == 0)
        snprintf(s->linked_etag, sizeof s->linked_etag, "%s", value);
    else if (strcmp(name, "x-repo-commit") == 0)
        snprintf(s->commit, sizeof s->commit, "%.64s", value);
    else if (strcmp(name, "content-length") == 0)
        s->size = atoll(value);
    else if (strcmp(name, "x-linked-size") == 0)
        s->linked_size = atoll(value);
}

static bool ask_goes_on(void *ctx)
{
    return goes_on(((const struct said *)ctx)->watch);
}

/* W/"abc" and "abc" are abc; only hex of SHA-1 or SHA-256 is a digest. */
static bool plain_etag(const char *etag, char out[65])
{
    etag += strncmp(etag, "W/", 2) == 0 ? 2 : 0;
    etag += *etag == '"';
    size_t n = strspn(etag, "0123456789abcdef");
    bool is = (n == 40 || n == 64) && (!etag[n] || etag[n] == '"');
    snprintf(out, 65, "%.*s", is ? (int)n : 0, etag);
    return is;
}

/* What was said against what the catalogue knows. */
static bool settle(const struct said *s, const struct catalogue_model *m, const char *host,
                   struct hub_file *f, whelk_error *err)
{
    const struct catalogue_file *what = f->what;
    long long size = s->linked_size >= 0 ? s->linked_size : s->size;
    bool known = plain_etag(*s->linked_etag ? s->linked_etag : s->etag, f->etag);
    bool pinned = strlen(m->revision) == 40 && strspn(m->revision, "0123456789abcdef") == 40;
    snprintf(f->commit, sizeof f->commit, "%s", *s->commit ? s->commit : pinned ? m->revision : "");
    if (strlen(f->commit) != 40 || strspn(f->commit, "0123456789abcdef") != 40)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: does not say which commit %s is of; is it a model "
                          "hub (HF_ENDPOINT)?",
                          host, what->path);
    if (pinned && strcmp(f->commit, m->revision) != 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: answers with commit %s where %s was asked for",
                          host, f->commit, m->revision);
    if (size < 0 && (size = what->size) < 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: does not say how large %s is", host, what->path);
    if (what->size >= 0 && size != what->size)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: has %lld bytes of %s, where the catalogue knows %lld: it is not the "
                          "same file, and nothing of it was loaded",
                          host, size, what->path, what->size);
    if (what->sha256 && strlen(f->etag) == 64 && strcmp(f->etag, what->sha256) != 0)
        return whelk_fail(
            err, WHELK_EFAIL,
            "%s: has %s with SHA-256 %.12s..., where the catalogue knows %.12s...: it "
            "is not the same file, and nothing of it was loaded",
            host, what->path, f->etag, what->sha256);
    if (!known && !what->sha256)
        return whelk_fail(
            err, WHELK_EFAIL,
            "%s: does not tell the digest of %s, nor does the catalogue, so it cannot "
            "be checked and is not loaded",
            host, what->path);
    if (!known)
        snprintf(f->etag, sizeof f->etag, "%s", what->sha256);
    f->size = size;
    return true;
}

static long long size_of(const char *path)
{
    struct stat st;
    return path && stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (long long)st.st_size : -1;
}

static bool look_at_disk(const struct hub *hub, const struct catalogue_model *m, struct hub_file *f,
                         whelk_error *err)
{
    char *folder = hub_folder(hub, m), *blob = folder ? made("%s/blobs/%s", folder, f->etag) : NULL,
         *part = blob ? made("%s.incomplete", blob) : NULL;
    f->here = size_of(blob) == f->size;
    long long begun = size_of(part);
    f->part = f->here ? 0 : begun > 0 && begun <= f->size ? begun : 0;
    bool good = part || no_memory(err);
    free(folder);
    free(blob);
    free(part);
    return good;
}

static char *address(const struct hub *hub, const struct catalogue_model *m, const char *path)
{
    return made("%s/%s/resolve/%s/%s", hub->endpoint, m->repository, m->revision, path);
}

bool hub_ask(const struct hub *hub, const struct catalogue_model *m, int index,
             const struct hub_watch *watch, struct hub_file *out, whelk_error *err)
{
    const struct catalogue_file *what = &m->files[index];
    *out = (struct hub_file){.what = what};
    char *url = address(hub, m, what->path), host[300];
    if (!url)
        return no_memory(err);
    struct said s = {.watch = watch, .size = -1, .linked_size = -1};
    static const char *const as_it_is[] = {"Accept-Encoding: identity", NULL}; /* or no length */
    struct http_reply reply;
    struct http_request ask = {.url = url,
                               .headers = as_it_is,
                               .key = hub->key,
                               .head = true,
                               .roams = true,
                               .deadline_s = SILENCE_S,
                               .header = take_header,
                               .goes_on = ask_goes_on,
                               .ctx = &s};
    http_host(hub->endpoint, host, sizeof host);
    bool good = http_send(&ask, &reply, err);
    bool answered = reply.status == 200 || (reply.status >= 300 && reply.status < 400);
    if (good && !answered)
        good = refuse(hub, m, what->path, reply.status, err);
    good = good && settle(&s, m, host, out, err) && look_at_disk(hub, m, out, err);
    http_reply_release(&reply);
    free(url);
    return good;
}

/* --- Its bytes -------------------------------------------------------------------------------- */

struct fetch {
    const struct hub *hub;
    const struct catalogue_model *model;
    const struct hub_file *file;
    const struct hub_watch *watch;
    char *blob, *part, *lock; /* owned */
    int fd, lock_fd;
    long long have;
    struct digest *digest; /* of the `have` bytes */
    struct http_reply reply;
    bool begun, bad; /* this answer's first bytes came; `why` says why no more are taken */
    whelk_error why;
};

static bool start_anew(struct fetch *f, whelk_error *err)
{
    char unused[DIGEST_TEXT];
    digest_end(f->digest, unused);
    f->digest = digest_new();
    f->have = 0;
    if (!f->digest)
        return no_memory(err);
    return (ftruncate(f->fd, 0) == 0 && lseek(f->fd, 0, SEEK_SET) == 0) ||
           whelk_fail(err, WHELK_EFAIL, "%s: cannot be written: %s", f->part, strerror(errno));
}

static bool put(struct fetch *f, const char *data, size_t size, whelk_error *err)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = write(f->fd, data + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return whelk_fail(err, WHELK_EFAIL,
                              "%s: cannot be written: %s; what is there stays, and pulling again "
                              "goes on from it",
                              f->part, n < 0 ? strerror(errno) : "nothing was taken");
        digest_add(f->digest, data + done, (size_t)n);
        done += (size_t)n;
        f->have += n;
    }
    return true;
}

/* A server that does not know ranges begins at the front: so does the file then. */
static bool take(void *ctx, const char *data, size_t size)
{
    struct fetch *f = ctx;
    bool good = true;
    if (!f->begun && f->have && f->reply.status != 206) {
        note(f->watch, "the server cannot go on where it broke off: from the beginning");
        good = start_anew(f, &f->why);
    }
    f->begun = true;
    if (good && f->have + (long long)size > f->file->size)
        good = whelk_fail(&f->why, WHELK_EFAIL,
                          "%s: more came than the %lld bytes it should have; it was not taken",
                          f->file->what->path, f->file->size);
    good = good && put(f, data, size, &f->why);
    f->bad = !good;
    if (good && f->watch->came)
        f->watch->came(f->watch->ctx, f->have);
    return good;
}

static bool fetch_goes_on(void *ctx)
{
    return goes_on(((const struct fetch *)ctx)->watch);
}

/* One answer. False with err; *again where another try may do better. */
static bool one_answer(struct fetch *f, const char *url, bool *again, whelk_error *err)
{
    char range[64];
    const char *const headers[] = {range, NULL};
    snprintf(range, sizeof range, "Range: bytes=%lld-", f->have);
    f->begun = false;
    struct http_request ask = {.url = url,
                               .headers = f->have ? headers : NULL,
                               .key = f->hub->key,
                               .roams = true,
                               .silence_s = SILENCE_S,
                               .deadline_s = DEADLINE_S,
                               .ceiling = (size_t)1 << 62,
                               .take = take,
                               .goes_on = fetch_goes_on,
                               .ctx = f};
    bool good = http_send(&ask, &f->reply, err);
    int status = f->reply.status;
    *again =
        !good && !f->reply.hopeless && err->code != WHELK_EINTERRUPTED && err->code != WHELK_EUSAGE;
    if (f->bad) {
        *err = f->why;
        good = *again = false;
    } else if (good && status != 200 && status != 206) {
        *again = status >= 500;
        good = refuse(f->hub, f->model, f->file->what->path, status, err);
    }
    return good;
}

static bool take_part(void *ctx, const char *data, size_t size)
{
    struct fetch *f = ctx;
    f->bad = !put(f, data, size, &f->why);
    if (!f->bad && f->watch->came)
        f->watch->came(f->watch->ctx, f->have);
    return !f->bad;
}

/* What is left of a large file over several connections. Whatever speaks against it, a server
 * without ranges or a bad line, what came stays and the plain way goes on: that one tells what is
 * wrong. False: it was stopped, or the disk is full. */
static bool try_ranges(struct fetch *f, const char *url, whelk_error *err)
{
    struct hub_ranges r = {.url = url,
                           .key = f->hub->key,
                           .watch = f->watch,
                           .from = f->have,
                           .to = f->file->size,
                           .put = take_part,
                           .ctx = f};
    whelk_error own = {0};
    if (r.to - r.from < LARGE || hub_ranges(&r, &own) ||
        (own.code != WHELK_EINTERRUPTED && !f->bad))
        return true;
    if (err)
        *err = f->bad ? f->why : own;
    return false;
}

/* Seconds before the next try, looked at ten times a second for an end. */
static bool pause_for(const struct hub_watch *watch, int seconds)
{
    for (int i = 0; i < 10 * seconds && goes_on(watch); i++)
        poll(NULL, 0, 100);
    return goes_on(watch);
}

static bool all_answers(struct fetch *f, whelk_error *err)
{
    char *url = address(f->hub, f->model, f->file->what->path);
    bool good = url ? try_ranges(f, url, err) : no_memory(err), again = true;
    for (int fruitless = 0; good && f->have < f->file->size;) {
        long long before = f->have;
        good = one_answer(f, url, &again, err);
        http_reply_release(&f->reply);
        if (good && f->have < f->file->size)
            good = whelk_fail(err, WHELK_EFAIL,
                              "%s: only %lld of its %lld bytes were sent; what came stays, and "
                              "pulling again goes on from it",
                              f->file->what->path, f->have, f->file->size);
        if (good || !again)
            continue;
        fruitless = f->have > before ? 0 : fruitless + 1;
        if (fruitless >= TRIES)
            break;
        note(f->watch, err->text);
        good = pause_for(f->watch, fruitless ? 1 << fruitless : 0) ||
               whelk_fail(err, WHELK_EINTERRUPTED, "stopped on request");
    }
    free(url);
    return good;
}

/* What an earlier try left, read into the digest. */
static bool take_up(struct fetch *f, whelk_error *err)
{
    char block[1 << 16];
    ssize_t n = 0;
    if (size_of(f->part) > f->file->size)
        return start_anew(f, err);
    while (goes_on(f->watch) && (n = read(f->fd, block, sizeof block)) > 0) {
        digest_add(f->digest, block, (size_t)n);
        f->have += n;
    }
    if (!goes_on(f->watch))
        return whelk_fail(err, WHELK_EINTERRUPTED, "stopped on request");
    return n == 0 ||
           whelk_fail(err, WHELK_EFAIL, "%s: cannot be read: %s", f->part, strerror(errno));
}

/* The digest that the hub names, and the one of the catalogue. */
static bool check(struct fetch *f, whelk_error *err)
{
    char sha256[DIGEST_TEXT], git[DIGEST_TEXT];
    const struct catalogue_file *what = f->file->what;
    bool done = digest_end(f->digest, sha256);
    f->digest = NULL;
    if (!done)
        return no_memory(err);
    bool small = strlen(f->file->etag) == 40;
    if (small && !digest_git(f->part, git, err))
        return false;
    if (strcmp(small ? git : sha256, f->file->etag) == 0 &&
        (!what->sha256 || strcmp(sha256, what->sha256) == 0))
        return true;
    unlink(f->part);
    return whelk_fail(err, WHELK_EFAIL,
                      "%s: its bytes do not have the digest they should have (%.12s...); they were "
                      "damaged on the way, or are not the file: removed, pull again",
                      what->path, what->sha256 ? what->sha256 : f->file->etag);
}

/* --- Into the cache --------------------------------------------------------------------------- */

static bool make_parent(const char *path, whelk_error *err)
{
    char *folder = strndup(path, (size_t)(strrchr(path, '/') - path));
    bool good = folder ? file_make_dirs(folder, err) : no_memory(err);
    free(folder);
    return good;
}

/* The lock that other programs on this cache take as well. */
static bool hold(struct fetch *f, whelk_error *err)
{
    if (!make_parent(f->lock, err))
        return false;
    f->lock_fd = open(f->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (f->lock_fd < 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot be opened: %s", f->lock, strerror(errno));
    return flock(f->lock_fd, LOCK_EX | LOCK_NB) == 0 ||
           whelk_fail(err, WHELK_EFAIL,
                      "%s: another program is loading it; wait for it, or stop it",
                      f->file->what->path);
}

/* snapshots/COMMIT/PATH -> as many ../ as it lies deep, and blobs/ETAG. */
static bool link_file(const struct fetch *f, const char *folder, whelk_error *err)
{
    char *link = made("%s/snapshots/%s/%s", folder, f->file->commit, f->file->what->path),
         up[64] = "../..", *target;
    for (const char *p = f->file->what->path; (p = strchr(p, '/')); p++)
        strcat(up, "/..");
    target = made("%s/blobs/%s", up, f->file->etag);
    bool good = link && target ? make_parent(link, err) : no_memory(err);
    if (good && symlink(target, link) != 0) {
        good = errno == EEXIST && unlink(link) == 0 && symlink(target, link) == 0;
        if (!good)
            whelk_fail(err, WHELK_EFAIL,
                       "%s: cannot be linked: %s; a model's folder needs a disk "
                       "that knows links",
                       link, strerror(errno));
    }
    free(link);
    free(target);
    return good;
}

static bool load(struct fetch *f, whelk_error *err)
{
    if (size_of(f->blob) == f->file->size)
        return true;
    if (!make_parent(f->blob, err) || !hold(f, err))
        return false;
    f->fd = open(f->part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    f->digest = digest_new();
    if (f->fd < 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot be opened: %s", f->part, strerror(errno));
    if (!f->digest)
        return no_memory(err);
    if (!take_up(f, err) || !all_answers(f, err) || !check(f, err))
        return false;
    return (fsync(f->fd) == 0 && rename(f->part, f->blob) == 0) ||
           whelk_fail(err, WHELK_EFAIL, "%s: cannot be written: %s", f->blob, strerror(errno));
}

bool hub_fetch(const struct hub *hub, const struct catalogue_model *m, const struct hub_file *file,
               const struct hub_watch *watch, whelk_error *err)
{
    whelk_error own = {0};
    char *folder = hub_folder(hub, m), unused[DIGEST_TEXT];
    struct fetch f = {
        .hub = hub, .model = m, .file = file, .watch = watch, .fd = -1, .lock_fd = -1};
    if (folder) {
        f.blob = made("%s/blobs/%s", folder, file->etag);
        f.part = made("%s/blobs/%s.incomplete", folder, file->etag);
        f.lock = made("%s/.locks%s/%s.lock", hub->cache, strrchr(folder, '/'), file->etag);
    }
    bool good = f.blob && f.part && f.lock ? load(&f, &own) && link_file(&f, folder, &own)
                                           : no_memory(&own);
    if (!good && err)
        *err = own;
    digest_end(f.digest, unused);
    if (f.fd >= 0)
        close(f.fd);
    if (f.lock_fd >= 0)
        close(f.lock_fd);
    free(f.blob);
    free(f.part);
    free(f.lock);
    free(folder);
    return good;
}

bool hub_begin(const struct hub *hub, const struct catalogue_model *m, const char *commit,
               whelk_error *err)
{
    if (strcmp(m->revision, commit) == 0)
        return true;
    char *folder = hub_folder(hub, m),
         *ref = folder ? made("%s/refs/%s", folder, m->revision) : NULL;
    bool good = ref ? make_parent(ref, err) && file_write(ref, commit, strlen(commit), err)
                    : no_memory(err);
    free(folder);
    free(ref);
    return good;
}
