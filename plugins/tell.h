/* What the elements tell downstream: where each frame comes from, and what the stream is. */
#ifndef WHELK_PLUGIN_TELL_H
#define WHELK_PLUGIN_TELL_H

#include <gst/gst.h>

/* A custom GstMeta (gst_buffer_get_custom_meta(buffer, TELL_META)) with the fields shot (string),
 * take (string) and seed (guint64). It is kept through copies and conversions. */
#define TELL_META "GstWhelkShotMeta"

void tell_register(void); /* once, by the plugin */

void tell_add_meta(GstBuffer *buffer, const char *shot, const char *take, guint64 seed);
/* FALSE = the buffer has none. Strings are the buffer's. */
gboolean tell_get_meta(GstBuffer *buffer, const char **shot, const char **take, guint64 *seed);

/* Title, prompt as description, encoder, and the label that says a machine made it: an AIGC object
 * after GB 45438-2025, as extended comment "AIGC" and as comment "AIGC={...}". Caller's. */
GstTagList *tell_tags(const char *title, const char *prompt, const char *encoder,
                      const char *content_id);

/* A warning where a seek forwards goes past the end, for what follows is the end of the stream and
 * nothing else. */
void tell_past_end(GstElement *element, const GstSegment *segment, GstClockTime end);

/* An error where downstream takes nothing of what there is, in the place of "not negotiated":
 * `what` is made, `can` says in which forms, `cure` names elements that convert. */
void tell_not_taken(GstElement *element, GstPad *pad, const char *what, const char *can,
                    const char *cure);

#endif
