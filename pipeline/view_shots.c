/* The shots: a table of all of them, then one after the other with the frames of its takes, why it
 * is there, what the model was told and what it took. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "view.h"

static const char *state_word(const struct view_shot *s)
{
    static const char *const words[SHOT_STATES] = {"clean", "stale", "missing", "failed"};
    return s->state < 0                                       ? "unknown"
           : shot_is_kept(s->shot, (enum shot_state)s->state) ? "locked"
                                                              : words[s->state];
}

static double number_at(const cJSON *object, const char *group, const char *name)
{
    const cJSON *item =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(object, group), name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* --- All of them ------------------------------------------------------------------------------ */

static void put_row(const struct view_shot *s, FILE *out)
{
    const char *size = whelk_shot_slot(s->shot, "size");
    bool cut = !s->shot->transition || strcmp(s->shot->transition, "cut") == 0;
    fprintf(out, "<tr><th scope=\"row\"><a href=\"#shot-%s\">%s</a></th><td class=\"n\">",
            s->shot->id, s->shot->id);
    fprintf(out, "%d:%04.1f</td><td class=\"n\">%.1f</td><td class=\"what\">", (int)s->at_s / 60,
            fmod(s->at_s, 60), s->seconds);
    html_text(out, s->shot->prompt);
    fputs("</td><td>", out);
    html_text(out, size);
    fputs(size && s->shot->camera ? ", " : "", out);
    html_text(out, s->shot->camera);
    fputs("</td><td>", out);
    html_text(out, cut ? "cut" : s->shot->transition);
    if (!cut)
        fprintf(out, " %.1f", s->shot->transition_s);
    fprintf(out, "</td><td>%s</td><td class=\"state %s\">%s</td></tr>\n",
            s->shot->take ? s->shot->take : "none", state_word(s), state_word(s));
}

static void put_table(const struct view *v, FILE *out)
{
    fputs("<section class=\"wide\" aria-labelledby=\"table\">\n<h2 id=\"table\">Shots</h2>\n"
          "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table of shots\">"
          "<table>\n<thead><tr><th scope=\"col\">Shot</th><th scope=\"col\" class=\"n\">At</th>"
          "<th scope=\"col\" class=\"n\">Seconds</th><th scope=\"col\">What it shows</th>"
          "<th scope=\"col\">View</th><th scope=\"col\">Then</th><th scope=\"col\">Take</th>"
          "<th scope=\"col\">State</th></tr></thead>\n<tbody>\n",
          out);
    for (int i = 0; i < v->film->shot_count; i++)
        put_row(&v->shots[i], out);
    fputs("</tbody></table></div>\n", out);
    if (v->state_fault.text[0]) {
        fputs("<p class=\"note\">Whether takes still stand cannot be told: ", out);
        html_text(out, v->state_fault.text);
        fputs(".</p>\n", out);
    }
    fputs("</section>\n", out);
}

/* --- One of them ------------------------------------------------------------------------------ */

static void put_strip(const struct view_shot *s, const struct view_take *t, FILE *out)
{
    fprintf(out, "<figure class=\"strip%s\">\n<div class=\"frames\">\n", t->used ? "" : " spare");
    for (int i = 0; i < t->frame_count; i++) {
        fprintf(out, "<img width=\"%d\" height=\"%d\" alt=\"Shot %s, take %s, at %.1f seconds: ",
                t->width, t->height, s->shot->id, t->name, t->frames[i].at_s);
        html_text(out, s->shot->prompt);
        fputs("\" src=\"", out);
        html_jpeg(out, t->frames[i].jpeg);
        fputs("\">\n", out);
    }
    if (t->fault.text[0]) {
        fputs("<p class=\"missing\">", out);
        html_text(out, t->fault.text);
        fputs("</p>\n", out);
    }
    fputs("</div>\n<figcaption>", out);
    fprintf(out, "Take <b>%s</b>%s", t->name, t->used ? ", in the film" : "");
    double seed = number_at(t->record, "request", "seed");
    if (!t->used && seed > 0)
        fprintf(out, ", seed %.0f", seed);
    fputs("</figcaption>\n</figure>\n", out);
}

static void put_fact(FILE *out, const char *name, const char *fmt, double value)
{
    fprintf(out, "<dt>%s</dt><dd>", name);
    fprintf(out, fmt, value);
    fputs("</dd>\n", out);
}

static void put_words(FILE *out, const char *name, const char *words)
{
    if (!words || !*words)
        return;
    fprintf(out, "<dt>%s</dt><dd>", name);
    html_text(out, words);
    fputs("</dd>\n", out);
}

/* What the take in use took, from its record. */
static void put_cost(const struct view_take *t, FILE *out)
{
    double wall = number_at(t->record, "figures", "wall_s");
    double work = number_at(t->record, "figures", "flops");
    double exact = number_at(t->record, "figures", "flops_exact");
    const char *model = json_text(cJSON_GetObjectItemCaseSensitive(t->record, "model"), "name");
    if (wall > 0) {
        fputs("<dt>Made in</dt><dd>", out);
        html_seconds(out, wall);
        fputs("</dd>\n", out);
    }
    put_words(out, "Model", model);
    if (number_at(t->record, "request", "steps") > 0)
        put_fact(out, "Steps", "%.0f", number_at(t->record, "request", "steps"));
    if (exact > 0)
        put_fact(out, "Computed", "%.0f&#8239;%% of exact", 100 * work / exact);
}

static void put_data(const struct view_shot *s, const struct view_take *t, FILE *out)
{
    const whelk_shot *shot = s->shot;
    fputs("<dl>\n<dt>In the film</dt><dd>", out);
    fprintf(out, "%d:%04.1f, for ", (int)s->at_s / 60, fmod(s->at_s, 60));
    html_seconds(out, s->seconds);
    fputs("</dd>\n", out);
    put_words(out, "Camera", shot->camera);
    put_words(out, "Place", shot->place);
    fprintf(out, "<dt>Seed</dt><dd>%llu</dd>\n", (unsigned long long)shot->seed);
    if (shot->speed > 0 && shot->speed != 1)
        put_fact(out, "Speed", "%g", shot->speed);
    put_words(out, "First frame", shot->first_frame);
    put_words(out, "Last frame", shot->last_frame);
    if (t)
        put_cost(t, out);
    if (strcmp(state_word(s), "clean") != 0)
        put_words(out, "State", state_word(s));
    fputs("</dl>\n", out);
}

static void put_shot(const struct view_shot *s, FILE *out)
{
    const whelk_shot *shot = s->shot;
    const struct view_take *t = s->take_count && s->takes[0].used ? &s->takes[0] : NULL;
    fprintf(out,
            "<article class=\"shot\" id=\"shot-%s\" data-at=\"%.4f\">\n<h3><a href=\"#shot-%s\">%s"
            "</a> <button type=\"button\" class=\"play\" aria-label=\"Play shot %s\" "
            "hidden>play</button></h3>\n",
            shot->id, s->at_s, shot->id, shot->id, shot->id);
    if (t)
        put_strip(s, t, out);
    else
        fputs("<p class=\"missing\">No take of it is in use yet.</p>\n", out);
    fputs("<div class=\"words\">\n", out);
    html_paragraphs(out, shot->why);
    fputs("<p class=\"prompt\"><span>The model is told</span> ", out);
    html_text(out, shot->prompt);
    fputs("</p>\n", out);
    if (shot->voice_text) {
        fputs("<p class=\"prompt\"><span>A voice says</span> ", out);
        html_text(out, shot->voice_text);
        fputs("</p>\n", out);
    }
    fputs("</div>\n", out);
    put_data(s, t, out);
    if (s->take_count > (t ? 1 : 0)) {
        int spare = s->take_count - (t ? 1 : 0);
        fprintf(out, "<details><summary>%d other take%s</summary>\n", spare, spare > 1 ? "s" : "");
        for (int i = t ? 1 : 0; i < s->take_count; i++)
            put_strip(s, &s->takes[i], out);
        fputs("</details>\n", out);
    }
    fputs("</article>\n", out);
}

void view_write_shots(const struct view *v, FILE *out)
{
    put_table(v, out);
    fputs("<section class=\"shots wide\" aria-label=\"Shot by shot\">\n", out);
    for (int i = 0; i < v->film->shot_count; i++)
        put_shot(&v->shots[i], out);
    fputs("</section>\n", out);
}
