/* What is wrong with a take, and how good it is beside others of the same shot. Limits stand where
 * no real take of the shipped model lay and takes damaged on purpose do: see each. Nothing here
 * looks at files. */
#include "review.h"

#include <math.h>
#include <string.h>

/* Shares of what the model normally gives (normal.c): the least of 120 real takes, and the limit.
 */
#define BLURRED                                                                                    \
    0.40              /* 0.43, a window full of sky; a blur of 1.3 % of the width gives 0.3 to 0.5 \
                       */
#define SMEARED 0.55  /* 0.70 */
#define UNSTEADY 0.75 /* 0.91 */
#define IN_PIECES 0.70  /* of the actor in one piece: 0.86 */
#define OUT_OF_VIEW 0.6 /* of the actor in the frame: 0.74, a bird that flies in */
#define TOO_SMALL 0.002 /* share of the frame: 0.011 */
#define UNLIKE                                                                                     \
    0.40             /* colours shared with the held place: 0.63; half of other places share 0.16  \
                      */
#define STANDS_S 0.7 /* seconds without any change: none; even one who sits breathes */

#define FAULT_COSTS 0.35 /* of the score */

static void find(struct review *r, bool is, const char *fault)
{
    if (is && r->fault_count < REVIEW_FAULTS)
        r->faults[r->fault_count++] = fault;
}

static double share_of(double value, double normal)
{
    return normal > 0 ? value / normal : 1;
}

/* Returns whether there is a picture to judge further. */
static bool find_in_any(struct review *r, const struct look *l, const struct review_asked *asked)
{
    double length = l->fps > 0 ? l->frames / l->fps : 0;
    bool black = l->black_s > 0.5 * length, flat = l->flat_s > 0.5 * length;
    find(r, l->frames != asked->frames || l->looked_at == 0, "pictures are missing");
    find(r, black, "its pictures are black");
    find(r, !black && l->black_s > 0, "a part of it is black");
    find(r, flat, "its pictures are of one flat colour");
    find(r, !flat && l->flat_s > 0, "a part of it is of one flat colour");
    find(r, !black && !flat && l->looked_at > 1 && l->still_s >= fmin(STANDS_S, 0.75 * length),
         "its picture stands still");
    return !black && !flat;
}

static void find_in_pictures(struct review *r, const struct look *l)
{
    find(r, l->cut > LOOK_BREAK, "there is a cut inside the shot");
    find(r, l->flicker > LOOK_BLINK, "it flickers");
    find(r, r->share.sharp < BLURRED, "it is blurred");
    find(r, r->likeness >= 0 && r->likeness < UNLIKE,
         "its first picture is not like the place it was to hold");
}

/* Of those in the picture, one that is missing or out of the frame is so whatever the others are.
 */
static void find_in_cast(struct review *r, const struct review_asked *asked, double least)
{
    bool one = asked->guest_count == 0;
    find(r, least < TOO_SMALL, one ? "the actor is missing" : "one of the actors is missing");
    if (least < TOO_SMALL)
        return;
    find(r, r->share.seen < OUT_OF_VIEW,
         one ? "the actor is out of the frame" : "one of the actors is out of the frame");
    find(r, r->share.whole < IN_PIECES,
         one ? "the actor falls to pieces" : "one of the actors falls to pieces");
    find(r, r->share.crisp < SMEARED,
         one ? "the actor is a smear" : "one of the actors is a smear");
    find(r, r->share.steady < UNSTEADY,
         one ? "the actor changes shape from drawing to drawing"
             : "one of the actors changes shape from drawing to drawing");
}

/* What is above the normal counts for little: a take is as good as its weakest part. */
static double worth(double share)
{
    return fmin(share, 1) * 0.9 + fmin(fmax(share - 1, 0), 0.5) * 0.2;
}

static double score_of(const struct review *r)
{
    double looks =
        0.4 * worth(r->share.sharp) + 0.35 * worth(r->share.crisp) + 0.25 * worth(r->share.steady);
    double score = looks * r->share.seen * r->share.whole * (0.85 + 0.15 * r->share.colour) *
                   pow(1 - FAULT_COSTS, r->fault_count);
    return fmin(1, fmax(0, score));
}

/* Each of the cast; of each share the least, since a take is as good as its weakest part. Returns
 * the size of the smallest. */
static double judge_cast(struct review *r, const struct review_asked *asked)
{
    double least = asked->actor->size;
    for (int k = 0; k <= asked->guest_count; k++) {
        const whelk_gen_actor *a = k ? &asked->guests[k - 1] : asked->actor;
        struct normal normal = normal_of(asked->model, asked->shot, k);
        r->share.crisp = fmin(r->share.crisp, share_of(a->crisp, normal.crisp));
        r->share.steady = fmin(r->share.steady, share_of(a->steady, normal.steady));
        r->share.seen = fmin(r->share.seen, a->seen);
        r->share.whole = fmin(r->share.whole, a->whole);
        if (normal.known)
            r->share.colour = fmin(r->share.colour, normal_colour(asked->shot, a, k));
        least = fmin(least, a->size);
    }
    return least;
}

void review_take(const struct look *look, const struct review_asked *asked, struct review *out)
{
    struct normal normal = normal_of(asked->model, asked->shot, 0);
    bool told =
        asked->actor && (normal.known || asked->actor->size > 0); /* one without layers is not */
    *out = (struct review){
        .likeness = asked->reference ? look_alike(look, asked->reference) : -1,
        .good_until_s = look->good_until_s,
        .share = {.crisp = INFINITY, .steady = INFINITY, .seen = 1, .whole = 1, .colour = 1}};
    double least = told ? judge_cast(out, asked) : 0;
    if (!told)
        out->share.crisp = out->share.steady = 1;
    out->share.sharp = share_of(look->sharpness, normal.sharpness);
    if (find_in_any(out, look, asked) && normal.known) {
        find_in_pictures(out, look);
        if (told)
            find_in_cast(out, asked, least);
    }
    out->score = score_of(out);
}

void review_add(struct review *r, const char *fault)
{
    if (!fault)
        return;
    find(r, true, fault);
    r->score *= 1 - FAULT_COSTS;
}

const char *review_difference(const struct review *best, const struct review *other)
{
    const struct {
        double by;
        const char *words;
    } rows[] = {
        {best->share.seen - other->share.seen, "more of the actor is in the frame"},
        {best->share.whole - other->share.whole, "the actor is more of one piece"},
        {best->share.crisp - other->share.crisp, "the actor stands out more clearly"},
        {best->share.steady - other->share.steady, "the actor keeps its shape better"},
        {best->share.sharp - other->share.sharp, "it is sharper"},
        {(best->share.colour - other->share.colour) / 2,
         "the actor is nearer to the colour asked for"},
    };
    size_t most = 0;
    if (best->fault_count < other->fault_count)
        return "less is wrong with it";
    for (size_t i = 1; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].by > rows[most].by)
            most = i;
    return rows[most].by > 0.005 ? rows[most].words : "the two are nearly alike";
}
