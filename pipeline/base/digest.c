/* SHA-256 through libcrypto's EVP interface, which picks the processor's own instructions where
 * there are any. A digest that has failed once (no memory) stays failed until digest_end says so.
 */
#include "digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

#define GIT_MAX ((size_t)64 << 20)

struct digest {
    EVP_MD_CTX *evp;
    bool failed;
};

struct digest *digest_new(void)
{
    struct digest *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->evp = EVP_MD_CTX_new();
    if (!d->evp || EVP_DigestInit_ex(d->evp, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(d->evp);
        free(d);
        return NULL;
    }
    return d;
}

void digest_add(struct digest *d, const void *data, size_t size)
{
    if (d && size && EVP_DigestUpdate(d->evp, data, size) != 1)
        d->failed = true;
}

/* Lengths as eight bytes, lowest first, whatever the machine. */
static void add_length(struct digest *d, uint64_t length)
{
    unsigned char raw[8];
    for (int i = 0; i < 8; i++)
        raw[i] = (unsigned char)(length >> (8 * i));
    digest_add(d, raw, sizeof raw);
}

void digest_field(struct digest *d, const char *name, const char *value)
{
    size_t name_size = strlen(name);
    add_length(d, name_size);
    digest_add(d, name, name_size);
    if (!value) {
        add_length(d, UINT64_MAX);
        return;
    }
    size_t value_size = strlen(value);
    add_length(d, value_size);
    digest_add(d, value, value_size);
}

bool digest_end(struct digest *d, char out[DIGEST_TEXT])
{
    if (!d)
        return false;
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    bool done = !d->failed && EVP_DigestFinal_ex(d->evp, raw, &size) == 1 && size == 32;
    EVP_MD_CTX_free(d->evp);
    free(d);
    if (!done)
        return false;
    for (int i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", raw[i]);
    return true;
}

bool digest_file(const char *path, char out[DIGEST_TEXT], whelk_error *err)
{
    if (!file_is_plain(path, err))
        return false;
    FILE *f = fopen(path, "rb");
    if (!f)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot open: %s", path, strerror(errno));
    struct digest *d = digest_new();
    unsigned char block[65536];
    size_t got;
    while ((got = fread(block, 1, sizeof block, f)) > 0)
        digest_add(d, block, got);
    int why = ferror(f) ? errno : 0;
    fclose(f);
    bool done = digest_end(d, out);
    if (why)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot read: %s", path, strerror(why));
    return done || whelk_fail(err, WHELK_EFAIL, "%s: no memory for its digest", path);
}

/* SHA-1 of "blob SIZE", a NUL and the file. */
bool digest_git(const char *path, char out[DIGEST_TEXT], whelk_error *err)
{
    char *data = NULL, head[64];
    size_t size = 0;
    unsigned char raw[EVP_MAX_MD_SIZE];
    if (!file_read(path, GIT_MAX, &data, &size, err))
        return false;
    int head_size = snprintf(head, sizeof head, "blob %zu", size) + 1;
    EVP_MD_CTX *evp = EVP_MD_CTX_new();
    bool done = evp && EVP_DigestInit_ex(evp, EVP_sha1(), NULL) == 1 &&
                EVP_DigestUpdate(evp, head, (size_t)head_size) == 1 &&
                EVP_DigestUpdate(evp, data, size) == 1 && EVP_DigestFinal_ex(evp, raw, NULL) == 1;
    EVP_MD_CTX_free(evp);
    free(data);
    for (int i = 0; done && i < 20; i++)
        snprintf(out + 2 * i, 3, "%02x", raw[i]);
    return done || whelk_fail(err, WHELK_EFAIL, "%s: no memory for its digest", path);
}

bool digest_memory(const void *data, size_t size, char out[DIGEST_TEXT])
{
    struct digest *d = digest_new();
    digest_add(d, data, size);
    return digest_end(d, out);
}
