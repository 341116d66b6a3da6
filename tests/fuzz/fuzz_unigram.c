/* SentencePiece models out of any bytes, with the bytes after the first 0xff 0xff as the text to be
 * cut: what opens gives ids of its own pieces. */
#include "../../generator/model/unigram.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    whelk_error err = {0};
    size_t n = 0;
    while (n + 1 < size && (data[n] != 0xff || data[n + 1] != 0xff))
        n++;
    n = n + 1 < size ? n : size;
    struct unigram *u = unigram_read(data, n, "x.model", &err);
    must(u || strstr(err.text, "x.model"));
    if (u) {
        int ids[64];
        char *text =
            n < size ? fuzz_text(data + n + 2, size - n - 2) : fuzz_text((const uint8_t *)"a b", 3);
        int count = unigram_encode(u, text, ids, 64);
        must(count >= -1 && count <= 64);
        for (int i = 0; i < count; i++)
            must(ids[i] >= 0 && ids[i] < unigram_count(u));
        free(text);
    }
    unigram_close(u);
    return 0;
}
