/* The device that tests have in a GPU's place (generator/cuda/host.c) as a module like the CUDA
 * one, for programs that open it: laid beside a copy of build/whelk it is what --backend cuda
 * finds. */
#include "generator/cuda/host.h"

__attribute__((visibility("default"))) device_entry whelk_cuda_open;

struct device *whelk_cuda_open(int version, whelk_error *err)
{
    if (version == DEVICE_VERSION)
        return host_device_new(HOST_AT_ONCE, 0, err);
    whelk_fail(err, WHELK_EFAIL, "the module is of another version of Whelk");
    return NULL;
}
