/* A half of the codec as a chain of nodes that frames are pushed through, and what a running chain
 * keeps. wan_vae.c builds, wan_codec.c places memory and runs. */
#ifndef WHELK_WAN_VAE_PARTS_H
#define WHELK_WAN_VAE_PARTS_H

#include "../cpu/attention.h"
#include "../cpu/matmul.h"
#include "wan_vae.h"
#include "weights.h"

enum { WAN_NODES_MAX = 64, WAN_NAME = 64 };

enum wan_kind {
    WAN_POINT, /* a 1x1x1 convolution */
    WAN_CONV,  /* a causal 3x3x3 convolution */
    WAN_HEAD,  /* norm, SiLU, causal convolution */
    WAN_RES,   /* twice that, and the way round */
    WAN_LOOK,  /* attention within a frame */
    WAN_UP,    /* twice as wide and high, and where `time` two frames for one */
    WAN_DOWN,  /* half as wide and high, and where `time` one frame for two */
    WAN_OPEN,  /* Wan 2.2: a group begins, whose input is kept */
    WAN_CLOSE  /* and ends: the input, averaged or repeated, is added */
};

struct wan_node {
    enum wan_kind kind;
    char name[WAN_NAME];
    int in, out;
    bool time;
    bool shrinks; /* of a group: half as wide, else twice as wide */
    int across;   /* of a group: 2 where its width changes, else 1 */
    int open;     /* of WAN_CLOSE: the node where the group began */
    struct matmul first,
        second;           /* RES: both convolutions; UP, DOWN: space, time; LOOK: qkv, proj */
    struct matmul around; /* RES: where in and out differ */
    const float *gamma, *gamma2;
};

struct wan_half {
    struct wan_node node[WAN_NODES_MAX];
    int count;
};

struct wan_vae {
    struct weights *weights;
    bool bf16, folded; /* folded: Wan 2.2, pixels in squares of 2x2 */
    int channels;
    const float *mean, *deviation; /* [channels] of the latents */
    struct wan_half half[2];       /* by enum wan_way */
};

/* wan_codec.c: Wan 2.2's pixels come in squares, (colour, column, row) in a row:
 * [rows][columns][12] to [2 rows][2 columns][3]. */
void wan_vae_unfold(const float *x, int rows, int columns, float *y);

#endif
