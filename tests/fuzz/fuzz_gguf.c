/* GGUF files out of any bytes: what opens holds tensors that lie within them and can be widened. */
#include "../../generator/cpu/matmul.h"
#include "../../generator/model/gguf.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    whelk_error err = {0};
    struct gguf *g = gguf_read(data, size, "x.gguf", &err);
    must(g || strstr(err.text, "x.gguf"));
    for (int i = 0; g && i < gguf_count(g); i++) {
        const struct gguf_tensor *t = gguf_at(g, i);
        const uint8_t *at = t->data;
        float out[256];
        must(t->name && t->rank <= GGUF_RANK_MAX);
        must(t->size == 0 || (at >= data && at + t->size <= data + size));
        struct weight w = {at, (enum weight_type)t->type, 1, 0, 1, 1, NULL};
        if (t->type >= 0 && t->count >= 256)
            weight_row(&w, 0, (long)(t->count / 256 - 1) * 256, 256, out);
    }
    gguf_close(g);
    return 0;
}
