/* Inside the offline planner: the story read from a prompt (beats.c), made possible (resolve.c),
 * told in shots (grammar.c) and put into words (wording.c). plan_offline.c runs them in this order
 * and writes the film. */
#ifndef WHELK_PLAN_H
#define WHELK_PLAN_H

#include "words.h"

#define BEATS_MAX 40
#define ACTORS_MAX 12
#define PLANNED_MOST 100 /* shots; a film may have more, they are then somebody's own work */

struct actor {
    int subject, colour; /* values of the card; colour -1 = not chosen yet */
    int mark;            /* -1 = not said */
    bool colour_said;
    char id[48]; /* "cat", or "black-cat" where there are two cats */
};

/* One step of the story: somebody does something somewhere. -1 = not said (yet). */
struct beat {
    int actor, companion; /* indices of actors */
    int third;            /* with them, where the model draws three */
    int action, place, time;
    int companion_action;
    int size, camera, weather, pace; /* asked for in the prompt */
    int company;                     /* asked for by a language model; else the words tell */
    bool action_exact, place_exact;
    char action_said[WORD_MAX]; /* the word of the line; "" = none */
    bool after_then;            /* opened by "then", "until" and the like */
    bool place_left;            /* the place was named as the one left: "from the forest" */
    bool place_free;            /* the planner chose the place, the line did not */
    bool added;                 /* not in the line: there to fill a length that was asked for */
};

struct story {
    const struct card *card;
    struct actor actors[ACTORS_MAX];
    int actor_count;
    struct beat beats[BEATS_MAX];
    int beat_count, beats_dropped;
    int direction, style; /* -1 = not said */
    int default_time;
    bool drawn;                    /* who it is about was not said */
    bool quiet;                    /* its mood, as said, is no running about */
    uint64_t kept_out[CARD_SLOTS]; /* a bit a value: said not to be there, so not to be drawn */
    uint64_t seed;
};

bool story_keeps_out(const struct story *story, enum card_slot slot, int value); /* resolve.c */

struct wish { /* the request with its defaults filled in */
    int width, height;
    double fps, seconds;
    int shots;
};

/* "16:9" and the like; out of 24 bytes or more. */
void story_ratio(int width, int height, char *out, size_t size);

/* --- plan_free.c: for models without a card of words ------------------------------------------ */

bool plan_is_free(const char *card_json);
whelk_film *plan_free(const whelk_plan_request *request, const struct wish *wish,
                      const whelk_listener *listen, whelk_error *err);

/* --- Telling: notes to whoever listens -------------------------------------------------------- */

struct teller {
    const whelk_listener *listen;
    long planner, line, reading, arc; /* event numbers that later ones name as their cause */
    const char *shot;                 /* notes that name no shot are about this one; may be NULL */
};

long story_tell(const struct teller *teller, const char *kind, const char *shot, long why,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* --- plan_offline.c: what every planner needs ------------------------------------------------- */

bool plan_check_prompt(const char *prompt, whelk_error *err);
bool plan_check_wish(const whelk_plan_request *r, struct wish *w, whelk_error *err);
/* Whether so many shots have room in so many seconds; to be asked again where the line itself says
 * either. */
bool plan_check_room(const struct wish *w, whelk_error *err);
/* Takes a text just made; false when there was no memory for it. */
bool plan_give(char **where, char *made);
/* Adds a character or place unless its id is there; takes the description over. */
bool plan_add_named(whelk_named **list, int *count, const char *id, char *description);
/* The title where the first shot is long enough for reading it; a longer film says that it ends. */
bool plan_add_titles(whelk_film *film);

/* --- beats.c, resolve.c ----------------------------------------------------------------------- */

void story_read(struct story *story, struct reading_of *reading, const struct teller *teller);
void story_resolve(struct story *story, const struct teller *teller);
/* One step only: whatever of actor, action and place is not said or cannot be is settled. */
void story_settle(struct story *story, int beat, const struct teller *teller);
/* A colour for the actor that suits it and stands out where it is, unless it has one. */
void story_choose_colour(struct story *story, int actor, const struct teller *teller);
/* Where many shots are to be told of few steps: adds steps that the same actor can do in the same
 * place. */
void story_stretch(struct story *story, int shots, const struct teller *teller);

/* What the story or the actor does not say is the model's plainest: clear weather, its first style,
 * no mark; -1 = the model has no such slot. */
int story_weather(const struct story *story, int beat);
int story_style(const struct story *story);
int story_mark(const struct story *story, int actor);

/* A number that depends only on the seed and what it is for. */
uint64_t story_draw(const struct story *story, const char *purpose, int n);

/* The action nearest to `action` (-1: any) that the subject can do, at `place` if there is one; -1
 * = none. */
int story_nearest_action(const struct card *card, int subject, int action, int place);

/* --- wishes.c --------------------------------------------------------------------------------- */

/* What the line says of the film itself; 0 and false = nothing. */
struct wishes {
    double seconds;
    int shots;
    int width, height;
    bool silent; /* "no music" */
};
void story_wishes(struct reading_of *reading, struct wishes *out);

/* --- grammar.c -------------------------------------------------------------------------------- */

enum role { ESTABLISH, APPROACH, DETAIL, EVENT, AFTERMATH, ENDING, ROLES };

struct planned {
    enum role role;
    int beat, nth; /* step of the story; how many of this role came before in the film */
    int actor, action, place, time, size, camera;
    int frames;     /* of the film: what is on screen */
    int least, most; /* frames it can have for the music's sake; 0 = no others than it has */
    int skip;       /* frames of the take before that: its event is under way already */
    bool new_scene; /* the place or the time is another than in the shot before */
    bool turns;     /* longer than a clip, and whoever crosses the picture comes back */
};

struct shot_list {
    struct planned *shots;
    int count;
    int overlap_frames; /* of a crossfade between scenes */
    int step;           /* frames by which lengths differ, about 1/8 s */
    double fps;
};

/* How many shots and how long: from the beats and the wish (0 = free). Steps there is no room for
 * are taken out of the story. `out->shots` is the caller's to free. */
bool grammar_plan(struct story *story, const struct wish *wish, struct shot_list *out,
                  const struct teller *teller, whelk_error *err);
/* How long they are together. */
int grammar_frames(const struct shot_list *list);
/* A second shot of what `first` shows, in a size that is neither its own nor `next` (the following
 * shot's; -1 = any). */
void grammar_go_on(const struct story *story, const struct planned *first, int next,
                   struct planned *out);
/* Whether a shot has room for its actors in that size: a close one has not for two. */
bool grammar_fits(const struct story *story, const struct planned *shot, int size);
bool grammar_travels(const char *action);
bool grammar_single(const char *action);   /* it happens once, as a leap does */
bool grammar_has_lead(const char *action); /* its actor does something else before */

/* How fast the shot's actor crosses the picture: as said of the step, where the shot shows that and
 * it has a pace at all, else steadily; -1 = the card has no such slot. */
int grammar_pace(const struct story *story, const struct planned *s);
bool grammar_has_pace(const char *action); /* a leap or who sits has its own */

/* --- tempo.c ---------------------------------------------------------------------------------- */

struct tempo { /* beats a minute */
    double low, own, high;
};
/* What suits a mood; pace: 1 faster, -1 slower, 0 as it is. */
struct tempo tempo_of_mood(const char *mood, int pace);

struct tempo_fitted {
    double bpm;
    int met, usual; /* cuts that a bar can begin on: now, and at the mood's own tempo before */
    int moved;      /* shots that are longer or shorter for it */
};
/* Chooses the tempo, and lengths near those that are there, at which bars meet most cuts. keep: the
 * film stays as long as it is; tail_s: what comes after the last shot. False = no memory. */
bool tempo_fit(struct shot_list *list, struct tempo tempo, bool keep, double tail_s,
               struct tempo_fitted *out);

/* company.c: what the shot's actor does with the step's companion; -1 = the card has no such slot.
 */
int story_company(const struct story *story, const struct planned *s);
/* "chases", "follows", "meets": a word that tells how several go; and whether they can go so while
 * they do this, so that the word asks for nothing else. */
bool story_says_company(const char *said);
bool story_goes_so(const struct card *card, int action, const char *said);
/* Leaves out of a step those who cannot be there, and tells so. */
void story_settle_company(struct story *story, int n, const struct teller *teller);
/* The third in the shot; -1 = nobody. */
int story_third(const struct story *story, const struct planned *s);
/* Whether nobody but the shot's actor is to be seen in it. */
bool story_alone(const struct story *story, const struct planned *s);

/* plan_offline.c: what the shot shows, as slots of the card. */
bool plan_set_slots(const struct story *story, const struct planned *s, whelk_shot *shot);

/* --- plan_tell.c: what the offline planner tells, in this order. Those that return a number are
 * named as causes by the later ones. */

long plan_tell_planner(const struct teller *t);
long plan_tell_line(const struct teller *t, const struct reading_of *r, const struct card *card,
                    const char *prompt);
void plan_tell_replacements(const struct teller *t, const struct reading_of *r,
                            const struct story *story);
void plan_tell_negated(const struct teller *t, struct reading_of *r);
void plan_tell_left_words(const struct teller *t, const struct reading_of *r);
void plan_tell_cannot(const struct teller *t, const struct reading_of *r, const struct card *card);
/* "slowly" of something that has a pace of its own, as a leap has. */
void plan_tell_pace(const struct teller *t, const struct story *story);
long plan_tell_story(const struct teller *t, const struct story *story, const char *logline);
long plan_tell_arc(const struct teller *t, const struct story *story, const struct shot_list *list,
                   const struct wish *w);
void plan_tell_keeping(const struct teller *t, const struct story *story,
                       const struct shot_list *list, const whelk_film *film, bool direction_said);
void plan_tell_shots(const struct teller *t, const whelk_film *film);
void plan_tell_length(const struct teller *t, const whelk_film *film, const struct wish *w);

/* --- wording.c -------------------------------------------------------------------------------- */

/* All return texts that are the caller's to free, NULL = no memory. */
char *say_caption(const struct story *story, const struct planned *shot);
char *say_title(const struct story *story, const char *prompt);
char *say_logline(const struct story *story);
char *say_treatment(const struct story *story, const struct shot_list *list, double seconds);
char *say_character(const struct story *story, const struct actor *actor);
char *say_place(const struct story *story, int place, int time);
char *say_state(const struct story *story, const struct planned *shot, bool at_end);
const char *say_palette(const char *time);

const char *say_where(const char *action, const char *place); /* "by the pool", "over the city" */
const char *say_when(const char *time);                       /* "at dusk" */
const char *say_camera(const char *camera);                   /* "the camera pans left" */
const char *say_weather(const char *weather);                 /* "in the rain"; "" for clear */
const char *say_style(const char *style);                     /* "poster style" */
const char *say_pace(const char *pace);                       /* "slowly"; "" for steady */
/* "spotted", or from '+' on what stands behind the noun: "+with a scarf"; "" for none. */
const char *say_mark(const char *mark);
const char *say_verb(const char *action, char out[WORD_MAX]);  /* "dives" */
const char *say_doing(const char *action, char out[WORD_MAX]); /* "diving" */
/* "the orange cat"; indefinite: "an orange cat", "a child in a red shirt". */
void say_actor(const struct story *story, const struct actor *actor, bool definite, bool colour,
               char *out, size_t size);

/* What one shot speaks of, in words; all borrowed from the card. */
struct names {
    const char *action, *place, *time, *size, *camera, *direction;
    char who[120], bare[80]; /* "the orange cat", "the cat" */
    char third[320];         /* "runs", "chases a black cat" */
    char ing[WORD_MAX];
    const char *where;
};
void say_names(const struct story *story, const struct planned *shot, struct names *out);
const char *say_noun(const char *action); /* "dive" */

/* --- reasons.c -------------------------------------------------------------------------------- */

/* The reason of a shot; the caller's to free, NULL = no memory. */
char *say_why(const struct story *story, const struct shot_list *list, int index, double fps);

#endif
