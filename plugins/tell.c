/* What the elements tell downstream; see tell.h. */
#include "tell.h"

void tell_register(void)
{
    static const gchar *no_tags[] = {NULL};
    if (!gst_meta_get_info(TELL_META))
        gst_meta_register_custom(TELL_META, no_tags, NULL, NULL, NULL);
}

void tell_add_meta(GstBuffer *buffer, const char *shot, const char *take, guint64 seed)
{
    GstCustomMeta *meta = gst_buffer_add_custom_meta(buffer, TELL_META);
    if (meta)
        gst_structure_set(gst_custom_meta_get_structure(meta), "shot", G_TYPE_STRING, shot, "take",
                          G_TYPE_STRING, take, "seed", G_TYPE_UINT64, seed, NULL);
}

gboolean tell_get_meta(GstBuffer *buffer, const char **shot, const char **take, guint64 *seed)
{
    GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, TELL_META);
    if (!meta)
        return FALSE;
    GstStructure *s = gst_custom_meta_get_structure(meta);
    *shot = gst_structure_get_string(s, "shot");
    *take = gst_structure_get_string(s, "take");
    return *shot && *take && gst_structure_get_uint64(s, "seed", seed);
}

GstTagList *tell_tags(const char *title, const char *prompt, const char *encoder,
                      const char *content_id)
{
    char *label = g_strdup_printf("AIGC={\"Label\":\"1\",\"ContentProducer\":\"Whelk\","
                                  "\"ProduceID\":\"%s\"}",
                                  content_id);
    GstTagList *tags =
        gst_tag_list_new(GST_TAG_ENCODER, encoder, GST_TAG_EXTENDED_COMMENT, label, GST_TAG_COMMENT,
                         label, NULL); /* mp4mux writes the plain one only */
    if (title && *title)
        gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_TITLE, title, NULL);
    if (prompt && *prompt)
        gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_DESCRIPTION, prompt, NULL);
    gst_tag_list_set_scope(tags, GST_TAG_SCOPE_GLOBAL);
    g_free(label);
    return tags;
}

void tell_past_end(GstElement *element, const GstSegment *segment, GstClockTime end)
{
    if (segment->rate < 0 || segment->position <= end)
        return;
    GST_ELEMENT_WARNING(element, STREAM, FAILED,
                        ("a seek to %.3f s goes past the end, which is at %.3f s; nothing follows "
                         "but the end of the stream until there is another seek",
                         (double)segment->position / GST_SECOND, (double)end / GST_SECOND),
                        (NULL));
}

void tell_not_taken(GstElement *element, GstPad *pad, const char *what, const char *can,
                    const char *cure)
{
    GstCaps *wanted = gst_pad_peer_query_caps(pad, NULL);
    char *text = gst_caps_to_string(wanted);
    GST_ELEMENT_ERROR(element, STREAM, WRONG_TYPE,
                      ("no %s can be made as \"%.400s\": %s can", what, text, can),
                      ("ask for another form, or put %s behind", cure));
    g_free(text);
    gst_caps_unref(wanted);
}
