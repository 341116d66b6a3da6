/* The plan as a CMX3600 edit decision list, the one format every editor of the last forty years
 * reads: one picture track, cuts, dissolves, SMPTE wipes by number and fades through black; speed
 * as an M2 line. What the format cannot say (titles, a grade, a dip to white) stands in comments or
 * is left out. Source times count from 0, those of the film from one hour, both in frames of the
 * film's rate without dropped numbers. */
#include "edit.h"

#include <math.h>
#include <string.h>

#include "../pipeline/base/bytes.h"
#include "../pipeline/base/file.h"

#define CEILING (8 << 20)

struct list {
    const struct edit_plan *plan;
    struct bytes out;
    int event;
};

/* One side of an event: a clip from a frame of its file, or black. */
struct side {
    const struct edit_slot *slot; /* NULL = black */
    long in;                      /* of the source */
    long frames;                  /* on the film */
};

static int rate_of(const struct edit_plan *p)
{
    return (int)lround((double)p->fps_n / p->fps_d);
}

static void put_time(struct list *l, long frame)
{
    long rate = rate_of(l->plan), s = frame / rate;
    bytes_format(&l->out, " %02ld:%02ld:%02ld:%02ld", s / 3600 % 24, s / 60 % 60, s % 60,
                 frame % rate);
}

/* Eight letters and digits of the file's name: "clips/0010-t01.mkv" is on reel 0010T01. */
static void reel_name(const struct edit_slot *s, char out[9])
{
    char *base = s ? g_path_get_basename(s->path) : g_strdup("BL");
    int n = 0;
    for (const char *c = base; *c && *c != '.' && n < 8; c++)
        if (g_ascii_isalnum(*c))
            out[n++] = g_ascii_toupper(*c);
    if (n == 0)
        memcpy(out, "AX", 3), n = 2;
    out[n] = '\0';
    g_free(base);
}

/* kind: "C", "D", "W001"; frames: of the transition, 0 for a cut. */
static void put_line(struct list *l, const char *kind, long frames, struct side from, long record)
{
    char reel[9], length[24] = "   ";
    reel_name(from.slot, reel);
    if (frames > 0)
        g_snprintf(length, sizeof length, "%03ld", frames);
    bytes_format(&l->out, "%03d  %-8s V     %-4s %s", l->event, reel, kind, length);
    double speed = from.slot ? from.slot->speed : 1;
    put_time(l, from.in);
    put_time(l, from.in + lround((double)from.frames * speed));
    record += 3600L * rate_of(l->plan);
    put_time(l, record);
    put_time(l, record + from.frames);
    bytes_text(&l->out, "\n");
}

/* Text keeps to its line, whatever it holds; g_free. */
static char *one_line(const char *text)
{
    return g_strdelimit(g_utf8_make_valid(text, -1), "\r\n\t\v\f", ' ');
}

static void put_comment(struct list *l, const char *name, const char *text)
{
    char *line = one_line(text);
    bytes_format(&l->out, "* %s: %s\n", name, line);
    g_free(line);
}

static void put_names(struct list *l, const char *role, const struct edit_slot *s)
{
    char *base = g_path_get_basename(s->path);
    const char *inner = edit_plan_inside(l->plan, s->path);
    put_comment(l, role, base);
    put_comment(l, "SOURCE FILE", inner ? inner : s->path);
    g_free(base);
}

/* A marker as Avid writes it: where on the film, its colour, the shot and why it is there. */
static void put_marker(struct list *l, const struct edit_slot *s, long record)
{
    if (!s->clip->shot)
        return;
    bytes_text(&l->out, "* LOC:");
    put_time(l, record + 3600L * rate_of(l->plan));
    char *text = g_strdup_printf("%s %s", s->clip->shot, s->clip->why ? s->clip->why : "");
    char *line = one_line(text);
    bytes_format(&l->out, " GREEN   %s\n", g_strchomp(line));
    g_free(line);
    g_free(text);
}

static long source_frame(const struct edit_plan *p, const struct edit_slot *s, long frame)
{
    return lround(s->in_s * p->fps_n / p->fps_d + (double)frame * s->speed);
}

static void put_speed(struct list *l, struct side to)
{
    char reel[9], number[G_ASCII_DTOSTR_BUF_SIZE];
    if (!to.slot || to.slot->speed == 1)
        return;
    reel_name(to.slot, reel);
    g_ascii_formatd(number, sizeof number, "%05.1f", to.slot->speed * rate_of(l->plan));
    bytes_format(&l->out, "M2   %-8s       %s       ", reel, number);
    put_time(l, to.in);
    bytes_text(&l->out, "\n");
}

/* One event: a cut, or a transition out of `from`, which is told as a cut of no length before it.
 */
static void put_event(struct list *l, const char *kind, long frames, struct side from,
                      struct side to, long record)
{
    l->event++;
    if (frames > 0)
        put_line(l, "C", 0, from, record);
    put_line(l, frames > 0 ? kind : "C", frames, to, record);
    put_speed(l, to);
    if (frames > 0 && from.slot)
        put_names(l, "FROM CLIP NAME", from.slot);
    if (to.slot) {
        put_names(l, frames > 0 ? "TO CLIP NAME" : "FROM CLIP NAME", to.slot);
        put_marker(l, to.slot, record);
    }
}

/* The clip `i` from the frame it begins to be seen, to the frame the next one does. A dip to black
 * is two events: to black in the first half of the overlap, out of it in the second. */
static void put_clip(struct list *l, int i)
{
    const struct edit_plan *p = l->plan;
    const struct edit_slot *s = &p->slots[i], *b = i > 0 ? s - 1 : NULL;
    long n = b ? b->overlap : 0, dip = b && b->join == JOIN_DIP_BLACK ? n / 2 : 0;
    long end = s->frames - s->overlap;
    struct side from = {b, b ? source_frame(p, b, b->frames - n) : 0, 0};
    struct side to = {s, source_frame(p, s, dip), end - dip};
    char kind[8] = "D";
    if (b && b->join == JOIN_WIPE)
        g_snprintf(kind, sizeof kind, "W%03d", abs(b->wipe));
    if (dip > 0) {
        put_event(l, "D", dip, from, (struct side){NULL, 0, dip}, s->start);
        from = (struct side){0};
    }
    put_event(l, kind, n - dip, from, to, s->start + dip);
    if (b && b->join == JOIN_DIP_WHITE)
        put_comment(l, "COMMENT", "THE DISSOLVE GOES THROUGH WHITE");
    if (b && b->join == JOIN_WIPE && b->wipe < 0)
        put_comment(l, "COMMENT", "THE WIPE RUNS BACKWARDS");
}

bool edit_edl_save(const struct edit_plan *plan, const char *path, whelk_error *err)
{
    struct list l = {.plan = plan};
    bytes_init(&l.out, CEILING);
    const char *title = plan->edit->title && *plan->edit->title ? plan->edit->title : "UNTITLED";
    char *line = one_line(title);
    bytes_format(&l.out, "TITLE: %s\nFCM: NON-DROP FRAME\n\n", line);
    g_free(line);
    for (int i = 0; i < plan->slot_count; i++)
        put_clip(&l, i);
    bool good = l.out.failed
                    ? whelk_fail(err, WHELK_EFAIL, "%s: out of memory for writing it", path)
                    : file_write(path, l.out.data, l.out.size, err);
    bytes_release(&l.out);
    return good;
}
