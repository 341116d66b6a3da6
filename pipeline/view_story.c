/* How the film came about: what was warned of, where the time went, and the reasoning as the
 * planner stated it, each sentence with the one that led to it. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "view.h"

/* --- Warnings --------------------------------------------------------------------------------- */

/* Was the same said again later? Then it is told there. */
static bool said_later(const struct journal *j, int index)
{
    const struct journal_entry *e = journal_at(j, index);
    for (int i = index + 1; i < journal_count(j); i++) {
        const struct journal_entry *later = journal_at(j, i);
        if (strcmp(later->kind, "warn") == 0 && strcmp(later->text, e->text) == 0)
            return true;
    }
    return false;
}

static void put_warnings(const struct view *v, FILE *out)
{
    const struct journal *j = v->reel->journal;
    bool any = false;
    for (int i = 0; i < journal_count(j); i++) {
        const struct journal_entry *e = journal_at(j, i);
        if (strcmp(e->kind, "warn") != 0 || said_later(j, i))
            continue;
        if (!any)
            fputs("<section class=\"warnings\" aria-labelledby=\"warnings\">\n"
                  "<h2 id=\"warnings\">Warnings</h2>\n<ul>\n",
                  out);
        any = true;
        fputs("<li>", out);
        if (e->shot)
            fprintf(out, "<a href=\"#shot-%s\">%s</a> ", e->shot, e->shot);
        html_text(out, e->text);
        fputs("</li>\n", out);
    }
    if (any)
        fputs("</ul>\n</section>\n", out);
}

/* --- Time and cost ---------------------------------------------------------------------------- */

enum { DENOISE, DECODE, COMPOSE, WRITE, SCORE, RENDER, PARTS };

struct spent {
    double seconds[PARTS], cost, calls_s;
    int calls;
};

static void add_up(const struct view *v, struct spent *s)
{
    static const char *const names[] = {"denoise_s", "decode_s", "compose_s", "write_s"};
    for (int i = 0; i < v->film->shot_count; i++) {
        const struct view_shot *shot = &v->shots[i];
        const cJSON *figures =
            shot->take_count && shot->takes[0].used
                ? cJSON_GetObjectItemCaseSensitive(shot->takes[0].record, "figures")
                : NULL;
        for (int k = DENOISE; k <= WRITE; k++)
            s->seconds[k] += json_number(figures, names[k]);
    }
    const struct journal *j = v->reel->journal;
    const struct journal_entry *film =
        v->film_name ? journal_last(j, "cut", "artifact", NULL, v->film_name) : NULL;
    s->seconds[SCORE] = film ? json_number(film->object, "score_s") : 0;
    s->seconds[RENDER] = film ? json_number(film->object, "render_s") : 0;
    for (int i = 0; i < journal_count(j); i++) {
        const struct journal_entry *e = journal_at(j, i);
        if (strcmp(e->kind, "call") != 0)
            continue;
        s->calls++;
        s->calls_s += json_number(e->object, "seconds");
        s->cost += json_number(e->object, "cost");
    }
}

static void put_time(const struct view *v, FILE *out)
{
    static const char *const names[PARTS] = {"denoising", "decoding", "composing",
                                             "writing",   "score",    "render"};
    struct spent s = {0};
    double total = 0;
    add_up(v, &s);
    for (int i = 0; i < PARTS; i++)
        total += s.seconds[i];
    if (total <= 0)
        return;
    fputs("<section class=\"time\" aria-labelledby=\"time\">\n<h2 id=\"time\">Time and cost</h2>\n"
          "<p>The takes in the film and the last cut took ",
          out);
    html_seconds(out, total);
    fprintf(out, ", %.1f times the film&rsquo;s length. ", total / v->seconds);
    if (s.calls) {
        fprintf(out, "%d call%s of a language model took ", s.calls, s.calls == 1 ? "" : "s");
        html_seconds(out, s.calls_s);
        if (s.cost > 0)
            fprintf(out, " and cost %.4f", s.cost);
        fputs(".", out);
    } else {
        fputs("Nothing was paid for: no language model and no remote engine was called.", out);
    }
    fputs("</p>\n<div class=\"parts\" aria-hidden=\"true\">", out);
    for (int i = 0; i < PARTS; i++)
        fprintf(out, "<i class=\"k%d\" style=\"flex-grow:%.4f\"></i>", i, s.seconds[i] / total);
    fputs("</div>\n<dl class=\"legend\">\n", out);
    for (int i = 0; i < PARTS; i++)
        if (s.seconds[i] > 0) {
            fprintf(out, "<div><dt><i class=\"k%d\"></i>%s</dt><dd>", i, names[i]);
            html_seconds(out, s.seconds[i]);
            fputs("</dd></div>\n", out);
        }
    fputs("</dl>\n</section>\n", out);
}

/* --- Reasoning -------------------------------------------------------------------------------- */

static bool is_reasoning(const struct journal_entry *e)
{
    return !e->shot && strcmp(e->stage, "plan") == 0 &&
           (strcmp(e->kind, "thought") == 0 || strcmp(e->kind, "choice") == 0);
}

/* The first entry of the plan that stands: behind the storyboard before it. */
static int plan_begins(const struct journal *j)
{
    int last = 0, before = 0;
    for (int i = 0; i < journal_count(j); i++) {
        const struct journal_entry *e = journal_at(j, i);
        if (strcmp(e->stage, "plan") == 0 && e->file && strcmp(e->file, "storyboard.json") == 0) {
            before = last;
            last = i;
        }
    }
    return before;
}

static void put_reasoning(const struct view *v, FILE *out)
{
    const struct journal *j = v->reel->journal;
    bool any = false;
    for (int i = plan_begins(j); i < journal_count(j); i++) {
        const struct journal_entry *e = journal_at(j, i);
        if (!is_reasoning(e))
            continue;
        if (!any)
            fputs("<section class=\"reasons\" aria-labelledby=\"reasons\">\n"
                  "<h2 id=\"reasons\">Why it is as it is</h2>\n<ol>\n",
                  out);
        any = true;
        const struct journal_entry *cause = journal_find(j, e->why);
        fprintf(out, "<li id=\"n%ld\"><span class=\"num\">%ld</span><div>", e->n, e->n);
        html_paragraphs(out, e->text);
        if (cause && is_reasoning(cause))
            fprintf(out, "<a class=\"cause\" href=\"#n%ld\">because of %ld</a>", cause->n,
                    cause->n);
        fputs("</div></li>\n", out);
    }
    if (any)
        fputs("</ol>\n<p class=\"note\">The whole chain, from every file back to the line: "
              "<code>whelk log</code>.</p>\n</section>\n",
              out);
}

void view_write_story(const struct view *v, FILE *out)
{
    put_warnings(v, out);
    put_time(v, out);
    put_reasoning(v, out);
}
