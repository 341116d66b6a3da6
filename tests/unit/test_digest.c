/* SHA-256 against the published examples of FIPS 180-2; field lists that must not read alike. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../pipeline/base/digest.h"
#include "../../pipeline/base/file.h"
#include "../tap.h"

static void of_fields(const char *a, const char *b, const char *c, const char *d,
                      char out[DIGEST_TEXT])
{
    struct digest *g = digest_new();
    digest_field(g, a, b);
    digest_field(g, c, d);
    digest_end(g, out);
}

int main(void)
{
    char a[DIGEST_TEXT], b[DIGEST_TEXT];
    digest_memory("abc", 3, a);
    is_str(a, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "of abc");
    digest_memory("", 0, a);
    is_str(a, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "of nothing");

    char path[] = "/tmp/whelk-digest-XXXXXX";
    int fd = mkstemp(path);
    ok(fd >= 0, "a file to read");
    close(fd);
    whelk_error err = {0};
    char *million = malloc(1000000);
    memset(million, 'a', 1000000);
    ok(file_write(path, million, 1000000, &err), "a million letters are written");
    free(million);
    ok(digest_file(path, a, &err), "a file larger than one block is read");
    is_str(a, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", "of a million a");
    ok(file_write(path, "hello\n", 6, &err) && digest_git(path, a, &err), "a small file is read");
    is_str(a, "ce013625030ba8dba906f756967f9e9ca394464a", "and has the name that git gives it");
    unlink(path);
    ok(!digest_file(path, a, &err), "a missing file fails");
    has_text(err.text, path, "the sentence names the file");
    ok(mkfifo(path, 0600) == 0 && !digest_file(path, a, &err), "a pipe is not waited for");
    has_text(err.text, "a pipe or device, no file", "and told to be one");
    unlink(path);
    ok(!digest_file("/tmp", a, &err), "nor is a folder read");
    has_text(err.text, "/tmp: is a folder, no file", "and told to be one");

    of_fields("ab", "c", "d", "e", a);
    of_fields("a", "bc", "d", "e", b);
    ok(strcmp(a, b) != 0, "a letter moved from value to name changes the digest");
    of_fields("a", "", "d", "e", a);
    of_fields("a", NULL, "d", "e", b);
    ok(strcmp(a, b) != 0, "absent and empty differ");
    of_fields("a", "1", "b", "2", a);
    of_fields("a", "1", "b", "2", b);
    is_str(a, b, "the same list has the same digest");
    digest_add(NULL, "x", 1);
    digest_field(NULL, "x", "y");
    ok(!digest_end(NULL, a), "a digest that could not be made fails at its end only");
    return done_testing();
}
