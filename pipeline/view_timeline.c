/* The timeline to scale: seconds, shots with a picture each, where they overlap, titles, and the
 * score below them with its bars and notes. Places are percents of the film's length. */
#include <math.h>
#include <string.h>

#include "view.h"

#define ON_BAR_S 0.05 /* as near as one frame: heard as together */

static double percent(const struct view *v, double at_s)
{
    return v->seconds > 0 ? 100 * at_s / v->seconds : 0;
}

static void put_box(const struct view *v, FILE *out, double at_s, double seconds)
{
    fprintf(out, "style=\"left:%.3f%%;width:%.3f%%\"", percent(v, at_s), percent(v, seconds));
}

/* A second, or as many as keep some twenty marks. */
static void put_ruler(const struct view *v, FILE *out)
{
    static const double steps[] = {1, 2, 5, 10, 15, 30, 60};
    double step = 60;
    for (int i = 6; i >= 0; i--)
        if (v->seconds / steps[i] <= 20)
            step = steps[i];
    fputs("<div class=\"ruler\" aria-hidden=\"true\">", out);
    for (double s = 0; s < v->seconds; s += step)
        fprintf(out, "<span style=\"left:%.3f%%\">%d:%02d</span>", percent(v, s), (int)s / 60,
                (int)s % 60);
    fputs("</div>\n", out);
}

static void put_shots(const struct view *v, FILE *out)
{
    fputs("<ol class=\"cuts\">\n", out);
    for (int i = 0; i < v->film->shot_count; i++) {
        const struct view_shot *s = &v->shots[i];
        const struct view_take *t = s->take_count && s->takes[0].used ? &s->takes[0] : NULL;
        fputs("<li ", out);
        put_box(v, out, s->at_s, s->seconds);
        fprintf(out, "><a href=\"#shot-%s\" data-at=\"%.4f\" data-for=\"%.4f\" title=\"",
                s->shot->id, s->at_s, s->seconds);
        html_text(out, s->shot->prompt);
        fputs("\">", out);
        if (t && t->frame_count) {
            fputs("<img alt=\"\" src=\"", out);
            html_jpeg(out, t->frames[t->frame_count / 2].jpeg);
            fputs("\">", out);
        }
        fprintf(out, "<b>%s</b></a></li>\n", s->shot->id);
        if (i + 1 < v->film->shot_count && v->shots[i + 1].at_s < s->at_s + s->seconds - 1e-6) {
            fputs("<li class=\"join\" ", out);
            put_box(v, out, v->shots[i + 1].at_s, s->at_s + s->seconds - v->shots[i + 1].at_s);
            fputs("><span>", out);
            html_text(out, s->shot->transition);
            fputs("</span></li>\n", out);
        }
    }
    fputs("</ol>\n", out);
}

static void put_titles(const struct view *v, FILE *out)
{
    if (!v->film->title_count)
        return;
    fputs("<ul class=\"titles\">\n", out);
    for (int i = 0; i < v->film->title_count; i++) {
        const whelk_title *t = &v->film->titles[i];
        fputs("<li ", out);
        put_box(v, out, t->at_s, t->seconds);
        fputs(">", out);
        html_text(out, t->text);
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

/* --- The score -------------------------------------------------------------------------------- */

static bool on_cut(const struct view *v, double at_s)
{
    for (int i = 1; i < v->film->shot_count; i++)
        if (fabs(v->shots[i].at_s - at_s) < ON_BAR_S)
            return true;
    return false;
}

static int cuts_on_bars(const struct view *v)
{
    int met = 0;
    for (int i = 1; i < v->film->shot_count; i++)
        for (int k = 0; k < v->sheet.bar_count; k++)
            if (fabs(v->shots[i].at_s - v->sheet.bar_s[k]) < ON_BAR_S) {
                met++;
                break;
            }
    return met;
}

static void put_bar_lines(const struct view *v, FILE *out)
{
    for (int i = 0; i < v->sheet.bar_count; i++)
        fprintf(out, "<line%s x1=\"%.3f\" x2=\"%.3f\" y1=\"0\" y2=\"100\"/>\n",
                on_cut(v, v->sheet.bar_s[i]) ? " class=\"met\"" : "",
                10 * percent(v, v->sheet.bar_s[i]), 10 * percent(v, v->sheet.bar_s[i]));
}

/* Drums along the foot, the rest by pitch above them. */
static void put_notes(const struct view *v, FILE *out)
{
    const whelk_score_sheet *s = &v->sheet;
    int low = 127, high = 0;
    for (int i = 0; i < s->note_count; i++)
        if (!s->notes[i].drum) {
            low = s->notes[i].key < low ? s->notes[i].key : low;
            high = s->notes[i].key > high ? s->notes[i].key : high;
        }
    double step = high > low ? 82.0 / (high - low + 1) : 8;
    for (int i = 0; i < s->note_count; i++) {
        const whelk_score_note *n = &s->notes[i];
        if (n->drum) {
            fprintf(out, "<rect class=\"drum\" x=\"%.2f\" y=\"92\" width=\"1.6\" height=\"6\"/>\n",
                    10 * percent(v, n->at_s));
            continue;
        }
        double width = 10 * percent(v, n->seconds);
        fprintf(out, "<rect class=\"p%d\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n",
                n->part % 5, 10 * percent(v, n->at_s), 3 + (high - n->key) * step,
                width > 1 ? width : 1, step > 2.4 ? step : 2.4);
    }
}

static void put_bar_numbers(const struct view *v, FILE *out)
{
    int step = 1;
    while (v->sheet.bar_count / step > 24)
        step *= 2;
    fputs("<div class=\"bars\" aria-hidden=\"true\">", out);
    for (int i = 0; i < v->sheet.bar_count; i += step)
        fprintf(out, "<span style=\"left:%.3f%%\">%d</span>", percent(v, v->sheet.bar_s[i]), i + 1);
    fputs("</div>\n", out);
}

static void put_score(const struct view *v, FILE *out)
{
    if (!v->has_sheet)
        return;
    fprintf(out,
            "<svg class=\"score\" viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" "
            "role=\"img\" aria-label=\"The score: %d bars, %d notes\">\n",
            v->sheet.bar_count, v->sheet.note_count);
    put_bar_lines(v, out);
    put_notes(v, out);
    fputs("</svg>\n", out);
    put_bar_numbers(v, out);
}

static void put_caption(const struct view *v, FILE *out)
{
    const whelk_film *f = v->film;
    int cuts = f->shot_count - 1;
    fputs("<figcaption>The cut to scale. ", out);
    if (v->has_sheet) {
        fputs("Below the shots the score, ", out);
        html_text(out, f->score.mood ? f->score.mood : "composed for it");
        fprintf(out, ", in %d bars", v->sheet.bar_count);
        if (cuts > 0)
            fprintf(out, ": %d of %d cut%s fall%s on a bar line", cuts_on_bars(v), cuts,
                    cuts == 1 ? "" : "s", cuts == 1 ? "s" : "");
        fputs(".", out);
    } else if (f->score.file) {
        fputs("The music is the user&rsquo;s own: <code>", out);
        html_text(out, f->score.file);
        fputs("</code>.", out);
    } else if (f->score.off) {
        fputs("It has no music.", out);
    }
    fputs("</figcaption>\n", out);
}

void view_write_timeline(const struct view *v, FILE *out)
{
    fprintf(out,
            "<figure class=\"timeline wide\">\n<div class=\"scroll\" tabindex=\"0\" "
            "role=\"group\" aria-label=\"Timeline\">\n<div class=\"lanes\" id=\"lanes\" "
            "data-seconds=\"%.4f\" data-fps=\"%g\" style=\"--least:%.0frem\">\n",
            v->seconds, v->film->fps, fmin(240, fmax(30, v->seconds * 2.2)));
    put_ruler(v, out);
    put_shots(v, out);
    put_titles(v, out);
    put_score(v, out);
    fputs("<div class=\"playhead\" id=\"playhead\" hidden></div>\n</div>\n</div>\n", out);
    put_caption(v, out);
    fputs("</figure>\n", out);
}
