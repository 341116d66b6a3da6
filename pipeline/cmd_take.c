/* whelk take: the takes of a shot, the one in use, and those nobody wants any more. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "clean.h"
#include "reading.h"

static const struct opt_row list_rows[] = {
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true,
     .kept = true, .help = "folder of another model, or the name of a pulled one"},
    {0, "json", OPT_FLAG, NULL, CLI_AT(json), .help = "one JSON object a take and line"},
    {0},
};
static const struct opt_row change_rows[] = {CLI_ROWS_CHANGE, {0}};
static const struct opt_row drop_rows[] = {CLI_ROW_WHY, CLI_ROWS_SHOW, {0}};

/* --- Listing --------------------------------------------------------------------------------- */

static void print_take(const whelk_shot *shot, const char *take, const struct take_facts *f)
{
    bool used = shot->take && strcmp(shot->take, take) == 0;
    struct bytes line;
    bytes_init(&line, 1 << 20);
    bytes_format(&line, "%-5s %-4s %c  %4dx%-4d %5.2f s  %3d steps  seed %-10llu  ", shot->id, take,
                 used ? '*' : ' ', f->width, f->height, f->fps > 0 ? f->frames / f->fps : 0,
                 f->steps, (unsigned long long)f->seed);
    bytes_text(&line, f->prompt ? f->prompt : "");
    char *text = bytes_take(&line);
    print_cell(text ? text : take, print_width(), false);
    putchar('\n');
    free(text);
}

static void print_take_json(const whelk_shot *shot, const char *take, const struct take_facts *f)
{
    char seed[24];
    cJSON *o = cJSON_CreateObject();
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)f->seed);
    cJSON_AddStringToObject(o, "shot", shot->id);
    cJSON_AddStringToObject(o, "take", take);
    cJSON_AddBoolToObject(o, "in_use", shot->take && strcmp(shot->take, take) == 0);
    cJSON_AddNumberToObject(o, "width", f->width);
    cJSON_AddNumberToObject(o, "height", f->height);
    cJSON_AddNumberToObject(o, "fps", f->fps);
    cJSON_AddNumberToObject(o, "frames", f->frames);
    cJSON_AddNumberToObject(o, "steps", f->steps);
    cJSON_AddNumberToObject(o, "wall_s", f->wall_s);
    cJSON_AddRawToObject(o, "seed", seed);
    if (f->prompt)
        cJSON_AddStringToObject(o, "prompt", f->prompt);
    cli_print_json(o);
}

static int list_shot(struct reading *r, const whelk_shot *shot, bool json)
{
    int count, told = 0, *takes = reading_takes(r, shot->id, &count);
    for (int i = 0; i < count; i++) {
        char name[8];
        struct take_facts facts;
        snprintf(name, sizeof name, "t%02d", takes[i] % 100000);
        if (!take_exists(r->reel, shot->id, name) ||
            !take_facts_read(r->reel, shot->id, name, &facts, NULL))
            continue;
        if (json)
            print_take_json(shot, name, &facts);
        else
            print_take(shot, name, &facts);
        take_facts_release(&facts);
        told++;
    }
    free(takes);
    return told;
}

static int run_list(struct call *call)
{
    whelk_error err = {0};
    struct reading r;
    bool json = call->v.json;
    int told = 0;
    call->show.mode = SHOW_PLAIN;
    if (!cli_one_reel(call, 1000, &err) || !reading_open(&r, call, &err))
        return cli_fail(call, &err);
    bool done = true, all = call->opts.word_count == 1;
    for (int i = 0; all && i < r.film->shot_count; i++)
        told += list_shot(&r, &r.film->shots[i], json);
    for (int i = 1; done && i < call->opts.word_count; i++) {
        const whelk_shot *shot = reading_shot(&r, call->opts.words[i], &err);
        done = shot != NULL;
        told += shot ? list_shot(&r, shot, json) : 0;
    }
    if (done && !told && !json)
        printf("There is no take yet; whelk shoot %s makes them.\n", call->reel_path);
    reading_close(&r);
    return done ? WHELK_OK : cli_fail(call, &err);
}

/* --- Choosing -------------------------------------------------------------------------------- */

static int run_pick(struct call *call)
{
    whelk_error err = {0};
    struct changes c = {0};
    if (!cli_need_words(call, 3, 3, &err))
        return cli_fail(call, &err);
    changes_set(&c, call->opts.words[1], "take", call->opts.words[2]);
    return cli_change(call, &c, 0, &err);
}

static int run_drop(struct call *call)
{
    whelk_error err = {0};
    if (!cli_need_words(call, 3, 3, &err))
        return cli_fail(call, &err);
    const char *shot = call->opts.words[1], *take = call->opts.words[2];
    struct waste w = {0};
    call->show.reel = whelk_reel_open(call->reel_path, WHELK_REEL_WRITE, &err);
    bool json = call->show.mode == SHOW_JSON;
    bool done =
        call->show.reel && waste_take(&w, call->show.reel, shot, take, &err) &&
        reel_clean(call->show.reel, &w, call->v.edit.why, json ? &call->show.listener : NULL, &err);
    whelk_reel_close(call->show.reel);
    call->show.reel = NULL;
    double megabytes = (double)w.bytes / 1e6;
    waste_release(&w);
    if (!done)
        return cli_fail(call, &err);
    if (json)
        cli_end(call, 0, "The take is dropped.", NULL);
    else if (call->show.mode != SHOW_QUIET)
        printf("Take %s of shot %s is dropped: %.1f MB.\n", take, shot, megabytes);
    return WHELK_OK;
}

static const struct command verb_list = {
    .name = "list",
    .summary = "the takes there are; * is the one in use",
    .words = "REEL list [SHOT...]",
    .rows = list_rows,
    .run = run_list,
};
static const struct command verb_pick = {
    .name = "pick",
    .summary = "use this take; nothing is made anew",
    .words = "REEL pick SHOT TAKE",
    .rows = change_rows,
    .run = run_pick,
};
static const struct command verb_drop = {
    .name = "drop",
    .summary = "delete the files of a take that is not in use",
    .words = "REEL drop SHOT TAKE",
    .rows = drop_rows,
    .run = run_drop,
};

static const struct command *const verbs[] = {&verb_list, &cmd_take_show, &verb_pick, &verb_drop,
                                              NULL};

const struct command cmd_take = {
    .name = "take",
    .summary = "list, show, choose and drop the takes of shots",
    .words = "REEL list|show|pick|drop SHOT TAKE",
    .examples = "  whelk take cat.reel list 0020\n"
                "  whelk take cat.reel show 0020         its frames, in the terminal\n"
                "  whelk take cat.reel pick 0020 t01 -m \"the leap was higher\"\n",
    .verbs = verbs,
    .verb_at = 1,
};
