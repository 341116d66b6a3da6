/* whelk run --batch: one film a line of a file, each as a `whelk run` of its own with the command
 * line's options before the line's. The whole file is looked at before the first film is begun;
 * after that a film that fails does not keep the others from being made. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli.h"
#include "reel.h"

#define MAX_BYTES (64 << 20)
#define MAX_WORDS 256

/* One line: the words of its `whelk run`, and what became of it. */
struct job {
    int line, argc;
    char *argv[MAX_WORDS];
    char *reel;
    struct call_outcome outcome;
    bool begun;
};

struct batch {
    const struct call *call;
    const char *path;
    struct job *jobs;
    int count;
};

static bool fail_line(const struct batch *b, const struct job *j, whelk_error *err,
                      const char *what, const char *name)
{
    return whelk_fail(err, WHELK_EUSAGE, "%s:%d: %s%s", b->path, j->line, what, name);
}

static bool add_word(struct job *j, char *word)
{
    if (!word || j->argc >= MAX_WORDS - 1) {
        free(word);
        return false;
    }
    j->argv[j->argc++] = word;
    return true;
}

/* The command line's own words without --batch and -o, which are about the batch. */
static bool add_common(struct job *j, const struct call *call)
{
    for (int i = 0; i < call->argc; i++) {
        const char *value = NULL;
        const struct opt_row *row = opts_row(call->command->rows, call->argv[i], &value);
        bool ours = row && (strcmp(row->name, "batch") == 0 || strcmp(row->name, "output") == 0);
        if (row && row->kind != OPT_FLAG && !value) {
            if (!ours &&
                (!add_word(j, strdup(call->argv[i])) || !add_word(j, strdup(call->argv[i + 1]))))
                return false;
            i++;
        } else if (!ours && !add_word(j, strdup(call->argv[i]))) {
            return false;
        }
    }
    return true;
}

/* A field of the line is an option of `whelk run` by its long name. */
static bool add_field(const struct batch *b, struct job *j, const cJSON *item, whelk_error *err)
{
    char word[80];
    snprintf(word, sizeof word, "--%s", item->string);
    const struct opt_row *row = opts_row(b->call->command->rows, word, NULL);
    if ((row && !row->setting) || strchr(item->string, '='))
        return fail_line(b, j, err, "a film has no field ", item->string);
    if (cJSON_IsBool(item) && row && row->kind == OPT_FLAG)
        return cJSON_IsFalse(item) || add_word(j, strdup(word)) ||
               whelk_fail(err, WHELK_EFAIL, "no memory");
    if (!cJSON_IsString(item) && !cJSON_IsNumber(item))
        return fail_line(b, j, err, "neither a text nor a number: ", item->string);
    char *number = cJSON_IsNumber(item) ? cJSON_PrintUnformatted(item) : NULL;
    const char *value = number ? number : item->valuestring;
    bool done = add_word(j, strdup(word)) && add_word(j, strdup(value));
    cJSON_free(number);
    return done || whelk_fail(err, WHELK_EFAIL, "no memory");
}

/* Where the film goes: its own name in the folder, or one after its prompt. */
static bool choose_reel(const struct batch *b, struct job *j, const char *output,
                        const char *prompt, whelk_error *err)
{
    if (output)
        j->reel = file_join(b->call->v.output, output);
    else
        j->reel = reel_default_path(b->call->v.output, prompt, err);
    for (int i = 0; j->reel && i < b->count; i++)
        if (b->jobs[i].reel && strcmp(b->jobs[i].reel, j->reel) == 0)
            return whelk_fail(err, WHELK_EUSAGE,
                              "%s:%d: would share a reel with line %d; give one of them an "
                              "\"output\"",
                              b->path, j->line, b->jobs[i].line);
    return j->reel && add_word(j, strdup("-o")) && add_word(j, strdup(j->reel)) &&
           add_word(j, strdup("--")) && add_word(j, strdup(prompt));
}

/* {"prompt": "...", "output": "name", "seconds": 8, ...}, or the prompt alone. */
static bool read_job(const struct batch *b, struct job *j, const cJSON *o, whelk_error *err)
{
    const cJSON *prompt = cJSON_IsString(o) ? o : cJSON_GetObjectItemCaseSensitive(o, "prompt");
    const cJSON *output = cJSON_GetObjectItemCaseSensitive(o, "output");
    if (!cJSON_IsString(prompt))
        return fail_line(b, j, err, "a film needs a prompt: {\"prompt\": \"...\"}", "");
    if (output && (!cJSON_IsString(output) || !output->valuestring[0] ||
                   output->valuestring[0] == '/' || strstr(output->valuestring, "..")))
        return fail_line(b, j, err, "\"output\" is to be a name inside the folder", "");
    if (!reel_check_prompt(prompt->valuestring, err))
        return whelk_error_prefix(err, "%s:%d", b->path, j->line), false;
    if (!add_word(j, strdup("run")) || !add_common(j, b->call))
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    for (const cJSON *item = cJSON_IsObject(o) ? o->child : NULL; item; item = item->next)
        if (item != prompt && item != output && !add_field(b, j, item, err))
            return false;
    if (!choose_reel(b, j, output ? output->valuestring : NULL, prompt->valuestring, err))
        return err->code ? false : whelk_fail(err, WHELK_EFAIL, "no memory");
    if (!cli_check(j->argc, j->argv, err))
        return whelk_error_prefix(err, "%s:%d", b->path, j->line), false;
    return true;
}

static bool read_line(struct batch *b, const char *line, int number, whelk_error *err)
{
    if (line[strspn(line, " \t\r")] == '\0')
        return true;
    struct job *more = realloc(b->jobs, (size_t)(b->count + 1) * sizeof *more);
    if (!more)
        return whelk_fail(err, WHELK_EFAIL, "no memory for the batch");
    b->jobs = more;
    struct job *j = &b->jobs[b->count];
    *j = (struct job){.line = number};
    const char *end = NULL;
    cJSON *o = cJSON_ParseWithOpts(line, &end, true);
    bool done = o ? read_job(b, j, o, err)
                  : whelk_fail(err, WHELK_EUSAGE, "%s:%d:%d: is not JSON", b->path, number,
                               end ? (int)(end - line) + 1 : 1);
    cJSON_Delete(o);
    b->count++;
    return done;
}

static bool read_batch(struct batch *b, whelk_error *err)
{
    char *text = NULL;
    if (!file_read(strcmp(b->path, "-") == 0 ? "/dev/stdin" : b->path, MAX_BYTES, &text, NULL, err))
        return false;
    bool done = true;
    int number = 1;
    for (char *line = text; done && line; number++) {
        char *next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        done = read_line(b, line, number, err);
        line = next;
    }
    free(text);
    if (done && b->count == 0)
        return whelk_fail(err, WHELK_EUSAGE, "%s: holds no film", b->path);
    return done;
}

static void release(struct batch *b)
{
    for (int i = 0; i < b->count; i++) {
        for (int k = 0; k < b->jobs[i].argc; k++)
            free(b->jobs[i].argv[k]);
        free(b->jobs[i].reel);
    }
    free(b->jobs);
}

/* --- Running ---------------------------------------------------------------------------------- */

static void tell_begin(const struct batch *b, int index)
{
    const struct job *j = &b->jobs[index];
    if (b->call->show.mode == SHOW_LIVE || b->call->show.mode == SHOW_PLAIN)
        fprintf(stderr, "%swhelk: film %d of %d (line %d): %s\n", index ? "\n" : "", index + 1,
                b->count, j->line, j->reel);
}

/* Each film runs over a copy of its words: reading options moves them. */
static void run_job(struct job *j)
{
    char *argv[MAX_WORDS];
    memcpy(argv, j->argv, sizeof argv);
    j->outcome.line = j->line;
    j->begun = true;
    cli_dispatch_for(j->argc, argv, &j->outcome);
}

/* 0 when all are made, the failures' own code when it is one for all, else 1. */
static int code_of(const struct batch *b, int *made)
{
    int code = 0;
    *made = 0;
    for (int i = 0; i < b->count; i++) {
        const struct job *j = &b->jobs[i];
        if (j->begun && j->outcome.code == 0)
            ++*made;
        else if (j->begun)
            code = !code || code == j->outcome.code ? j->outcome.code : WHELK_EFAIL;
    }
    return cli_interrupted() ? WHELK_EINTERRUPTED : *made && code ? WHELK_EFAIL : code;
}

static void print_end(const struct batch *b, int code, int made)
{
    cJSON *o = cJSON_CreateObject(), *failed;
    cJSON_AddStringToObject(o, "kind", "end");
    cJSON_AddNumberToObject(o, "code", code);
    cJSON_AddNumberToObject(o, "films", b->count);
    cJSON_AddNumberToObject(o, "made", made);
    failed = cJSON_AddArrayToObject(o, "failed");
    for (int i = 0; i < b->count; i++) {
        const struct job *j = &b->jobs[i];
        if (j->begun && j->outcome.code == 0)
            continue;
        cJSON *one = cJSON_CreateObject();
        cJSON_AddNumberToObject(one, "line", j->line);
        cJSON_AddStringToObject(one, "reel", j->reel);
        cJSON_AddStringToObject(one, "text", j->begun ? j->outcome.text : "not begun");
        cJSON_AddItemToArray(failed, one);
    }
    char *line = cJSON_PrintUnformatted(o);
    if (line)
        puts(line);
    cJSON_free(line);
    cJSON_Delete(o);
}

static void print_summary(const struct batch *b, int made)
{
    fprintf(stderr, "\nwhelk: %d of %d film%s made\n", made, b->count,
            b->count == 1 ? " is" : "s are");
    for (int i = 0; i < b->count; i++) {
        const struct job *j = &b->jobs[i];
        if (!j->begun || j->outcome.code)
            fprintf(stderr, "  line %d, %s: %s\n", j->line, j->reel,
                    j->begun ? j->outcome.text : "not begun");
    }
    if (made < b->count)
        fputs("  The same command goes on with these; films that are made stay as they are.\n",
              stderr);
}

int cli_batch(struct call *call)
{
    whelk_error err = {0};
    struct batch b = {.call = call, .path = call->v.batch};
    if (call->opts.word_count || call->v.prompt_env || call->v.prompt_file)
        whelk_fail(&err, WHELK_EUSAGE, "with --batch the prompts stand in the file");
    else if (call->v.dry_run)
        whelk_fail(&err, WHELK_EUSAGE, "--dry-run tells of one film; leave --batch out");
    else if (!call->v.output)
        whelk_fail(&err, WHELK_EUSAGE, "--batch needs -o DIR, the folder the films go to");
    else if (read_batch(&b, &err))
        file_make_dirs(call->v.output, &err);
    if (err.code) {
        release(&b);
        return cli_fail(call, &err);
    }
    for (int i = 0; i < b.count && !cli_interrupted(); i++) {
        tell_begin(&b, i);
        run_job(&b.jobs[i]);
    }
    int made, code = code_of(&b, &made);
    if (call->show.mode == SHOW_JSON)
        print_end(&b, code, made);
    else if (call->show.mode != SHOW_QUIET || made < b.count)
        print_summary(&b, made);
    release(&b);
    return fflush(stdout) == 0 ? code : WHELK_EFAIL;
}
