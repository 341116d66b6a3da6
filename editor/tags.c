/* What a film says of itself. Every container gets title, prompt and a comment with the two labels
 * that a machine can read: the AIGC record that GB 45438-2025 asks for, and IPTC's digital source
 * type. mp4 and mov get both as XMP too (ISO 16684-1; a `uuid` box after the last one moves
 * nothing), which is where readers of IPTC and TC260 look. */
#include "edit.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SOURCE_TYPE "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

#ifndef WHELK_VERSION
#define WHELK_VERSION "0"
#endif

/* The fields of GB 45438-2025, annex; those of spreading are for whoever spreads it. */
static cJSON *aigc_record(const whelk_edit *e)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "Label", "1"); /* is AI-generated; 2 would be: may be */
    cJSON_AddStringToObject(o, "ContentProducer", "Whelk " WHELK_VERSION);
    cJSON_AddStringToObject(o, "ProduceID", e->id ? e->id : "");
    cJSON_AddStringToObject(o, "ReservedCode1", "");
    cJSON_AddStringToObject(o, "ContentPropagator", "");
    cJSON_AddStringToObject(o, "PropagateID", "");
    cJSON_AddStringToObject(o, "ReservedCode2", "");
    return o;
}

/* Frees the object; g_free. */
static char *json_text(cJSON *o)
{
    char *text = cJSON_PrintUnformatted(o), *out = g_strdup(text ? text : "");
    cJSON_free(text);
    cJSON_Delete(o);
    return out;
}

/* For readers that look no further than the comment. */
static char *comment(const whelk_edit *e)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToObject(o, "AIGC", aigc_record(e));
    cJSON_AddStringToObject(o, "DigitalSourceType", SOURCE_TYPE);
    char *prompt = e->prompt && *e->prompt ? g_utf8_make_valid(e->prompt, -1) : NULL;
    if (prompt)
        cJSON_AddStringToObject(o, "Prompt", prompt);
    g_free(prompt);
    return json_text(o);
}

void edit_tags_each(const struct edit_plan *plan,
                    void (*put)(void *ctx, const char *key, const char *value), void *ctx)
{
    const whelk_edit *e = plan->edit;
    const char *const texts[][2] = {{"title", e->title}, {"description", e->prompt}};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        char *clean = texts[i][1] && *texts[i][1] ? g_utf8_make_valid(texts[i][1], -1) : NULL;
        if (clean)
            put(ctx, texts[i][0], clean);
        g_free(clean);
    }
    char *record = json_text(aigc_record(e)), *all = comment(e);
    put(ctx, "comment", all);
    put(ctx, "AIGC", record); /* where names are free: Matroska */
    g_free(record);
    g_free(all);
}

/* ---- XMP ---- */

/* One language alternative of Dublin Core, or nothing; g_free. */
static char *xmp_text(const char *name, const char *text)
{
    if (!text || !*text)
        return g_strdup("");
    char *clean = g_utf8_make_valid(text, -1);
    char *out = g_markup_printf_escaped(
        "<dc:%s><rdf:Alt><rdf:li xml:lang=\"x-default\">%s</rdf:li></rdf:Alt></dc:%s>\n", name,
        clean, name);
    g_free(clean);
    return out;
}

static char *xmp_packet(const whelk_edit *e)
{
    char *record = json_text(aigc_record(e)), *title = xmp_text("title", e->title),
         *prompt = xmp_text("description", e->prompt);
    char *labels = g_markup_printf_escaped(
        "<Iptc4xmpExt:DigitalSourceType>" SOURCE_TYPE "</Iptc4xmpExt:DigitalSourceType>\n"
        "<TC260:AIGC>%s</TC260:AIGC>\n"
        "<xmp:CreatorTool>Whelk " WHELK_VERSION "</xmp:CreatorTool>\n",
        record);
    char *out = g_strdup_printf(
        "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
        "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
        "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n"
        " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" "
        "xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\"\n"
        " xmlns:TC260=\"http://www.tc260.org.cn/ns/AIGC/1.0/\">\n"
        "%s%s%s</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>",
        title, prompt, labels);
    g_free(record);
    g_free(title);
    g_free(prompt);
    g_free(labels);
    return out;
}

bool edit_tags_append(const struct edit_plan *plan, const char *path, whelk_error *err)
{
    static const unsigned char uuid[16] = {0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8,
                                           0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC};
    const char *format = edit_profile_format(plan->profile);
    if (strcmp(format, "mp4") != 0 && strcmp(format, "mov") != 0)
        return true;
    char *packet = xmp_packet(plan->edit);
    size_t size = strlen(packet), whole = size + 8 + sizeof uuid;
    unsigned char head[8] = {(unsigned char)(whole >> 24),
                             (unsigned char)(whole >> 16),
                             (unsigned char)(whole >> 8),
                             (unsigned char)whole,
                             'u',
                             'u',
                             'i',
                             'd'};
    FILE *f = fopen(path, "ab");
    bool good = f && fwrite(head, 1, sizeof head, f) == sizeof head &&
                fwrite(uuid, 1, sizeof uuid, f) == sizeof uuid &&
                fwrite(packet, 1, size, f) == size;
    int fault = errno;
    if (f && fclose(f) != 0 && good) {
        good = false;
        fault = errno;
    }
    g_free(packet);
    return good ||
           whelk_fail(err, WHELK_EFAIL, "%s: cannot be written to: %s", path, g_strerror(fault));
}
