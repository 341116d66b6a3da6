/* The GPU of tests that BACKEND=cuda asks to use one. Include it after tests/tap.h. */
#ifndef WHELK_TESTS_GPU_H
#define WHELK_TESTS_GPU_H

#include <glob.h>

#include "generator/cuda/device.h"

/* NULL after one line: a skip where the machine has no GPU, a failure where it has one that cannot
 * be opened. */
static inline struct device *open_gpu(whelk_error *err)
{
    glob_t nodes;
    struct device *d = device_open_cuda(err);
    if (d)
        return d;
    bool there = glob("/dev/nvidia[0-9]*", 0, NULL, &nodes) == 0;
    globfree(&nodes);
    ok(!there, "%s %s", there ? "the GPU is there but not opened:" : "the GPU # SKIP", err->text);
    return NULL;
}

#endif
