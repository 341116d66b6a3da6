/* What a running codec keeps: wan_codec_make.c places it, wan_codec.c runs with it. */
#ifndef WHELK_WAN_CODEC_PARTS_H
#define WHELK_WAN_CODEC_PARTS_H

#include "../cpu/crew.h"
#include "wan_vae_parts.h"

enum { WAN_SPARES_MAX = 64 };

/* A size of bordered frame: rows and columns without the border, bytes of a pixel. */
struct wan_size {
    int rows, columns;
    long pixel;
};

struct wan_spare {
    struct wan_size size;
    char *frame;
};

/* The two frames before the one that comes. */
struct wan_ring {
    char *old, *last;
    int spare;
};

struct wan_state {
    int rows, columns; /* of what comes in */
    long seen;         /* frames that came */
    struct wan_ring first, second;
    int wide;    /* spare of a frame twice as wide, or of one without a past */
    int small;   /* DOWN: spare for the convolution in time */
    float *y;    /* what goes out, where it is not what came in */
    float *more; /* UP: [rows][columns][2 in]; LOOK: qkv; RES: between convolutions */
    float *q, *k, *v;
    struct attention attention;
    float *kept[2]; /* OPEN: what came in, this and the last */
    int given;      /* OPEN: frames that left the group for this one */
};

struct wan_codec {
    const struct wan_vae *v;
    const struct wan_half *h;
    enum wan_way way;
    int threads, rows, columns;
    struct crew *crew;
    void *memory;
    struct wan_state state[WAN_NODES_MAX];
    struct wan_spare spare[WAN_SPARES_MAX];
    int spares;
    float *input, *output; /* frames at the ends of the chain */
    char **scratch;        /* [threads] panels */
    float **own;           /* [threads] a pixel's numbers, or scores */
    wan_emit_fn *emit;
    void *ctx;
    wan_vae_trace_fn *trace;
    void *trace_ctx;
    bool stopped, broke;
};

#endif
