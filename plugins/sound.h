/* A finished sound in memory, and the source that plays one: what whelkscoresrc and the sound of
 * whelkfilmsrc have in common. */
#ifndef WHELK_PLUGIN_SOUND_H
#define WHELK_PLUGIN_SOUND_H

#include <gst/base/gstpushsrc.h>

#include "engine.h"
#include "work.h"

#define SOUND_RATE 48000
#define SOUND_FRAME 6 /* bytes: two channels of 24 bits */
#define SOUND_CAPS                                                                                 \
    "audio/x-raw, format=(string)S24LE, rate=(int)48000, channels=(int)2, "                        \
    "layout=(string)interleaved, channel-mask=(bitmask)0x3"

struct sound {
    GBytes *pcm;
    char *title; /* for the tags; may be NULL */
};
/* Maps a WAV file of the editor's; the file may be removed afterwards. */
struct sound *sound_read(const char *path, whelk_error *err);
void sound_free(gpointer sound);

typedef struct WhelkSoundSrc WhelkSoundSrc;
typedef struct {
    GstPushSrcClass parent;
    /* Starts the work whose result is a struct sound. */
    struct work *(*begin)(WhelkSoundSrc *self);
    /* FALSE: nobody listens, and it is at its end; may be NULL. */
    gboolean (*is_wanted)(WhelkSoundSrc *self);
} WhelkSoundSrcClass;

struct WhelkSoundSrc {
    GstPushSrc parent;
    struct work_place place;
    gint64 at, frames; /* of the sound; frames -1 while not known */
    gboolean told;
};

GType sound_src_get_type(void);
#define SOUND_SRC(o) ((WhelkSoundSrc *)(o))

#endif
