/* A cell's mean alpha is, by the codec's linear part, a weighted sum of its latent's numbers:
 * alpha = a . z + c, and z = (x / scale) . q^T + m (FORMAT.md 3 and 4). So it is w . x + o with one
 * w for the layer and one o for each cell, worked out once a run. */
#include "density.h"

#include <stdlib.h>
#include <string.h>

#include "../ncr.h"
#include "prior.h"

#define OPAQUE 0.25f /* density of an opaque cell, for each of its numbers: half of a noisy one's  \
                      */

/* a [dim] and c of alpha = a . z + c. */
static bool alpha_of_z(const struct model *m, const struct model_layer *l, float *a, float *c,
                       whelk_error *err)
{
    int pixels = l->channels * l->frames * 256, alphas = l->frames * 256;
    struct shape full = {2, {l->dim, pixels}}, row = {1, {pixels}};
    const float *basis = model_tensor(m, &full, err, "codec.%s.basis", l->name);
    const float *mean = model_tensor(m, &row, err, "codec.%s.mean", l->name);
    if (!basis || !mean)
        return false;
    *c = 0;
    memset(a, 0, (size_t)l->dim * sizeof *a);
    for (int f = 0; f < l->frames; f++)
        for (int i = (4 * f + 3) * 256; i < (4 * f + 4) * 256; i++) {
            *c += mean[i] / (float)alphas;
            for (int k = 0; k < l->dim; k++)
                a[k] += basis[(long)k * pixels + i] / (float)alphas;
        }
    return true;
}

static bool alpha_of_x(const struct density *d, int layer, const int *slots, float *a, float *mean,
                       whelk_error *err)
{
    const struct model *m = d->model;
    const struct model_layer *l = &m->layers[layer];
    struct shape square = {2, {l->dim, l->dim}}, row = {1, {l->dim}};
    const float *q = model_tensor(m, &square, err, "norm.%s.q", l->name);
    const float *scale = model_tensor(m, &row, err, "norm.%s.scale", l->name);
    float *w = d->alpha[layer], *o = w + l->dim, c;
    if (!q || !scale || !alpha_of_z(m, l, a, &c, err) || !prior_mean(m, layer, slots, mean, err))
        return false;
    for (int j = 0; j < l->dim; j++)
        for (int k = 0; k < l->dim; k++)
            w[j] += a[k] * q[(long)k * l->dim + j] / scale[j];
    for (int cell = 0; cell < l->cells; cell++) {
        o[cell] = c;
        for (int k = 0; k < l->dim; k++)
            o[cell] += a[k] * mean[(long)cell * l->dim + k];
    }
    return true;
}

static bool add_layer(struct density *d, int layer, const int *slots, whelk_error *err)
{
    const struct model_layer *l = &d->model->layers[layer];
    size_t dim = (size_t)l->dim, cells = (size_t)l->cells;
    if (!l->quads || l->channels != 4)
        return true;
    float *scratch = calloc(dim + dim * cells, sizeof *scratch);
    d->alpha[layer] = calloc(dim + cells, sizeof *scratch);
    bool fine = scratch && d->alpha[layer]
                    ? alpha_of_x(d, layer, slots, scratch, scratch + dim, err)
                    : whelk_fail(err, WHELK_EFAIL, "no memory");
    free(scratch);
    return fine;
}

bool density_init(struct density *d, const struct model *m, const struct geometry *g,
                  const int *slots, whelk_error *err)
{
    *d = (struct density){.model = m, .geometry = g};
    for (int i = 0; i < m->layer_count; i++)
        if (!add_layer(d, i, slots, err)) {
            density_release(d);
            return false;
        }
    return true;
}

void density_release(struct density *d)
{
    for (int i = 0; i < MODEL_LAYERS_MAX; i++)
        free(d->alpha[i]);
    memset(d, 0, sizeof *d);
}

void density_measure(const struct density *d, int layer, const float *x, float *out)
{
    const struct model_layer *l = &d->model->layers[layer];
    const float *w = d->alpha[layer];
    for (int q = 0; q < l->quads; q++) {
        const int *cells = d->geometry->cells_of_quad[layer] + (long)q * l->quad_cells;
        float seen[64];
        for (int c = 0; w && c < l->quad_cells; c++) {
            float s = w[l->dim + cells[c]];
            for (int i = 0; i < l->dim; i++)
                s += w[i] * x[(long)cells[c] * l->dim + i];
            seen[c] = OPAQUE * (float)l->dim * (s > 0 ? s < 1 ? s : 1 : 0);
        }
        out[q] = ncr_density(x, cells, l->quad_cells, l->dim, w ? seen : NULL);
    }
}
