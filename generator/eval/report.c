/* The findings as Markdown. Every table has the world's own pictures beside the model's: a figure
 * of the model's alone would say as much about the judge. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../generator.h"
#include "eval.h"

/* --- How often the judge names what was asked for ------------------------------------------ */

static const struct {
    const char *name;
    double aim;
} AIMS[] = {{"place", 95},  {"time", 95},   {"subject", 90},
            {"action", 90}, {"colour", 85}, {"camera", 85}};

static double aim_of(const char *name)
{
    for (size_t i = 0; i < sizeof AIMS / sizeof *AIMS; i++)
        if (!strcmp(AIMS[i].name, name))
            return AIMS[i].aim;
    return 0;
}

/* An attribute whose slot the model does not have was never asked for more than its plainest value.
 */
static bool varies(const struct findings *f, int attribute)
{
    const struct judge_attribute *a = judge_attribute(f->judge, attribute);
    for (int i = 1; i < f->real.count; i++)
        if (f->real.of[i].slot[a->slot] != f->real.of[0].slot[a->slot])
            return true;
    return false;
}

static void write_cell(FILE *out, struct share s)
{
    if (s.asked)
        fprintf(out, " %.1f |", share_percent(s));
    else
        fprintf(out, " - |");
}

static void write_adherence(const struct findings *f, FILE *out)
{
    fprintf(out, "## What was asked for is seen\n\n"
                 "Share of shots, in percent, in which the judge names the value asked for. "
                 "*World*: the training world's own\n"
                 "picture of the same scene, so the judge's own limit. *By chance* the most "
                 "frequent value would be right so often.\n\n"
                 "| attribute | world | model | held-out pairs | by chance | aim |\n| --- | --- | "
                 "--- | --- | --- | --- |\n");
    for (int i = 0; i < judge_attributes(f->judge); i++) {
        const struct judge_attribute *a = judge_attribute(f->judge, i);
        if (!varies(f, i))
            continue;
        int most = 0;
        for (int v = 0; v < a->count; v++) {
            int n = sights_named(&f->real, f->judge, i, v).asked;
            most = n > most ? n : most;
        }
        struct share real = sights_named(&f->real, f->judge, i, -1);
        fprintf(out, "| %s |", a->name);
        write_cell(out, real);
        write_cell(out, sights_named(&f->made, f->judge, i, -1));
        write_cell(out, sights_named(&f->held, f->judge, i, -1));
        write_cell(out, (struct share){most, real.asked});
        if (aim_of(a->name) > 0)
            fprintf(out, " %.0f |\n", aim_of(a->name));
        else
            fprintf(out, " |\n");
    }
    fprintf(out, "\n`_crop`: told from the actor's surroundings alone, since the place gives much "
                 "away. Subject and action may be judged\n"
                 "*none*: nobody could tell.\n\n");
}

/* What the judge said most often instead of `value`, or NULL. */
static const char *mistaken_for(const struct findings *f, int attribute, int value, int *times)
{
    const struct judge_attribute *a = judge_attribute(f->judge, attribute);
    int count[JUDGE_VALUES] = {0}, best = -1;
    for (int i = 0; i < f->made.count; i++) {
        const struct sight *s = &f->made.of[i];
        if (s->slot[a->slot] == value && s->verdict.value[attribute] != value)
            count[s->verdict.value[attribute]]++;
    }
    for (int v = 0; v < a->count; v++)
        if (count[v] && (best < 0 || count[v] > count[best]))
            best = v;
    *times = best < 0 ? 0 : count[best];
    return best < 0 ? NULL : a->values[best];
}

static void write_values(const struct findings *f, const char *name, FILE *out)
{
    int at = sights_attribute(f->judge, name);
    if (at < 0)
        return;
    const struct judge_attribute *a = judge_attribute(f->judge, at);
    fprintf(out, "| %s | shots | right | taken most often for |\n| --- | --- | --- | --- |\n",
            name);
    for (int v = 0; v < a->count - a->none; v++) {
        struct share s = sights_named(&f->made, f->judge, at, v);
        int times;
        const char *wrong = mistaken_for(f, at, v, &times);
        if (s.asked && wrong)
            fprintf(out, "| %s | %d | %.0f %% | %s (%d) |\n", a->values[v], s.asked,
                    share_percent(s), wrong, times);
        else if (s.asked)
            fprintf(out, "| %s | %d | %.0f %% | |\n", a->values[v], s.asked, share_percent(s));
    }
    fprintf(out, "\n");
}

/* --- Motion and pictures ------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of the field at `offset` in facts; 0.5 = the median. */
static double quantile(const struct sights *s, size_t offset, double q)
{
    double *x = malloc((size_t)(s->count + 1) * sizeof *x), out = 0;
    for (int i = 0; x && i < s->count; i++)
        memcpy(&x[i], (const char *)&s->of[i].facts + offset, sizeof *x);
    if (x && s->count) {
        qsort(x, (size_t)s->count, sizeof *x, by_value);
        out = x[(int)(q * (s->count - 1))];
    }
    free(x);
    return out;
}

/* Shots whose actor hardly changes and hardly moves, beside what the world's does in that scene. */
static struct share frozen(const struct findings *f)
{
    struct share out = {0};
    for (int i = 0; i < f->real.count; i++) {
        const struct facts *real = &f->real.of[i].facts, *made = &f->made.of[i].facts;
        if (real->travel < 0.1 && real->change < 0.05)
            continue;
        out.asked++;
        out.right += made->change < 0.25 * real->change && made->travel < 0.25 * real->travel;
    }
    return out;
}

static void write_row(FILE *out, const char *what, const struct findings *f, size_t offset)
{
    fprintf(out, "| %s | %.3f | %.3f | %.3f | %.3f |\n", what, quantile(&f->real, offset, 0.5),
            quantile(&f->made, offset, 0.5), quantile(&f->real, offset, 0.95),
            quantile(&f->made, offset, 0.95));
}

static struct share suns(const struct sights *s)
{
    struct share out = {0, s->count};
    for (int i = 0; i < s->count; i++)
        out.right += s->of[i].facts.discs > 1;
    return out;
}

static void write_facts(const struct findings *f, FILE *out)
{
    fprintf(out, "## Measured, not judged\n\n"
                 "| | world, median | model, median | world, 95 %% below | model, 95 %% below |\n| "
                 "--- | --- | --- | --- | --- |\n");
    write_row(out, "plate: slope across cell borders / inside (1 = no seam)", f,
              offsetof(struct facts, seam));
    write_row(out, "camera: shake, thousandths of the plate's height", f,
              offsetof(struct facts, camera_shake));
    write_row(out, "actor: shake of its way, the same", f, offsetof(struct facts, path_shake));
    write_row(out, "actor: change from pose to pose", f, offsetof(struct facts, change));
    write_row(out, "actor: length of its way, plate heights", f, offsetof(struct facts, travel));
    struct share still = frozen(f);
    fprintf(out,
            "\nPlates with more than one sun or moon (a strict count; pale ones escape it): world "
            "%.1f %%, "
            "model %.1f %%.\n"
            "Frozen (less than a quarter of the world's change and way in the same scene): %d of "
            "%d.\n"
            "Flicker outside the mattes: none, by construction: a shot has one plate, and the "
            "camera moves over it.\n\n",
            share_percent(suns(&f->real)), share_percent(suns(&f->made)), still.right, still.asked);
}

/* Mean length of the actor's way in shots that have a value of a slot; negative: there are none. */
static double mean_travel(const struct sights *s, int slot, int value)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < s->count; i++)
        if (s->of[i].slot[slot] == value) {
            sum += s->of[i].facts.travel;
            n++;
        }
    return n ? sum / n : -1;
}

/* Of those that go slowly, steadily and fast, where the world tells them apart. */
static void write_pace(const struct findings *f, FILE *out)
{
    int at = 0;
    while (at < f->card->count && strcmp(f->card->slot[at].name, "pace") != 0)
        at++;
    if (at == f->card->count)
        return;
    fprintf(out, "| pace | world, mean way | model, mean way |\n| --- | --- | --- |\n");
    for (int v = 0; v < f->card->slot[at].count; v++)
        if (mean_travel(&f->real, at, v) >= 0)
            fprintf(out, "| %s | %.2f | %.2f |\n", f->card->slot[at].value[v],
                    mean_travel(&f->real, at, v), mean_travel(&f->made, at, v));
    fprintf(out, "\n");
}

struct falls {
    int found, all;
    double acceleration, residual, r2;
};

static struct falls fall_of(const struct sights *s)
{
    struct falls out = {.all = s->count};
    for (int i = 0; i < s->count; i++) {
        const struct fall *x = &s->of[i].fall;
        if (!x->found)
            continue;
        out.found++;
        out.acceleration += x->acceleration;
        out.residual += x->residual;
        out.r2 += x->r2;
    }
    int n = out.found ? out.found : 1;
    out.acceleration /= n;
    out.residual /= n;
    out.r2 /= n;
    return out;
}

static void write_falls(const struct findings *f, FILE *out)
{
    struct falls real = fall_of(&f->real_dives), made = fall_of(&f->dives);
    fprintf(
        out,
        "## Divers fall as things fall\n\n"
        "The parabola nearest to the actor's height from leaving the board to the fastest fall.\n\n"
        "| | world | model | aim |\n| --- | --- | --- | --- |\n"
        "| rises and falls | %d of %d | %d of %d | all |\n"
        "| acceleration, plate heights / s^2 | %.2f | %.2f (%+.0f %%) | within 15 %% |\n"
        "| rms off the parabola / height | %.1f %% | %.1f %% | below 2 %% |\n| R^2 | %.4f | %.4f | "
        "|\n\n",
        real.found, real.all, made.found, made.all, real.acceleration, made.acceleration,
        real.acceleration > 0 ? 100 * (made.acceleration / real.acceleration - 1) : 0,
        100 * real.residual, 100 * made.residual, real.r2, made.r2);
}

/* --- Identity and likeness ----------------------------------------------------------------- */

/* How far apart two shots of a film pass are: in mean colour, or to the judge's eye. */
struct eye {
    const struct judge *judge; /* NULL: colour alone */
    float weight[JUDGE_FEATURES];
};

/* Each feature of the crops by its own deviation over these shots. */
static void eye_open(struct eye *e, const struct judge *j, const struct sights *s)
{
    e->judge = j;
    for (int k = judge_crops(j); k < judge_features(j); k++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < s->count; i++) {
            double x = s->of[i].verdict.feature[k];
            sum += x;
            squares += x * x;
        }
        double variance = squares / s->count - pow(sum / s->count, 2);
        e->weight[k] = variance > 1e-12 ? (float)(1 / variance) : 0;
    }
}

static double distance(const struct eye *e, const struct sight *a, const struct sight *b)
{
    if (!e->judge) {
        const struct facts *x = &a->facts, *y = &b->facts;
        return sqrt(pow(x->red - y->red, 2) + pow(x->green - y->green, 2) +
                    pow(x->blue - y->blue, 2));
    }
    double sum = 0;
    for (int k = judge_crops(e->judge); k < judge_features(e->judge); k++)
        sum += e->weight[k] * pow(a->verdict.feature[k] - b->verdict.feature[k], 2);
    return sqrt(sum);
}

/* Mean distances within an actor and between two, and shots whose nearest other is of the same. */
struct kinship {
    double same, other;
    int recognised;
};

static struct kinship kinship(const struct sights *s, const struct eye *e)
{
    struct kinship out = {0};
    int sames = 0, others = 0;
    for (int i = 0; i < s->count; i++) {
        int nearest = -1;
        double best = INFINITY;
        for (int k = 0; k < s->count; k++) {
            if (k == i)
                continue;
            double d = distance(e, &s->of[i], &s->of[k]);
            bool one = i / FILM_SHOTS == k / FILM_SHOTS;
            *(one ? &out.same : &out.other) += d;
            *(one ? &sames : &others) += 1;
            if (d < best) {
                best = d;
                nearest = k;
            }
        }
        out.recognised += nearest >= 0 && nearest / FILM_SHOTS == i / FILM_SHOTS;
    }
    out.same /= sames ? sames : 1;
    out.other /= others ? others : 1;
    return out;
}

static void write_identity(const struct findings *f, FILE *out)
{
    const struct sights *s = &f->films;
    if (s->count < 2 * FILM_SHOTS)
        return;
    struct eye eye = {0};
    struct kinship colour = kinship(s, &eye);
    eye_open(&eye, f->judge, s);
    struct kinship looks = kinship(s, &eye);
    fprintf(out,
            "## One actor through several shots\n\n"
            "%d actors, %d shots each with other noise; nothing is held from shot to shot. "
            "*Recognised*: the nearest of all other shots is one\n"
            "of the same actor (by chance %.0f %%). By colour: distance of mean colours, 0..1 a "
            "channel. By looks: of what the judge sees in the\n"
            "actor's crops, each feature over its deviation.\n\n"
            "| | within an actor | between actors | recognised | aim |\n| --- | --- | --- | --- | "
            "--- |\n"
            "| by colour alone | %.3f | %.3f | %.0f %% | |\n"
            "| by looks | %.2f | %.2f | %.0f %% | 90 |\n\n",
            s->count / FILM_SHOTS, FILM_SHOTS, 100.0 * (FILM_SHOTS - 1) / (s->count - 1),
            colour.same, colour.other, 100.0 * colour.recognised / s->count, looks.same,
            looks.other, 100.0 * looks.recognised / s->count);
}

static void write_likeness(const struct findings *f, FILE *out)
{
    if (f->real.count < 2)
        return;
    fprintf(out,
            "## Likeness as a crowd\n\n"
            "Frechet distance of the judge's %d features between %d scenes of the world and the "
            "model's shots of them: **%.1f**.\n"
            "Between these and %d other scenes of the world: %.1f.\n\n",
            judge_features(f->judge), f->real.count, sights_distance(&f->real, &f->made, f->judge),
            f->other.count, sights_distance(&f->real, &f->other, f->judge));
}

/* Of shots of two the judge is asked what it can tell of both. */
static void write_meetings(const struct findings *f, FILE *out)
{
    static const char *const told[] = {"company", "action", "place", "time", "direction", "camera"};
    if (!f->meetings.count)
        return;
    fprintf(
        out,
        "## Shots of two\n\n"
        "%d shots in which two chase, follow, pass or go and sit together: what the judge names "
        "right, in percent. It was trained on\n"
        "pairs drawn into one crop; the model makes each alone, and the engine lays them "
        "together.\n\n| attribute | world | model |\n| --- | --- | --- |\n",
        f->meetings.count);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        int at = sights_attribute(f->judge, told[i]);
        if (at < 0)
            continue;
        fprintf(out, "| %s |", told[i]);
        write_cell(out, sights_named(&f->real_meetings, f->judge, at, -1));
        write_cell(out, sights_named(&f->meetings, f->judge, at, -1));
        fprintf(out, "\n");
    }
    fprintf(out, "\n");
}

void report_write(const struct findings *f, FILE *out)
{
    fprintf(out,
            "# Evaluation of %s\n\n"
            "Written by `make eval` (generator/eval/README.md tells how); weights %.16s, seed "
            "%llu, %d scenes that training never\n"
            "saw. What was trained on what, and for how long: generator/train/README.md.\n\n",
            f->model_name, f->model_digest, (unsigned long long)f->seed, f->made.count);
    write_adherence(f, out);
    write_values(f, "subject_crop", out);
    write_values(f, "action", out);
    write_values(f, "place", out);
    write_facts(f, out);
    write_pace(f, out);
    write_falls(f, out);
    write_identity(f, out);
    write_meetings(f, out);
    longer_write(&f->longer, f->judge, out);
    write_likeness(f, out);
    if (f->curve.real.count)
        curve_write(&f->curve, f->judge, out);
}

/* --- The sheet ----------------------------------------------------------------------------- */

enum { ACROSS = 3, DOWN = 12, GAP = 4, LOOKS = 3 };

/* Three frames of each of the first shots, three shots in a row. */
bool report_sheet(const struct findings *f, const char *path, whelk_error *err)
{
    int w = ACROSS * (LOOKS * GLIMPSE_WIDTH + GAP), h = DOWN * (GLIMPSE_HEIGHT + GAP);
    uint8_t *rgb = calloc((size_t)w * h, 3);
    for (int i = 0; rgb && i < ACROSS * DOWN && i < f->made.count; i++)
        for (int k = 0; k < LOOKS; k++)
            for (int y = 0; y < GLIMPSE_HEIGHT; y++) {
                int x = i % ACROSS * (LOOKS * GLIMPSE_WIDTH + GAP) + k * GLIMPSE_WIDTH,
                    top = i / ACROSS * (GLIMPSE_HEIGHT + GAP);
                memcpy(rgb + ((size_t)(top + y) * w + x) * 3, f->made.of[i].look[k][y],
                       GLIMPSE_WIDTH * 3);
            }
    bool good = rgb ? whelk_picture_write(path, rgb, w, h, err)
                    : whelk_fail(err, WHELK_EFAIL, "out of memory");
    free(rgb);
    return good;
}
