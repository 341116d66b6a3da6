/* The music's tempo and the shots' lengths, made to fit: a bar can begin on a cut where the time
 * since the cut before is a whole number of beats, give or take the 6 % by which a score may bend
 * them (editor/meter.c). Of the tempi that suit the mood the one is taken at which most cuts are
 * met, and shots are made a little longer or shorter for it. */
#include "plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BEND 0.055 /* half a hundredth is left for lengths rounded in the file */
#define MOVES 2    /* steps that one shot may be longer or shorter */
#define DRIFT 8    /* steps that shots together may be longer or shorter half way */
#define STATES (2 * DRIFT + 1)
#define COST_OF_MOVE 0.1 /* of a cut that no bar begins on */
#define COST_OF_TEMPO 2  /* of being another tempo by all of it than the mood's own */

/* The range is where each mood's music still sounds like it (editor/moods.c). */
static const struct {
    const char *mood;
    struct tempo tempo;
} tempi[] = {
    {"playful", {104, 116, 136}},   {"calm", {68, 72, 82}},   {"epic", {84, 96, 104}},
    {"tender", {58, 66, 72}},       {"joyful", {110, 126, 138}}, {"mysterious", {72, 80, 92}},
};

struct tempo tempo_of_mood(const char *mood, int pace)
{
    double by = 1 + 0.15 * pace;
    for (int i = 0; i < COUNT(tempi); i++)
        if (strcmp(tempi[i].mood, mood) == 0)
            return (struct tempo){round(tempi[i].tempo.low * by), round(tempi[i].tempo.own * by),
                                  round(tempi[i].tempo.high * by)};
    return (struct tempo){round(80 * by), round(90 * by), round(100 * by)};
}

/* ---- one shot at one tempo ---- */

/* From the cut before a shot to the one after it: a crossfade is cut at its middle. */
static double seconds_of(const struct shot_list *list, int i, int moved, double tail_s)
{
    const struct planned *s = &list->shots[i];
    bool last = i + 1 == list->count;
    int fades = s->new_scene + (!last && s[1].new_scene);
    return (s->frames + moved * list->step - 0.5 * fades * list->overlap_frames) / list->fps +
           (last ? tail_s : 0);
}

static bool meets(double seconds, double bpm)
{
    double beats = round(seconds * bpm / 60);
    return beats >= 2 && fabs(60 * beats / seconds / bpm - 1) <= BEND;
}

static bool may_move(const struct shot_list *list, int i, int moved)
{
    const struct planned *s = &list->shots[i];
    int frames = s->frames + moved * list->step;
    return moved == 0 || (frames >= s->least && frames <= s->most);
}

/* ---- the whole film at one tempo ---- */

/* The cheapest moves, by shot and by how much longer the film has become; `keep`: in the end by
 * nothing. */
struct way {
    double cost[STATES];
    signed char move[PLANNED_MOST][STATES];
};

static void go_on(struct way *w, const struct shot_list *list, int i, double bpm, double tail_s)
{
    double before[STATES];
    memcpy(before, w->cost, sizeof before);
    for (int to = 0; to < STATES; to++)
        w->cost[to] = INFINITY;
    for (int move = -MOVES; move <= MOVES; move++) {
        if (!may_move(list, i, move))
            continue;
        double cost = COST_OF_MOVE * abs(move) +
                      (meets(seconds_of(list, i, move, tail_s), bpm) ? 0 : 1);
        for (int from = 0; from < STATES; from++) {
            int to = from + move;
            if (to < 0 || to >= STATES || before[from] + cost >= w->cost[to])
                continue;
            w->cost[to] = before[from] + cost;
            w->move[i][to] = (signed char)move;
        }
    }
}

/* Returns where the cheapest way ends. */
static int find_way(struct way *w, const struct shot_list *list, bool keep, double bpm,
                    double tail_s)
{
    for (int d = 0; d < STATES; d++)
        w->cost[d] = d == DRIFT ? 0 : INFINITY;
    for (int i = 0; i < list->count; i++)
        go_on(w, list, i, bpm, tail_s);
    int best = DRIFT;
    for (int d = 0; d < STATES && !keep; d++)
        if (w->cost[d] < w->cost[best])
            best = d;
    return best;
}

/* How many shots it moves. */
static int take_way(struct shot_list *list, const struct way *w, int end)
{
    int moved = 0;
    for (int i = list->count - 1; i >= 0; i--) {
        int move = w->move[i][end];
        list->shots[i].frames += move * list->step;
        moved += move != 0;
        end -= move;
    }
    return moved;
}

/* The cuts that are met; a shot of no whole beats costs the cut at its end, the last one that
 * before it. */
static int count_met(const struct shot_list *list, double bpm, double tail_s)
{
    int met = list->count - 1;
    for (int i = 0; i < list->count; i++)
        met -= !meets(seconds_of(list, i, 0, tail_s), bpm);
    return met < 0 ? 0 : met;
}

bool tempo_fit(struct shot_list *list, struct tempo tempo, bool keep, double tail_s,
               struct tempo_fitted *out)
{
    *out = (struct tempo_fitted){.bpm = tempo.own, .usual = count_met(list, tempo.own, tail_s)};
    if (list->count < 2)
        return true;
    struct way *w = malloc(sizeof *w);
    if (!w)
        return false;
    double least = INFINITY;
    for (double bpm = tempo.low; bpm <= tempo.high; bpm++) {
        double cost = w->cost[find_way(w, list, keep, bpm, tail_s)] +
                      COST_OF_TEMPO * fabs(bpm / tempo.own - 1);
        if (cost < least) {
            least = cost;
            out->bpm = bpm;
        }
    }
    out->moved = take_way(list, w, find_way(w, list, keep, out->bpm, tail_s));
    out->met = count_met(list, out->bpm, tail_s);
    free(w);
    return true;
}
