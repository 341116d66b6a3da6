/* Is a take's clip what was made? FFmpeg conceals a damaged slice and reports success, so a cut of
 * damaged takes would be a film with torn pictures that nobody was told of. The clip's digest in
 * the take's record settles it; a clip without a record, or another one that was put in its place,
 * is a stranger: its slices' own checksums are read. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "stage.h"

/* The digest that BASE.json tells of BASE.mkv; false where there is none. */
static bool recorded(const char *clip, char out[65])
{
    size_t size = strlen(clip);
    char *path = size > 4 ? malloc(size + 2) : NULL, *text = NULL;
    if (!path)
        return false;
    memcpy(path, clip, size - 4);
    memcpy(path + size - 4, ".json", 6);
    cJSON *record = file_read(path, 1 << 20, &text, NULL, NULL) ? cJSON_Parse(text) : NULL;
    const cJSON *part = cJSON_GetObjectItemCaseSensitive(record, "clip");
    const char *sum = json_text(part, "sha256");
    bool there = sum && strlen(sum) == 64;
    if (there)
        memcpy(out, sum, 65);
    cJSON_Delete(record);
    free(text);
    free(path);
    return there;
}

bool take_check(const char *clip, const char *digest, const char *shot, const char *reel,
                whelk_error *err)
{
    char made[65];
    whelk_error fault = {0};
    bool known = recorded(clip, made);
    if ((known && strcmp(made, digest) == 0) || whelk_clip_verify(clip, NULL, &fault))
        return true;
    return whelk_fail(err, WHELK_EFAIL, "shot %s: %s (whelk shoot %s)", shot, fault.text, reel);
}
