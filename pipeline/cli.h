/* What the subcommands share: their table, their options, how a run is shown, how a command ends.
 * To add a subcommand: write cmd_NAME.c with one `const struct command cmd_NAME`, declare it below,
 * put a row into the table in commands.c and the file into the Makefile's MAIN. Help, man page,
 * completions and the answers to wrong words follow from it. */
#ifndef WHELK_CLI_H
#define WHELK_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/note.h"
#include "base/opt.h"
#include "director.h"
#include "show.h"
#include "../storyboard/storyboard.h"

#ifndef WHELK_VERSION
#define WHELK_VERSION "0"
#endif

/* What commands that change the storyboard are given, as text: the operations check it. */
struct cli_edit {
    const char *why, *prompt, *seconds, *seed, *camera, *slot, *speed, *trim_in, *trim_out;
    const char *transition, *transition_s, *first_frame, *last_frame, *sound, *narration, *speaker;
    const char *after, *before, *at;
    const char *kind, *mood, *tempo, *instruments, *file, *exposure, *contrast, *saturation;
    const char *warmth, *captions;
    bool from_previous, no_first_frame, no_last_frame, no_sound, none, reset, yes;
    int keep;
};

struct cli_values {
    struct cli_edit edit;
    double seconds, fps, guidance, budget;
    struct opt_size size;
    const char *only; /* FROM-TO */
    const char *ratio, *model, *backend, *vram, *output, *prompt_env, *prompt_file, *shot,
        *completion, *batch, *as;
    const char *profile, *fit, *letterbox;
    uint64_t seed;
    int steps, threads, takes, shots;
    bool json, quiet, man, complete, preview, yes;
    /* the language model */
    const char *planner, *llm_url, *llm_model, *fallback, *script, *pause_at;
    double llm_pause, llm_timeout, llm_silence, price_in, price_out, max_cost;
    int llm_tries, llm_mends, llm_bytes, max_turns, max_tokens;
    bool llm_sees, dry_run;
    bool captions, burn_captions, no_score;
    const char *voice, *music;
    double voice_speed, loudness;
    bool label, no_label;
};

/* The rows that several commands have; the order is that of the help. */
/* clang-format off */
#define CLI_AT(name) offsetof(struct cli_values, name)
#define CLI_ROWS_PROMPT \
    {0, "prompt-env", OPT_TEXT, "NAME", CLI_AT(prompt_env), \
     .help = "take the prompt from this variable"}, \
    {0, "prompt-file", OPT_TEXT, "FILE", CLI_AT(prompt_file), \
     .help = "take the prompt from a file, - for standard input"}
#define CLI_ROWS_FILM \
    {0, "seconds", OPT_REAL, "N", CLI_AT(seconds), .min = 1, .max = 900, .env = "WHELK_SECONDS", \
     .setting = true, .kept = true, .help = "length of the film; else the planner's choice"}, \
    {0, "shots", OPT_INT, "N", CLI_AT(shots), .min = 1, .max = 100, .env = "WHELK_SHOTS", \
     .setting = true, .kept = true, \
     .help = "number of shots; few and long ones go on for up to 10 s where the model can"}, \
    {0, "size", OPT_SIZE, "WxH", CLI_AT(size), .min = 32, .max = 4096, .env = "WHELK_SIZE", \
     .setting = true, .kept = true, .help = "pixels; else 1280x720"}, \
    {0, "ratio", OPT_WORD, "R", CLI_AT(ratio), .env = "WHELK_RATIO", .setting = true, \
     .kept = true, .choices = cli_ratios, \
     .help = "a size by its shape: 16:9, 9:16, 1:1, 4:3 or 2.39:1"}, \
    {0, "fps", OPT_REAL, "N", CLI_AT(fps), .min = 1, .max = 120, .env = "WHELK_FPS", \
     .setting = true, .kept = true, .help = "frames a second; else 24"}, \
    {0, "seed", OPT_SEED, "N", CLI_AT(seed), .env = "WHELK_SEED", .setting = true, .kept = true, \
     .help = "another number, another film; else from the prompt"}
#define CLI_ROWS_ENGINE \
    {0, "steps", OPT_INT, "N", CLI_AT(steps), .min = 1, .max = 200, .env = "WHELK_STEPS", \
     .setting = true, .kept = true, .help = "denoising passes; else the model's own"}, \
    {0, "guidance", OPT_REAL, "G", CLI_AT(guidance), .min = 1, .max = 30, .env = "WHELK_GUIDANCE", \
     .setting = true, .kept = true, \
     .help = "pull towards the prompt, 1 = none; else the model's own"}, \
    {0, "budget", OPT_REAL, "B", CLI_AT(budget), .min = 0.01, .max = 1, .env = "WHELK_BUDGET", \
     .setting = true, .kept = true, .help = "share of full computing granted, up to 1 (exact)"}, \
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true, \
     .kept = true, .help = "folder of another model, or the name of a pulled one"}, \
    {0, "backend", OPT_WORD, "NAME", CLI_AT(backend), .env = "WHELK_BACKEND", .setting = true, \
     .choices = cli_backends, .help = "what computes: auto (the processor), cpu or cuda"}, \
    {0, "vram", OPT_TEXT, "SIZE", CLI_AT(vram), .env = "WHELK_VRAM", .setting = true, \
     .help = "most of a GPU's memory that is used, like 6G; else what is free"}, \
    {0, "threads", OPT_INT, "N", CLI_AT(threads), .min = 1, .max = 64, .env = "WHELK_THREADS", \
     .setting = true, .help = "processor threads; else one a core"}
#define CLI_ROW_TAKES \
    {0, "takes", OPT_INT, "N", CLI_AT(takes), .min = 1, .max = 12, .env = "WHELK_TAKES", \
     .setting = true, .help = "takes of each shot to be made; the best is used"}
#define CLI_ROWS_SERVER \
    {0, "planner", OPT_WORD, "NAME", CLI_AT(planner), .env = "WHELK_PLANNER", .setting = true, \
     .choices = cli_planners, \
     .help = "auto: a language model where one is set; offline; or llm"}, \
    {0, "llm-url", OPT_TEXT, "URL", CLI_AT(llm_url), .env = "WHELK_LLM_URL", .setting = true, \
     .help = "an OpenAI-compatible server, with or without /v1; its key comes from WHELK_LLM_KEY"}, \
    {0, "llm-model", OPT_TEXT, "NAME", CLI_AT(llm_model), .env = "WHELK_LLM_MODEL", \
     .setting = true, .help = "the language model; else the server's only one"}
#define CLI_ROW_YES \
    {'y', "yes", OPT_FLAG, NULL, CLI_AT(yes), .help = "agree to what the language model costs"}
#define CLI_ROW_SEES \
    {0, "llm-sees", OPT_FLAG, NULL, CLI_AT(llm_sees), .setting = true, \
     .help = "the language model takes pictures: it looks at four frames of every take"}
#define CLI_ROWS_LLM \
    CLI_ROWS_SERVER, \
    {0, "script", OPT_TEXT, "FILE", CLI_AT(script), \
     .help = "a script or story of up to 200 kB to be filmed, - for standard input"}, \
    CLI_ROW_SEES, \
    CLI_ROWS_TALK
#define CLI_ROWS_TALK \
    {0, "fallback", OPT_WORD, "NAME", CLI_AT(fallback), .env = "WHELK_FALLBACK", \
     .setting = true, .choices = cli_fallbacks, \
     .help = "offline: go by rules where the language model fails"}, \
    {0, "max-turns", OPT_INT, "N", CLI_AT(max_turns), .min = 1, .max = 100000, .setting = true, \
     .help = "requests to the language model in one run; else 100"}, \
    {0, "max-tokens", OPT_INT, "N", CLI_AT(max_tokens), .min = 1, .max = 2000000000, \
     .setting = true, .help = "tokens read and written in one run; else 1000000"}, \
    {0, "max-cost", OPT_REAL, "USD", CLI_AT(max_cost), .min = 0.0001, .max = 100000, \
     .setting = true, .help = "dollars in one run, by the two prices; else no bound"}, \
    {0, "price-in", OPT_REAL, "USD", CLI_AT(price_in), .min = 0, .max = 100000, \
     .setting = true, .help = "price of a million tokens read"}, \
    {0, "price-out", OPT_REAL, "USD", CLI_AT(price_out), .min = 0, .max = 100000, \
     .setting = true, .help = "price of a million tokens written"}, \
    {0, "llm-mends", OPT_INT, "N", CLI_AT(llm_mends), .min = 1, .max = 20, .setting = true, \
     .help = "times an answer of no use is sent back; else 3"}, \
    {0, "llm-tries", OPT_INT, "N", CLI_AT(llm_tries), .min = 1, .max = 100, .setting = true, \
     .help = "tries of one request where the fault may pass; else 4"}, \
    {0, "llm-pause", OPT_REAL, "S", CLI_AT(llm_pause), .min = 0.001, .max = 60, .setting = true, \
     .help = "seconds before the second try, doubled each time; else 1"}, \
    {0, "llm-timeout", OPT_REAL, "S", CLI_AT(llm_timeout), .min = 0.1, .max = 86400, \
     .setting = true, .help = "seconds for one request with its tries; else 600"}, \
    {0, "llm-silence", OPT_REAL, "S", CLI_AT(llm_silence), .min = 0.1, .max = 86400, \
     .setting = true, .help = "seconds without a byte; else 180"}, \
    {0, "llm-bytes", OPT_INT, "N", CLI_AT(llm_bytes), .min = 1000, .max = 1000000000, \
     .setting = true, .help = "bytes of one answer; else 16777216"}
#define CLI_ROWS_CUT \
    {0, "captions", OPT_FLAG, NULL, CLI_AT(captions), \
     .help = "what is spoken as film.srt, film.vtt and a track of the film"}, \
    {0, "burn-captions", OPT_FLAG, NULL, CLI_AT(burn_captions), \
     .help = "the same, and in the picture"}, \
    {0, "voice", OPT_TEXT, "NAME", CLI_AT(voice), \
     .help = "voice of espeak-ng for the shots' texts; auto: by language; off: nobody speaks"}, \
    {0, "voice-speed", OPT_REAL, "X", CLI_AT(voice_speed), .min = 0.5, .max = 2, \
     .help = "how fast it speaks, 1 = as people do"}, \
    {0, "music", OPT_TEXT, "FILE", CLI_AT(music), \
     .help = "this music instead of a score composed for the film"}, \
    {0, "loudness", OPT_REAL, "LUFS", CLI_AT(loudness), .min = -40, .max = -5, \
     .help = "of the film's sound, else -14; broadcasters take -23"}, \
    {0, "no-score", OPT_FLAG, NULL, CLI_AT(no_score), .help = "no music at all"}, \
    {0, "profile", OPT_WORD, "NAME", CLI_AT(profile), .env = "WHELK_PROFILE", .setting = true, \
     .choices = cli_profiles, \
     .help = "what to write: mp4, webm, mkv (lossless), prores or preview (small, fast)"}, \
    {0, "fit", OPT_WORD, "HOW", CLI_AT(fit), .setting = true, .kept = true, .choices = cli_fits, \
     .help = "takes of another shape: fit with bars, fill by cutting off, or auto"}, \
    {0, "letterbox", OPT_TEXT, "R", CLI_AT(letterbox), .setting = true, .kept = true, \
     .help = "bars over the film down to a shape such as 2.39:1; none takes them off"}, \
    {0, "label", OPT_FLAG, NULL, CLI_AT(label), .setting = true, .kept = true, \
     .help = "show for two seconds that the film is made by a machine"}, \
    {0, "no-label", OPT_FLAG, NULL, CLI_AT(no_label), .help = "take that notice off again"}
#define CLI_ROWS_SHOW \
    {0, "json", OPT_FLAG, NULL, CLI_AT(json), \
     .help = "events on standard output, one JSON object a line"}, \
    {'q', "quiet", OPT_FLAG, NULL, CLI_AT(quiet), .setting = true, \
     .help = "only the result and errors"}
/* clang-format on */

extern const char *const cli_ratios[],
    *const cli_backends[], *const cli_planners[], *const cli_fallbacks[], *const cli_pauses[];
extern const char *const cli_fits[], *const cli_profiles[];

/* A subcommand, or one of its verbs (`whelk shot REEL set ID`): then `words` begin after the
 * command's name all the same ("REEL set ID"), and the verb is taken out of what run() gets as
 * opts.words. */
struct call;
struct command {
    const char *name, *summary; /* a summary begins small and has no full stop */
    const char *words;          /* what follows the name: "REEL [SHOT...]", "PROMPT | REEL" */
    const char *examples;       /* whole lines, printed first; NULL in a verb = none of its own */
    const struct opt_row *rows;
    int (*run)(struct call *call);
    const struct command *const *verbs; /* NULL-terminated; then rows and run are theirs. The first
                                         * one is meant where none is named */
    int verb_at;                        /* words between the command and its verb */
};

/* `verb_NAME`, run by run_NAME of the same file. */
#define CLI_VERB(verb, rows_, words_, summary_)                                                    \
    static const struct command verb_##verb = {                                                    \
        .name = #verb, .summary = summary_, .words = words_, .rows = rows_, .run = run_##verb}

/* --- main.c ---------------------------------------------------------------------------------- */

/* How one film of a batch ended, for those who run several in one command. */
struct call_outcome {
    int line; /* of the batch, told in the film's event */
    int code;
    char text[1024];
};

struct call {
    const char *name; /* of the command, for sentences */
    int argc;         /* the command line behind the command and its verb */
    char **argv;
    struct call_outcome *outcome;  /* NULL = it is the whole command: its event is the end */
    const struct command *command; /* or its verb */
    struct cli_values v;
    struct opts opts;
    struct show show;
    char *reel_path, *prompt; /* owned */
    char *model_dir;          /* of a pulled model, what v.model points to then; owned */
    char *script;             /* of --script; owned */
    struct whelk_llm *llm;    /* owned; NULL = the offline planner */
    char *copy_path;          /* where the film is copied to as well; owned; NULL = nowhere */
    char *named_reel;         /* what v.output points to when it was made from copy_path; owned */
};

bool cli_interrupted(void);      /* was Ctrl-C pressed? */
void cli_forget_interrupt(void); /* it was answered: watch for the next */

/* --- commands.c: the table ------------------------------------------------------------------- */

struct command_row {
    const struct command *command;
    const char *group; /* the heading it stands under in the help; NULL = that of the row above */
};
extern const struct command_row cli_commands[]; /* ends with a command of NULL */
extern const struct command cmd_edit, cmd_studio, cmd_take_show;

const struct command *cli_find_command(const char *name, whelk_error *err); /* NULL: told in err */
const struct command *cli_find_verb(const struct command *command, const char *name,
                                    whelk_error *err);
/* Which word is the verb: looks over options and their values. argv[0] is the command's name;
 * returns argc where there is none. */
int cli_verb_index(const struct command *command, int argc, char **argv);
/* One command line, argv[0] the command's name, from its parsing to its exit code. */
int cli_dispatch(int argc, char **argv);
/* The same as part of a command that runs several. */
int cli_dispatch_for(int argc, char **argv, struct call_outcome *outcome);
/* Whether the options would be taken, without running anything. argv stays as it is. */
bool cli_check(int argc, char **argv, whelk_error *err);

/* --- help.c, manual.c, complete.c: what is printed from the table ---------------------------- */

void help_overview(FILE *out);
/* `verb` NULL = all of the command */
void help_command(FILE *out, const struct command *command, const struct command *verb);
void manual_print(FILE *out); /* the man page, in mdoc */
/* The script that a shell loads; `shell` is one of cli_shells. */
void complete_script(FILE *out, const char *shell);
extern const char *const cli_shells[];
/* What could stand in place of the last of `words` (those after "whelk"; the last may be empty or
 * begun): one a line, a tab and a few words about it after it; or ":files" or ":folders". */
void complete_words(FILE *out, int count, char **words);

/* --- cli.c: steps that several commands take ------------------------------------------------- */

/* An object as one line of standard output; it is taken over. */
struct cJSON;
void cli_print_json(struct cJSON *object);

/* Reads options, environment and, once it is known whether the reel is there, the settings file. */
bool cli_parse(struct call *call, int argc, char **argv, whelk_error *err);
bool cli_settings(struct call *call, bool existing_reel, whelk_error *err);
/* v.model as a folder, where it is the name of a pulled model; part of cli_settings. */
bool cli_model(struct call *call, whelk_error *err);
void cli_release(struct call *call);
whelk_run_options cli_run_options(struct call *call);

#define CLI_ROW_DRY(words)                                                                         \
    {                                                                                              \
        0, "dry-run", OPT_FLAG, NULL, CLI_AT(dry_run), .help = words                               \
    }

/* cli_llm.c: the language model that options and environment name, and the script. Call it once
 * all sources are read. */
bool cli_llm(struct call *call, whelk_error *err);
/* What a dry run told (director.h), as it is or as people read it; its text is taken over. Returns
 * the exit code. */
int cli_print_dry_run(const struct call *call, char *text);
/* --dry-run of a stage, on the reel if it is there. */
typedef char *cli_would(whelk_reel *, const whelk_run_options *, whelk_error *);
int cli_dry_run(struct call *call, cli_would *would, whelk_error *err);
/* cli_ask.c: is somebody there to be asked? A question and its yes, below what is shown; patience_s
 * 0 = it waits. */
bool cli_somebody(const struct call *call);
bool cli_yes(struct call *call, const char *text, int patience_s);
/* whelk_run_options' ask, ctx a call: on a terminal. */
bool cli_ask(void *ctx, enum whelk_question what, const char *text);
/* A word as a shell takes it, in quotes where it needs them. */
void cli_print_quoted(FILE *out, const char *word);
bool cli_script(struct call *call, whelk_error *err); /* before the prompt: it may stand for it */

/* The one reel a command is about, as its only word (more words up to `most` are the command's
 * own). */
bool cli_one_reel(struct call *call, int most, whelk_error *err);
/* -o FILE.mp4: the film is copied there as well, and a new reel is named after it. Call it first.
 */
bool cli_film_output(struct call *call, whelk_error *err);
/* A prompt, or a reel that is there: fills call->prompt and call->reel_path. */
bool cli_prompt_or_reel(struct call *call, whelk_error *err);

typedef bool cli_stage(whelk_reel *, const whelk_run_options *, const whelk_listener *,
                       whelk_error *);
/* Opens the reel, runs the stage under Ctrl-C, copies the film if asked, prints the result file's
 * path and returns the exit code. */
int cli_conduct(struct call *call, cli_stage *stage, const char *result, whelk_error *err);
/* Prints where the result is, or with --json the final event; returns the exit code. */
int cli_done(struct call *call, const char *result);
/* The file of the reel that the film is written to. */
const char *cli_film_name(const struct call *call);
/* The final event of --json; result: a file that was made, or NULL. */
void cli_end(const struct call *call, int code, const char *text, const char *result);
/* Says what went wrong, and with --json the final event; returns the exit code. */
int cli_fail(struct call *call, const whelk_error *err);

int cli_batch(struct call *call); /* batch.c: films from a file, one a line */

/* --- cli_change.c: commands that change the storyboard ---------------------------------------- */

#define CLI_ROW_WHY                                                                                \
    {                                                                                              \
        'm', "message", OPT_TEXT, "REASON", CLI_AT(edit.why),                                      \
            .help = "why, for the log: whelk log tells it"                                         \
    }
#define CLI_ROWS_CHANGE                                                                            \
    CLI_ROW_WHY,                                                                                   \
        {0,                                                                                        \
         "model",                                                                                  \
         OPT_TEXT,                                                                                 \
         "DIR",                                                                                    \
         CLI_AT(model),                                                                            \
         .env = "WHELK_MODEL",                                                                     \
         .setting = true,                                                                          \
         .kept = true,                                                                             \
         .help = "folder of another model, or the name of a pulled one"},                          \
        CLI_ROWS_SHOW

struct changes { /* operations as they are gathered from a command line */
    whelk_op *ops;
    int count;
    bool failed; /* no memory; sticky */
    long cause;  /* the event that led to them; 0 = what was last said of each shot */
};

whelk_op *changes_add(struct changes *c, const char *kind, const char *shot); /* NULL = failed */
/* "set", where value NULL puts the field back; shot NULL = the film's. */
void changes_set(struct changes *c, const char *shot, const char *field, const char *value);
/* The same where a value was given. */
void changes_given(struct changes *c, const char *shot, const char *field, const char *value);
/* cmd_cutting.c: kind and seconds may be NULL = as it is. */
void cli_set_transition(struct changes *c, const char *shot, const char *kind, const char *seconds);
/* The whole path of a file the user named, for an operation; caller's. */
char *cli_whole_path(const char *path, whelk_error *err);

/* Makes the changes, prints what was done and what became stale by it, frees them, and returns the
 * exit code. `version` > 0: goes to that version of the history instead. */
int cli_change(struct call *call, struct changes *c, int version, whelk_error *err);
/* For commands whose words after the reel are ids of shots: refuses a line without any. */
bool cli_need_words(struct call *call, int least, int most, whelk_error *err);

/* --- The commands ---------------------------------------------------------------------------- */

extern const struct command cmd_run, cmd_plan, cmd_shoot, cmd_cut, cmd_log, cmd_status, cmd_doctor,
    cmd_model, cmd_help, cmd_view, cmd_shots, cmd_shot, cmd_take, cmd_transition, cmd_title,
    cmd_score, cmd_grade, cmd_voice, cmd_undo, cmd_redo, cmd_history, cmd_clean;

/* cmd_model_pull.c: verbs of cmd_model, and the catalogue as its list tells it. */
extern const struct command verb_model_pull, verb_model_remove;
void model_list_published(void);

#endif
