/* The tokenizer against damaged models and strange texts: each is refused or read without harm.
 * That ids are right is held by tests/golden/golden.t. */
#include "tests/tap.h"

#include <stdlib.h>

#include "generator/model/unigram.h"
#include "pipeline/base/file.h"

#define MODEL "tests/golden/wan/tokenizer-tiny/identity-bytes.model"
#define MAPPED "tests/golden/wan/tokenizer-tiny/nfkc.model"

static const char *const TEXTS[] = {"",
                                    " ",
                                    "   a   b  ",
                                    "a red fox \xff\xfe\x80",
                                    "\xe2\x96\x81\xe2\x96",
                                    "\xf0\x9f\x90\x8c snail \xed\xa0\x80",
                                    "\xef\xbd\x86\xef\xbd\x8f\xef\xbd\x98 1\xc2\xbd"};

static char *data;
static size_t size;

/* True when the model is refused with a sentence, or opens and cuts every text into its own ids. */
static bool harmless(const char *bytes, size_t n)
{
    whelk_error err = {0};
    struct unigram *u = unigram_read(bytes, n, "bent.model", &err);
    bool good = u || strstr(err.text, "bent.model");
    for (size_t i = 0; u && i < sizeof TEXTS / sizeof *TEXTS; i++) {
        int ids[64], count = unigram_encode(u, TEXTS[i], ids, 64);
        good = good && count >= 0 && count <= 64;
        for (int k = 0; k < count; k++)
            good = good && ids[k] >= 0 && ids[k] < unigram_count(u);
    }
    unigram_close(u);
    return good;
}

static void cut_short(void)
{
    int bad = 0;
    for (size_t n = 0; n < size; n += n < 200 ? 1 : 37)
        bad += !harmless(data, n);
    is_int(bad, 0, "a model cut off anywhere is refused or read without harm");
}

static void bent(size_t step, const char *what)
{
    int bad = 0;
    for (size_t i = 0; i < size; i += step)
        for (int bit = 0; bit < 8; bit += 3) {
            data[i] = (char)(data[i] ^ 1 << bit);
            bad += !harmless(data, size);
            data[i] = (char)(data[i] ^ 1 << bit);
        }
    is_int(bad, 0, "%s with a bit turned is refused or read without harm", what);
}

static void refused(const char *bytes, size_t n, const char *says)
{
    whelk_error err = {0};
    struct unigram *u = unigram_read(bytes, n, "x.model", &err);
    ok(!u, "refused: %s", says);
    has_text(err.text, says, "and told so");
    unigram_close(u);
}

int main(void)
{
    whelk_error err = {0};
    if (!ok(file_read(MODEL, 1 << 20, &data, &size, &err), "the model is there %s", err.text))
        return done_testing();
    cut_short();
    bent(5, "a model");
    free(data);
    refused("hello", 5, "is no SentencePiece model");
    refused("\x0a\x05\x0a\x01\x61\x18\x01\x12\x02\x18\x02", 11, "only unigram");
    refused("\x0a\x03\x0a\x01\x61\x0a\x03\x0a\x01\x61", 10, "are the same");
    if (ok(file_read(MAPPED, 1 << 20, &data, &size, &err), "the model with a map is there"))
        bent(4001, "a model with a map of characters");
    struct unigram *u = unigram_open(MAPPED, &err);
    int few[3], many[64], n = unigram_encode(u, "a red fox runs", many, 64);
    is_int(unigram_encode(u, "a red fox runs", few, 3), 3,
           "no more ids are written than there is room for");
    ok(n > 3 && memcmp(few, many, sizeof few) == 0, "and those are the first of all");
    unigram_close(u);
    ok(!unigram_open("tests/golden/none.model", &err) && strstr(err.text, "none.model"),
       "an absent file is named");
    free(data);
    return done_testing();
}
