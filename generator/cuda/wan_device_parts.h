/* What wan_device_plan.c lays out, wan_device_load.c fills and wan_device.c runs. Addresses are of
 * the device unless said otherwise. */
#ifndef WHELK_WAN_DEVICE_PARTS_H
#define WHELK_WAN_DEVICE_PARTS_H

#include "../model/wan_dit_parts.h"
#include "queue.h"
#include "wan_device.h"

enum { WAN_DEVICE_FFN_ROWS = 8192, WAN_DEVICE_SLOTS = 2 };

/* The marks of a pass: copies from a host's slot are done, computing with a device's slot is done,
 * a block is done. */
enum {
    MARK_FILLED,
    MARK_USED = MARK_FILLED + WAN_DEVICE_SLOTS,
    MARK_BLOCK = MARK_USED + WAN_DEVICE_SLOTS
};

/* One block's weights, in one piece. q, k and v lie one after another, and are one product. */
struct block_at {
    struct dense qkv, o, q, kv, cross_o, ffn0, ffn2;
    float *norm_q, *norm_k, *cross_q, *cross_k, *norm3, *norm3_bias, *modulation;
    struct dense kv_image; /* of image features, where they are taken */
    float *k_image;        /* their keys' norm */
};

/* The ends of the network. Times stay in f32. */
struct ends_at {
    struct dense patch, text0, text2, time0, time2, time6, head;
    float *head_modulation, *angles;
    struct dense image1, image3; /* of image features, with norms before and after */
    float *image0, *image0_bias, *image4, *image4_bias;
};

struct work_at {
    float *latent; /* [in][frames][rows][columns]; the answer goes to its beginning */
    float *x;      /* [tokens][width], the residual */
    char *h;       /* operands [tokens][width] */
    char *qkv;     /* operands [tokens][3 width], or queries and then products */
    char *hidden;  /* operands [ffn_rows][ffn] */
    char *patches; /* operands [tokens][4 in] */
    float *leave;  /* [tokens][4 out] */
    char *text_in, *text_mid, *context, *text_kv;
    float *image_rows;                                /* [images' rows][image_dim or width] */
    char *image_in, *image;                           /* operands [..][image_dim], [..][width] */
    float *waves, *middle, *embedded, *swished, *six; /* [WAN_TIMES][...] */
    float *mod;                                       /* [WAN_TIMES][6][width] */
    /* of a budget: see wan_device_save.c */
    int *places;  /* [tokens], of blocks that join pairs */
    float *aside; /* [pairs][width] */
    char *first;  /* operands [a frame's tokens and an eighth][3 width] */
};

struct wan_device {
    struct device *device;
    const struct wan_dit *loaded; /* whose weights are on the device; NULL = nobody's */
    enum device_type type;
    struct wan_dit_info info;
    int frames, rows, columns, per_frame, tokens; /* of the latent's shape now */
    bool pairs, near;                             /* there is room for what these need */
    int ffn_rows, ffn_most; /* of the feed-forward's middle at once; as asked for */
    int threads;            /* of the host, for weights; at least 1 */
    float eps;
    int head_dim;
    struct wan_device_plan plan;
    char *memory, *blocks, *slots; /* work and ends; resident blocks; slots */
    struct work_at work;
    struct ends_at ends;
    char *staging[WAN_DEVICE_SLOTS]; /* of the host, each as large as a block */
    char *inputs;                    /* of the host: latent, text and waves of a pass */
    int streamed[WAN_BLOCKS_MAX];    /* the blocks that pass through slots, in order */
    int streams;                     /* how many */
    long ahead, used; /* blocks sent through slots, and computed with, since loading */
};

/* wan_device_plan.c: sizes; with base NULL sizes alone, which are returned. */
size_t wan_device_place_block(const struct wan_dit_info *i, enum device_type type, char *base,
                              struct block_at *out);
void wan_device_size(struct wan_device *w, const struct wan_dit *d, int frames, int rows,
                     int columns, const struct wan_device_options *o);
void wan_device_resize(struct wan_device *w, int frames, int rows, int columns);
size_t wan_device_place_work(struct wan_device *w, char *base);
bool wan_device_streams(const struct wan_device_plan *p, int blocks, int block);
long wan_device_angles(const struct wan_device *w, float *out); /* floats; out: NULL = count only */

/* Rows of image features; 0 = none are taken. */
static inline int wan_device_images(const struct wan_dit_info *i)
{
    return i->image_dim ? i->images * WAN_IMAGE_ROWS : 0;
}

/* wan_device_load.c */
bool wan_device_load(struct wan_device *w, const struct wan_dit *d, const struct wan_pass *p,
                     whelk_error *err);
/* The block's weights, ready for the next operation; and that it has been computed with. */
bool wan_device_begin_block(struct wan_device *w, int block, struct block_at *at, whelk_error *err);
bool wan_device_end_block(struct wan_device *w, int block, whelk_error *err);

#endif
