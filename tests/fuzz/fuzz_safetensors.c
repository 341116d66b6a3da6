/* Safetensors files out of any bytes, through a file that is only in memory: what opens holds
 * tensors whose every byte can be read. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "../../generator/model/safetensors.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    whelk_error err = {0};
    char path[64];
    int fd = memfd_create("fuzz", 0);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct safetensors *st = safetensors_open(path, &err);
    must(st || err.text[0]);
    unsigned sum = 0;
    for (int i = 0; st && i < safetensors_count(st); i++) {
        const struct st_tensor *t = safetensors_at(st, i);
        const uint8_t *at = t->data;
        for (size_t k = 0; k < t->size; k++)
            sum += at[k];
        must(safetensors_find(st, t->name) == t);
    }
    must(sum < 0xffffffffu);
    safetensors_close(st);
    close(fd);
    return 0;
}
