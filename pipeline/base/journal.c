/* Writing, reading back and asking the journal. Relies on O_APPEND and one write a line, and on
 * cJSON for every byte of JSON. */
#define _DEFAULT_SOURCE
#include "journal.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "file.h"
#include "json.h"
#include "text.h"

#define JOURNAL_CEILING ((size_t)256 << 20)

struct journal {
    char *path;
    int fd; /* -1 when only read */
    double opened_s;
    long next;
    struct journal_entry *entries;
    int count, room;
    char *line; /* as last written */
    int failed; /* errno of the first write that did not succeed */
};

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Takes the object over, also on failure. */
static bool keep(struct journal *j, cJSON *object)
{
    if (j->count == j->room) {
        int room = j->room ? j->room * 2 : 64;
        struct journal_entry *entries = realloc(j->entries, (size_t)room * sizeof *entries);
        if (!entries) {
            cJSON_Delete(object);
            return false;
        }
        j->entries = entries;
        j->room = room;
    }
    const char *stage = json_text(object, "stage"), *kind = json_text(object, "kind");
    const char *text = json_text(object, "text");
    j->entries[j->count++] = (struct journal_entry){
        .n = (long)json_number(object, "n"),
        .why = (long)json_number(object, "why"),
        .t = json_number(object, "t"),
        .stage = stage ? stage : "",
        .kind = kind ? kind : "",
        .shot = json_text(object, "shot"),
        .file = json_text(object, "file"),
        .text = text ? text : "",
        .object = object,
    };
    long n = j->entries[j->count - 1].n;
    if (n >= j->next)
        j->next = n + 1;
    return true;
}

/* Takes in every whole line; returns the bytes up to the end of the last that is JSON, or -1 for no
 * memory. A line in the middle that is no JSON is skipped: one bad line must not hide the rest. */
static long long take_lines(struct journal *j, const char *data, size_t size)
{
    long long good = 0;
    for (size_t at = 0; at < size;) {
        const char *end = memchr(data + at, '\n', size - at);
        if (!end)
            break;
        cJSON *object = cJSON_ParseWithLength(data + at, (size_t)(end - data) - at);
        at = (size_t)(end - data) + 1;
        if (!cJSON_IsObject(object)) {
            cJSON_Delete(object);
            continue;
        }
        if (!keep(j, object))
            return -1;
        good = (long long)at;
    }
    return good;
}

static struct journal *journal_new(const char *path, whelk_error *err)
{
    struct journal *j = calloc(1, sizeof *j);
    if (!j || !(j->path = strdup(path))) {
        free(j);
        whelk_fail(err, WHELK_EFAIL, "%s: no memory", path);
        return NULL;
    }
    j->fd = -1;
    j->next = 1;
    j->opened_s = now_s();
    return j;
}

/* Reads what is there; *good: see take_lines, *size: of the file. */
static bool load(struct journal *j, long long *good, size_t *size, whelk_error *err)
{
    char *data = NULL;
    *good = 0;
    *size = 0;
    if (!file_exists(j->path))
        return true;
    if (!file_read(j->path, JOURNAL_CEILING, &data, size, err))
        return false;
    *good = take_lines(j, data, *size);
    free(data);
    return *good >= 0 || whelk_fail(err, WHELK_EFAIL, "%s: no memory to read it", j->path);
}

struct journal *journal_read(const char *path, whelk_error *err)
{
    struct journal *j = journal_new(path, err);
    long long good;
    size_t size;
    if (j && !load(j, &good, &size, err)) {
        journal_close(j);
        return NULL;
    }
    return j;
}

struct journal *journal_open(const char *path, whelk_error *err)
{
    struct journal *j = journal_new(path, err);
    long long good = 0;
    size_t size = 0;
    if (!j || !load(j, &good, &size, err))
        goto fail;
    j->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (j->fd < 0 || ((size_t)good < size && ftruncate(j->fd, (off_t)good) != 0)) {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot open it for writing: %s", path, strerror(errno));
        goto fail;
    }
    return j;
fail:
    journal_close(j);
    return NULL;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    for (int i = 0; i < j->count; i++)
        cJSON_Delete((cJSON *)j->entries[i].object);
    free(j->entries);
    free(j->path);
    free(j->line);
    free(j);
}

static bool add_text(cJSON *object, const char *name, const char *text)
{
    if (!text)
        return true;
    char *clean = text_clean(text, false);
    bool added = clean && cJSON_AddStringToObject(object, name, clean);
    free(clean);
    return added;
}

/* Puts the fields of the note's data beside those that are there; a name already used is left out.
 */
static void add_data(cJSON *object, const char *data_json)
{
    cJSON *data = data_json ? cJSON_Parse(data_json) : NULL;
    while (cJSON_IsObject(data) && data->child) {
        cJSON *item = cJSON_DetachItemViaPointer(data, data->child);
        if (cJSON_GetObjectItemCaseSensitive(object, item->string) ||
            !cJSON_AddItemToObject(object, item->string, item))
            cJSON_Delete(item);
    }
    cJSON_Delete(data);
}

static cJSON *object_of(const struct journal *j, const whelk_note *note)
{
    cJSON *o = cJSON_CreateObject();
    bool made = o && cJSON_AddNumberToObject(o, "n", (double)j->next) &&
                cJSON_AddNumberToObject(o, "t", round(journal_clock(j) * 1000) / 1000) &&
                add_text(o, "stage", note->stage) && add_text(o, "kind", note->kind) &&
                add_text(o, "shot", note->shot) &&
                (!note->why || cJSON_AddNumberToObject(o, "why", (double)note->why)) &&
                add_text(o, "text", note->text);
    if (!made) {
        cJSON_Delete(o);
        return NULL;
    }
    add_data(o, note->data_json);
    return o;
}

/* One write; what a full disk let through of it is taken back, so that the file keeps whole lines.
 */
static int put_line(int fd, const char *line)
{
    size_t size = strlen(line);
    struct bytes b;
    bytes_init(&b, JOURNAL_CEILING);
    bytes_append(&b, line, size);
    bytes_text(&b, "\n");
    if (b.failed) {
        bytes_release(&b);
        return ENOMEM;
    }
    off_t before = lseek(fd, 0, SEEK_END);
    ssize_t put;
    do
        put = write(fd, b.data, b.size);
    while (put < 0 && errno == EINTR);
    int why = put < 0 ? errno : (size_t)put < b.size ? ENOSPC : 0;
    if (put > 0 && why && ftruncate(fd, before) != 0)
        why = EIO;
    bytes_release(&b);
    return why;
}

long journal_write(struct journal *j, const whelk_note *note)
{
    cJSON *object = j->fd >= 0 && !j->failed ? object_of(j, note) : NULL;
    char *line = object ? cJSON_PrintUnformatted(object) : NULL;
    int why = j->failed ? j->failed : j->fd < 0 ? EBADF : line ? put_line(j->fd, line) : ENOMEM;
    if (why) {
        j->failed = why;
        cJSON_Delete(object);
        cJSON_free(line);
        return 0;
    }
    free(j->line);
    j->line = line;
    long n = j->next;
    if (!keep(j, object))
        j->failed = ENOMEM;
    return n;
}

bool journal_check(const struct journal *j, whelk_error *err)
{
    return !j->failed ||
           whelk_fail(err, WHELK_EFAIL, "%s: cannot write: %s", j->path, strerror(j->failed));
}

const char *journal_line(const struct journal *j)
{
    return j->line;
}

double journal_clock(const struct journal *j)
{
    return now_s() - j->opened_s;
}

int journal_count(const struct journal *j)
{
    return j->count;
}

const struct journal_entry *journal_at(const struct journal *j, int index)
{
    return &j->entries[index];
}

const struct journal_entry *journal_find(const struct journal *j, long n)
{
    for (int i = j->count - 1; i >= 0; i--)
        if (j->entries[i].n == n)
            return &j->entries[i];
    return NULL;
}

static bool fits(const char *want, const char *have)
{
    return !want || (have && strcmp(want, have) == 0);
}

const struct journal_entry *journal_last(const struct journal *j, const char *stage,
                                         const char *kind, const char *shot, const char *file)
{
    for (int i = j->count - 1; i >= 0; i--) {
        const struct journal_entry *e = &j->entries[i];
        if (fits(stage, e->stage) && fits(kind, e->kind) && fits(shot, e->shot) &&
            fits(file, e->file))
            return e;
    }
    return NULL;
}

int journal_chain(const struct journal *j, long n, const struct journal_entry **out, int room)
{
    int count = 0;
    const struct journal_entry *e = journal_find(j, n);
    while (e && count < room) {
        out[count++] = e;
        e = e->why > 0 && e->why < e->n ? journal_find(j, e->why) : NULL;
    }
    return count;
}
