/* One pass: time, text and picture, the blocks, and the way out. */
#include <math.h>
#include <string.h>

#include "../cpu/rows.h"
#include "wan_dit_run.h"
#include "wan_near.h"
#include "wan_pairs.h"

/* --- Time and text --- */

static float *times_at(const struct run *r, int part)
{
    long before[] = {0, WAN_FREQ, WAN_FREQ + r->dim, WAN_FREQ + 2L * r->dim,
                     WAN_FREQ + 3L * r->dim};
    return r->w->time + WAN_TIMES * before[part];
}
enum { WAVES, MIDDLE, EMBEDDED, SWISHED, SIX };

void wan_dit_waves(double t, float *out)
{
    for (int i = 0; i < WAN_FREQ / 2; i++) {
        double angle = t * pow(10000, -i / (WAN_FREQ / 2.0));
        out[i] = (float)cos(angle);
        out[WAN_FREQ / 2 + i] = (float)sin(angle);
    }
}

static void embed_time(struct run *r, struct lane *l)
{
    const struct wan_dit *d = r->d;
    if (l->number == 0)
        for (int i = 0; i < r->times; i++)
            wan_dit_waves(i ? 0 : r->p->time, times_at(r, WAVES) + i * WAN_FREQ);
    lane_meet(l);
    struct product first = into(&d->time0, times_at(r, WAVES), r->times, times_at(r, MIDDLE)),
                   second = into(&d->time2, times_at(r, MIDDLE), r->times, times_at(r, EMBEDDED)),
                   third = into(&d->time6, times_at(r, SWISHED), r->times, times_at(r, SIX));
    products(r, l, &first, 1);
    products(r, l, &second, 1);
    if (l->number == 0) {
        memcpy(times_at(r, SWISHED), times_at(r, EMBEDDED),
               (size_t)(r->times * r->dim) * sizeof(float));
        rows_silu(times_at(r, SWISHED), r->times * r->dim);
    }
    lane_meet(l);
    products(r, l, &third, 1);
    trace(r, l, "time_embedding", times_at(r, EMBEDDED), r->times, r->dim);
    trace(r, l, "time_projection", times_at(r, SIX), r->times, 6L * r->dim);
}

/* Rows that the text does not fill are zeros, and take part like the others. */
static void text_row(struct run *r, int row, float *own)
{
    int n = r->d->info.text_dim;
    char *out = r->w->text_in + row * (long)matmul_row_bytes(r->d->bf16, n);
    if (row < r->p->text_rows)
        matmul_put(r->d->bf16, r->p->text + (long)row * n, n, out);
    else
        memset(out, 0, matmul_row_bytes(r->d->bf16, n));
    (void)own;
}

static void embed_text(struct run *r, struct lane *l)
{
    const struct wan_dit *d = r->d;
    int rows = d->info.text_rows;
    each_row(r, l, rows, text_row);
    struct product first = onto(&d->text0, r->w->text_in, rows, r->w->text_mid),
                   second = onto(&d->text2, r->w->text_mid, rows, r->w->context);
    products(r, l, &first, 1);
    products(r, l, &second, 1);
    if (!d->bf16)
        trace(r, l, "text_embedding", (float *)(void *)r->w->context, rows, r->dim);
}

/* --- Image features --- */

static void image_open(struct run *r, int row, float *own)
{
    const struct wan_dit *d = r->d;
    int n = d->info.image_dim;
    float *at = r->w->image_rows + (long)row * n;
    memcpy(at, r->p->image + (long)row * n, (size_t)n * sizeof *at);
    if (d->img_place)
        rows_add(at, d->img_place + (long)row * n, NULL, n);
    rows_norm(at, n, 1e-5f, 0, d->img0, d->img0_bias, at);
    matmul_put(d->bf16, at, n, r->w->image_in + row * (long)matmul_row_bytes(d->bf16, n));
    (void)own;
}

static void image_middle(struct run *r, int row, float *own)
{
    int n = r->d->info.image_dim;
    float *at = r->w->image_rows + (long)row * n;
    rows_gelu_exact(at, n);
    matmul_put(r->d->bf16, at, n, r->w->image_mid + row * (long)matmul_row_bytes(r->d->bf16, n));
    (void)own;
}

static void image_close(struct run *r, int row, float *own)
{
    float *at = r->w->image_rows + (long)row * r->dim;
    rows_norm(at, r->dim, 1e-5f, 0, r->d->img4, r->d->img4_bias, at);
    matmul_put(r->d->bf16, at, r->dim,
               r->w->image + row * (long)matmul_row_bytes(r->d->bf16, r->dim));
    (void)own;
}

static void embed_image(struct run *r, struct lane *l)
{
    const struct wan_dit *d = r->d;
    int rows = d->info.images * WAN_IMAGE_ROWS;
    if (!d->info.image_dim)
        return;
    each_row(r, l, rows, image_open);
    struct product first = into(&d->img1, r->w->image_in, rows, r->w->image_rows),
                   second = into(&d->img3, r->w->image_mid, rows, r->w->image_rows);
    products(r, l, &first, 1);
    each_row(r, l, rows, image_middle);
    products(r, l, &second, 1);
    each_row(r, l, rows, image_close);
    trace(r, l, "img_emb", r->w->image_rows, rows, r->dim);
}

/* --- Patches --- */

/* Token number -> frame, row and column of its patch. */
static void place_of(const struct wan_work *w, int token, int at[3])
{
    at[0] = token / w->per_frame;
    at[1] = token % w->per_frame / (w->columns / 2);
    at[2] = token % (w->columns / 2);
}

static void patch_row(struct run *r, int token, float *own)
{
    const struct wan_work *w = r->w;
    int at[3], in = r->d->info.in, out = r->d->info.out;
    long plane = (long)w->rows * w->columns, channel = w->frames * plane;
    place_of(w, token, at);
    long corner = at[0] * plane + 2L * at[1] * w->columns + 2L * at[2];
    for (int c = 0; c < in; c++) {
        const float *from =
            (c < out ? r->p->x + c * channel : r->p->y + (c - out) * channel) + corner;
        own[4 * c] = from[0], own[4 * c + 1] = from[1];
        own[4 * c + 2] = from[w->columns], own[4 * c + 3] = from[w->columns + 1];
    }
    matmul_put(r->d->bf16, own, 4 * in,
               w->patches + token * (long)matmul_row_bytes(r->d->bf16, 4 * in));
}

static void unpatch_row(struct run *r, int token, float *own)
{
    const struct wan_work *w = r->w;
    int at[3], out = r->d->info.out;
    long plane = (long)w->rows * w->columns, channel = w->frames * plane;
    const float *from = w->leave + 4L * token * out;
    place_of(w, token, at);
    float *to = r->p->out + at[0] * plane + 2L * at[1] * w->columns + 2L * at[2];
    for (int c = 0; c < out; c++, to += channel) {
        to[0] = from[c], to[1] = from[out + c];
        to[w->columns] = from[2 * out + c], to[w->columns + 1] = from[3 * out + c];
    }
    (void)own;
}

/* --- Rows of a block --- */

static void modulate(struct run *r, struct lane *l, int block)
{
    const float *table = r->d->block[block].modulation;
    for (int t; (t = lane_next(l)) < 6 * r->times;)
        for (int i = 0; i < r->dim; i++)
            r->w->mod[(long)t * r->dim + i] =
                times_at(r, SIX)[(long)t * r->dim + i] + table[(t % 6) * (long)r->dim + i];
    lane_meet(l);
}

static void put_h(struct run *r, int row, const float *values)
{
    matmul_put(r->d->bf16, values, r->dim,
               r->w->h + row * (long)matmul_row_bytes(r->d->bf16, r->dim));
}

static void norm_row(struct run *r, int row, float *own, int shift, int scale)
{
    int held = row < r->held;
    rows_norm(r->w->x + (long)row * r->dim, r->dim, r->d->eps, 1, modulation(r, held, scale),
              modulation(r, held, shift), own);
    put_h(r, row, own);
}

static void norm1_row(struct run *r, int row, float *own)
{
    norm_row(r, row, own, SHIFT1, SCALE1);
}

static void norm2_row(struct run *r, int row, float *own)
{
    norm_row(r, row, own, SHIFT2, SCALE2);
}

/* What attention left in v, and for image features in k, becomes the output projection's operand.
 */
static void attended_row(struct run *r, int row, float *own)
{
    put_h(r, row, r->w->v + (long)row * r->dim);
    (void)own;
}

static void both_attended_row(struct run *r, int row, float *own)
{
    memcpy(own, r->w->v + (long)row * r->dim, (size_t)r->dim * sizeof *own);
    rows_add(own, r->w->k + (long)row * r->dim, NULL, r->dim);
    put_h(r, row, own);
}

/* --- Attention --- */

static void turn(const struct run *r, int token, float *row, float *own)
{
    int at[3], half = r->d->head_dim / 2, third = half / 3,
               pairs[3] = {half - 2 * third, third, third};
    float *cosine = own, *sine = own + half;
    int joined = r->sequence ? r->sequence[token] % 2 : 0;
    place_of(r->w, r->sequence ? r->sequence[token] / 2 : token, at);
    at[2] = 2 * at[2] + joined; /* columns are told in halves: a pair's place is its middle */
    for (int a = 0, from = 0; a < 3; from += pairs[a], a++) {
        size_t bytes = (size_t)pairs[a] * sizeof(float);
        memcpy(cosine + from, r->w->cosine[a] + at[a] * pairs[a], bytes);
        memcpy(sine + from, r->w->sine[a] + at[a] * pairs[a], bytes);
    }
    rows_turn(row, r->d->info.heads, r->d->head_dim, cosine, sine);
}

static void put_key(const struct wan_keys *keys, int token, const float *k, const float *v)
{
    if (keys->memory)
        attention_bf16_put(&keys->b, token, k, v, keys->memory);
    else
        attention_put(&keys->a, token, k, v, keys->k, keys->v);
}

static void query_row(const struct run *r, float *q, const float *norm, int token, float *own)
{
    float scale = ATTENTION_LOG2E / sqrtf((float)r->d->head_dim);
    rows_rms(q, r->dim, r->d->eps, norm, q);
    if (own)
        turn(r, token, q, own);
    for (int i = 0; i < r->dim; i++)
        q[i] *= scale;
}

static void self_rows(struct run *r, struct lane *l, const struct wan_attention *a)
{
    struct wan_work *w = r->w;
    for (int t; (t = lane_next(l)) < (r->tokens + TILE - 1) / TILE;)
        for (int i = t * TILE; i < r->tokens && i < (t + 1) * TILE; i++) {
            float *q = w->q + (long)i * r->dim, *k = w->k + (long)i * r->dim;
            query_row(r, q, a->norm_q, i, w->scores[l->number]);
            rows_rms(k, r->dim, r->d->eps, a->norm_k, k);
            turn(r, i, k, w->scores[l->number]);
            put_key(&r->self, i, k, w->v + (long)i * r->dim);
        }
    lane_meet(l);
}

static void query_rows(struct run *r, struct lane *l, const float *norm)
{
    for (int t; (t = lane_next(l)) < (r->tokens + TILE - 1) / TILE;)
        for (int i = t * TILE; i < r->tokens && i < (t + 1) * TILE; i++)
            query_row(r, r->w->q + (long)i * r->dim, norm, i, NULL);
    lane_meet(l);
}

static void key_rows(struct run *r, struct lane *l, struct wan_keys *keys, const float *norm)
{
    int rows = keys->tokens;
    for (int t; (t = lane_next(l)) < (rows + TILE - 1) / TILE;)
        for (int i = t * TILE; i < rows && i < (t + 1) * TILE; i++) {
            float *k = r->w->text_k + (long)i * r->dim;
            rows_rms(k, r->dim, r->d->eps, norm, k);
            put_key(keys, i, k, r->w->text_v + (long)i * r->dim);
        }
    lane_meet(l);
}

/* The keys that some rows look at: of the tokens' own perhaps the near ones alone. */
static struct wan_keys looked_at(const struct run *r, const struct wan_keys *keys, int first,
                                 int rows)
{
    struct wan_keys some = *keys;
    struct wan_near near = {r->w->frames, r->w->per_frame, r->tokens, r->sequence, 0};
    if (r->p->near && keys == &r->self) {
        some.a.parts = some.b.parts = wan_near_parts(&near, first, rows, some.a.part);
        memcpy(some.b.part, some.a.part, sizeof some.a.part);
    }
    return some;
}

/* All queries of q against some keys. */
static void attend(struct run *r, struct lane *l, const struct wan_keys *keys, float *out)
{
    int tile = keys->memory ? ATTENTION_BF16_ROWS : TILE, tiles = (r->tokens + tile - 1) / tile;
    for (int t; (t = lane_next(l)) < tiles * r->d->info.heads;) {
        int first = t % tiles * tile, rows = r->tokens - first < tile ? r->tokens - first : tile;
        float *own = r->w->scores[l->number];
        struct wan_keys some = looked_at(r, keys, first, rows);
        if (keys->memory)
            attention_bf16_rows(&some.b, r->w->q, some.memory, first, rows, t / tiles, own, out);
        else
            attention_rows(&some.a, r->w->q, some.k, some.v, first, rows, t / tiles, own, out);
    }
    lane_meet(l);
}

static void attend_self(struct run *r, struct lane *l, int block)
{
    const struct wan_attention *a = &r->d->block[block].self;
    struct wan_work *w = r->w;
    each_row(r, l, r->tokens, norm1_row);
    struct product qkv[] = {into(&a->q, w->h, r->tokens, w->q), into(&a->k, w->h, r->tokens, w->k),
                            into(&a->v, w->h, r->tokens, w->v)};
    products(r, l, qkv, 3);
    trace_block(r, l, block, ".self_attn.q", w->q, r->tokens);
    trace_block(r, l, block, ".self_attn.v", w->v, r->tokens);
    self_rows(r, l, a);
    attend(r, l, &r->self, w->v);
    each_row(r, l, r->tokens, attended_row);
    add_gated(r, l, &a->o, w->h, 0, r->tokens, GATE1);
}

static void attend_keys(struct run *r, struct lane *l, struct wan_keys *keys,
                        const struct product kv[2], const float *norm, float *out)
{
    products(r, l, kv, 2);
    key_rows(r, l, keys, norm);
    attend(r, l, keys, out);
}

static void norm3_rows(struct run *r, struct lane *l, const struct wan_block *b)
{
    for (int t; (t = lane_next(l)) < (r->tokens + TILE - 1) / TILE;)
        for (int i = t * TILE; i < r->tokens && i < (t + 1) * TILE; i++) {
            float *own = r->w->scores[l->number];
            rows_norm(r->w->x + (long)i * r->dim, r->dim, r->d->eps, 0, b->norm3, b->norm3_bias,
                      own);
            put_h(r, i, own);
        }
    lane_meet(l);
}

static void attend_text(struct run *r, struct lane *l, int block)
{
    const struct wan_block *b = &r->d->block[block];
    struct wan_work *w = r->w;
    int rows = r->d->info.text_rows, pictures = r->d->info.images * WAN_IMAGE_ROWS;
    norm3_rows(r, l, b);
    if (!r->d->bf16)
        trace_block(r, l, block, ".norm3", (float *)(void *)w->h, r->tokens);
    struct product q = into(&b->cross.q, w->h, r->tokens, w->q);
    products(r, l, &q, 1);
    query_rows(r, l, b->cross.norm_q);
    struct product text[] = {into(&b->cross.k, w->context, rows, w->text_k),
                             into(&b->cross.v, w->context, rows, w->text_v)};
    attend_keys(r, l, &w->text, text, b->cross.norm_k, w->v);
    trace_block(r, l, block, ".cross_attn.v", w->text_v, rows);
    if (r->d->info.image_dim) {
        struct product image[] = {into(&b->k_img, w->image, pictures, w->text_k),
                                  into(&b->v_img, w->image, pictures, w->text_v)};
        attend_keys(r, l, &w->picture, image, b->norm_k_img, w->k);
        trace_block(r, l, block, ".cross_attn.v_img", w->text_v, pictures);
    }
    each_row(r, l, r->tokens, r->d->info.image_dim ? both_attended_row : attended_row);
    add_gated(r, l, &b->cross.o, w->h, 0, r->tokens, -1);
}

static void feed_forward(struct run *r, struct lane *l, int block)
{
    const struct wan_block *b = &r->d->block[block];
    long row = (long)matmul_row_bytes(r->d->bf16, r->dim);
    each_row(r, l, r->tokens, norm2_row);
    for (int i = 0; i < r->tokens; i += WAN_FFN_ROWS) {
        int rows = r->tokens - i < WAN_FFN_ROWS ? r->tokens - i : WAN_FFN_ROWS;
        struct product first = onto(&b->ffn0, r->w->h + i * row, rows, r->w->hidden);
        products(r, l, &first, 1);
        add_gated(r, l, &b->ffn2, r->w->hidden, i, rows, GATE2);
    }
}

static void release_pages(const struct wan_block *b)
{
    const struct matmul *all[] = {&b->self.q,  &b->self.k,  &b->self.v,  &b->self.o, &b->cross.q,
                                  &b->cross.k, &b->cross.v, &b->cross.o, &b->ffn0,   &b->ffn2};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        weights_release_pages(all[i]);
}

/* Lane 0 looks whether to go on; a number that is none spreads through its row at the first norm.
 */
static bool keep_on(struct run *r, struct lane *l, int block)
{
    if (l->number == 0) {
        for (int i = 0; i < r->tokens; i++)
            for (int c = 0; c < r->dim; c += r->dim - 1)
                if (!isfinite(r->w->x[(long)i * r->dim + c]) && r->broke < 0)
                    r->broke = block;
        if (r->broke >= 0 || (r->p->go_on && !r->p->go_on(r->p->ctx, block)))
            team_stop(l);
    }
    lane_meet(l);
    return !lane_stopped(l);
}

/* --- The pass --- */

/* The head's shift and scale are made where a block's first two lie. */
static void leave(struct run *r, struct lane *l)
{
    const struct wan_dit *d = r->d;
    for (int t; (t = lane_next(l)) < 2 * r->times;) {
        float *to = r->w->mod + (6L * (t / 2) + t % 2) * r->dim;
        for (int i = 0; i < r->dim; i++)
            to[i] = times_at(r, EMBEDDED)[(long)(t / 2) * r->dim + i] +
                    d->head_modulation[(t % 2) * (long)r->dim + i];
    }
    lane_meet(l);
    each_row(r, l, r->tokens, norm1_row);
    struct product out = into(&d->head, r->w->h, r->tokens, r->w->leave);
    products(r, l, &out, 1);
    trace(r, l, "head", r->w->leave, r->tokens, 4L * d->info.out);
    each_row(r, l, r->tokens, unpatch_row);
}

static bool blocks(struct run *r, struct lane *l)
{
    for (int i = 0; i < r->d->info.blocks; i++) {
        if (!keep_on(r, l, i))
            return false;
        if (r->p->pairs && i == r->p->pairs->from)
            wan_pairs_join(r, l);
        modulate(r, l, i);
        attend_self(r, l, i);
        attend_text(r, l, i);
        feed_forward(r, l, i);
        if (l->number == 0)
            release_pages(&r->d->block[i]);
        if (r->p->pairs && i == r->p->pairs->to - 1)
            wan_pairs_part(r, l);
        trace_block(r, l, i, "", r->w->x, r->tokens);
    }
    return keep_on(r, l, r->d->info.blocks);
}

bool wan_dit_check(const struct wan_dit *d, int frames, const struct wan_pass *p, whelk_error *err)
{
    if (d->info.in > d->info.out && !p->y)
        return whelk_fail(err, WHELK_EUSAGE,
                          "this transformer takes a picture's latent (%d of its %d "
                          "channels) and none was given",
                          d->info.in - d->info.out, d->info.in);
    if (d->info.image_dim && !p->image)
        return whelk_fail(err, WHELK_EUSAGE,
                          "this transformer takes features of an image encoder and "
                          "none were given");
    if (p->text_rows < 0 || p->text_rows > d->info.text_rows || p->held < 0 || p->held > frames)
        return whelk_fail(err, WHELK_EUSAGE, "%d rows of text or %d held frames are too many",
                          p->text_rows, p->held);
    return true;
}

bool wan_dit_pass(const struct wan_dit *d, struct wan_work *w, const struct wan_pass *p,
                  whelk_error *err)
{
    struct team team;
    bool whole = false;
    if (!wan_dit_check(d, w->frames, p, err))
        return false;
    struct run run = {
        .d = d, .w = w, .p = p, .dim = d->info.width, .tokens = w->tokens, .self = w->self};
    run.held = p->held * w->per_frame;
    run.times = run.held ? 2 : 1;
    atomic_init(&run.broke, -1);
    team_init(&team);
#pragma omp parallel num_threads(w->threads)
    {
        struct lane l = lane_of(&team);
        embed_time(&run, &l);
        embed_text(&run, &l);
        embed_image(&run, &l);
        each_row(&run, &l, run.tokens, patch_row);
        struct product in = into(&d->patch, w->patches, run.tokens, w->x);
        products(&run, &l, &in, 1);
        trace(&run, &l, "patch_embedding", w->x, run.tokens, run.dim);
        bool good = blocks(&run, &l);
        if (good)
            leave(&run, &l);
        if (l.number == 0)
            whole = good;
    }
    if (run.broke >= 0)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: numbers ceased to be numbers %s %d: its weights are "
                          "damaged",
                          weights_path(d->weights), run.broke ? "after block" : "before block",
                          run.broke ? run.broke - 1 : 0);
    return whole || whelk_fail(err, WHELK_EINTERRUPTED, "interrupted");
}
