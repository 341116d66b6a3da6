/* What wan_device_codec_make.c places and fills, and wan_device_codec.c runs. Addresses are of the
 * device unless said otherwise. */
#ifndef WHELK_WAN_DEVICE_CODEC_PARTS_H
#define WHELK_WAN_DEVICE_CODEC_PARTS_H

#include "../model/wan_vae_parts.h"
#include "wan_device_codec.h"

enum { WAN_LOOK_ROWS = 1024 }; /* queries whose scores are held at once */

/* A node's weights and what it keeps between frames. */
struct codec_node {
    int rows, columns; /* of what comes in: of the slice, */
    int top, high;     /* which begins with this row of so many */
    long seen;         /* frames that came */
    /* as struct wan_node has them; in LOOK first is q and k, whose weights lie one after the other,
     * and value is v */
    struct codec_conv {
        char *w;
        float *bias;
    } first, second, around, value;
    char *bias_k, *bias_q, *bias_v; /* LOOK: as operands */
    float *gamma, *gamma2;
    char *ring, *ring2; /* three frames of operands, the last one newest */
    float *more;        /* UP: [rows][columns][2 in] */
    float *kept;        /* OPEN: what came in */
    int given;          /* OPEN: frames that left the group for it */
};

struct wan_device_codec {
    struct device *device;
    const struct wan_vae *v;
    enum device_type type;
    int rows, columns;    /* of the latent */
    int slices, slice;    /* how many; the one under way */
    int from, to, across; /* rows of what leaves the chain that are this slice's; its columns */
    char *memory;
    struct codec_node node[WAN_NODES_MAX];
    float *frame[2], *between; /* of the greatest size on the chain; frames alternate */
    char *operands;            /* one frame, for what has no past */
    char *q, *k, *value, *shares,
        *seen;       /* LOOK: [tokens][dim] thrice, [WAN_LOOK_ROWS][tokens], result */
    float *scores;   /* LOOK: [WAN_LOOK_ROWS][tokens] */
    float *host;     /* of the host: a latent in, a frame out */
    float *unfolded; /* of the host */
    long host_count;
    float *film;      /* of the host, frames that wait: NULL for one slice */
    long film_frames; /* of this slice, so far */
    wan_emit_fn *emit;
    void *ctx;
    wan_vae_trace_fn *trace;
    void *trace_ctx;
    bool stopped, broke;
};

/* Frames that so many latent frames become. */
long wan_device_codec_frames(const struct wan_vae *v, int latents);
/* wan_device_codec_slice.c: the rows that every node's frames have in the slice under way. */
void wan_device_codec_cut(struct wan_device_codec *c);
/* What came before the slice's first frame is nothing. */
bool wan_device_codec_clear(struct wan_device_codec *c, whelk_error *err);

/* Cuts the slice under way, places everything at `base` and gives the bytes; base NULL only counts;
 * -1 = it does not go. */
long long wan_device_codec_place(struct wan_device_codec *c, char *base);

#endif
