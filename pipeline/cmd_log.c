/* whelk log: the journal as prose; with --shot, why that shot is there, back to the prompt. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli.h"
#include "reel.h"

#define MAX_CHAIN 64

static const struct opt_row rows[] = {
    {0, "shot", OPT_TEXT, "SHOT", CLI_AT(shot),
     .help = "only this shot: why it is there and what became of it"},
    {0, "json", OPT_FLAG, NULL, CLI_AT(json),
     .help = "the lines as they are kept, one JSON object each"},
    {0},
};

struct print {
    const char *strong, *faint, *plain; /* escapes, or "" */
    int width;
};

static struct print print_to(FILE *out)
{
    bool colour = show_colour(out);
    return (struct print){colour ? "\033[1m" : "", colour ? "\033[2m" : "", colour ? "\033[0m" : "",
                          show_width(out)};
}

/* What stands before the text of an event, in words. */
static const char *lead_of(const char *kind)
{
    static const struct {
        const char *kind, *lead;
    } leads[] = {
        {"prompt", "The prompt: "},   {"thought", "Thought: "}, {"choice", "Choice: "},
        {"review", "Looked at it: "}, {"warn", "Warning: "},    {"error", "Error: "},
        {"call", "Asked: "},
    };
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
        if (strcmp(leads[i].kind, kind) == 0)
            return leads[i].lead;
    return "";
}

/* " 12  Shot 0020. Choice: ... [because of 7]" */
static void print_entry(const struct print *p, const struct journal_entry *e, bool cause)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return;
    if (e->shot)
        fprintf(f, "Shot %s. ", e->shot);
    fprintf(f, "%s%s", lead_of(e->kind), e->text);
    if (strcmp(e->kind, "artifact") == 0 && e->file)
        fprintf(f, " [%s]", e->file);
    const char *date = json_text(e->object, "date");
    if (date)
        fprintf(f, " (%s)", date);
    if (cause && e->why)
        fprintf(f, " [because of %ld]", e->why);
    fclose(f);
    printf("%s%4ld%s  ", p->faint, e->n, p->plain);
    show_text(stdout, text ? text : "", 6, p->width);
    free(text);
}

static const char *title_of(const char *stage)
{
    return strcmp(stage, "plan") == 0     ? "Planning"
           : strcmp(stage, "direct") == 0 ? "Directing"
           : strcmp(stage, "shoot") == 0  ? "Shooting"
           : strcmp(stage, "cut") == 0    ? "Cutting"
                                          : stage;
}

static void print_all(const struct journal *j)
{
    struct print p = print_to(stdout);
    const char *stage = "";
    for (int i = 0; i < journal_count(j); i++) {
        const struct journal_entry *e = journal_at(j, i);
        if (*e->stage && strcmp(stage, e->stage) != 0) {
            stage = e->stage;
            printf("%s%s%s%s\n", i ? "\n" : "", p.strong, title_of(stage), p.plain);
        }
        print_entry(&p, e, true);
    }
}

/* The chain from the last word of the plan about the shot, back to the prompt. */
static int chain_of(const struct journal *j, const char *shot, const struct journal_entry **chain)
{
    const struct journal_entry *e = journal_last(j, "plan", "choice", shot, NULL);
    if (!e)
        e = journal_last(j, "plan", NULL, shot, NULL);
    return e ? journal_chain(j, e->n, chain, MAX_CHAIN) : 0;
}

static bool is_of_shot(const struct journal_entry *e, const char *shot)
{
    return e->shot && strcmp(e->shot, shot) == 0;
}

static void print_shot(const struct journal *j, const char *shot)
{
    struct print p = print_to(stdout);
    const struct journal_entry *chain[MAX_CHAIN];
    int count = chain_of(j, shot, chain);
    printf("%sWhy shot %s is there%s\n", p.strong, shot, p.plain);
    for (int i = 0; i < count; i++) {
        print_entry(&p, chain[i], false);
        if (i + 1 < count)
            printf("      %sbecause%s\n", p.faint, p.plain);
    }
    printf("\n%sWhat became of it%s\n", p.strong, p.plain);
    for (int i = 0; i < journal_count(j); i++) {
        const struct journal_entry *e = journal_at(j, i);
        if (is_of_shot(e, shot) && (!count || e->n != chain[0]->n))
            print_entry(&p, e, true);
    }
}

static bool in_chain(const struct journal_entry *e, const struct journal_entry **chain, int count)
{
    for (int i = 0; i < count; i++)
        if (chain[i] == e)
            return true;
    return false;
}

static void print_json(const struct journal *j, const char *shot)
{
    const struct journal_entry *chain[MAX_CHAIN];
    int count = shot ? chain_of(j, shot, chain) : 0;
    for (int i = 0; i < journal_count(j); i++) {
        const struct journal_entry *e = journal_at(j, i);
        if (shot && !is_of_shot(e, shot) && !in_chain(e, chain, count))
            continue;
        char *line = cJSON_PrintUnformatted(e->object);
        if (line)
            puts(line);
        cJSON_free(line);
    }
}

static bool knows_shot(const struct journal *j, const char *shot)
{
    return journal_last(j, NULL, NULL, shot, NULL) != NULL;
}

static int run(struct call *call)
{
    whelk_error err = {0};
    const char *shot = call->v.shot;
    bool json = call->v.json;
    call->show.mode = SHOW_PLAIN; /* the lines are the result: no end event after them */
    if (!cli_one_reel(call, 1, &err))
        return cli_fail(call, &err);
    whelk_reel *reel = whelk_reel_open(call->reel_path, WHELK_REEL_READ, &err);
    if (!reel)
        return cli_fail(call, &err);
    bool known = !shot || knows_shot(reel->journal, shot);
    if (!known)
        whelk_fail(&err, WHELK_EUSAGE, "%s: the log knows no shot %s", call->reel_path, shot);
    else if (json)
        print_json(reel->journal, shot);
    else if (shot)
        print_shot(reel->journal, shot);
    else
        print_all(reel->journal);
    whelk_reel_close(reel);
    return known ? WHELK_OK : cli_fail(call, &err);
}

const struct command cmd_log = {
    .name = "log",
    .summary = "tell how the film came about, or why one shot is there",
    .words = "REEL",
    .examples =
        "  whelk log cat.reel\n"
        "  whelk log cat.reel --shot 0020        why this shot exists, back to the prompt\n",
    .rows = rows,
    .run = run,
};
