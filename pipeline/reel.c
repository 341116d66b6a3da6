/* Opening and closing a reel, its lock, its names and its state. The lock is flock(2) on a file
 * that holds the pid: the kernel drops it with its holder, so a pid found in an unlocked file is
 * that of a dead one. */
#define _DEFAULT_SOURCE
#include "reel.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"

#define SLUG_BYTES 40

/* --- Names ----------------------------------------------------------------------------------- */

char *reel_file(const whelk_reel *reel, const char *name)
{
    return file_join(reel->path, name);
}

static bool has_file(const char *dir, const char *name)
{
    char *path = file_join(dir, name);
    bool there = path && file_exists(path);
    free(path);
    return there;
}

bool reel_has(const whelk_reel *reel, const char *name)
{
    return has_file(reel->path, name);
}

bool reel_is_one(const char *path)
{
    return has_file(path, "prompt.txt") || has_file(path, "storyboard.json") ||
           has_file(path, "log.jsonl");
}

/* Letters and digits in lower case, one dash for everything between, cut at a whole word where
 * there is one. */
static void slug(const char *prompt, char out[SLUG_BYTES + 1])
{
    size_t size = 0, word_end = 0;
    bool cut = false;
    for (const char *p = prompt; *p && !cut; p++) {
        char c = *p;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && c != '\'' && size > 0 && out[size - 1] != '-') {
            word_end = size;
            c = '-';
        } else if (!plain) {
            continue;
        }
        if (size == SLUG_BYTES)
            cut = plain;
        else
            out[size++] = c;
    }
    if (cut && word_end > SLUG_BYTES / 2)
        size = word_end;
    while (size > 0 && out[size - 1] == '-')
        size--;
    out[size] = '\0';
    if (size == 0)
        strcpy(out, "film");
}

/* Does the folder's prompt.txt hold this prompt? A newline that an editor put at the end does not
 * count. */
static bool belongs_to(const char *folder, const char *prompt)
{
    char *path = file_join(folder, "prompt.txt"), *text = NULL;
    bool same = path && file_read(path, whelk_limits.prompt_bytes + 2, &text, NULL, NULL);
    if (same) {
        size_t a = strlen(text), b = strlen(prompt);
        while (a > 0 && text[a - 1] == '\n')
            a--;
        while (b > 0 && prompt[b - 1] == '\n')
            b--;
        same = a == b && memcmp(text, prompt, a) == 0;
    }
    free(text);
    free(path);
    return same;
}

char *reel_default_path(const char *dir, const char *prompt, whelk_error *err)
{
    char base[SLUG_BYTES + 1], name[SLUG_BYTES + 24];
    slug(prompt, base);
    for (int n = 1; n < 10000; n++) {
        snprintf(name, sizeof name, n > 1 ? "%s-%d.reel" : "%s.reel", base, n);
        char *path = file_join(dir, name);
        if (!path)
            break;
        if (!file_exists(path) || belongs_to(path, prompt))
            return path;
        free(path);
    }
    whelk_fail(err, WHELK_EFAIL, "%s.reel: no free name for a new reel here; give one with -o",
               base);
    return NULL;
}

/* --- The prompt ------------------------------------------------------------------------------ */

bool reel_check_prompt(const char *prompt, whelk_error *err)
{
    size_t size = strlen(prompt);
    if (prompt[strspn(prompt, " \t\r\n")] == '\0')
        return whelk_fail(err, WHELK_EUSAGE,
                          "the prompt is empty; say in a line what the film shows");
    if (size > whelk_limits.prompt_bytes)
        return whelk_fail(err, WHELK_EUSAGE, "the prompt has %zu bytes, at most %zu are allowed; say it shorter",
                          size, whelk_limits.prompt_bytes);
    if (!text_is_utf8(prompt, size))
        return whelk_fail(err, WHELK_EUSAGE, "the prompt is not UTF-8 text");
    return true;
}

bool reel_set_prompt(whelk_reel *reel, const char *prompt, whelk_error *err)
{
    if (!reel_check_prompt(prompt, err))
        return false;
    if (reel->prompt) {
        if (belongs_to(reel->path, prompt))
            return true;
        return whelk_fail(err, WHELK_EUSAGE,
                          "%s: belongs to another prompt (\"%.*s\"); give another "
                          "folder with -o",
                          reel->path, text_fit(reel->prompt, 60), reel->prompt);
    }
    char *path = reel_file(reel, "prompt.txt"), *copy = strdup(prompt);
    bool done = path && copy ? file_write(path, prompt, strlen(prompt), err)
                             : whelk_fail(err, WHELK_EFAIL, "no memory for the prompt");
    free(path);
    if (done)
        reel->prompt = copy;
    else
        free(copy);
    return done;
}

static bool load_prompt(whelk_reel *reel, whelk_error *err)
{
    char *path = reel_file(reel, "prompt.txt");
    bool done = true;
    if (path && file_exists(path))
        done = file_read(path, whelk_limits.prompt_bytes + 2, &reel->prompt, NULL, err);
    free(path);
    return done;
}

/* --- The lock -------------------------------------------------------------------------------- */

static long pid_in(int fd)
{
    char text[32] = "";
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    return got > 0 ? strtol(text, NULL, 10) : 0;
}

/* The holder removes the file while it still has the lock, so the file we locked may have lost its
 * name. */
static bool still_named(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

static bool take_lock(whelk_reel *reel, const char *path, whelk_error *err)
{
    for (int tries = 0; tries < 100; tries++) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            return whelk_fail(err, WHELK_EFAIL, "%s: cannot lock: %s", reel->path, strerror(errno));
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            int why = errno;
            long pid = pid_in(fd);
            close(fd);
            if (why != EWOULDBLOCK)
                return whelk_fail(err, WHELK_EFAIL, "%s: cannot lock: %s", reel->path,
                                  strerror(why));
            return whelk_fail(err, WHELK_EFAIL,
                              "%s: is in use by process %ld; wait for it or end it", reel->path,
                              pid);
        }
        if (!still_named(fd, path)) {
            close(fd);
            continue;
        }
        char text[32];
        int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
        reel->dead_holder = pid_in(fd);
        bool told = ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)size, 0) == size;
        /* On a full disk it holds all the same, unnamed: whelk clean has to get in. */
        if (!told && errno != ENOSPC && errno != EDQUOT) {
            whelk_fail(err, WHELK_EFAIL, "%s: cannot lock: %s", reel->path, strerror(errno));
            unlink(path);
            close(fd);
            return false;
        }
        reel->lock_fd = fd;
        return true;
    }
    return whelk_fail(err, WHELK_EFAIL, "%s: cannot lock: the lock file keeps vanishing",
                      reel->path);
}

static bool lock(whelk_reel *reel, whelk_error *err)
{
    char *path = reel_file(reel, "lock");
    bool done = path ? take_lock(reel, path, err) : whelk_fail(err, WHELK_EFAIL, "no memory");
    free(path);
    return done;
}

static void unlock(whelk_reel *reel)
{
    if (reel->lock_fd < 0)
        return;
    char *path = reel_file(reel, "lock");
    if (path)
        unlink(path);
    free(path);
    close(reel->lock_fd);
    reel->lock_fd = -1;
}

/* --- State ----------------------------------------------------------------------------------- */

/* A damaged state file reads as none. */
static bool load_state(whelk_reel *reel)
{
    char *path = reel_file(reel, "reel.json"), *text = NULL;
    if (path && file_exists(path) && file_read(path, 1 << 20, &text, NULL, NULL))
        reel->state = cJSON_Parse(text);
    free(text);
    free(path);
    if (!cJSON_IsObject(reel->state)) {
        cJSON_Delete(reel->state);
        reel->state = cJSON_CreateObject();
        return reel->state && cJSON_AddNumberToObject(reel->state, "version", 1);
    }
    return true;
}

cJSON *reel_state(whelk_reel *reel, const char *stage)
{
    cJSON *o = cJSON_GetObjectItemCaseSensitive(reel->state, stage);
    if (cJSON_IsObject(o))
        return o;
    cJSON_DeleteItemFromObjectCaseSensitive(reel->state, stage);
    return cJSON_AddObjectToObject(reel->state, stage);
}

bool reel_save_state(whelk_reel *reel, whelk_error *err)
{
    char *path = reel_file(reel, "reel.json"), *text = cJSON_Print(reel->state);
    bool done = path && text ? file_write(path, text, strlen(text), err)
                             : whelk_fail(err, WHELK_EFAIL, "%s: no memory", reel->path);
    cJSON_free(text);
    free(path);
    return done;
}

/* --- The storyboard -------------------------------------------------------------------------- */

whelk_film *reel_load_film(const whelk_reel *reel, whelk_error *err)
{
    char *path = reel_file(reel, "storyboard.json");
    whelk_film *film = NULL;
    if (path && !file_exists(path))
        whelk_fail(err, WHELK_EUSAGE, "%s: has no storyboard yet; whelk plan %s makes one",
                   reel->path, reel->path);
    else if (path)
        film = whelk_film_load(path, err);
    free(path);
    return film;
}

bool reel_save_film(whelk_reel *reel, const whelk_film *film, const char *keep, whelk_error *err)
{
    char *path = reel_file(reel, "storyboard.json");
    bool done = path ? whelk_film_save(film, path, err) : whelk_fail(err, WHELK_EFAIL, "no memory");
    free(path);
    return done && (!keep || reel_keep_history(reel, keep, err));
}

/* --- Opening and closing --------------------------------------------------------------------- */

static bool is_empty_folder(const char *path)
{
    DIR *dir = opendir(path);
    bool empty = dir != NULL;
    struct dirent *entry;
    while (empty && (entry = readdir(dir)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                strcmp(entry->d_name, "lock") == 0;
    if (dir)
        closedir(dir);
    return empty;
}

/* A path for a sentence: of a very long one the end, which tells more than the start. */
#define SHOWN_BYTES 200
#define LONGEST_PATH 4000 /* Linux takes 4095; the rest is for the names in the reel */

static bool check_folder(const char *path, enum whelk_reel_mode mode, whelk_error *err)
{
    size_t size = strlen(path);
    bool longer = size > SHOWN_BYTES;
    const char *dots = longer ? "..." : "", *shown = longer ? path + size - SHOWN_BYTES : path;
    if (reel_is_one(path))
        return true;
    if (!file_exists(path)) {
        if (mode == WHELK_REEL_CREATE && size > LONGEST_PATH)
            return whelk_fail(err, WHELK_EUSAGE,
                              "%s%s: the path has %zu bytes; a reel's may have %d", dots, shown,
                              size, LONGEST_PATH);
        if (mode == WHELK_REEL_CREATE)
            return file_make_dirs(path, err);
        return whelk_fail(err, WHELK_EUSAGE, "%s%s: there is no such reel", dots, shown);
    }
    if (mode == WHELK_REEL_CREATE && is_empty_folder(path))
        return true;
    return whelk_fail(err, WHELK_EUSAGE,
                      "%s%s: is no reel (it has no prompt.txt); nothing was changed", dots, shown);
}

bool reel_set_film(whelk_reel *reel, const char *film, whelk_error *err)
{
    char *path = reel_file(reel, film);
    if (!path)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    free(reel->film_path);
    reel->film_path = path;
    reel->film = film;
    return true;
}

static whelk_reel *reel_new(const char *path, enum whelk_reel_mode mode)
{
    whelk_reel *reel = calloc(1, sizeof *reel);
    if (!reel)
        return NULL;
    reel->lock_fd = -1;
    reel->mode = mode;
    reel->only_looks = mode == WHELK_REEL_READ;
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    reel->path = strndup(path, size);
    if (reel->path && reel_set_film(reel, "film.mp4", NULL))
        return reel;
    whelk_reel_close(reel);
    return NULL;
}

/* What a writer that was killed had not finished. Nobody else writes here: the lock is ours. */
static void remove_parts(const whelk_reel *reel, const char *folder)
{
    char *path = reel_file(reel, folder);
    DIR *dir = path ? opendir(path) : NULL;
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        size_t size = strlen(entry->d_name);
        if (size > 5 && strcmp(entry->d_name + size - 5, ".part") == 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
    free(path);
}

static void clear_up(const whelk_reel *reel)
{
    static const char *const folders[] = {".", "clips", "history", "score", "titles"};
    for (size_t i = 0; reel->dead_holder && i < sizeof folders / sizeof folders[0]; i++)
        remove_parts(reel, folders[i]);
}

static bool open_journal(whelk_reel *reel, whelk_error *err)
{
    char *path = reel_file(reel, "log.jsonl");
    if (!path)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    reel->journal =
        reel->mode == WHELK_REEL_READ ? journal_read(path, err) : journal_open(path, err);
    free(path);
    if (reel->journal)
        reel->lines_before = journal_count(reel->journal);
    return reel->journal != NULL;
}

whelk_reel *whelk_reel_open(const char *path, enum whelk_reel_mode mode, whelk_error *err)
{
    if (!path || !*path) {
        whelk_fail(err, WHELK_EUSAGE, "the reel's name is empty");
        return NULL;
    }
    whelk_reel *reel = reel_new(path, mode);
    if (!reel) {
        whelk_fail(err, WHELK_EFAIL, "%s: no memory", path);
        return NULL;
    }
    bool done = check_folder(reel->path, mode, err) &&
                (mode == WHELK_REEL_READ || lock(reel, err)) && open_journal(reel, err) &&
                load_prompt(reel, err);
    if (done && !load_state(reel))
        done = whelk_fail(err, WHELK_EFAIL, "%s: no memory", path);
    if (done) {
        clear_up(reel);
        return reel;
    }
    whelk_reel_close(reel);
    return NULL;
}

/* A run that wrote lines but was not brought to its end says so, for whoever reads the log. */
static void write_last_line(whelk_reel *reel)
{
    int count = reel->journal ? journal_count(reel->journal) : 0;
    if (reel->mode == WHELK_REEL_READ || count <= reel->lines_before)
        return;
    const struct journal_entry *last = journal_at(reel->journal, count - 1);
    if (strcmp(last->kind, "end") != 0)
        journal_write(reel->journal, &(whelk_note){.stage = last->stage,
                                                   .kind = "end",
                                                   .why = last->n,
                                                   .text = "The reel was closed."});
}

void whelk_reel_close(whelk_reel *reel)
{
    if (!reel)
        return;
    write_last_line(reel);
    journal_close(reel->journal);
    unlock(reel);
    cJSON_Delete(reel->state);
    free(reel->prompt);
    free(reel->film_path);
    free(reel->path);
    free(reel);
}

const char *whelk_reel_film_path(const whelk_reel *reel)
{
    return reel->film_path;
}
