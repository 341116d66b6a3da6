/* A checkpoint of PyTorch rewritten as safetensors: the same tensors under the same names, their
 * bytes copied as they are, one after another; and looking at every number of a model's files. */
#include "generator.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../pipeline/base/file.h"
#include "model/pickle.h"

static const char *type_name(enum st_dtype d)
{
    return d == ST_F32 ? "F32" : d == ST_F16 ? "F16" : d == ST_BF16 ? "BF16" : "I64";
}

static bool add_entry(cJSON *root, const struct pickle_tensor *t, size_t *at)
{
    cJSON *entry = cJSON_AddObjectToObject(root, t->name);
    if (!entry || !cJSON_AddStringToObject(entry, "dtype", type_name(t->dtype)))
        return false;
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape"),
          *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
    for (int i = 0; i < t->rank; i++)
        cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)t->dim[i]));
    bool good = cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)*at)) &&
                cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)(*at + t->size)));
    *at += t->size;
    return good;
}

/* Length and text, padded with spaces to eight bytes; caller's. */
static char *header_of(const struct pickle *p, size_t *size, size_t *data)
{
    cJSON *root = cJSON_CreateObject();
    bool good = root != NULL;
    *data = 0;
    for (int i = 0; good && i < pickle_count(p); i++)
        good = add_entry(root, pickle_at(p, i), data);
    char *text = good ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    size_t n = text ? strlen(text) : 0, padded = (n + 7) / 8 * 8;
    char *out = text ? malloc(8 + padded) : NULL;
    if (out) {
        for (int i = 0; i < 8; i++)
            out[i] = (char)((uint64_t)padded >> (8 * i));
        memcpy(out + 8, text, n);
        memset(out + 8 + n, ' ', padded - n);
        *size = 8 + padded;
    }
    cJSON_free(text);
    return out;
}

static bool write_all(const struct pickle *p, const char *path, FILE *f, whelk_error *err)
{
    size_t size, data;
    char *header = header_of(p, &size, &data);
    if (!header)
        return whelk_fail(err, WHELK_EFAIL, "out of memory");
    long long room = file_space(path);
    bool good = (room < 0 || (unsigned long long)room > size + data) ||
                whelk_fail(err, WHELK_EFAIL, "%s: %zu bytes are needed there and %lld are free",
                           path, size + data, room);
    bool wrote = good && fwrite(header, 1, size, f) == size;
    for (int i = 0; wrote && i < pickle_count(p); i++) {
        const struct pickle_tensor *t = pickle_at(p, i);
        wrote = fwrite(t->data, 1, t->size, f) == t->size;
    }
    wrote = wrote && fflush(f) == 0 && fsync(fileno(f)) == 0;
    if (good && !wrote)
        good = whelk_fail(err, WHELK_EFAIL, "%s: cannot write: %s", path, strerror(errno));
    free(header);
    return good;
}

bool whelk_weights_convert(const char *from, const char *to, whelk_error *err)
{
    char *part = malloc(strlen(to) + sizeof ".part");
    struct pickle *p = part ? pickle_open(from, err) : NULL;
    if (!part)
        whelk_fail(err, WHELK_EFAIL, "out of memory");
    bool good = p != NULL;
    if (good) {
        sprintf(part, "%s.part", to);
        FILE *f = fopen(part, "wbe");
        good = f ? write_all(p, to, f, err)
                 : whelk_fail(err, WHELK_EFAIL, "%s: cannot write: %s", part, strerror(errno));
        if (f && fclose(f) != 0 && good)
            good = whelk_fail(err, WHELK_EFAIL, "%s: cannot write: %s", part, strerror(errno));
        if (good && rename(part, to) != 0)
            good =
                whelk_fail(err, WHELK_EFAIL, "%s: cannot be put in place: %s", to, strerror(errno));
        if (!good)
            unlink(part);
    }
    pickle_close(p);
    free(part);
    return good;
}
