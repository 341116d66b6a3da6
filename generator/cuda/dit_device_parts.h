/* What dit_device_make.c places and fills, and dit_device.c runs. Addresses are of the device
 * unless said otherwise. */
#ifndef WHELK_DIT_DEVICE_PARTS_H
#define WHELK_DIT_DEVICE_PARTS_H

#include "../model/dit_parts.h"
#include "dit_device.h"
#include "queue.h"

enum { DIT_PLACES = 3 }; /* rows added to a token: position, held, beginning */

struct dit_block_at {
    struct dense qkv, o, fc1, fc2;
    float *taps; /* [kinds][4 width] */
};

/* The weights, in one piece. */
struct dit_weights_at {
    struct dense in[MODEL_LAYERS_MAX][2], out[MODEL_LAYERS_MAX][2]; /* [layer][level] */
    float *one; /* [head_dim] of 1 / sqrt(head_dim): what makes a root mean square a length */
    /* [..][width]: positions of every layer and level, what says that a layer is held, and what
     * each path begins with, which changes with the pass */
    float *table;
    struct dit_block_at *block; /* of the host */
};

/* What a pass sends first, in one piece; on the host and on the device alike. */
struct dit_inputs_at {
    float *numbers; /* pieces of x one after another, each aligned: dit_device_walk */
    float *mod;     /* as struct dit_moment has it */
    int *of;        /* [image tokens][DIT_PLACES] */
    int *first;     /* [tokens + 1] */
    struct device_tap *taps;
};

struct dit_work_at {
    float *h;                 /* [tokens][width], the residual */
    char *y, *qkv, *add;      /* operands [tokens][width], [tokens][3 width], [tokens][width] */
    char *hidden, *convolved; /* operands [tokens][4 width] */
};

struct dit_device {
    struct device *device;
    const struct dit *d;
    enum device_type type;
    int tokens;                                            /* the most that a cut has */
    int kinds;                                             /* of taps: 18 a grid, and one of ones */
    int kind_of[MODEL_LAYERS_MAX];                         /* the first of a layer; -1 = no grid */
    int pos_row[MODEL_LAYERS_MAX][2], held_row, start_row; /* of the table */
    struct dit_moment moment;
    struct dit_weights_at weights;
    struct dit_inputs_at inputs, host; /* host: its twin there */
    struct dit_work_at work;
    size_t input_bytes, number_bytes;
    char *memory, *pinned; /* pinned: of the host */
};

/* The pieces of a cut, one after another: false after the last. Begin with {0}; at: where its
 * numbers lie, in floats from the first. */
struct dit_walk {
    struct dit_piece piece;
    long at, next;
    int number;
};
bool dit_device_walk(const struct dit_device *on, const struct layout *l, struct dit_walk *w);

#endif
