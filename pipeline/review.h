/* Looking at a take: what its pictures measure (look.c), what is wrong with it and how good it is
 * beside others of the same shot (review.c).
 *
 *     struct look look;
 *     struct review review;
 *     if (look_at_clip("clips/0010-t01.mkv", 0, NULL, &look, &err))
 *         review_take(&look, &asked, &review);
 *
 * All is measured on small pictures (at most 160 wide), twelve a second, which is how often the
 * model draws; a take of any size gives the same figures. Levels are 0..255. */
#ifndef WHELK_REVIEW_H
#define WHELK_REVIEW_H

#include "../generator/generator.h"
#include "../storyboard/storyboard.h"

#define LOOK_COLOURS 64 /* 4 x 4 x 4 boxes of red, green, blue */
#define LOOK_BLINK 5.0  /* of 255, mean over the picture: a blink that is seen */
#define LOOK_BREAK 5.0  /* times the changes around it: a cut */

struct look {
    int width, height, frames, looked_at;
    double fps;
    double brightness, contrast; /* mean luma; its spread within a picture, mean */
    double colour;               /* spread of the two colour differences, mean */
    double motion;               /* change of a pixel from one look to the next, mean */
    double still_s;              /* longest stretch in which no pixel changed */
    double black_s, flat_s;      /* how much of it is black, of one colour */
    double flicker;              /* strongest blink: one look unlike both its neighbours, mean */
    double cut;                  /* strongest break: a change, over the changes around it */
    double sharpness;            /* fine detail as a share of contrast */
    double good_until_s;         /* before the first black, flat, blinking or broken look */
    float colours[LOOK_COLOURS]; /* share of the first picture's pixels in each box */
};

/* Decodes one frame in every 1/12 s, `most` in all (0 = the whole clip); pictures are clips of one.
 * `listen` (may be NULL) is told of each as "look" and may stop it. */
bool look_at_clip(const char *path, int most, const whelk_listener *listen, struct look *out,
                  whelk_error *err);
/* How much of their colours two first pictures share, 0..1. */
double look_alike(const struct look *a, const struct look *b);

struct review_asked {
    int frames;        /* what was asked for */
    const char *model; /* its name, and the shot: what is normal for them; may be NULL */
    const whelk_shot *shot;
    const whelk_gen_actor *actor; /* NULL = the model tells nothing of it */
    const whelk_gen_actor *guests; /* who are with it: each is judged as it is */
    int guest_count;
    const struct look *reference; /* of the take whose place is held; NULL = none */
};

#define REVIEW_FAULTS 10

struct review {
    const char *faults[REVIEW_FAULTS]; /* in words, gravest first; static, or review_add's */
    int fault_count;
    double likeness;     /* to the reference; -1 = there is none */
    double good_until_s; /* from the start; the whole length where nothing breaks off */
    double score;        /* 0..1, of use only beside other takes of the same shot */
    struct {             /* what the score is made of, each 1 = as the model normally gives */
        double sharp, crisp, steady, seen, whole;
        double colour; /* 1 = clearly the colour asked for, 0 = clearly another */
    } share;
};

void review_take(const struct look *look, const struct review_asked *asked, struct review *out);
/* A fault that somebody else found, kept as it is (borrowed); the score falls. NULL: nothing. */
void review_add(struct review *r, const char *fault);
/* In what `best` is better than `other`, most telling first: "sharper". Static. */
const char *review_difference(const struct review *best, const struct review *other);

/* normal.c: what a model gives of a shot like this, measured; 0 = not known. A model that was never
 * measured (known is false) is judged by what is wrong in any: missing, black, flat, still. */
struct normal {
    bool known;
    double sharpness, crisp, steady;
};
/* With the k-th in the picture, 0 = the actor, 1 = the first guest. */
struct normal normal_of(const char *model, const whelk_shot *shot, int k);
/* How clearly the k-th is of the colour asked for and of no other: 0..1; 1 where that cannot be told.
 */
double normal_colour(const whelk_shot *shot, const whelk_gen_actor *actor, int k);

#endif
