/* What the shipped model normally gives, so that a take can be held against it. Medians of the
 * figures in the journal's review events over 195 takes of whelk-mini: five of every subject's
 * every action, in all places, sizes and hours, 480x270. How far single takes lie from them stands
 * beside the limits in review.c. tests/tool/measure_normal.py shoots them and prints the tables. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "review.h"

struct row {
    const char *value;
    double typical;
};

/* Fine detail on small pictures is a product of three: a city holds twice what a meadow does. */
static const struct row sharpness_of_place[] = {
    {"pool", 0.091},
    {"beach", 0.061},
    {"meadow", 0.046},
    {"forest", 0.055},
    {"city", 0.108},
    {"desert", 0.047},
    {"snow", 0.054},
    {"mountains", 0.054},
    {"farm", 0.063},
    {"river", 0.052},
    {"room", 0.074},
    {"underwater", 0.036},
    {0},
};
static const struct row sharpness_by_size[] = {
    {"wide", 1.16},
    {"medium", 1.00},
    {"close", 0.82},
    {0},
};
static const struct row sharpness_by_time[] = {
    {"day", 1.00}, {"dusk", 0.90}, {"night", 0.76}, {"dawn", 0.89}, {0},
};

/* Furred and feathered ones have soft edges, things hard ones. */
static const struct row crisp_of_subject[] = {
    {"cat", 0.73},       {"dog", 0.74},    {"horse", 0.70},
    {"child", 0.68},     {"bird", 0.75},   {"fish", 0.85},
    {"butterfly", 0.69}, {"ball", 0.91},   {"car", 0.90},
    {"boat", 0.82},      {"rocket", 0.91}, {"balloon", 0.90},
    {"rabbit", 0.70},    {"duck", 0.83},   {"turtle", 0.79},
    {"elephant", 0.80},  {"plane", 0.82},  {0},
};

/* A runner's legs and a flyer's wings change from drawing to drawing, a car does not. */
static const struct row steady_of_action[] = {
    {"walk", 0.87},
    {"run", 0.87},
    {"jump", 0.80},
    {"dive", 0.64},
    {"sit", 0.98},
    {"fly", 0.76},
    {"swim", 0.95},
    {"bounce", 0.95},
    {"drive", 0.98},
    {"sail", 0.97},
    {"launch", 1.00},
    {"float", 0.99},
    {0},
};

/* Mean colours of actors of each colour, over all subjects by day, dusk, dawn and night. */
static const struct {
    const char *value;
    double rgb[3];
} colours[] = {
    {"orange", {0.82, 0.57, 0.35}}, {"red", {0.78, 0.33, 0.30}},    {"yellow", {0.61, 0.51, 0.36}},
    {"green", {0.49, 0.60, 0.43}},  {"blue", {0.41, 0.52, 0.74}},   {"white", {0.81, 0.65, 0.65}},
    {"black", {0.28, 0.29, 0.41}},  {"purple", {0.60, 0.43, 0.66}},
};

static double distance(const double *rgb, const whelk_gen_actor *a)
{
    return sqrt(pow(rgb[0] - a->red, 2) + pow(rgb[1] - a->green, 2) + pow(rgb[2] - a->blue, 2));
}

/* A slot of the k-th: "subject", "subject2", "subject3". */
static const char *word_of(const whelk_shot *shot, const char *slot, int k)
{
    char name[32];
    snprintf(name, sizeof name, k ? "%s%d" : "%s", slot, k + 1);
    return shot ? whelk_shot_slot(shot, name) : NULL;
}

/* Orange and red lie so near to one another that only others are held against them. A child's
 * colour is its shirt's, which is a small part of it. */
double normal_colour(const whelk_shot *shot, const whelk_gen_actor *a, int k)
{
    const char *asked = word_of(shot, "colour", k), *subject = word_of(shot, "subject", k);
    double own = -1, other = 10;
    if (!asked || (subject && strcmp(subject, "child") == 0))
        return 1;
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++) {
        double d = distance(colours[i].rgb, a);
        if (strcmp(colours[i].value, asked) == 0)
            own = d;
        else if (i > 1 || (strcmp(asked, "red") != 0 && strcmp(asked, "orange") != 0))
            other = fmin(other, d);
    }
    return own < 0 ? 1 : fmin(1, fmax(0, 0.5 + (other - own) / 0.2));
}

static double look_up(const struct row *rows, const char *value, double otherwise)
{
    for (; value && rows->value; rows++)
        if (strcmp(rows->value, value) == 0)
            return rows->typical;
    return otherwise;
}

/* One that is chased may fly from who runs. */
static const char *action_of(const whelk_shot *shot, int k)
{
    const char *company = whelk_shot_slot(shot, "company");
    return k && company && strcmp(company, "chase") == 0 ? "fly" : whelk_shot_slot(shot, "action");
}

struct normal normal_of(const char *model, const whelk_shot *shot, int k)
{
    if (!shot || !model || strcmp(model, "whelk-mini") != 0)
        return (struct normal){0};
    return (struct normal){
        .known = true,
        .sharpness = look_up(sharpness_of_place, whelk_shot_slot(shot, "place"), 0) *
                     look_up(sharpness_by_size, whelk_shot_slot(shot, "size"), 1) *
                     look_up(sharpness_by_time, whelk_shot_slot(shot, "time"), 1),
        .crisp = look_up(crisp_of_subject, word_of(shot, "subject", k), 0),
        .steady = look_up(steady_of_action, action_of(shot, k), 0),
    };
}
