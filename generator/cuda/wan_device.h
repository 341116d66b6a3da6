/* The transformer of the Wan models on a device: the same pass as ../model/wan_dit.c, told in a
 * device's operations. Weights go up once, as many blocks as the memory granted holds; the others
 * go up again in every pass, through two slots, while blocks before them compute.
 *
 *     struct wan_device_options o = {.type = DEVICE_BF16, .bytes = 8LL << 30};
 *     struct wan_device *w = wan_device_new(device, dit, 21, 60, 104, &o, &err);
 *     struct wan_pass p = {.x = latent, .text = rows, .text_rows = 17, .time = 999, .out = v};
 *     wan_device_pass(w, dit, &p, &err);
 *     wan_device_free(w);                              // before the device and the dit close
 *
 * All memory is taken by wan_device_new; what a budget leaves out of a pass (pairs, near frames)
 * must be asked for there. A pass with another dit of the same sizes (the experts of Wan 2.2 A14B)
 * sends that one's weights up first. One thread at a time; results depend on the device, the sizes
 * and the values, not on how many blocks stay. */
#ifndef WHELK_WAN_DEVICE_H
#define WHELK_WAN_DEVICE_H

#include "../model/wan_dit.h"
#include "device.h"

struct wan_device_options {
    enum device_type type; /* of operands; times, norms and sums are f32 either way */
    long long bytes;       /* most that is taken of the device; 0 = what is there */
    bool pairs, near;      /* passes will join pairs, or look at near frames: what that needs */
    int rows;              /* of the feed-forward's middle at once; 0 = 8192 */
    int threads;           /* of the host, that make weights operands; 0 = OpenMP's own number */
};

/* How the memory granted is used. */
struct wan_device_plan {
    long long work;         /* activations, ends of the network, and what the device itself takes */
    long long block;        /* one block's weights */
    int resident, slots;    /* blocks that stay; slots that the others pass through: 0 or 2 */
    long long total, least; /* bytes of this plan; the fewest with which it could be run */
};

/* False and a sentence with numbers where too little is granted, or the dit is of a kind that is
 * not run on devices. */
bool wan_device_plan(const struct wan_dit *d, int frames, int rows, int columns,
                     const struct wan_device_options *o, long long own, long long granted,
                     struct wan_device_plan *out, whelk_error *err);

/* Floating-point operations a second, measured on the widest product for a fifth of a second; 0 and
 * a sentence where it failed. */
double wan_device_speed(struct device *device, const struct wan_dit *d, whelk_error *err);

/* Memory of the host that it holds for copies, inputs apart. */
long long wan_device_host_bytes(const struct wan_dit *d, enum device_type type);

struct wan_device;
struct wan_device *wan_device_new(struct device *device, const struct wan_dit *d, int frames,
                                  int rows, int columns, const struct wan_device_options *o,
                                  whelk_error *err);
void wan_device_free(struct wan_device *w); /* NULL is fine */
const struct wan_device_plan *wan_device_planned(const struct wan_device *w);

/* Makes it ready for other, no larger sizes: activations are laid out anew in the memory that is
 * there, weights stay. */
bool wan_device_shape(struct wan_device *w, int frames, int rows, int columns, whelk_error *err);

bool wan_device_pass(struct wan_device *w, const struct wan_dit *d, const struct wan_pass *p,
                     whelk_error *err);

#endif
