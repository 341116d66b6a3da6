/* The steps between a command line and the director: options from all their sources, the prompt
 * from wherever it comes, the reel it belongs to, and one way to run a stage and to fail. */
#define _DEFAULT_SOURCE
#include "cli.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "hub.h"
#include "reel.h"
#include "../editor/editor.h"

/* --- Options --------------------------------------------------------------------------------- */

static const struct opt_row all_settings[] = {
    CLI_ROWS_FILM, CLI_ROWS_ENGINE, CLI_ROW_TAKES, CLI_ROWS_LLM, CLI_ROWS_CUT, CLI_ROWS_SHOW, {0}};

const char *const cli_fits[] = {"auto", "fit", "fill", NULL};
const char *const cli_profiles[] = {"mp4", "webm", "mkv", "prores", "preview", NULL};
const char *const cli_ratios[] = {"16:9", "9:16", "1:1", "4:3", "2.39:1", NULL};
const char *const cli_backends[] = {"auto", "cpu", "cuda", NULL};

/* A shape stands for a size unless a size is given at least as near to the command line. */
static void apply_ratio(struct call *call)
{
    static const struct opt_size sizes[] = {
        {1280, 720}, {720, 1280}, {960, 960}, {960, 720}, {1280, 536},
    };
    if (!call->v.ratio || call->v.size.width)
        return;
    for (int i = 0; cli_ratios[i]; i++)
        if (strcmp(cli_ratios[i], call->v.ratio) == 0)
            call->v.size = sizes[i];
    for (int row = 0; call->opts.rows[row].name; row++)
        if (strcmp(call->opts.rows[row].name, "size") == 0)
            call->opts.given |= UINT64_C(1) << row;
}

bool cli_parse(struct call *call, int argc, char **argv, whelk_error *err)
{
    call->opts = (struct opts){.rows = call->command->rows, .values = &call->v};
    if (!opts_parse(&call->opts, argc, argv, err))
        return false;
    apply_ratio(call);
    if (!call->opts.help && !opts_environment(&call->opts, err))
        return false;
    apply_ratio(call);
    return true;
}

/* $XDG_CONFIG_HOME/whelk/config, else ~/.config/whelk/config; caller's. */
static char *settings_path(void)
{
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (base && base[0] == '/')
        return file_join(base, "whelk/config");
    return home && *home ? file_join(home, ".config/whelk/config") : NULL;
}

bool cli_settings(struct call *call, bool existing_reel, whelk_error *err)
{
    char *path = settings_path();
    bool done = !path || opts_file(&call->opts, path, all_settings, existing_reel, err);
    free(path);
    apply_ratio(call);
    return done && cli_model(call, err);
}

bool cli_model(struct call *call, whelk_error *err)
{
    const char *name = call->v.model;
    whelk_error why = {0};
    if (!name || strchr(name, '/') || file_exists(name))
        return true;
    call->model_dir = hub_model_dir(name, &why);
    if (call->model_dir)
        call->v.model = call->model_dir;
    return !why.code || whelk_fail(err, why.code, "%s", why.text);
}

void cli_release(struct call *call)
{
    opts_release(&call->opts);
    free(call->reel_path);
    free(call->prompt);
    free(call->model_dir);
    free(call->script);
    free(call->llm);
    free(call->copy_path);
    free(call->named_reel);
}

whelk_run_options cli_run_options(struct call *call)
{
    const struct cli_values *v = &call->v;
    return (whelk_run_options){
        .prompt = call->prompt,
        .seconds = v->seconds,
        .shot_count = v->shots,
        .width = v->size.width,
        .height = v->size.height,
        .fps = v->fps,
        .seed = v->seed,
        .steps = v->steps,
        .guidance = v->guidance,
        .budget = v->budget,
        .model_dir = v->model,
        .backend = v->backend,
        .vram = v->vram,
        .threads = v->threads,
        .only = v->only,
        .takes = v->takes,
        .preview = v->preview,
        .llm = call->llm,
        .mends = v->llm_mends,
        .fallback_offline = v->fallback != NULL,
        .script = call->script,
        .ask = cli_ask,
        .ask_ctx = call,
        .pause_at = !v->pause_at                       ? WHELK_PAUSE_NONE
                    : strcmp(v->pause_at, "plan") == 0 ? WHELK_PAUSE_PLAN
                                                       : WHELK_PAUSE_TAKES,
        .captions = v->captions,
        .burn_captions = v->burn_captions,
        .no_score = v->no_score,
        .voice = v->voice,
        .voice_speed = v->voice_speed,
        .loudness_lufs = v->loudness,
        .music = v->music,
        .profile = v->profile,
        .fit = v->fit,
        .letterbox = v->letterbox,
        .label = v->label,
        .no_label = v->no_label,
    };
}

const char *cli_film_name(const struct call *call)
{
    return whelk_edit_film_name(call->v.profile);
}

void cli_print_json(cJSON *object)
{
    char *line = cJSON_PrintUnformatted(object);
    puts(line ? line : "{}");
    cJSON_free(line);
    cJSON_Delete(object);
}

/* --- Prompt and reel ------------------------------------------------------------------------- */

bool cli_one_reel(struct call *call, int most, whelk_error *err)
{
    if (call->opts.word_count < 1)
        return whelk_fail(err, WHELK_EUSAGE, "%s needs a reel: whelk %s %s", call->name, call->name,
                          call->command->words);
    if (call->opts.word_count > most)
        return whelk_fail(err, WHELK_EUSAGE, "\"%s\" is one word too many: whelk %s %s",
                          call->opts.words[most], call->name, call->command->words);
    call->reel_path = strdup(call->opts.words[0]);
    if (!call->reel_path)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    return cli_settings(call, true, err);
}

/* The newline that every editor and echo puts at the end of a file is not the prompt's. */
static bool read_prompt(const char *path, char **prompt, whelk_error *err)
{
    char *text = NULL;
    size_t size = 0;
    bool standard = strcmp(path, "-") == 0;
    if (!file_read(standard ? "/dev/stdin" : path, 1 << 20, &text, &size, err)) {
        if (err)
            err->code = WHELK_EUSAGE;
        return false;
    }
    if (strlen(text) != size) {
        free(text);
        return whelk_fail(err, WHELK_EUSAGE, "the prompt in %s is not text",
                          standard ? "standard input" : path);
    }
    if (size > 0 && text[size - 1] == '\n')
        text[size - 1] = '\0';
    *prompt = text;
    return true;
}

/* What a script is called where no prompt says it; caller's. */
static char *first_line(const char *script)
{
    const char *at = script + strspn(script, " \t\r\n#");
    size_t size = strcspn(at, "\r\n");
    while (size > 200 || (size > 0 && ((unsigned char)at[size] & 0xC0) == 0x80))
        size--;
    return size ? strndup(at, size) : strdup("a script");
}

static bool take_prompt(struct call *call, whelk_error *err)
{
    const struct cli_values *v = &call->v;
    const char *word = call->opts.word_count ? call->opts.words[0] : NULL;
    if ((v->prompt_env != NULL) + (v->prompt_file != NULL) + (word != NULL) > 1)
        return whelk_fail(err, WHELK_EUSAGE, "the prompt is given twice; give it once");
    if (v->prompt_file || (word && strcmp(word, "-") == 0))
        return read_prompt(v->prompt_file ? v->prompt_file : word, &call->prompt, err);
    if (!word && !v->prompt_env) {
        call->prompt = first_line(call->script);
        return call->prompt || whelk_fail(err, WHELK_EFAIL, "no memory for the prompt");
    }
    const char *text = v->prompt_env ? getenv(v->prompt_env) : word;
    if (!text)
        return whelk_fail(err, WHELK_EUSAGE, "%s is not set; it is to hold the prompt",
                          v->prompt_env);
    call->prompt = strdup(text);
    return call->prompt || whelk_fail(err, WHELK_EFAIL, "no memory for the prompt");
}

static bool looks_like_reel(const char *word)
{
    size_t size = strlen(word);
    return size > 5 && strcmp(word + size - 5, ".reel") == 0 && !strpbrk(word, " \n");
}

/* Words that name a reel: one that is there, or something that can only be meant as one. */
static bool take_reel(struct call *call, const char *word, whelk_error *err)
{
    if (!reel_is_one(word))
        return whelk_fail(err, WHELK_EUSAGE, "%s: there is no such reel", word);
    call->reel_path = strdup(word);
    return call->reel_path || whelk_fail(err, WHELK_EFAIL, "no memory");
}

/* Does the name end as films of this profile do? Then *stem is how long it is without that. */
static bool is_film_name(const struct call *call, const char *path, size_t *stem)
{
    const char *end = strrchr(cli_film_name(call), '.');
    size_t size = strlen(path), tail = strlen(end);
    *stem = size > tail ? size - tail : 0;
    return *stem > 0 && strcmp(path + *stem, end) == 0 && !reel_is_one(path);
}

/* Before hours of work: could a file be put there at the end? */
static bool check_place(const char *path, whelk_error *err)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    bool writable = dir && access(dir, W_OK | X_OK) == 0;
    int why = errno;
    free(dir);
    if (!writable)
        return whelk_fail(err, WHELK_EUSAGE, "%s: no film can be put there: %s", path,
                          strerror(why));
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return whelk_fail(err, WHELK_EUSAGE, "%s: is no file; the film cannot take its place",
                          path);
    return true;
}

bool cli_film_output(struct call *call, whelk_error *err)
{
    const char *path = call->v.output;
    size_t stem = 0;
    if (!path || !is_film_name(call, path, &stem))
        return true;
    if (!check_place(path, err))
        return false;
    call->copy_path = strdup(path);
    call->named_reel = malloc(stem + sizeof ".reel");
    if (!call->copy_path || !call->named_reel)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    memcpy(call->named_reel, path, stem);
    memcpy(call->named_reel + stem, ".reel", sizeof ".reel");
    const char *word = call->opts.word_count ? call->opts.words[0] : NULL;
    bool given = word && (reel_is_one(word) || looks_like_reel(word));
    call->v.output = given ? NULL : call->named_reel;
    return true;
}

bool cli_prompt_or_reel(struct call *call, whelk_error *err)
{
    const struct cli_values *v = &call->v;
    const char *word = call->opts.word_count ? call->opts.words[0] : NULL;
    if (call->opts.word_count > 1)
        return whelk_fail(err, WHELK_EUSAGE,
                          "the prompt is to be one word of the command line: put it in quotes");
    bool from_elsewhere = v->prompt_env || v->prompt_file || (call->script && !word);
    size_t stem = 0;
    if (v->output && is_film_name(call, v->output, &stem))
        return whelk_fail(err, WHELK_EUSAGE, "whelk %s makes no film; -o names its reel, not %s",
                          call->name, v->output);
    if (!word && !from_elsewhere && v->output)
        return take_reel(call, v->output, err) && cli_settings(call, true, err);
    if (!word && !from_elsewhere)
        return whelk_fail(err, WHELK_EUSAGE, "%s needs a prompt or a reel: whelk %s %s",
                          call->command->name, call->command->name, call->command->words);
    if (word && !from_elsewhere && !v->output && (reel_is_one(word) || looks_like_reel(word)))
        return take_reel(call, word, err) && cli_settings(call, true, err);
    if (!take_prompt(call, err) || !reel_check_prompt(call->prompt, err))
        return false;
    call->reel_path = v->output ? strdup(v->output) : reel_default_path("", call->prompt, err);
    if (!call->reel_path)
        return v->output ? whelk_fail(err, WHELK_EFAIL, "no memory") : false;
    return cli_settings(call, reel_is_one(call->reel_path), err);
}

/* --- Running and ending ---------------------------------------------------------------------- */

void cli_end(const struct call *call, int code, const char *text, const char *result)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "kind", call->outcome ? "film" : "end");
    if (call->outcome)
        cJSON_AddNumberToObject(o, "line", call->outcome->line);
    cJSON_AddNumberToObject(o, "code", code);
    cJSON_AddStringToObject(o, "text", text);
    if (call->reel_path)
        cJSON_AddStringToObject(o, "reel", call->reel_path);
    char *film = call->reel_path ? file_join(call->reel_path, cli_film_name(call)) : NULL;
    if (film && file_exists(film))
        cJSON_AddStringToObject(o, "film", film);
    if (result)
        cJSON_AddStringToObject(o, "result", result);
    char *line = cJSON_PrintUnformatted(o);
    if (line)
        puts(line);
    fflush(stdout);
    cJSON_free(line);
    free(film);
    cJSON_Delete(o);
}

/* A word as a shell takes it again. */
void cli_print_quoted(FILE *out, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+=:,@";
    if (*word && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, out);
    fputc('\'', out);
}

/* Options that a reel keeps, or that made it, need not be said again. */
static bool is_said_again(const struct opt_row *row)
{
    static const char *const once[] = {"output", "prompt-env", "prompt-file", "script",
                                       "json",   "quiet",      NULL};
    for (int i = 0; once[i]; i++)
        if (strcmp(row->name, once[i]) == 0)
            return false;
    return !row->kept;
}

/* The command line as it was, but for the prompt, whose reel is there now. */
static void print_way_on(const struct call *call)
{
    fprintf(stderr, "; go on with: whelk %s ", call->name);
    cli_print_quoted(stderr, call->reel_path);
    int words = 0;
    bool options = true;
    for (int i = 0; i < call->argc; i++) {
        const char *word = call->argv[i], *value = NULL;
        bool option = options && word[0] == '-' && word[1];
        options = options && strcmp(word, "--") != 0;
        const struct opt_row *row = option ? opts_row(call->opts.rows, word, &value) : NULL;
        int parts = row && row->kind != OPT_FLAG && !value && i + 1 < call->argc ? 2 : 1;
        bool again = row ? is_said_again(row) : !option && words++ > 0;
        for (int k = 0; again && k < parts; k++) {
            fputc(' ', stderr);
            cli_print_quoted(stderr, call->argv[i + k]);
        }
        i += parts - 1;
    }
}

/* What a stopped run leaves, and how to go on. */
static void tell_stopped(const struct call *call)
{
    int takes = call->show.takes;
    fputs("whelk: stopped. ", stderr);
    if (takes)
        fprintf(stderr, "%d take%s of this run and all from before are kept", takes,
                takes > 1 ? "s" : "");
    else
        fputs("Everything that was finished is kept", stderr);
    if (call->reel_path)
        print_way_on(call);
    if (call->copy_path) {
        fputs(" -o ", stderr);
        cli_print_quoted(stderr, call->copy_path);
    }
    fputc('\n', stderr);
}

int cli_fail(struct call *call, const whelk_error *err)
{
    show_clear(&call->show);
    int code = err->code ? err->code : WHELK_EFAIL;
    char *text = text_clean(err->text, true);
    for (char *p = text; p && *p; p++)
        if (*p == '\n')
            *p = ' ';
    if (code == WHELK_EINTERRUPTED)
        tell_stopped(call);
    else
        fprintf(stderr, "whelk: %s\n", text ? text : err->text);
    if (call->outcome)
        snprintf(call->outcome->text, sizeof call->outcome->text, "%s", text ? text : err->text);
    if (call->show.mode == SHOW_JSON)
        cli_end(call, code, text ? text : err->text, NULL);
    free(text);
    return code;
}

int cli_done(struct call *call, const char *result)
{
    show_clear(&call->show);
    if (call->show.mode == SHOW_JSON)
        cli_end(call, 0, call->show.outcome, result);
    else
        puts(result);
    return fflush(stdout) == 0 ? WHELK_OK : WHELK_EFAIL;
}

static bool copy_film(struct call *call, whelk_error *err)
{
    char *film = file_join(call->reel_path, cli_film_name(call));
    bool done = film && file_copy(film, call->copy_path, err);
    free(film);
    if (done && call->show.mode != SHOW_QUIET)
        fprintf(stderr, "whelk: the reel is %s\n", call->reel_path);
    return done;
}

int cli_conduct(struct call *call, cli_stage *stage, const char *result, whelk_error *err)
{
    whelk_run_options options = cli_run_options(call);
    const char **shots = NULL;
    if (call->opts.word_count > 1)
        options.shots = shots = (const char **)call->opts.words + 1;
    enum whelk_reel_mode mode = call->prompt ? WHELK_REEL_CREATE : WHELK_REEL_WRITE;
    call->show.reel = whelk_reel_open(call->reel_path, mode, err);
    if (!call->show.reel)
        return cli_fail(call, err);
    call->show.only = options.shots;
    call->show.whole = stage == whelk_run;
    bool done = stage(call->show.reel, &options, &call->show.listener, err);
    show_clear(&call->show);
    whelk_reel_close(call->show.reel);
    call->show.reel = NULL;
    if (!done)
        return cli_fail(call, err);
    char *path = call->copy_path ? strdup(call->copy_path) : file_join(call->reel_path, result);
    if (call->copy_path && !copy_film(call, err)) {
        free(path);
        return cli_fail(call, err);
    }
    int code = cli_done(call, path);
    free(path);
    return code;
}
