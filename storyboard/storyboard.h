/* whelk-storyboard: the plan of a film as plain C data, its JSON file, and the planners that
 * write one from a line of text.
 *
 *     #include <whelk/storyboard.h>
 *
 *     whelk_error err = {0};
 *     whelk_plan_request ask = {.prompt = "a cat dives into a pool", .card_json = card};
 *     whelk_film *film = whelk_plan_offline(&ask, NULL, &err);
 *     if (!film || !whelk_film_save(film, "cat.reel/storyboard.json", &err))
 *         fprintf(stderr, "%s\n", err.text);
 *     whelk_film_free(film);
 *
 * Ownership: a whelk_film owns every string and array below it, all from malloc; replace one with
 * whelk_set_text. NULL text means absent. Nothing here is thread safe for one film; films are
 * independent. */
#ifndef WHELK_STORYBOARD_H
#define WHELK_STORYBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../pipeline/base/error.h"
#include "../pipeline/base/note.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WHELK_STORYBOARD_VERSION 1

/* Every limit in one table, so that messages, checks and schemas agree. */
typedef struct whelk_story_limits {
    size_t prompt_bytes, file_bytes, text_bytes;
    int shots, characters, places, titles, slots;
    int wanted_shots; /* of whelk_plan_request */
    double shot_min_s, shot_max_s, film_max_s;
    int size_min, size_max;
    double fps_min, fps_max;
    /* of what a language model may plan */
    size_t script_bytes;
    int plan_shots, plan_cast;        /* cast: characters in one shot */
    double plan_shot_min_s, plan_off; /* off: share by which the length may miss the one asked */
} whelk_story_limits;
extern const whelk_story_limits whelk_limits;

typedef struct whelk_named { /* a character or a place: the same words in every shot
                              * that uses it */
    char *id, *description;
} whelk_named;

typedef struct whelk_slot_text {
    char *name, *value;
} whelk_slot_text;

typedef struct whelk_title {
    char *text;
    char *kind; /* "opening", "lower-third", "end" */
    double at_s, seconds;
} whelk_title;

typedef struct whelk_shot {
    char *id;       /* "0010", unique */
    double seconds; /* on screen, before speed; overlap of transitions
                     * included */
    char *prompt;   /* what the generator is told */
    whelk_slot_text *slots;
    int slot_count;
    char *camera;      /* "static", "push-in", ... */
    char **characters; /* ids */
    int character_count;
    char *place; /* id, or NULL */
    char *continuity_in, *continuity_out;
    uint64_t seed;
    char *take; /* "t01"; NULL = none made yet */
    bool locked;
    char *first_frame;            /* a file, "previous", or NULL */
    char *last_frame;             /* a file, or NULL */
    double trim_in_s, trim_out_s; /* cut off at the start and the end; 0 = nothing */
    double speed;                 /* 1 = as made */
    char *transition;             /* to the next shot: "cut", "crossfade", "dip-black", ... */
    double transition_s;
    char *voice_text, *voice_kind, *voice_name;
    char *effect_sound;
    char *why;          /* the reason the shot exists */
    char *unknown_json; /* fields of the file that we do not know, kept word
                         * for word */
} whelk_shot;

typedef struct whelk_film {
    char *title, *logline, *treatment, *prompt, *language;
    char *ratio;       /* "16:9", "9:16", "1:1", "2.39:1" */
    int width, height; /* pixels, even */
    double fps;
    double seconds; /* of the finished film */
    struct {
        char *palette, *lens, *mood;
    } style;
    struct {
        double exposure, contrast, saturation, warmth;
    } grade; /* 0 = as it is */
    struct {
        char *mood;
        double tempo_bpm;
        char *instruments, *file;
        bool off;
    } score;
    double loudness_lufs;         /* 0 = -14 */
    bool captions, burn_captions; /* beside the film and as a track; in the picture too */
    struct {
        char *name;
        double speed;
        bool off;
    } voice; /* of all shots: espeak-ng's name
              * of it or NULL; 0 = 1 */
    whelk_title *titles;
    int title_count;
    whelk_named *characters, *places;
    int character_count, place_count;
    whelk_shot *shots;
    int shot_count;
    char *planner; /* "offline", or the language model's name */
    char *unknown_json;
} whelk_film;

/* zeroed, speed and defaults set by the planner; NULL = no memory */
whelk_film *whelk_film_new(void);
void whelk_film_free(whelk_film *film);
whelk_film *whelk_film_copy(const whelk_film *film);
/* copies; frees the old; text may be NULL; false = no memory */
bool whelk_set_text(char **where, const char *text);

/* Shots. Ids are four digits in steps of ten; a shot put between two takes a number between them
 * (0015, then 0012 ...). */
/* borrowed; NULL = no such shot */
whelk_shot *whelk_film_shot(whelk_film *film, const char *id);
/* made at index 0..shot_count with a new id */
whelk_shot *whelk_film_add_shot(whelk_film *film, int index, whelk_error *err);
bool whelk_film_remove_shot(whelk_film *film, const char *id, whelk_error *err);
/* value or NULL */
const char *whelk_shot_slot(const whelk_shot *shot, const char *name);
/* value NULL removes it */
bool whelk_shot_set_slot(whelk_shot *shot, const char *name, const char *value);

/* Does it show something that happens once (a dive, a leap)? Then no part of its time can be left
 * out. */
bool whelk_shot_once(const whelk_shot *shot);

/* The film's length as it will be cut: shots trimmed and sped, overlapping by their transitions. */
double whelk_film_cut_seconds(const whelk_film *film);
/* Where the shot with this index begins in it; at shot_count, where the last one ends. */
double whelk_film_shot_start(const whelk_film *film, int index);

/* The file. Loading checks everything that whelk_film_check does and reports the first fault with
 * the path of the field ("storyboard.json: shots[2].seconds is 99, at most 15 is allowed"); a
 * JSON fault is told by line and column. Unknown fields are kept. */
whelk_film *whelk_film_load(const char *path, whelk_error *err);
whelk_film *whelk_film_parse(const char *json, const char *name_for_errors, whelk_error *err);
/* caller's to free */
char *whelk_film_json(const whelk_film *film, whelk_error *err);
/* beside and renamed */
bool whelk_film_save(const whelk_film *film, const char *path, whelk_error *err);
bool whelk_film_check(const whelk_film *film, whelk_error *err);

/* --- Changes ---------------------------------------------------------------------------------- */

/* One change to a film. Which fields count depends on the kind; the others are NULL or 0. */
typedef struct whelk_op {
    char *kind;     /* "set", "add", "remove", "move", "split", "share",
                     * "merge", "title", "untitle" */
    char *shot;     /* id; set without one is about the film */
    char *after;    /* add, move: id of the shot before it, "start" = first;
                     * NULL = last */
    char *field;    /* set: a name as in storyboard.json, with points
                     * ("transition.kind", "slots.time", "grade.warmth");
                     * title: its kind */
    char *value;    /* set: the new value as text, NULL = as if it were not
                     * there; add: the prompt; title, untitle: the words */
    double at_s;    /* split, share: seconds into the shot; title: into the film */
    double seconds; /* add, title: how long; 0 = as the neighbour, 2.5 */
    char *why;      /* the reason, for the log; NULL = not told */
} whelk_op;

/* Does it, or fails with WHELK_EUSAGE and leaves the film as it was. A new prompt or camera changes
 * the slots too, as the offline planner would read them against the card, each change told as a
 * note of kind "choice"; card_json and listen may be NULL. */
bool whelk_film_apply(whelk_film *film, const whelk_op *op, const char *card_json,
                      const whelk_listener *listen, whelk_error *err);

/* As JSON: {"op": "set", "shot": "0020", "field": "seconds", "value": 3}. Unknown names are
 * refused. `ops` is a list of them, or one alone; *out is an array of *count, the caller's to free
 * with whelk_ops_free. Numbers, true and false are taken as their text. */
bool whelk_ops_parse(const char *json, const char *name_for_errors, whelk_op **out, int *count,
                     whelk_error *err);
char *whelk_op_json(const whelk_op *op); /* one line; caller's; NULL = no memory */
char *whelk_op_text(const whelk_op *op); /* in words: "shot 0020: seconds = 3" */
void whelk_op_release(whelk_op *op);     /* frees what an op's fields own */
void whelk_ops_free(whelk_op *ops, int count);

/* A change in plain words, by rules and without a network: "make the second shot slower, at night,
 * and end on the dog" as operations on `film`, to be shown and applied in their order. Fails with
 * WHELK_EUSAGE where a word of content is not understood, naming it and what is; nothing is
 * guessed. *out as from whelk_ops_parse. */
bool whelk_plain_ops(const whelk_film *film, const char *words, const char *card_json,
                     whelk_op **out, int *count, whelk_error *err);

/* The kinds, and the fields that "set" knows of a shot or of the film, by index from 0; NULL after
 * the last. help (may be NULL) gets a phrase. Static. */
const char *whelk_op_kind(int index, const char **help);
const char *whelk_op_field(bool of_shot, int index, const char **help);

/* How a language model is reached, over any OpenAI-compatible server, and the bounds of what it may
 * take. Zero or NULL is the default wherever one is named. */
typedef struct whelk_llm {
    const char *url;            /* "http://127.0.0.1:8080", "https://api.openai.com/v1" ... */
    const char *model;          /* NULL = "default", enough for servers of one model */
    const char *key;            /* goes to that server only, and into no log; NULL = none */
    int tries;                  /* of one request where a fault may pass by itself; 0 = 4 */
    double pause_s;             /* before the second try, then twice as long each; 0 = 1 */
    double timeout_s;           /* for one request with all its tries; 0 = 600 */
    double silence_s;           /* without a byte; 0 = 180 */
    size_t reply_bytes;         /* of one answer; 0 = 16 MiB */
    int max_turns;              /* requests of one run; 0 = 100 */
    long max_tokens;            /* read and written in one run; 0 = 1000000 */
    double max_cost;            /* dollars of one run; 0 = no bound. Needs the prices: */
    double price_in, price_out; /* dollars for a million tokens read, written; 0 = free */
    bool sees;                  /* the model takes pictures, and looks at takes */
} whelk_llm;

/* One run's conversation with a language model: what was learned of the server, what was spent.
 * NULL: WHELK_EUSAGE (no url, or an address that is none), no memory. Not thread safe. */
typedef struct whelk_chat whelk_chat;
whelk_chat *whelk_chat_open(const whelk_llm *llm, whelk_error *err);
void whelk_chat_close(whelk_chat *chat); /* NULL is fine */

/* Does it take pictures, as far as is known? False once the server refused them. */
bool whelk_chat_sees(const whelk_chat *chat);

/* Something the model may have done for it while it plans or directs. */
typedef struct whelk_tool {
    const char *name, *about;    /* about: for the model, in a sentence or two */
    const char *parameters_json; /* JSON Schema of the arguments, an object; of its words those
                                  * that storyboard/schema.h lists, others are refused */
    bool planning;               /* is of use before there is a storyboard */
    bool ends;                   /* its success ends the directing */
    /* `arguments_json` keeps to the schema; `why` is the event of the call. Returns what the model
     * is told, malloc'd text; NULL: the model is told err's sentence, except that
     * WHELK_EINTERRUPTED ends everything. */
    char *(*call)(void *ctx, const char *arguments_json, long why, whelk_error *err);
    void *ctx;
} whelk_tool;

/* What a planner is asked. */
typedef struct whelk_plan_request {
    const char *prompt;    /* 1 byte .. whelk_limits.prompt_bytes, UTF-8 */
    const char *card_json; /* the model's capability card */
    double seconds;        /* wanted length; 0 = the planner's choice */
    int shots;             /* wanted number of shots, 1..100; 0 = the planner's choice. Where they
                            * have more time than the model's clip, they go on for as long as what
                            * is done in them can */
    int width, height;     /* 0 = 1280x720 */
    double fps;            /* 0 = 24 */
    uint64_t seed;         /* 0 = from the prompt */
    /* for whelk_plan_llm only: */
    whelk_chat *chat;
    const char *script;      /* a script or story to be filmed, at most
                              * whelk_limits.script_bytes; NULL = the prompt is all */
    const whelk_tool *tools; /* those of `planning` are offered */
    int tool_count;
    int mends;               /* how often a plan that will not do is sent back; 0 = 3 */
    const char *replies_dir; /* where answers that could not be used are kept; made when
                              * needed; NULL = nowhere */
} whelk_plan_request;

/* The seam: any planner has this form. `listen` gets thoughts and choices as they come (may be
 * NULL). */
typedef whelk_film *whelk_planner(const whelk_plan_request *request, const whelk_listener *listen,
                                  whelk_error *err);

/* Rules over the capability card; deterministic, no network. Says so in its first note. What the
 * card does not know is replaced by the nearest thing it does, each replacement told in a note of
 * kind "choice". Fails with WHELK_EUSAGE for an empty or overlong prompt or bytes that are not
 * UTF-8. */
whelk_film *whelk_plan_offline(const whelk_plan_request *request, const whelk_listener *listen,
                               whelk_error *err);

/* A language model plans: brief, treatment, shot table, self-check, storyboard.
 *
 *     whelk_llm llm = {.url = "http://127.0.0.1:8080"};
 *     ask.chat = whelk_chat_open(&llm, &err);
 *     whelk_film *film = ask.chat ? whelk_plan_llm(&ask, NULL, &err) : NULL;
 *     whelk_chat_close(ask.chat);
 *
 * What it writes is mended where that is mechanical, checked here whatever the server promised, and
 * sent back with the complaints at most `mends` times. Its reasoning comes through the listener as
 * it thinks
 * (`live`) and as notes. Fails as the server fails (WHELK_ENETWORK, _ECREDENTIALS ...), with
 * WHELK_EQUOTA at a bound, with WHELK_EFAIL when the plan is still of no use. */
whelk_film *whelk_plan_llm(const whelk_plan_request *request, const whelk_listener *listen,
                           whelk_error *err);
/* The first request of that, as it would be sent: {"method", "url", "headers", "body"}, the body as
 * an object whose unspaced text is what goes over the wire. Asks nobody. Caller's to free. */
char *whelk_plan_llm_request(const whelk_plan_request *request, whelk_error *err);

/* A language model directs: it is shown the storyboard and calls tools until it is content (a tool
 * that `ends`, or nothing more to call). `film` is what it is told of at the beginning; tools may
 * change the file behind it. False: as whelk_plan_llm, and WHELK_EUSAGE where the server takes no
 * tools; what the tools did stays done. */
typedef struct whelk_direct_request {
    whelk_chat *chat;
    const whelk_film *film;
    const char *card_json;
    const whelk_tool *tools;
    int tool_count;
    long why; /* the event that led to this */
} whelk_direct_request;
bool whelk_direct(const whelk_direct_request *request, const whelk_listener *listen,
                  whelk_error *err);

/* The first request of that, as whelk_plan_llm_request tells it. */
char *whelk_direct_llm_request(const whelk_direct_request *request, whelk_error *err);

/* A language model looks at a take: some of its pictures against what the shot was to show. Fails
 * as whelk_plan_llm; where the server refuses pictures whelk_chat_sees is false from then on. */
typedef struct whelk_see_request {
    whelk_chat *chat;
    const whelk_shot *shot;
    const char *const *jpegs; /* as base64, in their order in time */
    int jpeg_count;
    int mends; /* as of whelk_plan_request, like the next */
    const char *replies_dir;
    long why;
} whelk_see_request;
typedef struct whelk_seen {
    bool subject, action, place; /* is to be seen as was asked for */
    char *seen, *fault;          /* what it shows; what is wrong, NULL = nothing. For free() */
    long event;                  /* to be named as the cause of the verdict */
} whelk_seen;
bool whelk_see_llm(const whelk_see_request *request, const whelk_listener *listen, whelk_seen *out,
                   whelk_error *err);

/* A language model puts a change in plain words into operations, each with its `why`. They are
 * tried on a copy of the film, and what cannot be done goes back with the complaint, as a plan's
 * faults do. *out as from whelk_ops_parse; *event (may be NULL) is the one they follow from. Fails
 * as whelk_plan_llm, and with WHELK_EUSAGE where the model says that it cannot be done. */
typedef struct whelk_change_request {
    whelk_chat *chat;
    const whelk_film *film;
    const char *words; /* 1 byte .. whelk_limits.prompt_bytes, UTF-8 */
    const char *card_json;
    int mends; /* as of whelk_plan_request, like the next */
    const char *replies_dir;
    long why; /* the event that led to this */
} whelk_change_request;
bool whelk_change_llm(const whelk_change_request *request, const whelk_listener *listen,
                      whelk_op **out, int *count, long *event, whelk_error *err);
/* The first request of that, as whelk_plan_llm_request tells it. */
char *whelk_change_llm_request(const whelk_change_request *request, whelk_error *err);

#ifdef __cplusplus
}
#endif
#endif
