/* Rows that are operands already are copied; others are widened and, where operands are bf16,
 * narrowed again, a piece at a time. */
#include "fill.h"

#include <string.h>

static void put_numbers(const float *from, long count, enum device_type type, char *to)
{
    if (type == DEVICE_F32)
        memcpy(to, from, (size_t)count * sizeof *from);
    else
        for (long i = 0; i < count; i++)
            ((uint16_t *)(void *)to)[i] = matmul_narrow(from[i]);
}

static void fill_row(const struct filling *f, int n)
{
    enum { PIECE = 1024 };
    float piece[PIECE];
    const struct weight *w = &f->m->w;
    size_t size = device_size(f->type);
    char *to = f->to.w + (size_t)(f->row + n) * (size_t)w->in * size;
    if (f->type == DEVICE_BF16 && w->type == WEIGHT_BF16 && w->scale == 1 && !w->row_scale) {
        memcpy(to, w->data + (size_t)n * (size_t)w->in * size, (size_t)w->in * size);
        return;
    }
    for (int i = 0; i < w->in; i += PIECE) {
        int count = w->in - i < PIECE ? w->in - i : PIECE;
        weight_row(w, n, i, count, piece);
        put_numbers(piece, count, f->type, to + (size_t)i * size);
    }
}

void fill_dense(const struct filling *f, int threads)
{
#pragma omp parallel for num_threads(threads)
    for (int n = 0; n < f->m->w.n; n++)
        fill_row(f, n);
    if (!f->to.bias)
        return;
    char *bias = f->to.bias + (size_t)f->row * device_size(f->out);
    if (f->m->bias)
        put_numbers(f->m->bias, f->m->w.n, f->out, bias);
    else
        memset(bias, 0, (size_t)f->m->w.n * device_size(f->out));
}
