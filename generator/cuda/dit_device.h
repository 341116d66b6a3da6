/* The layered model's transformer on a device: the same pass as ../model/dit.c, told in a device's
 * operations. Weights go up once; the model is small, and all of it stays.
 *
 *     struct dit_device *on = dit_device_new(device, dit, DEVICE_F32, 0, &err);
 *     struct dit_pass p = {.layout = &layout, .cond = &cond, .t = 0.5, .x = ..., .v = ...};
 *     dit_device_pass(on, &p, &err);
 *     dit_device_free(on);                             // before the device and the dit close
 *
 * All memory is taken by dit_device_new, for any cut into tokens. One thread at a time; results
 * depend on the device and the values alone. */
#ifndef WHELK_DIT_DEVICE_H
#define WHELK_DIT_DEVICE_H

#include "../model/dit.h"
#include "device.h"

struct dit_device;

/* bytes: most that is taken of the device, its own among it; 0 = what is there. type: of operands;
 * the two ends, norms and sums are f32 either way. */
struct dit_device *dit_device_new(struct device *device, const struct dit *d, enum device_type type,
                                  long long bytes, whelk_error *err);
void dit_device_free(struct dit_device *on); /* NULL is fine */

/* Memory of the host that it holds for copies. */
long long dit_device_host_bytes(const struct dit_device *on);

/* Asks p->go_on before each block; WHELK_EINTERRUPTED where it says no. After a failure of any kind
 * v is as it was, and the next pass is right again. */
bool dit_device_pass(struct dit_device *on, const struct dit_pass *p, whelk_error *err);

#endif
