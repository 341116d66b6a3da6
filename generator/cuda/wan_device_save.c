/* What a budget leaves out of a pass on a device: neighbouring tokens joined in the middle blocks
 * (../model/wan_pairs.h), and attention to near frames only (../model/wan_near.h). */
#include "../model/wan_near.h"
#include "../model/wan_pairs.h"
#include "wan_device_run.h"

/* --- Pairs ------------------------------------------------------------------------------------ */

/* Through where queries lie between blocks, and back to the residual's own place. */
static void go_over(struct run *r, enum device_kind kind, long rows)
{
    const struct wan_device *w = r->w;
    const struct work_at *a = &w->work;
    queue_op(&r->q, &(struct device_op){.kind = kind,
                                        .join = {.x = a->x,
                                                 .y = (float *)(void *)a->qkv,
                                                 .aside = a->aside,
                                                 .places = a->places,
                                                 .rows = r->p->pairs->tokens,
                                                 .across = w->columns / 2,
                                                 .width = r->dim}});
    queue_copy(&r->q, a->x, a->qkv, (size_t)(rows * r->dim) * sizeof(float));
}

void wan_device_join(struct run *r)
{
    go_over(r, DEVICE_JOIN, r->p->pairs->tokens);
    r->tokens = r->p->pairs->tokens;
    r->places = r->w->work.places;
}

void wan_device_part(struct run *r)
{
    go_over(r, DEVICE_PART, r->w->tokens);
    r->tokens = r->w->tokens;
    r->places = NULL;
}

/* --- Near frames ------------------------------------------------------------------------------ */

/* Queries go a tile at a time, from the first frame on; a tile's keys must lie one after another.
 * The first frame's rows, of which a copy is kept, are therefore laid before the near ones, over
 * rows that no tile to come looks at: keys are never before the first frame that is near, and that
 * moves on. Without pairs a tile is a frame; with pairs, which lie otherwise in every step, tiles
 * are of one size and keys begin and end at an eighth of a frame, so that sizes, each of which
 * cuDNN makes a plan for, are few. */
static long look_from(struct run *r, const struct attention_part part[2], int parts)
{
    const struct work_at *a = &r->w->work;
    size_t row = 3 * (size_t)r->dim * r->size;
    if (parts == 1)
        return part[0].from;
    long from = part[1].from - part[0].to;
    queue_copy(&r->q, a->qkv + (size_t)from * row, a->first, (size_t)part[0].to * row);
    return from;
}

void wan_device_attend_near(struct run *r)
{
    const struct wan_device *w = r->w;
    const struct work_at *a = &w->work;
    bool joined = r->places != NULL;
    int tile = joined ? (w->per_frame + 1) / 2 : w->per_frame;
    long stride = 3L * r->dim;
    size_t row = (size_t)stride * r->size;
    struct wan_near n = {w->frames, w->per_frame, r->tokens, joined ? r->p->pairs->sequence : NULL,
                         joined ? (w->per_frame + 7) / 8 : 1};
    bool kept = false;
    for (int first = 0; first < r->tokens; first += tile) {
        struct attention_part part[2];
        int rows = r->tokens - first < tile ? r->tokens - first : tile,
            parts = wan_near_parts(&n, first, rows, part);
        if (parts == 2 && !kept)
            queue_copy(&r->q, a->first, a->qkv, (size_t)part[0].to * row);
        kept = kept || parts == 2;
        long from = look_from(r, part, parts);
        wan_device_attend(r,
                          (struct wan_look){a->qkv + (size_t)first * row,
                                            a->qkv + (size_t)from * row + (size_t)r->dim * r->size,
                                            a->h + (size_t)first * (size_t)r->dim * r->size, rows,
                                            part[parts - 1].to - from, stride, stride});
    }
}
