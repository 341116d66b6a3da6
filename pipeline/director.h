/* whelk: the whole way from a line of text to a finished film, one folder (the reel) holding all
 * of it.
 *
 *     #include <whelk/director.h>
 *
 *     whelk_error err = {0};
 *     whelk_reel *reel = whelk_reel_open("cat.reel", WHELK_REEL_CREATE, &err);
 *     whelk_run_options run = {.prompt = "a cat dives into a pool"};
 *     if (!reel || !whelk_run(reel, &run, NULL, &err))
 *         fprintf(stderr, "%s\n", err.text);
 *     else
 *         puts(whelk_reel_film_path(reel));
 *     whelk_reel_close(reel);
 *
 * Every stage reads and writes plain files in the reel and is skipped when its digest matches, so
 * calling whelk_run again goes on where it stopped. Threads: one reel, one thread; the reel's
 * lock keeps other processes out. */
#ifndef WHELK_DIRECTOR_H
#define WHELK_DIRECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/note.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct whelk_reel whelk_reel;

/* READ takes no lock */
enum whelk_reel_mode { WHELK_REEL_READ, WHELK_REEL_WRITE, WHELK_REEL_CREATE };

/* CREATE makes the folder where there is none. Fails with a sentence naming the holder's pid when
 * the reel is in use; a dead holder's lock is taken over. */
whelk_reel *whelk_reel_open(const char *path, enum whelk_reel_mode mode, whelk_error *err);
/* writes the journal's last line, gives the lock back */
void whelk_reel_close(whelk_reel *reel);
/* the film of the last profile that was cut, else film.mp4; borrowed until the next run or close */
const char *whelk_reel_film_path(const whelk_reel *reel);

/* What a person is asked while it works. */
enum whelk_question {
    WHELK_ASK_PRICE, /* a language model that costs money is about to be asked */
    WHELK_ASK_FAILED /* no take of a shot is good: is the best to be accepted? */
};

enum whelk_pause { WHELK_PAUSE_NONE, WHELK_PAUSE_PLAN, WHELK_PAUSE_TAKES };

typedef struct whelk_run_options {
    const char *prompt;      /* NULL = the reel's own; another prompt than the reel's is
                              * refused */
    double seconds;          /* of the film; 0 = the planner's choice */
    int shot_count;          /* number of shots wanted; 0 = the planner's choice */
    int width, height;       /* 0 = 1280x720 */
    double fps;              /* 0 = 24 */
    uint64_t seed;           /* of the plan, 0 = from the prompt; where whelk_shoot is given shots:
                              * of their next take, 0 = another */
    int steps;               /* 0 = the model's own */
    double guidance, budget; /* 0 = the model's own; exact */
    const char *model_dir, *backend;
    const char *vram; /* most of a GPU's memory that is used, like "6G"; NULL = what is free */
    int threads;
    int takes;    /* of each shot that needs one, the best is used; 1..12, 0 = 1 */
    bool preview; /* whelk_shoot: small, quick clips/ID-preview.mkv instead of takes;
                   * whelk_cut: these, into preview/film.mp4 */
    /* A language model plans and directs, where one is named (whelk_llm of storyboard.h); NULL =
     * the offline planner */
    const struct whelk_llm *llm;
    int mends;             /* how often a plan of no use is sent back; 0 = 3 */
    bool fallback_offline; /* should the language model fail, the offline planner plans */
    const char *script;    /* a script that is filmed; needs a language model; NULL = none */
    /* Asks a person, `text` being the whole question; true = yes. A no to the price ends the call
     * with WHELK_EUSAGE (or lets the rules plan, see fallback_offline). NULL: nobody is there to
     * ask; then what costs is paid within the bounds of llm, and shots that failed stay marked as
     * failed. */
    bool (*ask)(void *ctx, enum whelk_question what, const char *text);
    void *ask_ctx;
    enum whelk_pause pause_at; /* whelk_run ends there, for a person to look; 0 = nowhere */
    /* Of the cut; what is given is written into storyboard.json and stays. */
    bool captions, burn_captions, no_score;
    const char *voice;    /* a voice of espeak-ng, "off", or "auto": by the texts' language */
    double voice_speed;   /* 0.5 to 2; 0 = as it was */
    double loudness_lufs; /* -40 to -5; 0 = as it was */
    const char *music;    /* a music file instead of a composed score */
    /* Of the cut too. The reel keeps fit, letterbox and label; the profile is asked for each time.
     */
    const char *profile;      /* "mp4" (NULL), "webm", "mkv", "prores", "preview" */
    const char *fit;          /* "fit", "fill" or "auto"; NULL = as the reel has it */
    const char *letterbox;    /* a shape such as "2.39:1", "none"; NULL = as the reel has it */
    bool label, no_label;     /* a notice over the first two seconds that a machine made it */
    const char *only;         /* whelk_cut: these shots alone ("0020-0040", "0020"), into
                               * part/; the film stays as it is. NULL = all */
    const char *const *shots; /* whelk_shoot only: ids to shoot anew, NULL-terminated; NULL =
                               * those that are stale or missing */
} whelk_run_options;

/* Each stage alone, and all of them. `listen` gets every journal event and progress besides the
 * file (may be NULL). */
bool whelk_plan(whelk_reel *reel, const whelk_run_options *options, const whelk_listener *listen,
                whelk_error *err);
bool whelk_shoot(whelk_reel *reel, const whelk_run_options *options, const whelk_listener *listen,
                 whelk_error *err);
bool whelk_cut(whelk_reel *reel, const whelk_run_options *options, const whelk_listener *listen,
               whelk_error *err);
/* The first request that planning would send to the language model, as JSON ("method", "url",
 * "headers", "body"); nobody is asked, nothing is written. `reel` may be NULL: then options->prompt
 * is planned. Caller's to free. */
char *whelk_plan_dry_run(whelk_reel *reel, const whelk_run_options *options, whelk_error *err);
/* What whelk_run would do first, as JSON: that request, or the one that would open the directing,
 * or, where nobody is asked first, {"version", "planner", "shots": [{"id", "seconds", "prompt",
 * "made"}], "film_s", "takes", "takes_s", "cut_s", "looks"}: which takes would be made, about how
 * long they and the cut would last, and how many takes a language model would be shown (absent:
 * none). `reel` as above. The same of whelk_shoot, without a cut: `reel` is not NULL. */
char *whelk_run_dry_run(whelk_reel *reel, const whelk_run_options *options, whelk_error *err);
char *whelk_shoot_dry_run(whelk_reel *reel, const whelk_run_options *options, whelk_error *err);
bool whelk_run(whelk_reel *reel, const whelk_run_options *options, const whelk_listener *listen,
               whelk_error *err);

/* --- Which language model ------------------------------------------------------------------ */

/* What whelk_run_options.llm wants: the server at `url` (NULL = WHELK_LLM_URL, else the one that
 * OpenAI's or MiniMax's variables name) and its `model` (NULL = WHELK_LLM_MODEL), with the key that
 * the environment has for that server. timeout_s as in whelk_llm. Caller's to free(); its texts are
 * the arguments' and the environment's. NULL = none is named. */
struct whelk_llm *whelk_llm_named(const char *url, const char *model, double timeout_s);
/* Dollars that a film of four shots usually costs, planned and directed; 0 = no prices are given.
 */
double whelk_llm_film_price(const struct whelk_llm *llm);

/* --- A film while it is made --------------------------------------------------------------- */

/* While one thread shoots a reel, others may open it for reading and play what is there: the
 * outline is known once it is planned, the sound can be made at once, and the pictures of a shot
 * as soon as its take is done (the next call of the listener's progress with `what` "stage" tells
 * so, or the end of whelk_shoot). */
typedef struct whelk_outline_shot {
    char id[16], take[16]; /* take "" = none yet */
    uint64_t seed;
    long start; /* frame of the film at which its pictures begin */
} whelk_outline_shot;

typedef struct whelk_outline {
    char *title, *prompt; /* may be NULL */
    int width, height, fps_n, fps_d;
    long frames;
    whelk_outline_shot *shots;
    int shot_count;
} whelk_outline;

whelk_outline *whelk_reel_outline(const whelk_reel *reel, whelk_error *err);
void whelk_outline_free(whelk_outline *outline); /* NULL is fine */

/* The pictures of shot `shot` (0 = the first), to be read with whelk_edit_piece_next of editor.h
 * and closed with whelk_edit_piece_close. Its take and the one before must be there. */
struct whelk_edit_piece *whelk_reel_piece(const whelk_reel *reel, int shot, whelk_error *err);

/* The film's sound as one WAV file. */
bool whelk_reel_sound(const whelk_reel *reel, const char *wav_path, const whelk_listener *listen,
                      whelk_error *err);

/* --- One shot of one line ------------------------------------------------------------------ */

#define WHELK_ONE_SHOT_SLOTS 32

/* A line as a single shot in the words of a model: what whelk_gen_request asks for. */
typedef struct whelk_one_shot {
    char *caption, *title;
    struct {
        char *name, *value;
    } slots[WHELK_ONE_SHOT_SLOTS];
    int slot_count;
    uint64_t seed; /* the one asked for, else drawn from the line */
} whelk_one_shot;

/* What the planner makes of `prompt` when there is room for one shot only: its event. card_json:
 * the model's capability card (whelk_gen_info); seed 0 = from the line. `listen` gets the planner's
 * thoughts and choices (may be NULL). From any thread. NULL and *err as the planner fails. */
whelk_one_shot *whelk_one_shot_ask(const char *prompt, const char *card_json, uint64_t seed,
                                   const whelk_listener *listen, whelk_error *err);
void whelk_one_shot_free(whelk_one_shot *shot); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
