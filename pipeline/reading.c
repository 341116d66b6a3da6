/* What the reading commands share: a reel opened without its lock, how its shots stand, and text
 * that fits a column. */
#define _DEFAULT_SOURCE
#include "reading.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

bool reading_open(struct reading *r, struct call *call, whelk_error *err)
{
    *r = (struct reading){.reel = whelk_reel_open(call->reel_path, WHELK_REEL_READ, err)};
    r->film = r->reel ? reel_load_film(r->reel, err) : NULL;
    if (!r->film) {
        whelk_reel_close(r->reel);
        return false;
    }
    whelk_run_options options = cli_run_options(call);
    run_init(&r->run, r->reel, &options, NULL);
    r->run.only_looks = true;
    r->states = calloc((size_t)r->film->shot_count + 1, sizeof *r->states);
    if (r->states && !shot_states(&r->run, r->film, r->states, &r->state_fault)) {
        free(r->states);
        r->states = NULL;
    }
    return true;
}

void reading_close(struct reading *r)
{
    for (int i = 0; i < r->record_count; i++)
        free(r->records[i]);
    free(r->records);
    free(r->states);
    run_release(&r->run);
    whelk_film_free(r->film);
    whelk_reel_close(r->reel);
    *r = (struct reading){0};
}

const whelk_shot *reading_shot(const struct reading *r, const char *id, whelk_error *err)
{
    const whelk_film *f = r->film;
    const whelk_shot *shot = whelk_film_shot(r->film, id);
    if (!shot)
        whelk_fail(err, WHELK_EUSAGE, "%s: there is no shot %s; it has %s to %s", r->reel->path, id,
                   f->shots[0].id, f->shots[f->shot_count - 1].id);
    return shot;
}

const char *reading_state(const struct reading *r, int index)
{
    static const char *const words[] = {
        [SHOT_CLEAN] = "clean",
        [SHOT_STALE] = "stale",
        [SHOT_MISSING] = "missing",
        [SHOT_FAILED] = "failed",
    };
    if (!r->states)
        return "unknown";
    return shot_is_kept(&r->film->shots[index], r->states[index]) ? "locked"
                                                                  : words[r->states[index]];
}

static int is_record(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 5 && strcmp(entry->d_name + size - 5, ".json") == 0;
}

/* Once for all shots: a folder of many takes is long. */
static void list_records(struct reading *r)
{
    char *folder = reel_file(r->reel, "clips");
    r->record_count = folder ? scandir(folder, &r->records, is_record, alphasort) : 0;
    r->record_count = r->record_count < 0 ? 0 : r->record_count;
    r->listed = true;
    free(folder);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

int *reading_takes(struct reading *r, const char *shot, int *count)
{
    int *takes = NULL;
    size_t size = strlen(shot);
    *count = 0;
    if (!r->listed)
        list_records(r);
    for (int i = 0; i < r->record_count; i++) {
        int n, used = 0;
        const char *name = r->records[i]->d_name;
        if (strncmp(name, shot, size) != 0 || sscanf(name + size, "-t%d.json%n", &n, &used) != 1 ||
            !used || name[size + (size_t)used])
            continue;
        int *more = realloc(takes, ((size_t)*count + 1) * sizeof *more);
        if (!more)
            break;
        takes = more;
        takes[(*count)++] = n;
    }
    if (takes)
        qsort(takes, (size_t)*count, sizeof *takes, by_number);
    return takes;
}

bool reading_new_id(struct call *call, const char *after, char id[8], whelk_error *err)
{
    whelk_reel *reel = whelk_reel_open(call->reel_path, WHELK_REEL_READ, err);
    whelk_film *film = reel ? reel_load_film(reel, err) : NULL;
    whelk_shot *shot = NULL;
    if (film) {
        const whelk_shot *before = after ? whelk_film_shot(film, after) : NULL;
        bool first = after && strcmp(after, "start") == 0;
        int at = first ? 0 : before ? (int)(before - film->shots) + 1 : film->shot_count;
        if (after && !first && !before)
            whelk_fail(err, WHELK_EUSAGE, "%s: there is no shot %s", reel->path, after);
        else
            shot = whelk_film_add_shot(film, at, err);
    }
    if (shot)
        snprintf(id, 8, "%s", shot->id);
    whelk_film_free(film);
    whelk_reel_close(reel);
    return shot != NULL;
}

int print_width(void)
{
    return isatty(STDOUT_FILENO) ? show_width(stdout) : 1 << 20;
}

void print_row(int indent, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = text_formatv(fmt, ap);
    va_end(ap);
    printf("%-*s", indent, name);
    show_text(stdout, text ? text : "", indent, print_width());
    free(text);
}

void print_cell(const char *text, int columns, bool fill)
{
    char *clean = text_clean(text, true);
    int whole = clean ? text_width(clean) : 0, used = 0,
        room = whole > columns && columns > 3 ? columns - 3 : columns;
    for (const char *p = clean; p && *p;) {
        unsigned code;
        int size = text_next(p, &code);
        if (code == '\n')
            code = ' ';
        if (size <= 0 || used + text_columns(code) > room)
            break;
        if (code == ' ')
            putchar(' ');
        else
            fwrite(p, 1, (size_t)size, stdout);
        used += text_columns(code);
        p += size;
    }
    if (room < columns)
        used += printf("...");
    if (fill)
        printf("%*s", columns > used ? columns - used : 0, "");
    free(clean);
}
