/* whelk-editor: from clips in order to a finished film, through a GStreamer Editing Services
 * timeline.
 *
 *     #include <whelk/editor.h>
 *
 *     whelk_edit_clip clips[] = {{.path = "clips/0010-t01.mkv", .seconds = 2.6,
 *                                 .transition = "crossfade", .transition_s = 0.4},
 *                                {.path = "clips/0020-t01.mkv", .seconds = 2.6}};
 *     whelk_edit edit = {.clips = clips, .clip_count = 2, .title = "The Dive",
 *                        .score_mood = "playful"};
 *     whelk_edit_figures f;
 *     whelk_error err = {0};
 *     if (!whelk_edit_film(&edit, "cat.reel", NULL, &f, &err))
 *         fprintf(stderr, "%s\n", err.text);
 *
 * Strings are borrowed for the call. Calls may be made from any thread, one at a time in a
 * process; GStreamer is initialised on first use, and rendering runs on the calling thread's own
 * main context. */
#ifndef WHELK_EDITOR_H
#define WHELK_EDITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "../pipeline/base/error.h"
#include "../pipeline/base/note.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct whelk_edit_clip {
    const char *path;           /* absolute, or relative to the reel */
    const char *shot;           /* shot id for messages and markers; may be NULL */
    const char *why;            /* the reason the shot is there, for markers; may be NULL */
    double in_s;                /* where in the file it begins */
    double seconds;             /* how long it is on screen, transition overlaps included; 0 =
                                 * to the file's end */
    double speed;               /* 0 = 1 */
    const char *transition;     /* to the next: "cut" (NULL), "crossfade", "dip-black",
                                 * "dip-white", "wipe-left" (the way its edge runs), or an
                                 * SMPTE wipe by name */
    double transition_s;
    const char *effect_sound;   /* a sound file heard from its beginning while the clip is on
                                 * screen; absolute, or relative to the reel; NULL = none */
    const char *voice_text;     /* spoken over it by REEL/voice/SHOT.wav: the user's recording, or
                                 * made by espeak-ng; NULL = nothing */
    const char *voice_name;     /* a voice of espeak-ng such as "en-gb" or "de+f3"; "+f3" alone is
                                 * a variant of the language's own; NULL = that of whelk_edit */
    const char *remake;         /* how the file is made again, for messages about a bad one; may be
                                 * NULL */
} whelk_edit_clip;

typedef struct whelk_edit_title {
    const char *text;           /* UTF-8; laid out by Pango */
    const char *kind;           /* "opening", "lower-third", "end" */
    double at_s, seconds;
} whelk_edit_title;

typedef struct whelk_edit {
    const whelk_edit_clip *clips;
    int clip_count;
    const whelk_edit_title *titles;
    int title_count;
    const char *title;          /* the film's name, for the file's metadata */
    const char *prompt;         /* what it was made from, for the same; may be NULL */
    const char *id;             /* of this very film, for its AI label; may be NULL */
    const char *label;          /* words shown over the first two seconds, such as "AI-generated";
                                 * NULL = none */
    const char *profile;        /* "mp4" (NULL), "webm", "mkv", "prores", "preview" */
    int width, height;          /* 0 = 1280x720 */
    double fps;                 /* 0 = 24; 23.976 and 29.97 are taken as 24000/1001 and
                                 * 30000/1001 */
    struct { double exposure, contrast, saturation, warmth; } grade;
    const char *fit;            /* a clip of another shape: "fit" puts bars beside it, "fill" cuts
                                 * it off; NULL = fill where that takes at most a tenth */
    const char *letterbox;      /* bars over the whole film, down to this shape: "2.39:1"; NULL = none */
    bool score_off;
    const char *score_file;     /* the user's own music instead of a composed score; a path from the
                                 * reel on, or a whole one */
    const char *score_mood;     /* "playful", "calm", "epic", "tender", "mysterious", "joyful";
                                 * NULL = "calm" */
    double score_tempo_bpm;     /* 0 = the mood's own; of score_file: 0 = as measured */
    const char *score_instruments;
    uint64_t seed;
    bool voice_off;             /* nothing is spoken */
    const char *voice;          /* for clips that name none; NULL = by the language of their text */
    double voice_speed;         /* 0.5 to 2; 0 = 1 */
    const char *language;       /* of the film's texts ("de", "German"), where their letters do not
                                 * tell; may be NULL */
    bool captions;              /* REEL/film.srt and film.vtt from what is spoken, and a text track
                                 * in the film */
    bool burn_captions;         /* the same in the picture; needs `captions` */
    double loudness_lufs;       /* 0 = -14 */
    double true_peak_dbtp;      /* 0 = -1 */
} whelk_edit;

typedef struct whelk_edit_figures {
    double seconds;             /* of the film as measured in the file */
    int frames;
    double loudness_lufs, true_peak_dbtp;        /* measured on the finished file's own sound */
    double tempo_bpm;
    double score_s, render_s, wall_s;
} whelk_edit_figures;

/* Checks the clips, composes and renders the score (REEL/score/score.mid, score.wav), writes
 * REEL/timeline.xges (absolute URIs), timeline.otio and timeline.edl (relative ones), renders REEL/film.mp4 (H.264, AAC, faststart, bt709 tagged)
 * beside and renames it, then checks the film: frame count, length, both streams, loudness, and every picture against what was put in.
 * Progress stage "cut", what "frame". A clip that is missing, cut off or shorter than its slot is
 * refused before the render, with the shot's id. No soundfont: WHELK_EFAIL naming the package. On
 * failure the earlier film.mp4 stays. */
bool whelk_edit_film(const whelk_edit *edit, const char *reel, const whelk_listener *listen,
                     whelk_edit_figures *figures, whelk_error *err);

/* Only the timeline and the check of its inputs; no render. */
bool whelk_edit_timeline(const whelk_edit *edit, const char *reel, whelk_error *err);

/* Composes and renders a score of `seconds` alone; cut_s: where the cuts fall (may be NULL). A mood or
 * an instrument that is not there is refused by its name. */
typedef struct whelk_score {
    const char *mood;
    double tempo_bpm;
    const char *instruments;
    double seconds;
    const double *cut_s;
    int cut_count;
    uint64_t seed;
} whelk_score;
bool whelk_score_write(const whelk_score *score, const char *midi_path, const char *wav_path,
                       double *tempo_used_bpm, whelk_error *err);

/* A written score as it can be drawn: where its bars begin and what sounds when. Reads any MIDI file
 * of beats, REEL/score/score.mid among them. Release it with whelk_score_sheet_release. */
typedef struct whelk_score_note {
    double at_s, seconds;
    int key;                    /* 0..127, 60 = middle C */
    int part;                   /* 0 .. part_count-1 */
    bool drum;
} whelk_score_note;
typedef struct whelk_score_sheet {
    double *bar_s;
    int bar_count;
    whelk_score_note *notes;
    int note_count, part_count;
    double seconds;
} whelk_score_sheet;
bool whelk_score_read(const char *midi_path, whelk_score_sheet *out, whelk_error *err);
void whelk_score_sheet_release(whelk_score_sheet *sheet);

/* --- A film while it is made ----------------------------------------------------------------- */

/* Where each clip of a cut begins, in frames of fps_n / fps_d a second: starts[clip_count + 1], the
 * last one the film's end. No file need be there yet, but every clip must say its seconds. */
bool whelk_edit_layout(const whelk_edit *edit, const char *reel, long *starts, int *fps_n,
                       int *fps_d, whelk_error *err);

/* The pictures of clip `index` of a cut: from the transition that leads to it up to where the next
 * clip begins, titles and grade included. Of the clips' files only this one and the one before need
 * be there. Opened, read and closed from any thread; frames are made ahead on a thread of its own.
 * NULL and *err on failure. */
typedef struct whelk_edit_piece whelk_edit_piece;
whelk_edit_piece *whelk_edit_piece_open(const whelk_edit *edit, int index, const char *reel,
                                        whelk_error *err);
/* The next frame as a GstSample (I420, bt709, at the film's size), the caller's to unref; NULL with
 * err->code 0 after the last. */
struct _GstSample *whelk_edit_piece_next(whelk_edit_piece *piece, whelk_error *err);
void whelk_edit_piece_close(whelk_edit_piece *piece);                 /* NULL is fine */

/* The film's sound as one WAV file (48 kHz, stereo, 24 bit), at the film's level, from what needs no
 * pictures: score and effects. */
bool whelk_edit_sound(const whelk_edit *edit, const char *reel, const char *wav_path,
                      const whelk_listener *listen, whelk_error *err);

/* A line of text as a picture `height` pixels high and as wide as it must be: light letters of one
 * width on a dark translucent strip. *bgra: rows of *width * 4 bytes, premultiplied, little-endian
 * ARGB; the caller's to free. height 4 to 1024. From any thread. */
bool whelk_text_picture(const char *text, int height, uint8_t **bgra, int *width,
                        whelk_error *err);

/* What a film can be written as, NULL-terminated: mp4 (H.264, AAC), webm (VP9, Opus), mkv (FFV1, FLAC, a chapter a
 * shot: the lossless master), prores (mov, PCM), preview (small and fast). And the file that each writes into the reel,
 * "film.mp4" for NULL; NULL where there is no such profile. */
const char *const *whelk_edit_profiles(void);
const char *whelk_edit_film_name(const char *profile);

/* Names of the transitions there are, NULL-terminated, for help and checks. */
const char *const *whelk_edit_transitions(void);

#ifdef __cplusplus
}
#endif
#endif
