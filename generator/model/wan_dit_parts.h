/* What wan_dit_open.c makes and wan_dit.c runs. */
#ifndef WHELK_WAN_DIT_PARTS_H
#define WHELK_WAN_DIT_PARTS_H

#include "../cpu/attention.h"
#include "../cpu/attention_bf16.h"
#include "../cpu/matmul.h"
#include "wan_dit.h"
#include "weights.h"

enum {
    WAN_BLOCKS_MAX = 128,
    WAN_FREQ = 256,
    WAN_FFN_ROWS = 1024,
    WAN_TIMES = 2
};

struct wan_attention {
    struct matmul q, k, v, o;
    const float *norm_q, *norm_k;
};

struct wan_block {
    struct wan_attention self, cross;
    struct matmul k_img, v_img; /* of image features */
    const float *norm_k_img;
    const float *norm3, *norm3_bias;
    struct matmul ffn0, ffn2;
    const float *modulation; /* [6][width] */
};

struct wan_dit {
    struct wan_dit_info info;
    struct weights *weights;
    bool bf16;
    float eps;
    int head_dim;
    struct matmul patch, text0, text2, time0, time2, time6, head;
    const float *head_modulation; /* [2][width] */
    struct matmul img1, img3;
    const float *img0, *img0_bias, *img4, *img4_bias, *img_place; /* img_place: NULL = none */
    struct wan_block block[WAN_BLOCKS_MAX];
};

/* Keys and values laid out for attention: in f32, or, where products are in bf16 and heads are wide
 * enough, for that. */
struct wan_keys {
    int tokens;
    struct attention a;
    float *k, *v;
    struct attention_bf16 b;
    void *memory; /* NULL = f32 */
};

struct wan_work {
    int frames, rows, columns; /* of the latent */
    int tokens, per_frame, threads;
    void *memory;                       /* all that follows */
    float *x, *q, *k, *v;               /* [tokens][width] */
    char *h;                            /* operands [tokens][width] */
    char *hidden;                       /* operands [WAN_FFN_ROWS][ffn] */
    char *patches;                      /* operands [tokens][4 in] */
    float *leave;                       /* [tokens][4 out] */
    char *text_in, *text_mid, *context; /* operands of the text */
    float *text_k, *text_v;             /* [text rows or image rows][width] */
    char *image_in, *image_mid, *image; /* operands of the image features */
    float *image_rows;
    struct wan_keys self, text, picture;
    float *cosine[3], *sine[3]; /* [positions of that axis][its pairs] */
    float *time;    /* see wan_dit.c: WAN_TIMES rows each of 256, width, width, 6 width */
    float *mod;     /* [WAN_TIMES][6][width] of the block under way */
    char **scratch; /* [threads] panels */
    float **scores; /* [threads] of attention, and a row's angles */
};

/* wan_dit.c: whether a pass has what it needs; the WAN_FREQ waves that a time begins as. */
bool wan_dit_check(const struct wan_dit *d, int frames, const struct wan_pass *p, whelk_error *err);
void wan_dit_waves(double t, float *out);

#endif
