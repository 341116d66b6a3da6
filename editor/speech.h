/* Narration: who says what when. voice.c speaks or takes the user's recording, speech.c places what
 * is spoken on the film, language.c knows which voice a text needs, speech_words.c times the words,
 * captions.c writes them. */
#ifndef WHELK_SPEECH_H
#define WHELK_SPEECH_H

#include "edit.h"

struct speech_word {
    size_t from, size;          /* bytes of the text, punctuation included */
    double at_s, seconds;       /* from the beginning of the speech */
};

struct speech_words {
    struct speech_word *words;
    int count;
    bool measured;              /* else estimated from the words' lengths */
};

struct edit_speech {
    int slot;
    const char *text;           /* the clip's */
    long start;                 /* on the film */
    double seconds;             /* from its first sound to its last */
    bool heard;                 /* else only read, in the captions */
    struct speech_words words;
};

/* language.c. "de", "zh", "en", ... of a text: by its letters, then by what is told of it (a code
 * or an English name; may be NULL), then by its small words. Static. */
const char *speech_language(const char *text, const char *told);
/* The voice espeak-ng has for a language; static or `language` itself. */
const char *speech_voice(const char *language);
/* Its three letters in ISO 639-2; "und" = none known. */
const char *speech_code3(const char *language);

/* speech_words.c. Words as they are spoken: between spaces, or one by one in writing without
 * them. Times are 0; release with speech_words_release. */
void speech_words_init(struct speech_words *w, const char *text);
void speech_words_release(struct speech_words *w);
/* Spreads the words over what is loud of a sound; without a sound over `seconds`. */
void speech_words_estimate(struct speech_words *w, const char *text, const struct sound *s,
                           double seconds);
/* The times from a second reading with a pause of at least `pause_s` between the words. False
 * where that does not lead to times that can be. */
bool speech_words_measure(struct speech_words *w, const char *text, const struct sound *plain,
                          const struct sound *apart, double pause_s);
/* The first and last moment that is not quiet, in frames. False for silence. */
bool speech_bounds(const struct sound *s, long *from, long *to);

/* voice.c: REEL/voice/ID.wav of a clip, spoken by espeak-ng if it is not there, not as asked for
 * or not the user's; and its words. Faster by up to a quarter where it would not fit `room_s`. */
bool voice_speak(const struct edit_plan *plan, int slot, double room_s,
                 const whelk_listener *listen, struct sound *out, struct speech_words *words,
                 whelk_error *err);

/* speech.c: what of the clips is spoken, placed; the sounds by the side of it, one each. */
bool speech_make(struct edit_plan *plan, const whelk_listener *listen, struct sound *sounds,
                 whelk_error *err);

#endif
