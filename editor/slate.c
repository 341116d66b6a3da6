/* A line of text as a picture: light letters on a dark translucent strip, for review copies.
 * Figures are all of one width, so that a running timecode stands still. */
#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#include "editor.h"

#define FACES "DejaVu Sans Mono, WenQuanYi Micro Hei Mono, Quicksand, monospace"
#define LETTERS 0.62 /* em, as a share of the strip's height */
#define MARGIN 0.40  /* of the strip's height, left and right of the text */
#define WIDEST 8192

static PangoLayout *set_text(cairo_t *cr, const char *text, int height)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string(FACES);
    PangoAttrList *list = pango_attr_list_new();
    pango_font_description_set_absolute_size(font, LETTERS * height * PANGO_SCALE);
    pango_attr_list_insert(list, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_font_description(layout, font);
    pango_layout_set_attributes(layout, list);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, -1);
    pango_attr_list_unref(list);
    pango_font_description_free(font);
    return layout;
}

/* The strip's width, worked out on a surface of no size. */
static int measure(const char *text, int height, int *text_height)
{
    cairo_surface_t *none = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 0, 0);
    cairo_t *cr = cairo_create(none);
    PangoLayout *layout = set_text(cr, text, height);
    int width;
    pango_layout_get_pixel_size(layout, &width, text_height);
    g_object_unref(layout);
    cairo_destroy(cr);
    cairo_surface_destroy(none);
    return width + 2 * (int)lround(MARGIN * height);
}

static void draw(cairo_t *cr, const char *text, int height, int text_height)
{
    PangoLayout *layout = set_text(cr, text, height);
    cairo_set_source_rgba(cr, 0, 0, 0, 0.55);
    cairo_paint(cr);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.95);
    cairo_move_to(cr, lround(MARGIN * height), (height - text_height) / 2.0);
    pango_cairo_show_layout(cr, layout);
    g_object_unref(layout);
}

bool whelk_text_picture(const char *text, int height, uint8_t **bgra, int *width, whelk_error *err)
{
    int text_height;
    if (!text || !g_utf8_validate(text, -1, NULL) || height < 4 || height > 1024)
        return whelk_fail(err, WHELK_EUSAGE, "a strip of text is UTF-8 and 4 to 1024 pixels high");
    int w = measure(text, height, &text_height);
    if (w > WIDEST)
        return whelk_fail(err, WHELK_EUSAGE, "the text is too long for a strip of %d pixels",
                          WIDEST);
    uint8_t *pixels = calloc((size_t)w * (size_t)height, 4);
    cairo_surface_t *s =
        pixels ? cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_ARGB32, w, height, w * 4)
               : NULL;
    if (!s)
        return whelk_fail(err, WHELK_EFAIL, "out of memory for a strip of text");
    cairo_t *cr = cairo_create(s);
    draw(cr, text, height, text_height);
    cairo_destroy(cr);
    cairo_surface_flush(s);
    cairo_surface_destroy(s);
    *bgra = pixels;
    *width = w;
    return true;
}
