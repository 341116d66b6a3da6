/* Checkpoints of PyTorch out of any bytes: what opens holds tensors that lie within them. */
#include "../../generator/model/pickle.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    whelk_error err = {0};
    struct pickle *p = pickle_read(data, size, "x.pth", &err);
    must(p || strstr(err.text, "x.pth") || strstr(err.text, "memory"));
    for (int i = 0; p && i < pickle_count(p); i++) {
        const struct pickle_tensor *t = pickle_at(p, i);
        const uint8_t *at = t->data;
        must(t->name && t->rank <= ST_RANK_MAX);
        must(t->size == 0 || (at >= data && at + t->size <= data + size));
        must(i == 0 || strcmp(pickle_at(p, i - 1)->name, t->name) < 0);
    }
    pickle_close(p);
    return 0;
}
