/* Tensors out of a checkpoint that PyTorch wrote (.pth, a zip of a pickle and raw data), without
 * executing anything: of pickle's machine only what puts together a dictionary of tensors is
 * understood, by an allow-list of instructions and of three kinds of names (OrderedDict,
 * _rebuild_tensor_v2, storage types). All else is refused by name.
 *
 *     struct pickle *p = pickle_open("Wan2.1_VAE.pth", &err);
 *     for (int i = 0; i < pickle_count(p); i++)
 *         use(pickle_at(p, i));
 *     pickle_close(p);
 *
 * Nothing of the file is believed: every offset, size, count and stride is checked; tensors must be
 * contiguous, zip entries stored as they are. */
#ifndef WHELK_PICKLE_H
#define WHELK_PICKLE_H

#include <stddef.h>
#include "../../pipeline/base/error.h"
#include "safetensors.h"

struct pickle_tensor {
    char *name;
    enum st_dtype dtype;
    int rank;
    long long dim[ST_RANK_MAX], count;
    const void *data;
    size_t size;
};

struct pickle;

struct pickle *pickle_open(const char *path, whelk_error *err);
/* The same from memory, which is borrowed; name: for errors. */
struct pickle *pickle_read(const void *data, size_t size, const char *name, whelk_error *err);
void pickle_close(struct pickle *p); /* NULL is fine */
int pickle_count(const struct pickle *p);
const struct pickle_tensor *pickle_at(const struct pickle *p, int i);

#endif
