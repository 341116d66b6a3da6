/* What the stages share: one run over a reel, its notes into the journal, its progress, its
 * generator. The public calls of director.h make a run, go through the stages and end it. */
#ifndef WHELK_STAGE_H
#define WHELK_STAGE_H

#include "../editor/editor.h"
#include "../generator/generator.h"
#include "base/digest.h"
#include "reel.h"

struct cJSON;
struct change;

struct run {
    whelk_reel *reel;
    whelk_run_options options;    /* what was not given filled in from reel.json */
    const whelk_listener *listen; /* the caller's; may be NULL */
    whelk_listener inner;         /* what the parts are given: journal first, then the caller */
    bool only_looks;              /* makes no take: the model's weights are not read */
    whelk_generator *generator;   /* opened on first use */
    whelk_gen_info info;
    struct cJSON *card; /* of info.card_json */
    whelk_chat *chat;   /* with the language model; opened on first use */
    bool agreed;        /* to what it costs */
    bool blind;         /* it was to look at takes, and cannot */

    const char *stage, *shot; /* under way; shot NULL = none */
    long cause;               /* event that notes without a cause follow from */
    long last_note;           /* number of the last thought or choice */

    double began_s, shot_began_s; /* clock of the journal */
    double frames_s;              /* what the frames of the take under way usually take */
    double shots_s;               /* spent on the takes made in this run */
    double cut_from, cut_from_s;  /* frames and clock when the cut first told any */
    int shots_made, shots_left;   /* left: after the one under way */
    double film_s;                /* length of the film as planned */
    bool cut_follows;             /* after the takes */
    bool cancelled;
    const struct change *change; /* what stage_change is to do */
    char outcome[400];           /* the last stage's result in a sentence, for the log's end */
};

/* One note; `data` (may be NULL) is taken over. Returns its number. */
struct tell {
    const char *kind, *shot;
    long why; /* 0 = run->cause */
    struct cJSON *data;
};
long run_tell(struct run *run, struct tell how, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Notes a file of the reel with its digest. */
long run_artifact(struct run *run, struct tell how, const char *file, const char *text);

/* A take is begun: from here its time left is told. */
void run_begin_take(struct run *run, const whelk_gen_request *r);
bool run_open_generator(struct run *run, whelk_error *err);
/* Between pieces of work: false and WHELK_EINTERRUPTED when the caller asked to stop, or the
 * journal cannot be written any more. */
bool run_goes_on(struct run *run, whelk_error *err);
/* The event that explains why a shot is there: what the plan last said about it. */
long run_shot_cause(const struct run *run, const char *shot);
long run_storyboard_event(const struct run *run);
/* Seconds that cutting a second of the film takes: as this reel's last one did, else what is usual.
 */
double run_cut_pace(struct run *run);
/* Saves the storyboard and remembers its digest, so that a change by hand is seen. `keep` as for
 * reel_save_film. */
bool run_save_film(struct run *run, const whelk_film *film, const char *keep, whelk_error *err);

bool stage_plan(struct run *run, whelk_error *err);
/* stage_plan.c: why the storyboard that is there will not do; NULL = it will. Static. */
const char *plan_is_another(struct run *run, const whelk_film *film);
/* What the planner is asked: what is not asked for now is as it was asked for before, or as the old
 * storyboard (may be NULL) has it. */
whelk_plan_request plan_request_of(struct run *run, const whelk_film *old);
bool stage_direct(struct run *run, whelk_error *err); /* the language model has takes made */
bool direct_is_wanted(struct run *run, const whelk_film *film); /* stage_direct.c */
bool stage_shoot(struct run *run, whelk_error *err);
bool stage_cut(struct run *run, whelk_error *err);
bool stage_change(struct run *run, whelk_error *err);
bool stage_ask(struct run *run, whelk_error *err); /* change.h's reel_ask_change */
bool stage_clean(struct run *run, whelk_error *err);

/* agent_tools.c: what a language model may have done for it. Fills `out` (room for AGENT_TOOLS) and
 * returns how many; they work on `run`. */
#define AGENT_TOOLS 10
int agent_tools(struct run *run, whelk_tool *out);
bool run_open_chat(struct run *run, whelk_error *err);
/* Seconds that takes of so many seconds take to make, by the takes of this reel or, where there are
 * none (*known false; may be NULL), by what is usual. */
double run_takes_pace(const struct run *run, double seconds, int width, int height, double fps,
                      bool *known);

/* plate.c: which shot makes the picture of a place, and so in which order takes are made. */
struct plates {
    int *from;  /* for each shot the one whose picture it holds, -1 = it makes its own */
    int *order; /* all shots: those that make a picture, those that hold one, those that go on */
};
bool shot_goes_on(const whelk_shot *shot); /* from the one before: first_frame is "previous" */
bool plates_init(struct plates *p, const struct run *run, const whelk_film *film, whelk_error *err);
void plates_release(struct plates *p);

/* shot_request.c: a shot as the generator is asked for it. Strings are borrowed from the film and
 * the request. */
struct shot_request {
    whelk_gen_request gen;
    whelk_gen_slot slots[32];
    char *plate_path;                   /* of gen.plate_from or gen.plate_picture */
    char *last_path;                    /* of gen.last_picture */
    const whelk_shot *plate_shot;       /* whose take the plate is held from, or NULL */
    const whelk_shot *after;            /* whose last frame it begins with, or NULL */
    const whelk_slot_text *passed_over; /* the first slot the model has no place for, or NULL */
    char digest[65];
};
bool shot_request_init(struct shot_request *r, struct run *run, const whelk_film *film, int index,
                       int plate_from, whelk_error *err);
void shot_request_release(struct shot_request *r);

/* take.c: takes of a shot as files. Names are "t01"; a base is "clips/0010-t01", inside the reel.
 * A preview is no take, but has files of the same kinds under this name. */
#define PREVIEW "preview"
char *take_base(const whelk_reel *reel, const char *shot,
                const char *take); /* whole path; caller's */
/* The take with this digest that is there in full: `prefer` first (may be NULL). false = none. */
bool take_find(const whelk_reel *reel, const char *shot, const char *prefer, const char *digest,
               char out[8]);
/* The name for a take about to be made: the one whose request is the same but whose clip is lost,
 * or a new one. */
void take_name(const whelk_reel *reel, const char *shot, const char *digest, char out[8]);
/* The whole path of its clip; caller's. */
char *take_clip_path(const whelk_reel *reel, const char *shot, const char *take);
bool take_exists(const whelk_reel *reel, const char *shot,
                 const char *take); /* its clip and record are */

/* frame.c: one frame of a clip at a size, as a JPEG in base64. Caller's. */
char *frame_jpeg(whelk_clip *clip, int frame, int width, int height, whelk_error *err);

/* stage_cut.c: the film in the editor's words. unmade: before its takes are; clips are then named
 * whether they are there or not. Borrows the film; c->preview and c->aside are the caller's to set
 * before. */
struct cut {
    whelk_edit edit;
    whelk_edit_clip *clips;
    whelk_edit_title *titles;
    char **paths, **effects, **remakes;
    char *score_file;
    bool preview;      /* of the previews */
    const char *aside; /* folder of the reel it goes into instead: "preview", "part"; NULL = the
                        * reel itself */
    char digest[DIGEST_TEXT];
};
bool cut_init(struct cut *c, const whelk_reel *reel, const whelk_film *film, bool unmade,
              whelk_error *err);
void cut_release(struct cut *c);
/* take_check.c: how a bad take is made again, in words; caller's. */
char *cut_remake(const struct cut *c, const whelk_reel *reel, const whelk_shot *shot);
/* Refuses a clip of the cut, by its shot and with the remake, that is neither the one its record
 * tells of nor at least whole; gives its digest. */
bool cut_check_clip(const struct cut *c, struct run *run, int i, char digest[DIGEST_TEXT],
                    whelk_error *err);
bool cut_check_clips(const struct cut *c, struct run *run, whelk_error *err);
/* Of what a cut sees of the reel's storyboard: all but which shots are locked. */
bool cut_story_digest(const whelk_reel *reel, char out[DIGEST_TEXT]);

/* What its record tells of a take. */
struct take_facts {
    char digest[DIGEST_TEXT];
    uint64_t seed;
    char *prompt; /* NULL = none noted */
    int width, height, frames, steps;
    double fps, wall_s;
};
bool take_facts_read(const whelk_reel *reel, const char *shot, const char *take,
                     struct take_facts *out, whelk_error *err);
void take_facts_release(struct take_facts *facts);
/* Makes a take a take of another shot too: the same files under another name. */
bool take_share(const whelk_reel *reel, const char *shot, const char *take, const char *to_shot,
                const char *to_take, whelk_error *err);

/* stage_shoot.c: which shots would get a take now, as far as can be told before any is made. */
bool shots_ahead(struct run *run, const whelk_film *film, bool *made, whelk_error *err);

/* How each shot stands, for `whelk status`. */
enum shot_state { SHOT_CLEAN, SHOT_STALE, SHOT_MISSING, SHOT_FAILED, SHOT_STATES };
bool shot_states(struct run *run, const whelk_film *film, enum shot_state *states,
                 whelk_error *err);

/* Is it locked to a take that is there? Such a shot is as good as clean. */
static inline bool shot_is_kept(const whelk_shot *shot, enum shot_state state)
{
    return shot->locked && state != SHOT_MISSING;
}

/* What is wrong with the take in use, where no take of the shot was good; NULL = nothing. One that
 * is locked is somebody's choice, and has not failed. Borrowed until the reel is closed. */
const char *shot_failure(whelk_reel *reel, const whelk_shot *shot);

/* part.c: makes the film a part of itself, from one shot to another ("0020-0040") or one alone. */
bool film_part(whelk_film *film, const char *range, whelk_error *err);

/* A run to ask questions with: no notes, no lock needed. */
void run_init(struct run *run, whelk_reel *reel, const whelk_run_options *options,
              const whelk_listener *listen);
void run_release(struct run *run);

#endif
