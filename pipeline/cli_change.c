/* What the commands that change a storyboard share: operations gathered from a command line, done
 * under the reel's lock, and told in a few lines. */
#define _DEFAULT_SOURCE
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "change.h"

whelk_op *changes_add(struct changes *c, const char *kind, const char *shot)
{
    whelk_op *more = realloc(c->ops, ((size_t)c->count + 1) * sizeof *more);
    if (!more) {
        c->failed = true;
        return NULL;
    }
    c->ops = more;
    whelk_op *op = &more[c->count++];
    *op = (whelk_op){0};
    if (whelk_set_text(&op->kind, kind) && whelk_set_text(&op->shot, shot))
        return op;
    c->failed = true;
    return NULL;
}

void changes_set(struct changes *c, const char *shot, const char *field, const char *value)
{
    whelk_op *op = changes_add(c, "set", shot);
    if (op && !(whelk_set_text(&op->field, field) && whelk_set_text(&op->value, value)))
        c->failed = true;
}

void changes_given(struct changes *c, const char *shot, const char *field, const char *value)
{
    if (value)
        changes_set(c, shot, field, value);
}

char *cli_whole_path(const char *path, whelk_error *err)
{
    char *whole = realpath(path, NULL);
    if (!whole)
        whelk_fail(err, WHELK_EUSAGE, "%s: cannot be read: %s", path, strerror(errno));
    return whole;
}

bool cli_need_words(struct call *call, int least, int most, whelk_error *err)
{
    if (!cli_one_reel(call, most, err))
        return false;
    return call->opts.word_count >= least ||
           whelk_fail(err, WHELK_EUSAGE, "a word is missing: whelk %s %s", call->name,
                      call->command->words);
}

/* What was asked for stands at the margin, what followed from it is set in. */
static long print_note(void *ctx, const whelk_note *note)
{
    struct call *call = ctx;
    bool choice = strcmp(note->kind, "choice") == 0, warn = strcmp(note->kind, "warn") == 0;
    bool asked = choice && note->data_json && (strstr(note->data_json, "\"change\":") != NULL);
    bool stale = strcmp(note->kind, "work") == 0 && note->data_json &&
                 strstr(note->data_json, "\"stale\":") != NULL;
    if (strcmp(note->kind, "end") == 0)
        snprintf(call->show.outcome, sizeof call->show.outcome, "%s", note->text);
    if (call->show.mode == SHOW_QUIET || !(choice || warn || stale))
        return 0;
    int indent = asked || stale ? 0 : 2;
    printf("%*s", indent, "");
    show_text(stdout, note->text, indent, show_width(stdout));
    return 0;
}

int cli_change(struct call *call, struct changes *c, int version, whelk_error *err)
{
    whelk_run_options options = cli_run_options(call);
    struct change change = {.ops = c->ops,
                            .op_count = c->count,
                            .version = version,
                            .reason = call->v.edit.why,
                            .why = c->cause};
    whelk_listener plain = {.note = print_note, .ctx = call};
    bool json = call->show.mode == SHOW_JSON;
    bool done = !c->failed || whelk_fail(err, WHELK_EFAIL, "no memory");
    if (done && !version && !c->count)
        done =
            whelk_fail(err, WHELK_EUSAGE, "nothing is asked for: whelk %s %s; -h tells what can be",
                       call->name, call->command->words);
    call->show.reel = done ? whelk_reel_open(call->reel_path, WHELK_REEL_WRITE, err) : NULL;
    done = call->show.reel && reel_change(call->show.reel, &options, &change,
                                          json ? &call->show.listener : &plain, err);
    whelk_reel_close(call->show.reel);
    call->show.reel = NULL;
    whelk_ops_free(c->ops, c->count);
    *c = (struct changes){0};
    if (!done)
        return cli_fail(call, err);
    if (json)
        cli_end(call, 0, call->show.outcome, NULL);
    return fflush(stdout) == 0 ? WHELK_OK : WHELK_EFAIL;
}
