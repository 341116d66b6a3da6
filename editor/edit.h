/* What the files of the editor share: the plan of a cut in whole frames, and the calls between
 * check, plan, timeline, titles, render and verify. Times inside the editor are frames of the
 * film until GES is told nanoseconds. */
#ifndef WHELK_EDIT_H
#define WHELK_EDIT_H

#pragma GCC diagnostic push             /* GES 1.22 declares functions that return const values */
#pragma GCC diagnostic ignored "-Wignored-qualifiers"
#include <ges/ges.h>
#pragma GCC diagnostic pop
#include <gst/gst.h>

#include "editor.h"
#include "sound.h"

/* What a clip's file really holds, found by reading all of it (check.c). */
struct edit_media {
    int width, height;
    double fps;
    double seconds;             /* to the end of the last picture that is there */
    double told_s;              /* what the container says; 0 = it does not say */
    long frames;
    bool sound;                 /* there is a sound stream too */
};

enum edit_join { JOIN_CUT, JOIN_CROSSFADE, JOIN_DIP_BLACK, JOIN_DIP_WHITE, JOIN_WIPE };

struct edit_slot {
    const whelk_edit_clip *clip;
    char *path;                 /* absolute */
    char *played;               /* what the timeline plays: path, or what it was made over to */
    double played_in_s;         /* where the slot begins in it; at the film's rate and speed 1 */
    char *name;                 /* for messages: "shot 0020 (clips/0020-t01.mkv)" */
    struct edit_media media;
    long start, frames;         /* on the film, overlaps included */
    double in_s, speed;
    enum edit_join join;        /* to the next slot */
    int wipe;                   /* GESVideoStandardTransitionType of a wipe; negative = it runs backwards */
    long overlap;               /* frames shared with the next slot */
    int roll;                   /* 0 = the lower, 1 = the upper of the two picture layers */
};

struct edit_card {              /* a title as it lies on the film */
    const whelk_edit_title *title;
    char *path;                 /* its picture, absolute */
    bool on_black;              /* after the last clip: its picture fills the frame */
    long start, frames;
    int x, y;                   /* of the picture on the film */
};

enum edit_sound_kind { SOUND_SCORE, SOUND_VOICE, SOUND_EFFECT, SOUND_CLIP };

struct edit_sound {             /* a sound as it lies on the film (soundtrack.c) */
    enum edit_sound_kind kind;
    int slot;                   /* the clip it belongs to; -1 = the whole film */
    int lane;                   /* those of one kind and lane never overlap: 0 or 1 */
    char *path;                 /* its file, at the film's level, absolute */
    long start, frames;         /* on the film */
    struct sound_key *keys;     /* its volume, on its own time; not in the file */
    int key_count;
};

struct edit_profile;                     /* a row of profile.c */
struct edit_coder;
struct edit_coders {
    const struct edit_coder *pictures, *sound;  /* sound NULL = not coded */
};

struct edit_plan {
    const whelk_edit *edit;
    bool unseen;                /* no file was looked at: a layout only */
    bool piece;                 /* pictures alone, played once and forgotten (clip.c) */
    const whelk_listener *listen;
    const struct edit_profile *profile;
    struct edit_coders coders;  /* chosen by edit_profile_choose */
    char *reel;                 /* absolute */
    int width, height, fps_n, fps_d;
    struct { int x, y, width, height; } view;   /* what a letterbox leaves to be seen */
    struct edit_slot *slots;
    int slot_count;
    struct edit_card *cards;
    int card_count;
    whelk_edit_title label;     /* the last card's, where one is asked for */
    struct edit_sound *sounds;
    int sound_count;
    struct sound_level level;   /* of all of them together, as measured when they were made */
    struct edit_speech *speeches;       /* speech.h */
    int speech_count;
    struct edit_caption *captions;      /* captions.h */
    whelk_edit_title *caption_titles;   /* of those burnt in */
    int caption_count;
    long frames;                /* of the film */
};

/* plan.c. Reads every clip (check.c), then lays them out in frames. The plan borrows `edit`. */
bool edit_plan_init(struct edit_plan *plan, const whelk_edit *edit, const char *reel,
                    const whelk_listener *listen, whelk_error *err);
/* The same without looking at files: clips are taken to be as long as they are asked for. */
bool edit_plan_lay(struct edit_plan *plan, const whelk_edit *edit, const char *reel, whelk_error *err);
void edit_plan_release(struct edit_plan *plan);
GstClockTime edit_plan_time(const struct edit_plan *plan, long frame);
double edit_plan_seconds(const struct edit_plan *plan, long frame);
char *edit_plan_file(const struct edit_plan *plan, const char *name);        /* absolute; g_free */
/* The part of an absolute path that follows the reel's own; NULL = not a file of the reel. */
const char *edit_plan_inside(const struct edit_plan *plan, const char *path);
/* Where the cuts fall, for the score: the middle of each overlap, in seconds; g_free. */
double *edit_plan_cuts(const struct edit_plan *plan, int *count);

/* check.c */
bool edit_check_media(const char *path, struct edit_media *media, const whelk_listener *listen,
                      whelk_error *err);
bool edit_start(whelk_error *err);                  /* GStreamer and GES, once; names what is
                                                     * not installed */

/* join.c: names of the transitions */
bool edit_join_parse(const char *name, enum edit_join *join, int *wipe);

/* conform.c: sees that every slot plays a file of the film's size, rate and speed; what is not is made over into
 * REEL/conform/. Progress: frames of each, with its shot. */
bool edit_conform(struct edit_plan *plan, const whelk_listener *listen, whelk_error *err);
/* Takes away what no clip of this whole film was made over to. */
void edit_conform_sweep(const struct edit_plan *plan);

/* title.c: draws each card into REEL/titles/ and says where it lies. */
bool edit_title_draw(struct edit_plan *plan, const whelk_listener *listen, whelk_error *err);

/* soundtrack.c: makes every sound of the film and its file, at level. */
bool edit_soundtrack(struct edit_plan *plan, const whelk_listener *listen, double *tempo_bpm,
                     whelk_error *err);
/* flat.c: the parts of the film's sound as their files hold them, sound_count of them; NULL on failure. */
struct mix_part *edit_parts_read(const struct edit_plan *plan, whelk_error *err);
void edit_parts_free(const struct edit_plan *plan, struct mix_part *parts);
/* A sentence for the log. */
void edit_tell(const whelk_listener *listen, const char *kind, const char *shot, const char *fmt, ...)
    G_GNUC_PRINTF(4, 5);

/* timeline.c: caller's to unref. */
GESTimeline *edit_timeline_new(const struct edit_plan *plan, whelk_error *err);
GESClip *edit_timeline_load(const struct edit_plan *plan, const char *uri, const char *name,
                            whelk_error *err);
void edit_timeline_place(const struct edit_plan *plan, GESClip *clip, long start, long frames);
/* clip.c: a clip for a timeline that is not saved. Floating, as GES's own are. */
enum edit_clip_kind {
    EDIT_CLIP_ANY,              /* whatever GStreamer can decode */
    EDIT_CLIP_TAKE,             /* FFV1 in Matroska, as takes are and what was made over */
    EDIT_CLIP_STILL             /* a PNG picture, for as long as wanted */
};
GESClip *edit_clip_new(const char *path, enum edit_clip_kind kind);
/* timeline_sound.c: every sound of the plan on a layer below the pictures; silence where there is
 * none. */
bool edit_timeline_sounds(GESTimeline *timeline, const struct edit_plan *plan, whelk_error *err);
bool edit_timeline_save(GESTimeline *timeline, const char *path, whelk_error *err);

/* otio.c, edl.c: the plan for other editors. */
bool edit_otio_save(const struct edit_plan *plan, const char *path, whelk_error *err);
bool edit_edl_save(const struct edit_plan *plan, const char *path, whelk_error *err);

/* profile.c */
const struct edit_profile *edit_profile_find(const char *name);     /* NULL = the first; no such: NULL */
bool edit_profile_choose(struct edit_plan *plan, const whelk_listener *listen, whelk_error *err);
void edit_profile_size(const struct edit_plan *plan, int *width, int *height);      /* of the file's pictures */
bool edit_profile_has_chapters(const struct edit_profile *p);
const char *edit_profile_format(const struct edit_profile *p);      /* libavformat's name of the container */
GstEncodingProfile *edit_profile_encoding(const struct edit_plan *plan);
void edit_profile_set(const struct edit_plan *plan, GstElement *e); /* an encoder, as it is made */
/* Has the caps that pass a probe say that the chroma samples lie on the left; the probe holds a caps event. */
void edit_chroma_on_left(GstPadProbeInfo *info);

/* tags.c: what the film says of itself: title, prompt, that a machine made it. The first gives the tags of the container
 * one by one (keys are libavformat's), the second writes XMP behind the finished file where its format has that. */
void edit_tags_each(const struct edit_plan *plan, void (*put)(void *ctx, const char *key, const char *value), void *ctx);
bool edit_tags_append(const struct edit_plan *plan, const char *path, whelk_error *err);

/* preroll.c: has a decoder of takes, as it is made, do less before its source seeks. */
void edit_preroll_spare(GstElement *e);
/* The same while GES looks at this file, from the first call to the second; from any thread. Other files are
 * looked at as ever. */
gulong edit_preroll_look(const char *uri);
void edit_preroll_looked(gulong hook);
/* copies.c: has an element, as it is made, pass pictures on that it does not change. */
void edit_copies_spare(GstElement *e);
/* masks.c: has an element of a wipe that is over forget its mask; it may play again. */
void edit_mask_drop(GstElement *e);

/* render.c: into `path`, beside and renamed by the caller once verified. */
/* Turns a pipeline's error into a sentence that begins with `name`: `what`; always false. */
bool edit_fail_with(GstMessage *m, const char *name, const char *what, whelk_error *err);
struct edit_watch;      /* watch.h; may be NULL */
bool edit_render(GESTimeline *timeline, const struct edit_plan *plan, const char *path,
                 struct edit_watch *watch, const whelk_listener *listen, whelk_error *err);

/* remux.c: copies a rendered film, adds the captions as a track and tells where the sound begins;
 * format: "mp4", "matroska" or "webm". */
bool edit_remux(const struct edit_plan *plan, const char *from, const char *to, const char *format,
                whelk_error *err);

/* verify.c: reads the finished file again. */
bool edit_verify(const struct edit_plan *plan, const char *path, whelk_edit_figures *figures, whelk_error *err);

#endif
