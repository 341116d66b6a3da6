/* What view.html shows: everything a reel knows of its film, gathered from its files and its
 * journal, with a few small frames of every take. view_gather changes nothing of it, and keeps the
 * frames beside the takes; view_write makes the page. */
#ifndef WHELK_VIEW_H
#define WHELK_VIEW_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "stage.h"

#define VIEW_FRAMES 6

struct view_frame {
    double at_s;
    char *jpeg; /* base64 */
};

struct view_take {
    char name[8];
    bool used;
    cJSON *record;     /* clips/ID-tNN.json; NULL = it cannot be read */
    int width, height; /* of the frames */
    struct view_frame frames[VIEW_FRAMES];
    int frame_count;
    whelk_error fault; /* why there are no frames; no text = there are */
};

struct view_shot {
    const whelk_shot *shot;
    double at_s, seconds;    /* in the film */
    int state;               /* enum shot_state, or -1 = cannot be told */
    struct view_take *takes; /* the one in use first, then the newest first */
    int take_count;
};

struct view {
    const whelk_reel *reel;
    whelk_film *film;
    struct view_shot *shots;
    char *poster; /* base64; a larger frame of the longest shot, NULL = none */
    whelk_score_sheet sheet;
    const char *film_name; /* the newest film that browsers play; NULL: none */
    bool has_sheet;
    double seconds;          /* of the film */
    whelk_error state_fault; /* why states cannot be told; no text = they can */
};

/* Reads the reel; `listen` (may be NULL) is told of each take read and may stop it. */
bool view_gather(struct view *v, whelk_reel *reel, const whelk_run_options *options,
                 const whelk_listener *listen, whelk_error *err);
void view_release(struct view *v);

/* strip.c: the frames of a take beside it. `base` is its path without an end, `count` the frames
 * asked for, `t` has its record. False = none that holds for the clip as it is. What cannot be kept
 * is not. */
bool strip_load(struct view_take *t, const char *base, const char *clip_path, int width, int count);
void strip_save(const struct view_take *t, const char *base, const char *clip_path, int count);

/* The page as text, in `out`. */
void view_write(const struct view *v, FILE *out);

/* view_html.c: the page's smaller parts. Text is escaped; NULL prints nothing. */
void html_text(FILE *out, const char *text);
/* Text with an empty line between paragraphs, as <p>. */
void html_paragraphs(FILE *out, const char *text);
/* "2.4 s", "1 min 12 s" */
void html_seconds(FILE *out, double seconds);
void html_jpeg(FILE *out, const char *base64); /* a data: address */

/* The parts of the page that have files of their own. */
void view_write_timeline(const struct view *v, FILE *out);
void view_write_shots(const struct view *v, FILE *out);
void view_write_story(const struct view *v, FILE *out); /* warnings, time, reasoning */

#endif
