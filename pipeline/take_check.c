/* Is a take's clip what was made? FFmpeg conceals a damaged slice and reports success, so a cut of
 * damaged takes would be a film with torn pictures that nobody was told of. The clip's digest in
 * the take's record settles it; a clip without a record, or another one that was put in its place,
 * is a stranger: its slices' own checksums are read. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
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

/* With a record that tells of another clip it is a stranger. */
static bool is_whole(const char *clip, const char *digest, bool *stranger, whelk_error *err)
{
    char made[65];
    bool known = recorded(clip, made);
    *stranger = known && strcmp(made, digest) != 0;
    return (known && !*stranger) || whelk_clip_verify(clip, NULL, err);
}

char *cut_remake(const struct cut *c, const whelk_reel *reel, const whelk_shot *shot)
{
    struct bytes b;
    bytes_init(&b, 1 << 16);
    if (shot->locked && !c->preview)
        bytes_format(&b,
                     "the shot is locked: whelk shot %s unlock %s, then whelk shoot %s makes "
                     "the take again",
                     reel->path, shot->id, reel->path);
    else
        bytes_format(&b, "make the take again: whelk shoot %s%s", reel->path,
                     c->preview ? " --preview" : "");
    char *text = b.failed ? NULL : strdup(b.data);
    bytes_release(&b);
    return text;
}

bool cut_check_clip(const struct cut *c, struct run *run, int i, char digest[DIGEST_TEXT],
                    whelk_error *err)
{
    const whelk_edit_clip *clip = &c->clips[i];
    char *path = reel_file(run->reel, clip->path + (c->aside ? strlen("../") : 0));
    if (!path)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    whelk_error fault = {0};
    bool stranger = false,
         whole = digest_file(path, digest, &fault) && is_whole(path, digest, &stranger, &fault);
    free(path);
    if (whole && stranger && !c->digest[0])
        run_tell(
            run, (struct tell){.kind = "warn", .shot = clip->shot},
            "Shot %s: %s is not the take that its record tells of. It is whole, and is used as "
            "it is; whelk run would make the take anew.",
            clip->shot, clip->path);
    return whole ||
           whelk_fail(err, WHELK_EFAIL, "shot %s: %s; %s", clip->shot, fault.text, clip->remake);
}

bool cut_check_clips(const struct cut *c, struct run *run, whelk_error *err)
{
    char digest[DIGEST_TEXT];
    for (int i = 0; i < c->edit.clip_count; i++)
        if (!run_goes_on(run, err) || !cut_check_clip(c, run, i, digest, err))
            return false;
    return true;
}
