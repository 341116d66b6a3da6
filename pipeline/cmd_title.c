/* whelk title: the cards and lines laid over the film, and its name. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"

static const struct opt_row list_rows[] = {
    {0, "json", OPT_FLAG, NULL, CLI_AT(json), .help = "one JSON object a title and line"},
    {0},
};
static const struct opt_row add_rows[] = {
    {0, "kind", OPT_TEXT, "KIND", CLI_AT(edit.kind), .help = "opening, lower-third (else) or end"},
    {0, "at", OPT_TEXT, "S", CLI_AT(edit.at),
     .help = "seconds into the film; else its start, for an end its end"},
    {0, "seconds", OPT_TEXT, "N", CLI_AT(edit.seconds), .help = "how long it stands; else 2.5"},
    CLI_ROWS_CHANGE,
    {0},
};
static const struct opt_row plain_rows[] = {CLI_ROWS_CHANGE, {0}};

static whelk_film *load(struct call *call, whelk_error *err)
{
    whelk_reel *reel = whelk_reel_open(call->reel_path, WHELK_REEL_READ, err);
    whelk_film *film = reel ? reel_load_film(reel, err) : NULL;
    whelk_reel_close(reel);
    return film;
}

static void print_json(const whelk_title *t)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "text", t->text);
    cJSON_AddStringToObject(o, "kind", t->kind ? t->kind : "");
    cJSON_AddNumberToObject(o, "at_s", t->at_s);
    cJSON_AddNumberToObject(o, "seconds", t->seconds);
    cli_print_json(o);
}

static int run_list(struct call *call)
{
    whelk_error err = {0};
    bool json = call->v.json;
    call->show.mode = SHOW_PLAIN;
    whelk_film *f = cli_one_reel(call, 1, &err) ? load(call, &err) : NULL;
    if (!f)
        return cli_fail(call, &err);
    if (!json)
        print_row(13, "name", "the film: %s", f->title ? f->title : "none");
    for (int i = 0; i < f->title_count; i++) {
        const whelk_title *t = &f->titles[i];
        if (json) {
            print_json(t);
            continue;
        }
        print_row(13, t->kind ? t->kind : "", "%6.2f s for %.4g s  %s", t->at_s, t->seconds,
                  t->text);
    }
    whelk_film_free(f);
    return WHELK_OK;
}

static bool number(const char *option, const char *text, double *out, whelk_error *err)
{
    char *rest;
    if (!text)
        return true;
    *out = strtod(text, &rest);
    return (rest != text && !*rest) ||
           whelk_fail(err, WHELK_EUSAGE, "%s: \"%.40s\" is not a number", option, text);
}

static int run_add(struct call *call)
{
    const struct cli_edit *e = &call->v.edit;
    whelk_error err = {0};
    struct changes c = {0};
    double at = 0, seconds = 0;
    if (!cli_need_words(call, 2, 2, &err) || !number("--at", e->at, &at, &err) ||
        !number("--seconds", e->seconds, &seconds, &err))
        return cli_fail(call, &err);
    if (!e->at && e->kind && strcmp(e->kind, "end") == 0) {
        whelk_film *film = load(call, &err);
        if (!film)
            return cli_fail(call, &err);
        at = whelk_film_cut_seconds(film);
        whelk_film_free(film);
    }
    whelk_op *op = changes_add(&c, "title", NULL);
    if (op) {
        op->at_s = at;
        op->seconds = seconds;
        c.failed = !whelk_set_text(&op->value, call->opts.words[1]) ||
                   !whelk_set_text(&op->field, e->kind);
    }
    return cli_change(call, &c, 0, &err);
}

static int run_remove(struct call *call)
{
    whelk_error err = {0};
    struct changes c = {0};
    if (!cli_need_words(call, 2, 2, &err))
        return cli_fail(call, &err);
    whelk_op *op = changes_add(&c, "untitle", NULL);
    if (op)
        c.failed = !whelk_set_text(&op->value, call->opts.words[1]);
    return cli_change(call, &c, 0, &err);
}

/* The card that shows the name says the new one. */
static int run_rename(struct call *call)
{
    whelk_error err = {0};
    struct changes c = {0};
    whelk_film *film = cli_need_words(call, 2, 2, &err) ? load(call, &err) : NULL;
    if (!film)
        return cli_fail(call, &err);
    changes_set(&c, NULL, "title", call->opts.words[1]);
    for (int i = 0; i < film->title_count; i++) {
        const whelk_title *t = &film->titles[i];
        if (!film->title || strcmp(t->text, film->title) != 0)
            continue;
        whelk_op *out = changes_add(&c, "untitle", NULL);
        if (out)
            c.failed = c.failed || !whelk_set_text(&out->value, t->text);
        whelk_op *in = changes_add(&c, "title", NULL);
        if (in) {
            in->at_s = t->at_s;
            in->seconds = t->seconds;
            c.failed = c.failed || !whelk_set_text(&in->value, call->opts.words[1]) ||
                       !whelk_set_text(&in->field, t->kind);
        }
        break;
    }
    whelk_film_free(film);
    return cli_change(call, &c, 0, &err);
}

CLI_VERB(list, list_rows, "REEL list", "the titles there are");
CLI_VERB(add, add_rows, "REEL add TEXT", "a title more");
CLI_VERB(remove, plain_rows, "REEL remove TEXT", "take away the titles that read so");
CLI_VERB(rename, plain_rows, "REEL rename NAME", "name the film, and its opening card");

static const struct command *const verbs[] = {&verb_list, &verb_add, &verb_remove, &verb_rename,
                                              NULL};

const struct command cmd_title = {
    .name = "title",
    .summary = "the titles laid over the film, and its name",
    .words = "REEL list|add|remove|rename TEXT",
    .examples = "  whelk title cat.reel add \"Later\" --at 4.5 --seconds 1.5\n"
                "  whelk title cat.reel rename \"The Dive\"\n",
    .verbs = verbs,
    .verb_at = 1,
};
