/* The frames of a take that view.html shows, kept beside it as clips/ID-tNN.strip.json: decoding
 * the takes of a long film anew for each page takes a minute. A strip holds only for the clip it
 * was made of; where that cannot be told, or it cannot be kept, the frames are decoded. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "view.h"

#define CEILING (4 << 20)

static const char *clip_digest(const struct view_take *t)
{
    return json_text(cJSON_GetObjectItemCaseSensitive(t->record, "clip"), "sha256");
}

/* Younger than the clip, of its size, and made when its record was this one. */
static bool holds(const cJSON *strip, const struct stat *mine, const struct view_take *t,
                  const char *clip_path)
{
    struct stat clip;
    const char *digest = json_text(strip, "sha256"), *now = clip_digest(t);
    if (!digest || !now || strcmp(digest, now) != 0 || stat(clip_path, &clip) != 0)
        return false;
    bool older = clip.st_mtim.tv_sec < mine->st_mtim.tv_sec ||
                 (clip.st_mtim.tv_sec == mine->st_mtim.tv_sec &&
                  clip.st_mtim.tv_nsec <= mine->st_mtim.tv_nsec);
    return older && json_number(strip, "bytes") == (double)clip.st_size;
}

/* Base64 and nothing else: it goes into the page as it is, and the reel may be a stranger's. */
static bool is_base64(const char *text)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    return text[strspn(text, alphabet)] == '\0';
}

static void read_frames(struct view_take *t, const cJSON *strip, int width)
{
    const cJSON *frame;
    double height = json_number(strip, "height");
    if (!(height >= 1 && height <= width * 8.0))
        return;
    t->width = width;
    t->height = (int)height;
    cJSON_ArrayForEach(frame, cJSON_GetObjectItemCaseSensitive(strip, "frames"))
    {
        const char *jpeg = json_text(frame, "jpeg");
        bool wanted = jpeg && is_base64(jpeg) && t->frame_count < VIEW_FRAMES;
        char *own = wanted ? strdup(jpeg) : NULL;
        if (own)
            t->frames[t->frame_count++] = (struct view_frame){json_number(frame, "at_s"), own};
    }
}

bool strip_load(struct view_take *t, const char *base, const char *clip_path, int width, int count)
{
    char *path = text_format("%s.strip.json", base), *text = NULL;
    struct stat mine;
    bool there = path && stat(path, &mine) == 0 && file_read(path, CEILING, &text, NULL, NULL);
    cJSON *strip = there ? cJSON_Parse(text) : NULL;
    if (strip && json_number(strip, "width") == width && json_number(strip, "asked") == count &&
        holds(strip, &mine, t, clip_path))
        read_frames(t, strip, width);
    cJSON_Delete(strip);
    free(text);
    free(path);
    return t->frame_count > 0;
}

void strip_save(const struct view_take *t, const char *base, const char *clip_path, int count)
{
    struct stat clip;
    const char *digest = clip_digest(t);
    if (!digest || !t->frame_count || t->fault.text[0] || stat(clip_path, &clip) != 0)
        return;
    cJSON *strip = cJSON_CreateObject();
    cJSON_AddNumberToObject(strip, "version", 1);
    cJSON_AddStringToObject(strip, "sha256", digest);
    cJSON_AddNumberToObject(strip, "bytes", (double)clip.st_size);
    cJSON_AddNumberToObject(strip, "asked", count);
    cJSON_AddNumberToObject(strip, "width", t->width);
    cJSON_AddNumberToObject(strip, "height", t->height);
    cJSON *frames = cJSON_AddArrayToObject(strip, "frames");
    for (int i = 0; i < t->frame_count; i++) {
        cJSON *frame = cJSON_CreateObject();
        cJSON_AddNumberToObject(frame, "at_s", t->frames[i].at_s);
        cJSON_AddStringToObject(frame, "jpeg", t->frames[i].jpeg);
        cJSON_AddItemToArray(frames, frame);
    }
    char *path = text_format("%s.strip.json", base), *text = cJSON_PrintUnformatted(strip);
    if (path && text)
        file_write(path, text, strlen(text), NULL);
    cJSON_free(text);
    free(path);
    cJSON_Delete(strip);
}
