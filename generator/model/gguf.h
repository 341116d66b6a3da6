/* The tensors of a GGUF file (versions 2 and 3). Nothing in it is believed: counts, lengths, types,
 * shapes and offsets are checked before the first tensor can be seen.
 *
 *     struct gguf *g = gguf_open("wan2.1-t2v-14b-Q4_K.gguf", &err);
 *     for (int i = 0; i < gguf_count(g); i++)
 *         use(gguf_at(g, i));
 *     gguf_close(g);
 *
 * Source: ggml-org/ggml, docs/gguf.md (MIT). */
#ifndef WHELK_GGUF_H
#define WHELK_GGUF_H

#include <stddef.h>
#include "../../pipeline/base/error.h"

enum { GGUF_RANK_MAX = 8 };

struct gguf_tensor {
    char *name;
    int type; /* enum weight_type, or -1 for one that is not read */
    int rank;
    long long dim[GGUF_RANK_MAX],
        count; /* slowest first, as in PyTorch: the file has them reversed */
    const void *data;
    size_t size;
};

struct gguf;

struct gguf *gguf_open(const char *path, whelk_error *err);
/* The same from memory, which is borrowed; name: for errors. */
struct gguf *gguf_read(const void *data, size_t size, const char *name, whelk_error *err);
void gguf_close(struct gguf *g); /* NULL is fine */
int gguf_count(const struct gguf *g);
const struct gguf_tensor *gguf_at(const struct gguf *g, int i);

#endif
