/* Running a chain: a frame is pushed into the first node, each node pushes what it makes into the
 * next. A frame on the chain is float [rows][columns][channels]; before a convolution it becomes
 * operands with a border of one pixel of zeros around it, so that taps need no edge. Of a causal
 * convolution's three frames two are kept; the third is a spare that all of its size share. */
#include "wan_codec_parts.h"

#include <math.h>
#include <string.h>

#include "../cpu/rows.h"

enum { PARTS = 8, TILE = ATTENTION_ROWS };

/* --- Frames to operands --- */

/* How a frame is put into a bordered one. */
struct put {
    const float *x;
    long stride;       /* floats from pixel to pixel of x */
    int rows, columns; /* of x */
    int channels;
    const float *gamma; /* norm and SiLU first, or NULL */
    bool silu;
    int times; /* 2: each pixel becomes 2x2 */
};

static void put_pixel(const struct wan_codec *c, const struct put *p, int row, int column,
                      const struct wan_spare *to, float *own)
{
    const float *from = p->x + ((long)row * p->columns + column) * p->stride;
    long wide = to->size.columns + 2, pixel = to->size.pixel;
    char *at = to->frame + ((long)(row * p->times + 1) * wide + column * p->times + 1) * pixel;
    if (p->gamma) {
        rows_rms(from, p->channels, 1e-24f, p->gamma, own);
        if (p->silu)
            rows_silu(own, p->channels);
        from = own;
    }
    matmul_put(c->v->bf16, from, p->channels, at);
    if (p->times == 2) {
        memcpy(at + pixel, at, (size_t)pixel);
        memcpy(at + wide * pixel, at, (size_t)pixel);
        memcpy(at + (wide + 1) * pixel, at, (size_t)pixel);
    }
}

/* What a job's workers need to know. */
struct job {
    const struct wan_codec *c;
    const struct put *p;
    const struct wan_spare *spare;
    const struct matmul *m;
    const struct window *w;
    const struct wan_state *s;
    int channels;
    float *y;
    bool add_to;
};

static void put_row(void *ctx, int row, int worker)
{
    const struct job *j = ctx;
    for (int column = 0; column < j->p->columns; column++)
        put_pixel(j->c, j->p, row, column, j->spare, j->c->own[worker]);
}

static void put_frame(const struct wan_codec *c, const struct put *p, int spare)
{
    crew_run(c->crew, p->rows, put_row, &(struct job){.c = c, .p = p, .spare = &c->spare[spare]});
}

/* --- Convolutions --- */

struct window {
    const char *frame[3]; /* by time; one or three of them */
    int frames, side;     /* side: 1 or 3 */
    int stride;
    int first;            /* bordered row and column of output 0's first tap */
    struct wan_size size; /* of the bordered frames */
    int rows, columns;    /* that come out */
};

static void window_row(const struct window *w, int row, const void *x[MATMUL_TAPS_MAX])
{
    long wide = w->size.columns + 2;
    int k = 0;
    for (int t = 0; t < w->frames; t++)
        for (int dy = 0; dy < w->side; dy++)
            for (int dx = 0; dx < w->side; dx++)
                x[k++] =
                    w->frame[t] + ((long)(row * w->stride + w->first + dy) * wide + w->first + dx) *
                                      w->size.pixel;
}

static int parts_of(const struct matmul *m, const struct window *w)
{
    return matmul_strips(m) >= PARTS ? 1 : w->rows < PARTS ? w->rows : PARTS;
}

/* A task is a strip of columns over some rows of the picture, which share its panel. */
static void convolve_part(void *ctx, int task, int worker)
{
    const struct job *j = ctx;
    const struct window *w = j->w;
    int parts = parts_of(j->m, w), strip = task / parts, part = task % parts;
    const void *panel = matmul_panel(j->m, strip, j->c->scratch[worker]);
    for (int row = w->rows * part / parts; row < w->rows * (part + 1) / parts; row++) {
        struct matmul_job job = {.x_stride = w->stride * w->size.pixel,
                                 .rows = w->columns,
                                 .y = j->y + (long)row * w->columns * j->m->w.n,
                                 .y_stride = j->m->w.n,
                                 .add = j->add_to};
        window_row(w, row, job.x);
        matmul_apply(j->m, &job, strip, panel);
    }
}

static void convolve(const struct wan_codec *c, const struct matmul *m, const struct window *w,
                     float *y, bool add_to)
{
    crew_run(c->crew, matmul_strips(m) * parts_of(m, w), convolve_part,
             &(struct job){.c = c, .m = m, .w = w, .y = y, .add_to = add_to});
}

static struct put plain(const struct wan_state *s, const float *x, int channels)
{
    return (struct put){x, channels, s->rows, s->columns, channels, NULL, false, 1};
}

/* side 3: edges padded by one; side 1: the pixel itself. */
static struct window over(const struct wan_codec *c, int spare, int frames, int side)
{
    const struct wan_spare *s = &c->spare[spare];
    struct window w = {.frames = frames,
                       .side = side,
                       .stride = 1,
                       .first = side == 1,
                       .size = s->size,
                       .rows = s->size.rows,
                       .columns = s->size.columns};
    w.frame[frames - 1] = s->frame;
    return w;
}

static void turn_ring(struct wan_codec *c, struct wan_ring *r)
{
    char *oldest = r->old;
    r->old = r->last;
    r->last = c->spare[r->spare].frame;
    c->spare[r->spare].frame = oldest;
}

/* A causal convolution of the frame `p` after the two before it. */
static void causal(struct wan_codec *c, const struct matmul *m, struct wan_ring *r,
                   const struct put *p, int side, float *y, bool add_to)
{
    put_frame(c, p, r->spare);
    struct window w = over(c, r->spare, 3, side);
    w.frame[0] = r->old;
    w.frame[1] = r->last;
    convolve(c, m, &w, y, add_to);
    turn_ring(c, r);
}

static void point(struct wan_codec *c, const struct matmul *m, int spare, const struct put *p,
                  float *y, bool add_to)
{
    put_frame(c, p, spare);
    struct window w = over(c, spare, 1, 1);
    convolve(c, m, &w, y, add_to);
}

/* --- Nodes --- */

static bool push(struct wan_codec *c, int i, float *x);

static bool pass_on(struct wan_codec *c, int i, float *x, int rows, int columns)
{
    const struct wan_node *n = &c->h->node[i];
    if (c->trace)
        c->trace(c->trace_ctx, n->name, x, rows, columns, n->out);
    return push(c, i + 1, x);
}

static float *residual(struct wan_codec *c, const struct wan_node *n, struct wan_state *s, float *x)
{
    struct put in = plain(s, x, n->in), between = plain(s, s->more, n->out);
    float *y = x;
    in.gamma = n->gamma, in.silu = true;
    between.gamma = n->gamma2, between.silu = true;
    causal(c, &n->first, &s->first, &in, 3, s->more, false);
    if (s->y) {
        struct put round = plain(s, x, n->in);
        point(c, &n->around, s->wide, &round, y = s->y, false);
    }
    causal(c, &n->second, &s->second, &between, 3, y, true);
    return y;
}

/* Some pixels' keys, values and queries to where attention wants them. */
static void place_tile(void *ctx, int task, int worker)
{
    const struct job *j = ctx;
    const struct wan_state *s = j->s;
    int d = j->channels;
    float scale = ATTENTION_LOG2E / sqrtf((float)d);
    for (int i = task * TILE; i < s->attention.tokens && i < (task + 1) * TILE; i++) {
        const float *row = s->more + 3L * i * d;
        for (int k = 0; k < d; k++)
            s->q[(long)i * d + k] = row[k] * scale;
        attention_put(&s->attention, i, row + d, row + 2 * d, s->k, s->v);
    }
    (void)worker;
}

static void look_tile(void *ctx, int task, int worker)
{
    const struct job *j = ctx;
    const struct wan_state *s = j->s;
    int left = s->attention.tokens - task * TILE;
    attention_rows(&s->attention, s->q, s->k, s->v, task * TILE, left < TILE ? left : TILE, 0,
                   j->c->own[worker], s->y);
}

static void look(struct wan_codec *c, const struct wan_node *n, struct wan_state *s, float *x)
{
    int tiles = (s->attention.tokens + TILE - 1) / TILE;
    struct put in = plain(s, x, n->in), out = plain(s, s->y, n->in);
    struct job job = {.c = c, .s = s, .channels = n->in};
    in.gamma = n->gamma;
    point(c, &n->first, s->wide, &in, s->more, false);
    crew_run(c->crew, tiles, place_tile, &job);
    crew_run(c->crew, tiles, look_tile, &job);
    point(c, &n->second, s->wide, &out, x, true);
}

/* One frame twice as wide and high. */
static bool widen(struct wan_codec *c, int i, const float *x, long stride)
{
    const struct wan_node *n = &c->h->node[i];
    struct wan_state *s = &c->state[i];
    struct put p = plain(s, x, n->in);
    p.stride = stride, p.times = 2;
    put_frame(c, &p, s->wide);
    struct window w = over(c, s->wide, 1, 3);
    convolve(c, &n->first, &w, s->y, false);
    return pass_on(c, i, s->y, 2 * s->rows, 2 * s->columns);
}

/* The first frame stays one; from then on two come of each, made of it and of what followed the
 * first. */
static bool go_up(struct wan_codec *c, int i, const float *x)
{
    const struct wan_node *n = &c->h->node[i];
    struct wan_state *s = &c->state[i];
    if (!n->time || s->seen == 1)
        return widen(c, i, x, n->in);
    struct put p = plain(s, x, n->in);
    causal(c, &n->second, &s->first, &p, 1, s->more, false);
    return widen(c, i, s->more, 2 * n->in) && widen(c, i, s->more + n->in, 2 * n->in);
}

/* The first frame passes; then one leaves for every second that comes. */
static bool go_down(struct wan_codec *c, int i, const float *x)
{
    const struct wan_node *n = &c->h->node[i];
    struct wan_state *s = &c->state[i];
    struct put p = plain(s, x, n->in);
    put_frame(c, &p, s->wide);
    struct window w = over(c, s->wide, 1, 3);
    w.stride = 2, w.first = 1, w.rows = s->rows / 2, w.columns = s->columns / 2;
    convolve(c, &n->first, &w, s->y, false);
    if (n->time) {
        struct put half = {s->y, n->out, s->rows / 2, s->columns / 2, n->out, NULL, false, 1};
        if (s->seen > 1 && s->seen % 2) {
            causal(c, &n->second, &s->first, &half, 1, s->y, false);
        } else {
            put_frame(c, &half, s->first.spare);
            turn_ring(c, &s->first);
        }
        if (s->seen % 2 == 0)
            return true;
    }
    return pass_on(c, i, s->y, s->rows / 2, s->columns / 2);
}

/* --- Ways round a group (Wan 2.2) --- */

static void keep(struct wan_state *s, const struct wan_node *n, const float *x)
{
    size_t bytes = (size_t)s->rows * (size_t)s->columns * (size_t)n->in * sizeof *x;
    memcpy(s->kept[s->seen % 2], x, bytes);
    s->given = n->time && !n->shrinks && s->seen == 1;
}

/* Channels of a square of pixels, of one or two frames, are laid in a row (channel, frame, row,
 * column) and averaged in equal runs; before the first frame are zeros. */
static void add_mean(const struct wan_state *from, const struct wan_node *open,
                     const struct wan_state *s, int out, float *y)
{
    int across = open->across, times = open->time ? 2 : 1, square = across * across,
        factor = times * square, run = open->in * factor / out;
    const float *frame[2] = {from->kept[(from->seen + 1) % 2], from->kept[from->seen % 2]};
    if (times == 1)
        frame[0] = frame[1];
    else if (from->seen == 1)
        frame[0] = NULL;
    for (int row = 0; row < s->rows; row++)
        for (int column = 0; column < s->columns; column++, y += out)
            for (int o = 0; o < out; o++) {
                float sum = 0;
                for (int g = o * run; g < (o + 1) * run; g++) {
                    int rest = g % factor, inside = rest % square;
                    const float *f = frame[rest / square];
                    long pixel = (long)(row * across + inside / across) * from->columns +
                                 column * across + inside % across;
                    sum += f ? f[pixel * open->in + g / factor] : 0;
                }
                y[o] += sum / (float)run;
            }
}

/* Each channel is repeated, and the repetitions laid out over (frame, row, column). */
static void add_repeated(struct wan_state *from, const struct wan_node *open,
                         const struct wan_state *s, int out, float *y)
{
    int across = open->across, square = across * across, times = open->time ? 2 : 1,
        repeats = out * times * square / open->in, a = from->given++;
    const float *x = from->kept[from->seen % 2];
    for (int row = 0; row < s->rows; row++)
        for (int column = 0; column < s->columns; column++, y += out)
            for (int o = 0; o < out; o++) {
                int g = (o * times + a) * square + row % across * across + column % across;
                long pixel = (long)(row / across) * from->columns + column / across;
                y[o] += x[pixel * open->in + g / repeats];
            }
}

static void close_group(struct wan_codec *c, const struct wan_node *n, const struct wan_state *s,
                        float *x)
{
    const struct wan_node *open = &c->h->node[n->open];
    struct wan_state *from = &c->state[n->open];
    if (n->shrinks)
        add_mean(from, open, s, n->out, x);
    else
        add_repeated(from, open, s, n->out, x);
}

/* --- The chain --- */

void wan_vae_unfold(const float *x, int rows, int columns, float *y)
{
    for (int row = 0; row < 2 * rows; row++)
        for (int column = 0; column < 2 * columns; column++, y += 3)
            for (int k = 0; k < 3; k++)
                y[k] = x[((long)(row / 2) * columns + column / 2) * 12 + 4 * k + 2 * (column % 2) +
                         row % 2];
}

/* Only the mean of the distribution is the latent. */
static void normalise(const struct wan_vae *v, const float *x, long pixels, float *y)
{
    for (long i = 0; i < pixels; i++)
        for (int k = 0; k < v->channels; k++)
            y[i * v->channels + k] = (x[i * 2 * v->channels + k] - v->mean[k]) / v->deviation[k];
}

static bool leave(struct wan_codec *c, float *x)
{
    const struct wan_node *last = &c->h->node[c->h->count - 1];
    const struct wan_state *s = &c->state[c->h->count - 1];
    int rows = s->rows, columns = s->columns, channels = last->out;
    const float *y = x;
    if (c->way == WAN_ENCODE) {
        normalise(c->v, x, (long)rows * columns, c->output);
        channels = c->v->channels, y = c->output;
    } else if (c->v->folded) {
        wan_vae_unfold(x, rows, columns, c->output);
        rows *= 2, columns *= 2, channels = 3, y = c->output;
    }
    for (long i = 0; !c->broke && i < (long)rows * columns * channels; i++)
        c->broke = !isfinite(y[i]);
    c->stopped = c->broke || (c->emit && !c->emit(c->ctx, y, rows, columns, channels));
    return !c->stopped;
}

static bool push(struct wan_codec *c, int i, float *x)
{
    if (i == c->h->count)
        return leave(c, x);
    const struct wan_node *n = &c->h->node[i];
    struct wan_state *s = &c->state[i];
    struct put p = plain(s, x, n->in);
    s->seen++;
    switch (n->kind) {
    case WAN_POINT:
        point(c, &n->first, s->wide, &p, s->y, false);
        return pass_on(c, i, s->y, s->rows, s->columns);
    case WAN_HEAD:
        p.gamma = n->gamma, p.silu = true;
        /* fall through */
    case WAN_CONV:
        causal(c, &n->first, &s->first, &p, 3, s->y, false);
        return pass_on(c, i, s->y, s->rows, s->columns);
    case WAN_RES:
        x = residual(c, n, s, x);
        return pass_on(c, i, x, s->rows, s->columns);
    case WAN_LOOK:
        look(c, n, s, x);
        return pass_on(c, i, x, s->rows, s->columns);
    case WAN_UP:
        return go_up(c, i, x);
    case WAN_DOWN:
        return go_down(c, i, x);
    case WAN_OPEN:
        keep(s, n, x);
        return push(c, i + 1, x);
    case WAN_CLOSE:
        close_group(c, n, s, x);
        return pass_on(c, i, x, s->rows, s->columns);
    }
    return false;
}

static void take_latent(struct wan_codec *c, const struct wan_picture *p)
{
    const struct wan_vae *v = c->v;
    for (long i = 0; i < (long)c->rows * c->columns; i++)
        for (int k = 0; k < v->channels; k++)
            c->input[i * v->channels + k] =
                p->data[k * p->channel_stride + i * p->pixel_stride] * v->deviation[k] + v->mean[k];
}

static void take_pixels(struct wan_codec *c, const struct wan_picture *p)
{
    int fold = c->v->folded ? 2 : 1, each = 3 * fold * fold;
    for (int row = 0; row < c->rows; row++)
        for (int column = 0; column < c->columns; column++)
            for (int k = 0; k < 3; k++) {
                long from = (long)row * c->columns + column,
                     to = (long)(row / fold) * (c->columns / fold) + column / fold;
                int place = fold == 2 ? 4 * k + 2 * (column % 2) + row % 2 : k;
                c->input[to * each + place] =
                    p->data[k * p->channel_stride + from * p->pixel_stride];
            }
}

bool wan_codec_push(struct wan_codec *c, const struct wan_picture *picture, wan_emit_fn *emit,
                    void *ctx, whelk_error *err)
{
    c->emit = emit, c->ctx = ctx;
    if (c->way == WAN_DECODE)
        take_latent(c, picture);
    else
        take_pixels(c, picture);
    bool good = push(c, 0, c->input);
    if (c->broke)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: numbers ceased to be numbers: its weights or the latent "
                          "are damaged",
                          weights_path(c->v->weights));
    return good || whelk_fail(err, WHELK_EINTERRUPTED, "interrupted");
}
