#include "curve.h"

#include <math.h>

static const struct {
    double budget;
    int steps;
} POINTS[CURVE_POINTS] = {{1, 0},    {0.7, 0}, {0.5, 0}, {0.33, 0}, {0.25, 0},
                          {0.15, 0}, {1, 24},  {1, 6},   {1, 4}};
enum { BUDGETS = 6 /* the first so many are budgets, the rest other numbers of steps */ };

void curve_init(struct curve *c)
{
    *c = (struct curve){0};
    for (int i = 0; i < CURVE_POINTS; i++) {
        c->of[i].budget = POINTS[i].budget;
        c->of[i].steps = POINTS[i].steps;
    }
}

void curve_free(struct curve *c)
{
    for (int i = 0; i < CURVE_POINTS; i++)
        sights_free(&c->of[i].made);
    sights_free(&c->real);
}

static double named(const struct sights *s, const struct judge *j, const char *name)
{
    int at = sights_attribute(j, name);
    return at < 0 ? 0 : share_percent(sights_named(s, j, at, -1));
}

void curve_measure(struct curve *c, const struct judge *j)
{
    for (int i = 0; i < CURVE_POINTS; i++)
        c->of[i].distance = sights_distance(&c->real, &c->of[i].made, j);
}

void curve_write(const struct curve *c, const struct judge *j, FILE *out)
{
    const struct curve_point *exact = &c->of[0];
    fprintf(out,
            "## Compute against quality\n\n"
            "The same %d scenes and noise under budgets of noise-aware redistribution, and with "
            "other numbers of exact steps.\n\n"
            "| | tokens | FLOPs | time | subject_crop | action_crop | place | colour | Frechet |\n"
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
            c->real.count);
    for (int i = 0; i < CURVE_POINTS; i++) {
        const struct curve_point *p = &c->of[i];
        if (p->steps)
            fprintf(out, "| exact, %d steps |", p->steps);
        else if (p->budget < 1)
            fprintf(out, "| budget %.2f |", p->budget);
        else
            fprintf(out, "| exact |");
        fprintf(out, " %.2f | %.2f | %.2f | %.1f | %.1f | %.1f | %.1f | %.1f |\n",
                p->tokens / exact->tokens, p->flops / exact->flops, p->seconds / exact->seconds,
                named(&p->made, j, "subject_crop"), named(&p->made, j, "action_crop"),
                named(&p->made, j, "place"), named(&p->made, j, "colour"), p->distance);
    }
    fprintf(out, "\nTokens, FLOPs (counted from shapes) and time of denoising as shares of exact "
                 "mode's.\n\n");
}

/* --- The picture --------------------------------------------------------------------------- */

enum { WIDE = 640, HIGH = 360, LEFT = 60, BOTTOM = 320, TOP = 30, RIGHT = 610 };

/* FLOPs and distance of the point that has most of each: the ends of the axes. */
struct ends {
    double flops, distance;
};

static void polyline(const struct curve *c, struct ends most, const int *which, int count,
                     const char *colour, const char *name, int row, FILE *f)
{
    fprintf(f, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < count; i++) {
            double x = LEFT + (RIGHT - LEFT) * c->of[which[i]].flops / most.flops;
            double y = BOTTOM - (BOTTOM - TOP) * c->of[which[i]].distance / most.distance;
            fprintf(f,
                    pass ? "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n" : "%.1f,%.1f ",
                    x, y, colour);
        }
        fprintf(f, pass ? "" : "\"/>\n");
    }
    fprintf(f, "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n", RIGHT - 230, TOP + 18 * row,
            colour, name);
}

bool curve_draw(const struct curve *c, const char *path, whelk_error *err)
{
    struct ends most = {0};
    for (int i = 0; i < CURVE_POINTS; i++) {
        most.distance = fmax(most.distance, c->of[i].distance * 1.1);
        most.flops = fmax(most.flops, c->of[i].flops);
    }
    FILE *f = fopen(path, "we");
    if (!f)
        return whelk_fail(err, WHELK_EFAIL, "%s cannot be written", path);
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\" font-size=\"13\">\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n"
            "<path d=\"M%d %d V%d H%d\" fill=\"none\" stroke=\"#444\"/>\n",
            WIDE, HIGH, WIDE, HIGH, LEFT, TOP, BOTTOM, RIGHT);
    for (int i = 0; i <= 4; i++)
        fprintf(f,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#444\">%.2f</text>\n"
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#444\">%.0f</text>\n",
                LEFT + (RIGHT - LEFT) * i / 4, BOTTOM + 18, most.flops / c->of[0].flops * i / 4,
                LEFT - 6, BOTTOM - (BOTTOM - TOP) * i / 4 + 4, most.distance * i / 4);
    fprintf(f,
            "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#444\">FLOPs, share of exact "
            "mode's</text>\n"
            "<text x=\"%d\" y=\"%d\" fill=\"#444\">Frechet distance to the world (less is "
            "better)</text>\n",
            (LEFT + RIGHT) / 2, BOTTOM + 34, LEFT, TOP - 12);
    polyline(c, most, (const int[]){0, 1, 2, 3, 4, 5}, BUDGETS, "#c2410c",
             "budgets of redistribution", 1, f);
    polyline(c, most, (const int[]){6, 0, 7, 8}, 1 + CURVE_POINTS - BUDGETS, "#1d4ed8",
             "exact, other numbers of steps", 2, f);
    fprintf(f, "</svg>\n");
    return fclose(f) == 0 || whelk_fail(err, WHELK_EFAIL, "%s cannot be written: disk full?", path);
}
