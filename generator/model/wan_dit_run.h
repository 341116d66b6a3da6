/* What the files of one pass share: the run, and its stages. All lanes walk the same list of stages
 * together; in a stage they take tasks, which are strips of a product's columns, tiles of rows, or
 * a head's rows of attention. Include inside files compiled with OpenMP only. */
#ifndef WHELK_WAN_DIT_RUN_H
#define WHELK_WAN_DIT_RUN_H

#include <stdatomic.h>
#include <stdio.h>
#include "../cpu/team.h"
#include "wan_dit_parts.h"

enum { TILE = ATTENTION_ROWS };
enum { SHIFT1, SCALE1, GATE1, SHIFT2, SCALE2, GATE2 };

struct run {
    const struct wan_dit *d;
    struct wan_work *w;
    const struct wan_pass *p;
    int dim, tokens;
    int times;            /* 1, or 2 where some tokens are held */
    int held;             /* tokens with the second time, which is 0 */
    const int *sequence;  /* in blocks that join pairs: see wan_pairs.h; else NULL */
    struct wan_keys self; /* the work's, laid out for the tokens of the blocks under way */
    atomic_int broke;     /* the block before which numbers ceased to be numbers; -1 = none */
};

struct product {
    const struct matmul *m;
    struct matmul_job job;
};

static inline void products(struct run *r, struct lane *l, const struct product *p, int count)
{
    int ends[8], total = 0;
    for (int i = 0; i < count; i++)
        ends[i] = total += p[i].job.rows ? matmul_tasks(p[i].m, p[i].job.rows) : 0;
    for (int t; (t = lane_next(l)) < total;) {
        int i = 0;
        while (t >= ends[i])
            i++;
        matmul_task(p[i].m, &p[i].job, t - (i ? ends[i - 1] : 0), r->w->scratch[l->number]);
    }
    lane_meet(l);
}

/* Rows of operands times m, into floats. */
static inline struct product into(const struct matmul *m, const void *x, int rows, float *y)
{
    return (struct product){m,
                            {.x = {x},
                             .x_stride = (long)matmul_row_bytes(m->bf16, m->w.in),
                             .rows = rows,
                             .y = y,
                             .y_stride = m->w.n}};
}

/* The same, into operands. */
static inline struct product onto(const struct matmul *m, const void *x, int rows, void *operand)
{
    struct product p = into(m, x, rows, NULL);
    p.job.operand = operand;
    p.job.operand_stride = (long)matmul_row_bytes(m->bf16, m->w.n);
    return p;
}

static inline const float *modulation(const struct run *r, int held, int which)
{
    return r->w->mod + (6L * held + which) * r->dim;
}

/* x += gate * (rows . m), for tokens from `first` on; held tokens have another gate. */
static inline void add_gated(struct run *r, struct lane *l, const struct matmul *m, const char *x,
                             int first, int rows, int gate)
{
    int held = r->held - first;
    held = held < 0 ? 0 : held > rows ? rows : held;
    struct product both[2];
    float *y = r->w->x + (long)first * r->dim;
    for (int i = 0; i < 2; i++) {
        int from = i ? held : 0;
        both[i] = into(m, x + from * (long)matmul_row_bytes(m->bf16, m->w.in),
                       i ? rows - held : held, y + (long)from * r->dim);
        both[i].job.add = true;
        both[i].job.gate = gate >= 0 ? modulation(r, !i, gate) : NULL;
    }
    products(r, l, both, 2);
}

typedef void row_fn(struct run *r, int row, float *own);

/* Calls fn for each of `rows` rows; own: the lane's numbers, more than a row's width. */
static inline void each_row(struct run *r, struct lane *l, int rows, row_fn *fn)
{
    for (int t; (t = lane_next(l)) < (rows + TILE - 1) / TILE;)
        for (int i = t * TILE; i < rows && i < (t + 1) * TILE; i++)
            fn(r, i, r->w->scores[l->number]);
    lane_meet(l);
}

/* Only for parity checks: everybody waits while lane 0 tells. */
static inline void trace(struct run *r, struct lane *l, const char *name, const float *data,
                         long rows, long width)
{
    if (!r->p->trace)
        return;
    if (l->number == 0)
        r->p->trace(r->p->ctx, name, data, rows, width);
    lane_meet(l);
}

static inline void trace_block(struct run *r, struct lane *l, int block, const char *name,
                               const float *data, long rows)
{
    char full[64];
    snprintf(full, sizeof full, "blocks.%d%s", block, name);
    trace(r, l, full, data, rows, r->dim);
}

#endif
