/* The parts of the evaluation (main: eval.c). */
#ifndef WHELK_EVAL_H
#define WHELK_EVAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../../pipeline/base/error.h"
#include "curve.h"
#include "longer.h"
#include "sight.h"

struct eval_options {
    const char *model, *worldgen, *judge, *out, *sheet, *curve;
    uint64_t seed;
    int count;
    bool glimpses;
};

/* Writes `count` scenes for the judge's training (glimpses.c). */
bool eval_glimpses(const struct eval_options *o, FILE *out, whelk_error *err);

enum { FILM_SHOTS = 3 };

/* What an evaluation found; sights of one index in `real` and `made` are of one scene. */
struct findings {
    const struct judge *judge;
    const struct world_card *card;
    struct sights real, made; /* scenes never seen in training: the world's picture, the model's */
    struct sights other;      /* further real ones, to know how far apart two such crowds are */
    struct sights held;       /* made of pairs of values that training never saw together */
    struct sights dives, real_dives;
    struct sights meetings, real_meetings; /* shots of two; all others are of one */
    struct sights films;  /* FILM_SHOTS in a row are of one actor */
    struct longer longer; /* empty where no shot can go on */
    struct curve curve;   /* empty unless asked for */
    const char *model_name, *model_digest;
    uint64_t seed;
};

/* Markdown (report.c). */
void report_write(const struct findings *f, FILE *out);
/* Frames of the first shots as one PNG. */
bool report_sheet(const struct findings *f, const char *path, whelk_error *err);

#endif
