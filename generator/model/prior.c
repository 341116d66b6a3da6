/* The prior is a table for each product of slots; a product with an unset slot says nothing. */
#include "prior.h"

#include <stdlib.h>
#include <string.h>

/* Where the table has the row of these slots; -1 = nowhere: a slot is unset, or the row is zero. */
static int feature_row(const struct model *m, const struct model_feature *f, const int *slots)
{
    int row = 0;
    for (int i = 0; i < f->slot_count; i++) {
        int slot = f->slots[i], value = slots ? slots[slot] : m->slots[slot].count;
        if (value >= m->slots[slot].count)
            return -1;
        row = row * m->slots[slot].count + value;
    }
    for (int i = 0; f->row && i < f->stored; i++) {
        if (f->row[i] == row)
            return i;
    }
    return f->row ? -1 : row;
}

bool prior_mean(const struct model *m, int layer, const int *slots, float *mean, whelk_error *err)
{
    const struct model_layer *l = &m->layers[layer];
    long n = (long)l->cells * l->dim;
    const float *bias = model_tensor(m, &(struct shape){1, {n}}, err, "prior.%s.bias", l->name);
    if (!bias)
        return false;
    memcpy(mean, bias, (size_t)n * sizeof(float));
    for (int f = 0; f < l->feature_count; f++) {
        const float *table = model_tensor(m, &(struct shape){2, {l->features[f].stored, n}}, err,
                                          "prior.%s.f%d", l->name, f);
        if (!table)
            return false;
        int row = feature_row(m, &l->features[f], slots);
        for (long i = 0; row >= 0 && i < n; i++)
            mean[i] += table[row * n + i];
    }
    return true;
}

/* Mean, q and scale together; the caller frees *mean. */
static bool gather(const struct model *m, int layer, const int *slots, float **mean,
                   const float **q, const float **scale, whelk_error *err)
{
    const struct model_layer *l = &m->layers[layer];
    *q = model_tensor(m, &(struct shape){2, {l->dim, l->dim}}, err, "norm.%s.q", l->name);
    *scale = model_tensor(m, &(struct shape){1, {l->dim}}, err, "norm.%s.scale", l->name);
    *mean = NULL;
    if (!*q || !*scale)
        return false;
    *mean = malloc(((size_t)l->cells + 1) * (size_t)l->dim * sizeof(float));
    if (!*mean)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    if (prior_mean(m, layer, slots, *mean, err))
        return true;
    free(*mean);
    return false;
}

bool prior_to_x(const struct model *m, int layer, const int *slots, const float *z, float *x,
                whelk_error *err)
{
    int d = m->layers[layer].dim, cells = m->layers[layer].cells;
    const float *q, *scale;
    float *mean;
    if (!gather(m, layer, slots, &mean, &q, &scale, err))
        return false;
    float *rest = mean + (long)cells * d;
    for (long c = 0; c < cells; c++) {
        for (int i = 0; i < d; i++)
            rest[i] = z[c * d + i] - mean[c * d + i];
        for (int j = 0; j < d; j++) {
            float s = 0;
            for (int i = 0; i < d; i++)
                s += rest[i] * q[(long)i * d + j];
            x[c * d + j] = s * scale[j];
        }
    }
    free(mean);
    return true;
}

bool prior_to_z(const struct model *m, int layer, const int *slots, const float *x, float *z,
                whelk_error *err)
{
    int d = m->layers[layer].dim, cells = m->layers[layer].cells;
    const float *q, *scale;
    float *mean;
    if (!gather(m, layer, slots, &mean, &q, &scale, err))
        return false;
    float *rest = mean + (long)cells * d;
    for (long c = 0; c < cells; c++) {
        for (int i = 0; i < d; i++)
            rest[i] = x[c * d + i] / scale[i];
        for (int j = 0; j < d; j++) {
            float s = 0;
            for (int i = 0; i < d; i++)
                s += rest[i] * q[(long)j * d + i];
            z[c * d + j] = s + mean[c * d + j];
        }
    }
    free(mean);
    return true;
}
