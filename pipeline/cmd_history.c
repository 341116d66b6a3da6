/* whelk history, undo and redo: the storyboards a reel has had, and the way back to each. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "history.h"

static const struct opt_row list_rows[] = {
    {0, "json", OPT_FLAG, NULL, CLI_AT(json), .help = "one JSON object a version and line"},
    {0},
};
static const struct opt_row show_rows[] = {{0}};
static const struct opt_row go_rows[] = {CLI_ROWS_CHANGE, {0}};

static bool load(struct call *call, struct history *h, whelk_error *err)
{
    whelk_reel *reel = whelk_reel_open(call->reel_path, WHELK_REEL_READ, err);
    bool done = reel && history_load(reel, h, err);
    whelk_reel_close(reel);
    return done;
}

static void print_version(const struct history *h, const struct version *v)
{
    printf("%c %4d  %-20s  ", v->n == h->at ? '*' : ' ', v->n, v->date ? v->date : "");
    if (v->from != v->n - 1)
        printf("(from %d) ", v->from);
    show_text(stdout, v->what ? v->what : "", 30, show_width(stdout));
}

static void print_version_json(const struct history *h, const struct version *v)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "n", v->n);
    cJSON_AddNumberToObject(o, "from", v->from);
    cJSON_AddBoolToObject(o, "in_use", v->n == h->at);
    if (v->what)
        cJSON_AddStringToObject(o, "what", v->what);
    if (v->date)
        cJSON_AddStringToObject(o, "date", v->date);
    cli_print_json(o);
}

static int run_list(struct call *call)
{
    whelk_error err = {0};
    struct history h;
    bool json = call->v.json;
    call->show.mode = SHOW_PLAIN;
    if (!cli_one_reel(call, 1, &err) || !load(call, &h, &err))
        return cli_fail(call, &err);
    for (int i = 0; i < h.count; i++) {
        if (!h.versions[i].there)
            continue;
        if (json)
            print_version_json(&h, &h.versions[i]);
        else
            print_version(&h, &h.versions[i]);
    }
    if (!h.count && !json)
        puts("There is no version yet.");
    history_release(&h);
    return WHELK_OK;
}

/* The word after the reel as a version there is. */
static int version_of(struct call *call, const struct history *h, whelk_error *err)
{
    const char *word = call->opts.words[1];
    char *rest;
    long n = strtol(word, &rest, 10);
    if (rest != word && !*rest && n >= 1 && n <= h->count && h->versions[n - 1].there)
        return (int)n;
    whelk_fail(err, WHELK_EUSAGE, "%s: there is no version %.40s; whelk history %s lists them",
               call->reel_path, word, call->reel_path);
    return 0;
}

static int run_show(struct call *call)
{
    whelk_error err = {0};
    struct history h = {0};
    call->show.mode = SHOW_PLAIN;
    int n =
        cli_need_words(call, 2, 2, &err) && load(call, &h, &err) ? version_of(call, &h, &err) : 0;
    history_release(&h);
    whelk_reel *reel = n ? whelk_reel_open(call->reel_path, WHELK_REEL_READ, &err) : NULL;
    whelk_film *film = reel ? history_film(reel, n, &err) : NULL;
    char *json = film ? whelk_film_json(film, &err) : NULL;
    if (json)
        fputs(json, stdout);
    bool done = json != NULL;
    free(json);
    whelk_film_free(film);
    whelk_reel_close(reel);
    return done ? WHELK_OK : cli_fail(call, &err);
}

static int run_back(struct call *call)
{
    whelk_error err = {0};
    struct history h = {0};
    struct changes none = {0};
    int n =
        cli_need_words(call, 2, 2, &err) && load(call, &h, &err) ? version_of(call, &h, &err) : 0;
    history_release(&h);
    return n ? cli_change(call, &none, n, &err) : cli_fail(call, &err);
}

static int step(struct call *call, int (*where)(const struct history *), const char *word)
{
    whelk_error err = {0};
    struct history h = {0};
    struct changes none = {0};
    bool known = cli_one_reel(call, 1, &err) && load(call, &h, &err);
    int n = known ? where(&h) : 0;
    history_release(&h);
    if (known && !n)
        whelk_fail(&err, WHELK_EUSAGE, "%s: there is nothing to %s", call->reel_path, word);
    return n ? cli_change(call, &none, n, &err) : cli_fail(call, &err);
}

static int run_undo(struct call *call)
{
    return step(call, history_undo, "undo");
}

static int run_redo(struct call *call)
{
    return step(call, history_redo, "redo");
}

CLI_VERB(list, list_rows, "REEL list", "every version, * the one in use");
CLI_VERB(show, show_rows, "REEL show N", "the storyboard as it was");
CLI_VERB(back, go_rows, "REEL back N", "make version N the storyboard; none is lost");

static const struct command *const verbs[] = {&verb_list, &verb_show, &verb_back, NULL};

const struct command cmd_history = {
    .name = "history",
    .summary = "the storyboards the reel has had",
    .words = "REEL list|show|back N",
    .examples = "  whelk history cat.reel\n"
                "  whelk history cat.reel back 3\n",
    .verbs = verbs,
    .verb_at = 1,
};
const struct command cmd_undo = {
    .name = "undo",
    .summary = "take back the last change of the storyboard",
    .words = "REEL",
    .examples = "  whelk undo cat.reel\n",
    .rows = go_rows,
    .run = run_undo,
};
const struct command cmd_redo = {
    .name = "redo",
    .summary = "make again the change that was taken back",
    .words = "REEL",
    .examples = "  whelk redo cat.reel\n",
    .rows = go_rows,
    .run = run_redo,
};
