/* Cutting layers into tokens, and the list of taps by which a convolution defined on cells is
 * computed on tokens. */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

bool geometry_init(struct geometry *g, const struct model *m, whelk_error *err)
{
    memset(g, 0, sizeof *g);
    g->model = m;
    for (int i = 0; i < m->layer_count; i++) {
        const struct model_layer *l = &m->layers[i];
        if (!l->quads)
            continue;
        g->cells_of_quad[i] = calloc((size_t)l->cells, sizeof(int));
        g->quad_of_cell[i] = calloc((size_t)l->cells, sizeof(int));
        if (!g->cells_of_quad[i] || !g->quad_of_cell[i]) {
            geometry_release(g);
            return whelk_fail(err, WHELK_EFAIL, "no memory");
        }
        for (int cell = 0; cell < l->cells; cell++) {
            int x = cell % l->x, y = cell / l->x % l->y, t = cell / l->x / l->y;
            int quad = (t / l->quad_t * (l->y / l->quad_y) + y / l->quad_y) * (l->x / l->quad_x) +
                       x / l->quad_x;
            int inside = (t % l->quad_t * l->quad_y + y % l->quad_y) * l->quad_x + x % l->quad_x;
            g->quad_of_cell[i][cell] = quad;
            g->cells_of_quad[i][quad * l->quad_cells + inside] = cell;
        }
    }
    return true;
}

void geometry_release(struct geometry *g)
{
    for (int i = 0; i < MODEL_LAYERS_MAX; i++) {
        free(g->cells_of_quad[i]);
        free(g->quad_of_cell[i]);
        g->cells_of_quad[i] = g->quad_of_cell[i] = NULL;
    }
}

static long cells_of(const struct model *m)
{
    long n = 0;
    for (int i = 0; i < m->layer_count; i++)
        n += m->layers[i].cells;
    return n;
}

/* No cut has more tokens than cells, nor more taps than nine a cell. */
long long layout_bytes(const struct model *m)
{
    long n = cells_of(m);
    return n * (9 * (long)sizeof(struct ops_tap) + 4 * (long)sizeof(int));
}

bool layout_init(struct layout *l, const struct model *m, whelk_error *err)
{
    long n = cells_of(m);
    memset(l, 0, sizeof *l);
    l->model = m;
    l->taps = calloc((size_t)n * 9, sizeof *l->taps);
    l->tap_start = calloc((size_t)n + 1, sizeof(int));
    bool fine = l->taps && l->tap_start;
    for (int i = 0; i < m->layer_count; i++) {
        size_t cells = (size_t)m->layers[i].cells;
        l->layer[i].cells = calloc(cells, sizeof(int));
        l->layer[i].quads = calloc(cells, sizeof(int));
        l->layer[i].row_of_cell = calloc(cells, sizeof(int));
        fine = fine && l->layer[i].cells && l->layer[i].quads && l->layer[i].row_of_cell;
    }
    if (!fine) {
        layout_release(l);
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    }
    return true;
}

void layout_release(struct layout *l)
{
    for (int i = 0; i < MODEL_LAYERS_MAX; i++) {
        free(l->layer[i].cells);
        free(l->layer[i].quads);
        free(l->layer[i].row_of_cell);
    }
    free(l->taps);
    free(l->tap_start);
    memset(l, 0, sizeof *l);
}

/* --- Tokens --- */

static int place_layer(struct layout_layer *out, const struct geometry *g, int index,
                       const bool *chosen, const bool *filled, int start)
{
    const struct model_layer *l = &g->model->layers[index];
    out->start = start;
    out->fine = out->coarse = 0;
    for (int c = 0; c < l->cells; c++)
        if (!l->quads || chosen[g->quad_of_cell[index][c]]) {
            bool has = !filled || filled[c];
            out->row_of_cell[c] = has ? start + out->fine : -1;
            if (has)
                out->cells[out->fine++] = c;
        }
    for (int q = 0; q < l->quads; q++)
        if (!chosen[q]) {
            for (int i = 0; i < l->quad_cells; i++)
                out->row_of_cell[g->cells_of_quad[index][q * l->quad_cells + i]] =
                    start + out->fine + out->coarse;
            out->quads[out->coarse++] = q;
        }
    return start + out->fine + out->coarse;
}

/* --- Taps --- */

static void put_tap(struct layout *out, int row, int kind, float coeff)
{
    if (row < 0) /* nothing there, as beyond the grid's edge */
        return;
    out->taps[out->tap_count++] = (struct ops_tap){row, kind, coeff};
}

/* The taps of one cell that land in [y0, y1) x [x0, x1), each with a weight. */
static void cell_taps(struct layout *out, const struct model_layer *l, const int *row_of_cell,
                      int cell, const int box[4], float coeff)
{
    int cx = cell % l->x, cy = cell / l->x % l->y, plane = cell / (l->x * l->y) * (l->x * l->y);
    for (int k = 0; k < 9; k++) {
        int y = cy + k / 3 - 1, x = cx + k % 3 - 1;
        if (y >= box[0] && y < box[1] && x >= box[2] && x < box[3])
            put_tap(out, row_of_cell[plane + y * l->x + x], k, coeff);
    }
}

/* A coarse token sees its neighbours quad by quad: a coarse one as a whole, a fine one cell by
 * cell. */
static void quad_taps(struct layout *out, const struct geometry *g, int index, int quad,
                      const bool *chosen)
{
    const struct model_layer *l = &g->model->layers[index];
    const int *row_of_cell = out->layer[index].row_of_cell,
              *own = g->cells_of_quad[index] + quad * l->quad_cells;
    int high = l->y / l->quad_y, wide = l->x / l->quad_x;
    int qx = quad % wide, qy = quad / wide % high, plane = quad / (wide * high) * (wide * high);
    for (int k = 0; k < 9; k++) {
        int y = qy + k / 3 - 1, x = qx + k % 3 - 1;
        if (y < 0 || y >= high || x < 0 || x >= wide)
            continue;
        int other = plane + y * wide + x;
        if (!chosen[other]) {
            put_tap(out, row_of_cell[g->cells_of_quad[index][other * l->quad_cells]], 9 + k, 1);
            continue;
        }
        int box[4] = {y * l->quad_y, (y + 1) * l->quad_y, x * l->quad_x, (x + 1) * l->quad_x};
        for (int i = 0; i < l->quad_cells; i++)
            cell_taps(out, l, row_of_cell, own[i], box, 1.0f / (float)l->quad_cells);
    }
}

static void layer_taps(struct layout *out, const struct geometry *g, int index, const bool *chosen)
{
    const struct model_layer *l = &g->model->layers[index];
    struct layout_layer *layer = &out->layer[index];
    int whole[4] = {0, l->y, 0, l->x};
    for (int i = 0; i < layer->fine + layer->coarse; i++) {
        out->tap_start[layer->start + i] = (int)out->tap_count;
        if (!l->grid)
            continue;
        if (i < layer->fine)
            cell_taps(out, l, layer->row_of_cell, layer->cells[i], whole, 1);
        else
            quad_taps(out, g, index, layer->quads[i - layer->fine], chosen);
    }
    out->tap_start[layer->start + layer->fine + layer->coarse] = (int)out->tap_count;
}

void layout_build(struct layout *l, const struct geometry *g, bool *const chosen[MODEL_LAYERS_MAX],
                  bool *const filled[MODEL_LAYERS_MAX])
{
    int at = 0;
    l->tap_count = 0;
    for (int i = 0; i < l->model->layer_count; i++)
        at = place_layer(&l->layer[i], g, i, chosen[i], filled ? filled[i] : NULL, at);
    for (int i = 0; i < l->model->layer_count; i++)
        layer_taps(l, g, i, chosen[i]);
    l->image_tokens = at;
    l->tokens = at + l->model->slot_count + 1;
}

/* In one direction: how much of tap k (0..2) of a quad of `size` cells lands `offset` (-1..1) quads
 * away. */
static float share(int size, int k, int offset)
{
    int cells = 0;
    for (int i = 0; i < size; i++) {
        int to = i + k - 1, quad = to < 0 ? -1 : to >= size;
        cells += quad == offset;
    }
    return (float)cells / (float)size;
}

void layout_fold(const struct model_layer *l, const float *kernel, int c, float *taps)
{
    int size_y = l->quads ? l->quad_y : 1, size_x = l->quads ? l->quad_x : 1;
    for (int ch = 0; ch < c; ch++)
        for (int k = 0; k < 9; k++) {
            float folded = 0;
            for (int i = 0; i < 9; i++)
                folded += kernel[ch * 9 + i] * share(size_y, i / 3, k / 3 - 1) *
                          share(size_x, i % 3, k % 3 - 1);
            taps[(long)k * c + ch] = kernel[ch * 9 + k];
            taps[(long)(9 + k) * c + ch] = folded;
        }
}
