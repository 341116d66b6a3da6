/* The two ends of a pass, whatever it runs on: what its t and conditions give, which numbers make a
 * token, and how rows become velocities. */
#include "dit_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "goes_on.h"

/* --- Time and conditions --- */

/* The linear part of a velocity is that of this t at least (FORMAT.md, 6). */
#define DIT_LEAST_T 0.02

static long mod_floats(const struct dit *d)
{
    return (long)d->model->width * (6L * d->model->blocks + 2);
}

static long time_floats(const struct dit *d)
{
    return TEMB + (1 + 1 + 6 + 2) * (long)d->model->width;
}

long dit_moment_floats(const struct dit *d)
{
    long axes = 0;
    for (int i = 0; i < d->model->layer_count; i++)
        axes += d->model->layers[i].dim;
    return mod_floats(d) + time_floats(d) + axes;
}

bool dit_moment_init(struct dit_moment *m, const struct dit *d)
{
    m->mod = calloc((size_t)mod_floats(d), sizeof(float));
    m->time = calloc((size_t)time_floats(d), sizeof(float));
    bool fine = m->mod && m->time;
    for (int i = 0; i < d->model->layer_count; i++)
        fine = (m->linear[i] = calloc((size_t)d->model->layers[i].dim, sizeof(float))) && fine;
    return fine;
}

void dit_moment_release(struct dit_moment *m)
{
    free(m->mod);
    free(m->time);
    for (int i = 0; i < MODEL_LAYERS_MAX; i++)
        free(m->linear[i]);
}

/* c(t) of FORMAT.md 6: what of a velocity is linear in x_t where the clean numbers of an axis have
 * variance s. */
static float linear_part(double t, double s)
{
    t = fmax(t, DIT_LEAST_T);
    return (float)((t - (1 - t) * s) / ((1 - t) * (1 - t) * s + t * t));
}

/* c of FORMAT.md 6, then every block's six vectors, with the 1 of (1 + scale) in them; and the
 * linear part of velocities at this t. */
void dit_moment_at(struct dit_moment *m, const struct dit *d, const struct dit_pass *p)
{
    int w = d->model->width, blocks = d->model->blocks;
    float *temb = m->time, *hidden = temb + TEMB, *c = hidden + w, *mod = c + w,
          *last = mod + 6 * w;
    for (int k = 0; k < 64; k++) {
        double angle = 100 * p->t * exp(-log(1000.0) * k / 64);
        temb[k] = (float)cos(angle);
        temb[64 + k] = (float)sin(angle);
    }
    ops_linear(d->t0, d->t0_bias, temb, w, TEMB, hidden);
    ops_silu(hidden, w);
    ops_linear(d->t1, d->t1_bias, hidden, w, w, c);
    for (int i = 0; i < w; i++)
        c[i] += p->cond->pool[i];
    ops_silu(c, w);
    ops_linear(d->mod, d->mod_bias, c, 6 * w, w, mod);
    ops_linear(d->final, d->final_bias, c, 2 * w, w, last);
    for (int b = 0; b < blocks; b++)
        for (int i = 0; i < 6 * w; i++)
            m->mod[6L * b * w + i] = mod[i] + d->block[b].mod_bias[i] + (i / w % 3 == 0 ? 1 : 0);
    for (int i = 0; i < 2 * w; i++)
        m->mod[6L * blocks * w + i] = last[i] + (i < w ? 1 : 0);
    for (int l = 0; l < d->model->layer_count; l++)
        for (int i = 0; i < d->model->layers[l].dim; i++)
            m->linear[l][i] = linear_part(p->t, d->var[l][i]);
}

/* --- Tokens --- */

int dit_piece_tokens(const struct layout *l, int layer, int level)
{
    return level == FINE ? l->layer[layer].fine : l->layer[layer].coarse;
}

int dit_piece_start(const struct layout *l, const struct dit_piece *p)
{
    return l->layer[p->layer].start + (p->level == FINE ? 0 : l->layer[p->layer].fine) + p->first;
}

static int cell_count(const struct dit *d, const struct dit_piece *p)
{
    return p->level == FINE ? 1 : d->model->layers[p->layer].quad_cells;
}

int dit_piece_dim(const struct dit *d, const struct dit_piece *p)
{
    return d->model->layers[p->layer].dim * cell_count(d, p);
}

int dit_piece_place(const struct layout *l, const struct dit_piece *p, int i)
{
    const struct layout_layer *layer = &l->layer[p->layer];
    return (p->level == FINE ? layer->cells : layer->quads)[p->first + i];
}

/* Cells of token i of a piece: one, or a quad's. */
static const int *cells_of(const struct dit *d, const struct layout *l, const struct dit_piece *p,
                           int i)
{
    if (p->level == FINE)
        return &l->layer[p->layer].cells[p->first + i];
    return d->geometry.cells_of_quad[p->layer] + (long)dit_piece_place(l, p, i) * cell_count(d, p);
}

bool dit_piece_held(const struct dit *d, const struct dit_pass *pass, const struct dit_piece *p,
                    int i)
{
    return cells_of(d, pass->layout, p, i)[0] < pass->held[p->layer];
}

void dit_piece_gather(const struct dit *d, const struct dit_pass *pass, const struct dit_piece *p,
                      float *rows)
{
    int dim = d->model->layers[p->layer].dim, count = cell_count(d, p);
    for (int i = 0; i < p->rows; i++) {
        const int *cells = cells_of(d, pass->layout, p, i);
        for (int k = 0; k < count; k++, rows += dim)
            memcpy(rows, pass->x[p->layer] + (long)cells[k] * dim, (size_t)dim * sizeof(float));
    }
}

/* A cell's velocity: its linear part and what the transformer adds. */
void dit_piece_scatter(const struct dit *d, const struct dit_moment *m, const struct dit_pass *pass,
                       const struct dit_piece *p, const float *rows)
{
    int dim = d->model->layers[p->layer].dim, count = cell_count(d, p);
    const float *linear = m->linear[p->layer];
    for (int i = 0; i < p->rows; i++) {
        const int *cells = cells_of(d, pass->layout, p, i);
        for (int k = 0; k < count; k++, rows += dim) {
            const float *x = pass->x[p->layer] + (long)cells[k] * dim;
            float *v = pass->v[p->layer] + (long)cells[k] * dim;
            for (int j = 0; j < dim; j++)
                v[j] = linear[j] * x[j] + rows[j];
        }
    }
}

/* --- Paths that go on --- */

void dit_start(const struct dit *d, int layer, const float *poses, float *out)
{
    int w = d->model->width, n = model_start_numbers(d->model, &d->model->layers[layer]);
    memcpy(out, d->start_bias[layer], (size_t)w * sizeof *out);
    for (int j = 0; j < w; j++)
        for (int i = 0; i < n; i++)
            out[j] += d->start[layer][(long)j * n + i] * fminf(poses[i], MODEL_NO_GROUND);
}
