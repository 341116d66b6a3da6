/* Making a codec for one size of picture: every node's frames are placed in one block of memory,
 * which is counted and then placed by the same code. */
#include "wan_codec_parts.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

static struct wan_size size_of(const struct wan_codec *c, int rows, int columns, int channels)
{
    return (struct wan_size){rows, columns, (long)matmul_row_bytes(c->v->bf16, channels)};
}

static size_t frame_bytes(const struct wan_size *s)
{
    return (size_t)(s->rows + 2) * (size_t)(s->columns + 2) * (size_t)s->pixel;
}

static int spare_for(struct wan_codec *c, struct arena *a, struct wan_size s)
{
    int i = 0;
    while (i < c->spares &&
           (c->spare[i].size.rows != s.rows || c->spare[i].size.columns != s.columns ||
            c->spare[i].size.pixel != s.pixel))
        i++;
    if (i == c->spares && i < WAN_SPARES_MAX) {
        c->spare[i] = (struct wan_spare){s, arena_take(a, frame_bytes(&s))};
        c->spares++;
    }
    return i;
}

static struct wan_ring place_ring(struct wan_codec *c, struct arena *a, struct wan_size s)
{
    struct wan_ring r = {.spare = spare_for(c, a, s)};
    r.old = arena_take(a, frame_bytes(&s));
    r.last = arena_take(a, frame_bytes(&s));
    return r;
}

static void place_look(struct wan_codec *c, struct arena *a, const struct wan_node *n,
                       struct wan_state *s)
{
    int tokens = s->rows * s->columns;
    s->wide = spare_for(c, a, size_of(c, s->rows, s->columns, n->in));
    s->attention = (struct attention){.tokens = tokens, .heads = 1, .head_dim = n->in};
    s->attention.wide = attention_has_avx512();
    attention_layout(&s->attention);
    s->more = arena_floats(a, 3L * tokens * n->in);
    s->q = arena_floats(a, (long)tokens * n->in);
    s->k = arena_floats(a, attention_keys(&s->attention));
    s->v = arena_floats(a, attention_keys(&s->attention));
    s->y = arena_floats(a, (long)tokens * n->in);
}

/* Places what node n needs and gives the size of what leaves it. False = these sizes do not go. */
static bool place_node(struct wan_codec *c, struct arena *a, const struct wan_node *n,
                       struct wan_state *s, int *rows, int *columns)
{
    long pixels = (long)*rows * *columns;
    s->rows = *rows, s->columns = *columns;
    switch (n->kind) {
    case WAN_POINT:
        s->wide = spare_for(c, a, size_of(c, *rows, *columns, n->in));
        s->y = arena_floats(a, pixels * n->out);
        break;
    case WAN_CONV:
    case WAN_HEAD:
        s->first = place_ring(c, a, size_of(c, *rows, *columns, n->in));
        s->y = arena_floats(a, pixels * n->out);
        break;
    case WAN_RES:
        s->first = place_ring(c, a, size_of(c, *rows, *columns, n->in));
        s->second = place_ring(c, a, size_of(c, *rows, *columns, n->out));
        s->wide = spare_for(c, a, size_of(c, *rows, *columns, n->in));
        s->more = arena_floats(a, pixels * n->out);
        s->y = n->in == n->out ? NULL : arena_floats(a, pixels * n->out);
        break;
    case WAN_LOOK:
        place_look(c, a, n, s);
        break;
    case WAN_UP:
        if (n->time) {
            s->first = place_ring(c, a, size_of(c, *rows, *columns, n->in));
            s->more = arena_floats(a, 2 * pixels * n->in);
        }
        *rows *= 2, *columns *= 2;
        s->wide = spare_for(c, a, size_of(c, *rows, *columns, n->in));
        s->y = arena_floats(a, 4 * pixels * n->out);
        break;
    case WAN_DOWN:
        if (*rows % 2 || *columns % 2)
            return false;
        s->wide = spare_for(c, a, size_of(c, *rows, *columns, n->in));
        *rows /= 2, *columns /= 2;
        if (n->time)
            s->first = place_ring(c, a, size_of(c, *rows, *columns, n->out));
        s->y = arena_floats(a, pixels / 4 * n->out);
        break;
    case WAN_OPEN:
        s->kept[0] = arena_floats(a, pixels * n->in);
        s->kept[1] = n->time && n->shrinks ? arena_floats(a, pixels * n->in) : s->kept[0];
        break;
    case WAN_CLOSE:
        break;
    }
    return true;
}

static size_t panels(const struct wan_half *h)
{
    size_t most = 64;
    for (int i = 0; i < h->count; i++) {
        const struct matmul *all[] = {&h->node[i].first, &h->node[i].second, &h->node[i].around};
        for (int k = 0; k < 3; k++)
            if (all[k]->w.n && matmul_scratch(all[k]) > most)
                most = matmul_scratch(all[k]);
    }
    return most;
}

static bool place_all(struct wan_codec *c, struct arena *a)
{
    const struct wan_half *h = c->h;
    int fold = c->v->folded && c->way == WAN_ENCODE ? 2 : 1, rows = c->rows / fold,
        columns = c->columns / fold;
    long own = 0;
    if (c->rows % fold || c->columns % fold)
        return false;
    c->spares = 0;
    c->input = arena_floats(a, (long)rows * columns * h->node[0].in);
    for (int i = 0; i < h->count; i++) {
        const struct wan_node *n = &h->node[i];
        if (!place_node(c, a, n, &c->state[i], &rows, &columns))
            return false;
        long need = n->kind == WAN_LOOK ? attention_scores(&c->state[i].attention) : n->in;
        own = need > own ? need : own;
    }
    c->output = arena_floats(a, (long)rows * columns * h->node[h->count - 1].out);
    c->scratch = arena_take(a, (size_t)c->threads * sizeof *c->scratch);
    c->own = arena_take(a, (size_t)c->threads * sizeof *c->own);
    for (int t = 0; t < c->threads; t++) {
        void *panel = arena_take(a, panels(h));
        float *numbers = arena_floats(a, own);
        if (a->base)
            c->scratch[t] = panel, c->own[t] = numbers;
    }
    return true;
}

static struct wan_codec start(const struct wan_vae *v, enum wan_way way, int rows, int columns,
                              int threads)
{
    return (struct wan_codec){.v = v,
                              .h = &v->half[way],
                              .way = way,
                              .threads = threads,
                              .rows = rows,
                              .columns = columns};
}

long long wan_codec_bytes(const struct wan_vae *v, enum wan_way way, int rows, int columns,
                          int threads)
{
    struct wan_codec *c = malloc(sizeof *c);
    struct arena count = {0};
    if (!c)
        return -1;
    *c = start(v, way, rows, columns, threads);
    bool good = rows > 0 && columns > 0 && place_all(c, &count);
    free(c);
    return good ? (long long)count.size : -1;
}

struct wan_codec *wan_codec_new(const struct wan_vae *v, enum wan_way way, int rows, int columns,
                                int threads, whelk_error *err)
{
    long long bytes = wan_codec_bytes(v, way, rows, columns, threads);
    struct wan_codec *c = calloc(1, sizeof *c);
    if (bytes < 0) {
        whelk_fail(err, WHELK_EUSAGE,
                   "the codec cannot take pictures of %d x %d: both must be multiples "
                   "of %d",
                   columns, rows, way == WAN_ENCODE ? wan_vae_scale(v) : 1);
        free(c);
        return NULL;
    }
    struct arena place = {.base = c ? aligned_alloc(64, (size_t)bytes) : NULL};
    if (!place.base) {
        whelk_fail(err, WHELK_EFAIL, "no memory for %lld bytes to %s pictures", bytes,
                   way == WAN_DECODE ? "decode" : "encode");
        free(c);
        return NULL;
    }
    memset(place.base, 0, (size_t)bytes); /* borders and what came before the first frame */
    *c = start(v, way, rows, columns, threads);
    c->memory = place.base;
    place_all(c, &place);
    if (!(c->crew = crew_new(threads, err))) {
        wan_codec_free(c);
        return NULL;
    }
    return c;
}

void wan_codec_free(struct wan_codec *c)
{
    if (!c)
        return;
    crew_free(c->crew);
    free(c->memory);
    free(c);
}

void wan_codec_trace(struct wan_codec *c, wan_vae_trace_fn *trace, void *ctx)
{
    c->trace = trace;
    c->trace_ctx = ctx;
}
