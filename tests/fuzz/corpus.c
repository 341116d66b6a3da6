/* Runs a fuzz target over the files of its corpus, and over each of them cut off at every length
 * and with a few bytes changed. The program's own name, fuzz_NAME, says which corpus. */
#include <dirent.h>

#include "../../pipeline/base/file.h"
#include "../tap.h"
#include "fuzz.h"

static void vary(const char *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    uint32_t draw = 12345;
    must(copy);
    for (size_t cut = 0; cut <= size; cut += 1 + size / 200) {
        memcpy(copy, data, size);
        LLVMFuzzerTestOneInput(copy, cut);
    }
    for (int i = 0; size && i < 300; i++) {
        memcpy(copy, data, size);
        for (int k = 0; k < 3; k++) {
            draw = draw * 1664525u + 1013904223u;
            uint8_t mark = (uint8_t)"{}[]\",:\\\n\r ntu<>/"[draw >> 28];
            copy[(draw >> 8) % size] = i % 2 ? (uint8_t)(draw >> 24) : mark;
        }
        LLVMFuzzerTestOneInput(copy, size);
    }
    free(copy);
}

int main(int argc, char **argv)
{
    int count = 0;
    const char *name = argc ? strstr(argv[0], "fuzz_") : NULL;
    char where[200];
    snprintf(where, sizeof where, "tests/fuzz/corpus/%.100s", name ? name + 5 : "");
    DIR *folder = opendir(where);
    ok(folder != NULL, "there is a corpus");
    for (struct dirent *e; folder && (e = readdir(folder));) {
        char path[600], *data;
        size_t size;
        snprintf(path, sizeof path, "%s/%s", where, e->d_name);
        if (e->d_name[0] == '.' || !file_read(path, 1 << 20, &data, &size, NULL))
            continue;
        LLVMFuzzerTestOneInput((const uint8_t *)data, size);
        vary(data, size);
        free(data);
        count++;
        ok(true, "%s and what is near it", e->d_name);
    }
    ok(count >= 3, "it holds files");
    if (folder)
        closedir(folder);
    return done_testing();
}
