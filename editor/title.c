/* Titles as pictures. Pango sets the text, cairo draws it over a soft shadow, and the card goes
 * into the timeline as a still with its own alpha: it lies over any cut below it, costs only its
 * own area, and looks the same in every editor. */
#include "edit.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#include "../pipeline/base/file.h"

/* Quicksand has no Chinese, Japanese or Korean; WenQuanYi Micro Hei has them all. */
#define FACES "Quicksand Medium, Quicksand, WenQuanYi Micro Hei, Sans"

/* Shares of the film's height, or of its width where it says so. */
struct look {
    const char *kind;
    double size;     /* of the first line's em; the lines below it are smaller */
    double spacing;  /* between letters, of the em */
    double middle_y; /* of the text */
    bool left;       /* at the safe margin; else centred */
    bool bar;        /* with a bar beside it */
    bool plate;      /* on a dark plate; its size is a share of the shorter side */
};

static const struct look looks[] = {
    {"opening", 0.080, 0.045, 0.48, false, false, false},
    {"lower-third", 0.046, 0.015, 0.84, true, true, false},
    {"end", 0.068, 0.060, 0.50, false, false, false},
    {"caption", 0.046, 0.010, 0.88, false, false, false},
    /* letters at least a twentieth of the shorter side high: a capital is 0.7 of its em */
    {"label", 0.075, 0.015, 0.09, true, false, true},
};

#define SAFE 0.08        /* of width: nothing is set nearer to the edge (EBU R 95 asks for 5 %) */
#define SECOND_LINE 0.50 /* size of the lines after the first */
#define SHADOW 0.016     /* radius of the shadow, of height */

static const struct look *find_look(const char *kind)
{
    for (size_t i = 0; kind && i < G_N_ELEMENTS(looks); i++) {
        if (strcmp(looks[i].kind, kind) == 0)
            return &looks[i];
    }
    return &looks[0];
}

/* ---- text ---- */

static void add_size(PangoAttrList *list, double em, double spacing, guint from, guint to)
{
    PangoAttribute *size = pango_attr_size_new_absolute((int)(em * PANGO_SCALE));
    PangoAttribute *space = pango_attr_letter_spacing_new((int)(em * spacing * PANGO_SCALE));
    size->start_index = space->start_index = from;
    size->end_index = space->end_index = to;
    pango_attr_list_insert(list, size);
    pango_attr_list_insert(list, space);
}

static void set_sizes(PangoLayout *layout, const struct look *look, double em)
{
    const char *text = pango_layout_get_text(layout);
    guint all = (guint)strlen(text), first = (guint)strcspn(text, "\n");
    PangoAttrList *list = pango_attr_list_new();
    add_size(list, em, look->spacing, 0, first);
    bool even = strcmp(look->kind, "caption") == 0;
    add_size(list, em * (even ? 1 : SECOND_LINE), look->spacing, first, all);
    pango_layout_set_attributes(layout, list);
    pango_attr_list_unref(list);
}

/* Sets the text as large as its kind wants it, smaller where it would take more than half of the
 * frame. */
static PangoLayout *layout_new(cairo_t *cr, const struct edit_plan *p, const char *text,
                               const struct look *look)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string(FACES);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, text, -1);
    pango_layout_set_width(layout, (int)(p->view.width * (1 - 2 * SAFE) * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout, look->left ? PANGO_ALIGN_LEFT : PANGO_ALIGN_CENTER);
    pango_layout_set_line_spacing(layout, 1.15f);
    /* upright and narrow films measure their letters by the width */
    double em = look->size * (look->plate ? MIN(p->view.width, p->view.height)
                                          : MIN((double)p->view.height, p->view.width * 0.75));
    for (int i = 0; i < 12; i++, em *= 0.85) {
        int height = 0;
        set_sizes(layout, look, em);
        pango_layout_get_pixel_size(layout, NULL, &height);
        if (height <= p->view.height / 2)
            break;
    }
    return layout;
}

/* ---- shadow ---- */

/* One pass of a running mean along a line of `n` bytes, `step` apart. */
static void blur_line(unsigned char *line, int n, int step, int radius, unsigned char *copy)
{
    for (int i = 0; i < n; i++)
        copy[i] = line[(long)i * step];
    int sum = 0, size = 2 * radius + 1;
    for (int i = -radius; i < n; i++) {
        sum += i + radius < n ? copy[i + radius] : 0;
        sum -= i - radius - 1 >= 0 ? copy[i - radius - 1] : 0;
        if (i >= 0)
            line[(long)i * step] = (unsigned char)(sum / size);
    }
}

/* Three running means are a bell curve to the eye. */
static void blur(cairo_surface_t *mask, int radius)
{
    cairo_surface_flush(mask);
    int w = cairo_image_surface_get_width(mask), h = cairo_image_surface_get_height(mask);
    int stride = cairo_image_surface_get_stride(mask);
    unsigned char *data = cairo_image_surface_get_data(mask), *copy = g_malloc((gsize)MAX(w, h));
    for (int pass = 0; pass < 3; pass++) {
        for (int y = 0; y < h; y++)
            blur_line(data + (long)y * stride, w, 1, radius, copy);
        for (int x = 0; x < w; x++)
            blur_line(data + x, h, stride, radius, copy);
    }
    g_free(copy);
    cairo_surface_mark_dirty(mask);
}

/* ---- the card ---- */

struct card_place {
    int x, y, width, height;           /* of the card on the film */
    double text_x, text_y;             /* of the layout on the card */
    double bar_x, bar_y, bar_w, bar_h; /* beside a lower third; bar_w 0 = none */
};

static int clamp_even(double v, int low, int high)
{
    return CLAMP((int)floor(v / 2) * 2, low, high);
}

/* In the part of the frame that is seen. */
static void set_place(const struct edit_plan *p, const struct look *look, PangoLayout *layout,
                      struct card_place *c)
{
    double across = p->view.width, down = p->view.height;
    PangoRectangle ink, logical;
    pango_layout_get_pixel_extents(layout, &ink, &logical);
    double margin = down * SHADOW * 3 + 2, bar = look->bar ? MAX(2, round(down * 0.005)) : 0;
    double x = p->view.x + across * SAFE + bar * 6,
           y = p->view.y +
               MIN(down * look->middle_y - logical.height / 2.0, down * 0.93 - logical.height);
    c->x = clamp_even(x + ink.x - margin - bar * 7, 0, p->width - 2);
    c->y = clamp_even(y + ink.y - margin, 0, p->height - 2);
    int right = clamp_even(x + ink.x + ink.width + margin + 2, 2, p->width);
    int bottom = clamp_even(y + MAX(ink.y + ink.height, logical.height) + margin + 2, 2, p->height);
    c->width = MAX(right - c->x, 2);
    c->height = MAX(bottom - c->y, 2);
    c->text_x = x - c->x;
    c->text_y = y - c->y;
    c->bar_x = p->view.x + across * SAFE - c->x;
    c->bar_y = c->text_y + logical.height * 0.08;
    c->bar_w = bar;
    c->bar_h = logical.height * 0.88;
}

static void draw_ink(cairo_t *cr, PangoLayout *layout, const struct card_place *c)
{
    if (c->bar_w > 0) {
        cairo_rectangle(cr, c->bar_x, c->bar_y, c->bar_w, c->bar_h);
        cairo_fill(cr);
    }
    cairo_move_to(cr, c->text_x, c->text_y);
    pango_cairo_show_layout(cr, layout);
}

static void draw_shadow(cairo_t *cr, PangoLayout *layout, const struct card_place *c, double radius,
                        double strength, double drop)
{
    cairo_surface_t *mask = cairo_image_surface_create(CAIRO_FORMAT_A8, c->width, c->height);
    cairo_t *ink = cairo_create(mask);
    draw_ink(ink, layout, c);
    cairo_destroy(ink);
    blur(mask, MAX(1, (int)round(radius / 2)));
    cairo_set_source_rgba(cr, 0, 0, 0, strength);
    cairo_mask_surface(cr, mask, 0, drop);
    cairo_surface_destroy(mask);
}

/* Captions have to be read on any ground, snow too. */
static void draw_edge(cairo_t *cr, PangoLayout *layout, const struct card_place *c, double width)
{
    cairo_set_source_rgba(cr, 0, 0, 0, 0.8);
    cairo_set_line_width(cr, width);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_move_to(cr, c->text_x, c->text_y);
    pango_cairo_layout_path(cr, layout);
    cairo_stroke(cr);
    cairo_new_path(cr);
}

/* A notice has to be read on any ground. */
static void draw_plate(cairo_t *cr, PangoLayout *layout, const struct card_place *c)
{
    PangoRectangle text;
    pango_layout_get_pixel_extents(layout, NULL, &text);
    double pad = text.height * 0.25;
    cairo_set_source_rgba(cr, 0, 0, 0, 0.6);
    cairo_rectangle(cr, c->text_x + text.x - pad, c->text_y + text.y, text.width + 2 * pad,
                    text.height);
    cairo_fill(cr);
}

static bool draw_card(const struct edit_plan *p, struct edit_card *card,
                      const whelk_listener *listen, whelk_error *err)
{
    const struct look *look = find_look(card->title->kind);
    cairo_surface_t *scratch = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 1, 1);
    cairo_t *measure = cairo_create(scratch);
    PangoLayout *layout = layout_new(measure, p, card->title->text, look);
    if (pango_layout_get_unknown_glyphs_count(layout) > 0)
        edit_tell(listen, "warn", NULL,
                  "No font on this machine has every letter of \"%.60s\": boxes stand for them. "
                  "Install a font of that script (fonts-noto-core has most).",
                  card->title->text);
    struct card_place c;
    set_place(p, look, layout, &c);
    bool whole = card->on_black;
    cairo_surface_t *picture =
        cairo_image_surface_create(whole ? CAIRO_FORMAT_RGB24 : CAIRO_FORMAT_ARGB32,
                                   whole ? p->width : c.width, whole ? p->height : c.height);
    cairo_t *cr = cairo_create(picture);
    if (whole)
        cairo_translate(cr, c.x, c.y);
    double r = p->view.height * SHADOW;
    if (look->plate) {
        draw_plate(cr, layout, &c);
    } else {
        draw_shadow(cr, layout, &c, r * 2, 0.65, 0); /* a wide one lifts the text from any ground */
        draw_shadow(cr, layout, &c, r * 0.5, 0.60, r * 0.2); /* a close one gives it an edge */
    }
    if (strcmp(look->kind, "caption") == 0)
        draw_edge(cr, layout, &c, p->height * 0.005);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.98);
    draw_ink(cr, layout, &c);
    cairo_status_t status = cairo_status(cr);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png(picture, card->path);
    cairo_destroy(cr);
    cairo_surface_destroy(picture);
    g_object_unref(layout);
    cairo_destroy(measure);
    cairo_surface_destroy(scratch);
    card->x = c.x;
    card->y = c.y;
    return status == CAIRO_STATUS_SUCCESS ||
           whelk_fail(err, WHELK_EFAIL, "%s: the title cannot be drawn: %s", card->path,
                      cairo_status_to_string(status));
}

bool edit_title_draw(struct edit_plan *plan, const whelk_listener *listen, whelk_error *err)
{
    if (plan->card_count == 0)
        return true;
    char *folder = edit_plan_file(plan, "titles");
    bool good = file_make_dirs(folder, err);
    for (int i = 0; good && i < plan->card_count; i++) {
        char *name = g_strdup_printf("titles/%02d.png", i + 1);
        plan->cards[i].path = edit_plan_file(plan, name);
        g_free(name);
        good = draw_card(plan, &plan->cards[i], listen, err);
    }
    g_free(folder);
    return good;
}
