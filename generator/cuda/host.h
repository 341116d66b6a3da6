/* A device that is this processor: the same operations as the CUDA module's, the kernels' own
 * bodies with one lane a row. It is for tests, which see by it that a forward pass is right where
 * there is no GPU, and is linked into nothing else.
 *
 *     struct device *d = host_device_new(HOST_LATE_COPIES, 64 << 20, &err);
 *     ...
 *     long long most = host_device_most(d);        // bytes, at their greatest
 *
 * What is queued is done no sooner than somebody waits for it, or as soon as can be, so that a pass
 * that forgets to wait is found out. */
#ifndef WHELK_CUDA_HOST_H
#define WHELK_CUDA_HOST_H

#include "device.h"

enum host_order {
    HOST_AT_ONCE,      /* everything when it is queued */
    HOST_LATE_COPIES,  /* computing as soon as it may, copies only when waited for */
    HOST_LATE_COMPUTE, /* copies as soon as they may, computing only when waited for */
    HOST_ALL_LATE,
    HOST_ORDERS
};

/* bytes: what the device has; 0 = no end. */
struct device *host_device_new(enum host_order order, long long bytes, whelk_error *err);
long long host_device_most(const struct device *d);
/* Calls of run() so far, and the call that is to fail; 0 = none. */
long host_device_runs(const struct device *d);
void host_device_fail_at(struct device *d, long run);

#endif
