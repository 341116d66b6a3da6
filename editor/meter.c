/* Lays music on a film's cuts. Between two cuts lies a section of a whole number of beats; its
 * tempo is bent a little so that the beats come out even, and bars are counted anew from each cut.
 * A cut that no tempo within bounds can meet is passed by. */
#include "score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BEND 0.06 /* a section's tempo may differ from the piece's by this share */
#define BEATS_A_BAR 4
#define RING_S 1.9 /* the last bar is no shorter where it can be helped: the end has to ring out   \
                    */
#define TEMPO_STEPS 24

struct span {
    double cost;
    int from, beats;
};

/* What it costs to make one section of this length at about this tempo; < 0 = cannot be done. */
static double section_cost(double seconds, double bpm, int skipped, int *beats)
{
    int n = (int)lround(seconds * bpm / 60);
    if (n < 2)
        return -1;
    double off = fabs(60.0 * n / seconds / bpm - 1);
    if (off > BEND)
        return -1;
    *beats = n;
    double odd = n % BEATS_A_BAR == 0 ? 0 : n % 3 == 0 ? 0.06 : n % 2 == 0 ? 0.12 : 0.3;
    return 2 * skipped + odd + 0.5 * (off / BEND) * (off / BEND);
}

/* The cheapest way through the marks 0..n at one tempo; spans[i] is the last section of the way to
 * mark i. */
static double best_way(const double *mark, int n, double bpm, struct span *spans)
{
    spans[0] = (struct span){0};
    for (int to = 1; to <= n; to++) {
        spans[to].cost = -1;
        for (int from = 0; from < to; from++) {
            int beats = 0;
            double c = section_cost(mark[to] - mark[from], bpm, to - from - 1, &beats);
            if (c < 0 || spans[from].cost < 0)
                continue;
            c += spans[from].cost;
            if (spans[to].cost < 0 || c < spans[to].cost)
                spans[to] = (struct span){.cost = c, .from = from, .beats = beats};
        }
    }
    return spans[n].cost;
}

/* Marks from cuts: 0, each cut in order that leaves room on both sides, the end. */
static int set_marks(double *mark, double seconds, const double *cut_s, int cut_count)
{
    int n = 0;
    mark[0] = 0;
    for (int i = 0; i < cut_count; i++) {
        if (cut_s[i] > mark[n] + 0.25 && cut_s[i] < seconds - 0.25)
            mark[++n] = cut_s[i];
    }
    mark[++n] = seconds;
    return n;
}

static bool take_way(struct score_meter *m, const double *mark, int n, const struct span *spans)
{
    int count = 0;
    for (int i = n; i > 0; i = spans[i].from)
        count++;
    m->sections = calloc((size_t)count, sizeof *m->sections);
    if (!m->sections)
        return false;
    m->section_count = count;
    for (int i = n; i > 0; i = spans[i].from) {
        struct score_section *s = &m->sections[--count];
        s->start_s = mark[spans[i].from];
        s->seconds = mark[i] - s->start_s;
        s->beats = spans[i].beats;
        s->bpm = 60.0 * s->beats / s->seconds;
    }
    for (int i = 1; i < m->section_count; i++)
        m->sections[i].tick = m->sections[i - 1].tick + (long)m->sections[i - 1].beats * SCORE_PPQ;
    const struct score_section *last = &m->sections[m->section_count - 1];
    m->ticks = last->tick + (long)last->beats * SCORE_PPQ;
    m->seconds = mark[n];
    m->cuts = n - 1;
    m->cuts_met = m->section_count - 1;
    return true;
}

static void add_bar(struct score_meter *m, long *tick, int beats, int section)
{
    m->bars[m->bar_count++] = (struct score_bar){.tick = *tick, .beats = beats, .section = section};
    *tick += (long)beats * SCORE_PPQ;
}

/* Bars of four, and threes where the beats of the section ask for them; five can only be three and
 * two. */
static void add_section_bars(struct score_meter *m, int section)
{
    const struct score_section *s = &m->sections[section];
    long tick = s->tick;
    int left = s->beats;
    while (left > 5 && (left % BEATS_A_BAR == 0 || left > 9)) {
        add_bar(m, &tick, BEATS_A_BAR, section);
        left -= BEATS_A_BAR;
    }
    while (left > 4) { /* 5, 6, 7, 9 */
        int beats = left == 7 ? 4 : 3;
        add_bar(m, &tick, beats, section);
        left -= beats;
    }
    if (left > 0)
        add_bar(m, &tick, left, section);
}

/* The last bar takes in the one before it while it is too short to ring. */
static void lengthen_last_bar(struct score_meter *m)
{
    const struct score_section *s = &m->sections[m->section_count - 1];
    while (m->bar_count > 1) {
        struct score_bar *last = &m->bars[m->bar_count - 1];
        struct score_bar *before = last - 1;
        if (last->beats * 60.0 / s->bpm >= RING_S || before->section != last->section ||
            last->beats + before->beats > 8)
            break;
        before->beats += last->beats;
        m->bar_count--;
    }
}

bool score_meter_init(struct score_meter *meter, double seconds, const double *cut_s, int cut_count,
                      double tempo_low, double tempo_high)
{
    *meter = (struct score_meter){0};
    double *mark = calloc((size_t)cut_count + 2, sizeof *mark);
    struct span *spans = calloc((size_t)cut_count + 2, sizeof *spans);
    bool good = mark && spans;
    if (good) {
        int n = set_marks(mark, seconds, cut_s, cut_count);
        double best = -1, best_bpm = 0, middle = (tempo_low + tempo_high) / 2;
        for (int i = 0; i <= TEMPO_STEPS; i++) {
            double bpm = tempo_low + (tempo_high - tempo_low) * i / TEMPO_STEPS;
            double cost = best_way(mark, n, bpm, spans);
            if (cost < 0)
                continue;
            cost += 0.3 * fabs(bpm - middle) / middle;
            if (best < 0 || cost < best - 1e-9) {
                best = cost;
                best_bpm = bpm;
            }
        }
        if (best >= 0) {
            best_way(mark, n, best_bpm, spans);
        } else { /* too short for two beats, or between two tempi: one section, as near as it goes
                  */
            int beats = (int)lround(seconds * middle / 60);
            spans[n] = (struct span){.from = 0, .beats = beats > 1 ? beats : 1};
        }
        good = take_way(meter, mark, n, spans);
    }
    if (good) {
        meter->bars = calloc((size_t)(meter->ticks / SCORE_PPQ), sizeof *meter->bars);
        good = meter->bars != NULL;
    }
    if (good) {
        for (int i = 0; i < meter->section_count; i++)
            add_section_bars(meter, i);
        lengthen_last_bar(meter);
    } else {
        score_meter_release(meter);
    }
    free(mark);
    free(spans);
    return good;
}

void score_meter_release(struct score_meter *meter)
{
    free(meter->sections);
    free(meter->bars);
    *meter = (struct score_meter){0};
}

double score_meter_seconds(const struct score_meter *meter, long tick)
{
    int i = meter->section_count - 1;
    while (i > 0 && tick < meter->sections[i].tick)
        i--;
    const struct score_section *s = &meter->sections[i];
    return s->start_s + (double)(tick - s->tick) / SCORE_PPQ * 60.0 / s->bpm;
}
