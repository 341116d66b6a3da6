/* Whole files: read with a ceiling, replaced in one move or not at all; folders with parents. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../pipeline/base/file.h"
#include "../tap.h"

static char root[] = "/tmp/whelk-file-XXXXXX";

static void reading(const char *path)
{
    whelk_error err = {0};
    char *data = NULL;
    size_t size = 0;
    ok(file_write(path, "one\0two", 7, &err), "a file with a NUL inside is written");
    ok(file_read(path, 7, &data, &size, &err), "a file of exactly the ceiling is read");
    ok(size == 7 && memcmp(data, "one\0two", 8) == 0, "every byte is there and a NUL follows");
    free(data);
    data = NULL;
    ok(!file_read(path, 6, &data, &size, &err), "a file over the ceiling is refused");
    has_text(err.text, "6 bytes", "the sentence says how much is allowed");
    ok(data == NULL, "nothing is set on failure");
    ok(!file_read("/nowhere/at/all", 10, &data, NULL, &err), "a missing file is refused");
    has_text(err.text, "/nowhere/at/all", "the sentence names it");
    ok(!file_read(root, 10, &data, NULL, &err), "a folder is refused");
    char *pipe = file_join(root, "pipe");
    ok(mkfifo(pipe, 0600) == 0 && !file_read(pipe, 10, &data, NULL, &err),
       "a pipe is not waited for");
    has_text(err.text, "pipe: is a pipe or device, no file", "the sentence says what it is");
    unlink(pipe);
    free(pipe);
    ok(file_read("/dev/null", 10, &data, &size, &err) && size == 0, "what lies under /dev is read");
    free(data);
}

static void replacing(const char *path, const char *part)
{
    whelk_error err = {0};
    char *data = NULL;
    ok(file_write(path, "new", 3, &err), "an existing file is replaced");
    ok(!file_exists(part), "no part is left behind");
    ok(mkdir(part, 0700) == 0, "something is in the way of the part");
    ok(!file_write(path, "newer", 5, &err), "the write fails");
    ok(file_read(path, 100, &data, NULL, &err), "the old file is still there");
    is_str(data, "new", "and as it was");
    free(data);
    rmdir(part);
    struct stat st;
    if (stat("/dev/full", &st) == 0) {
        char *link = file_join(root, "full.part"), *target = file_join(root, "full");
        ok(symlink("/dev/full", link) == 0, "a disk without room");
        ok(!file_write(target, "data", 4, &err), "a full disk fails");
        has_text(err.text, "No space left", "the sentence says so");
        ok(!file_exists(target), "no half file is left");
        unlink(link);
        free(link);
        free(target);
    }
}

static void folders(void)
{
    whelk_error err = {0};
    char *deep = file_join(root, "a/b//c"), *file = file_join(root, "file");
    char *under = file_join(root, "file/x");
    ok(file_make_dirs(deep, &err) && file_exists(deep), "a folder is made with its parents");
    ok(file_make_dirs(deep, &err), "making it again is fine");
    file_write(file, "", 0, &err);
    ok(!file_make_dirs(under, &err), "a file in the way is an error");
    has_text(err.text, file, "the sentence names what is in the way");
    ok(file_space(root) > 0, "space is told");
    char *unmade = file_join(root, "not/yet/made");
    ok(file_space(unmade) > 0, "space of a folder not yet made is its parent's");
    ok(file_space("not-yet-made") > 0, "also of a relative one");
    free(unmade);
    free(deep);
    free(file);
    free(under);

    char *joined = file_join("a/", "b");
    is_str(joined, "a/b", "no double slash");
    free(joined);
    joined = file_join("a", "/b");
    is_str(joined, "/b", "an absolute name wins");
    free(joined);
    joined = file_join("", "b");
    is_str(joined, "b", "no folder is the current one");
    free(joined);
}

int main(void)
{
    if (!mkdtemp(root))
        return 1;
    char *path = file_join(root, "file.txt"), *part = file_join(root, "file.txt.part");
    reading(path);
    replacing(path, part);
    folders();
    free(path);
    free(part);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command) == 0 ? done_testing() : 1;
}
