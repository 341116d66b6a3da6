/* Takes as files in clips/: which there are, which one answers a request, and what the next is
 * called. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "stage.h"

#define MAX_TAKE 999

char *take_base(const whelk_reel *reel, const char *shot, const char *take)
{
    char name[80];
    snprintf(name, sizeof name, "clips/%.40s-%.8s", shot, take);
    return reel_file(reel, name);
}

/* The whole path of BASE.json; caller's. */
static char *record_of(const whelk_reel *reel, const char *shot, const char *take)
{
    char name[80];
    snprintf(name, sizeof name, "clips/%.40s-%.8s.json", shot, take);
    return reel_file(reel, name);
}

char *take_clip_path(const whelk_reel *reel, const char *shot, const char *take)
{
    char name[80];
    snprintf(name, sizeof name, "clips/%.40s-%.8s.mkv", shot, take);
    return reel_file(reel, name);
}

bool take_exists(const whelk_reel *reel, const char *shot, const char *take)
{
    char *record = record_of(reel, shot, take), clip[80];
    snprintf(clip, sizeof clip, "clips/%.40s-%.8s.mkv", shot, take);
    bool there = record && file_exists(record) && reel_has(reel, clip);
    free(record);
    return there;
}

/* A take is three files; without its latent no later shot could hold its place. */
static bool is_whole(const whelk_reel *reel, const char *shot, const char *take, const char *digest)
{
    char *base = take_base(reel, shot, take), latent[96];
    snprintf(latent, sizeof latent, "clips/%.40s-%.8s.latent.safetensors", shot, take);
    bool have = base && reel_has(reel, latent) && whelk_gen_have(base, digest);
    free(base);
    return have;
}

/* The greatest take number that has a record; 0 = none. */
static int newest(const whelk_reel *reel, const char *shot)
{
    char *folder = reel_file(reel, "clips");
    DIR *dir = folder ? opendir(folder) : NULL;
    free(folder);
    int best = 0;
    size_t size = strlen(shot);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        int n, used = 0;
        const char *name = entry->d_name;
        if (strncmp(name, shot, size) != 0 || sscanf(name + size, "-t%d.json%n", &n, &used) != 1)
            continue;
        if (used && !name[size + (size_t)used] && n > best && n <= MAX_TAKE)
            best = n;
    }
    if (dir)
        closedir(dir);
    return best;
}

static void name_take(int n, char out[8])
{
    snprintf(out, 8, "t%02d", n % 1000);
}

bool take_find(const whelk_reel *reel, const char *shot, const char *prefer, const char *digest,
               char out[8])
{
    if (prefer && strlen(prefer) < 8 && is_whole(reel, shot, prefer, digest)) {
        strcpy(out, prefer);
        return true;
    }
    for (int n = newest(reel, shot); n > 0; n--) {
        char name[8];
        name_take(n, name);
        if (is_whole(reel, shot, name, digest)) {
            strcpy(out, name);
            return true;
        }
    }
    return false;
}

/* Was this take asked for by the same request? */
static bool same_request(const whelk_reel *reel, const char *shot, const char *take,
                         const char *digest)
{
    char *path = record_of(reel, shot, take), *text = NULL;
    cJSON *record = NULL;
    if (path && file_read(path, 1 << 20, &text, NULL, NULL))
        record = cJSON_Parse(text);
    const char *noted = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, "digest"));
    bool same = noted && strcmp(noted, digest) == 0;
    cJSON_Delete(record);
    free(text);
    free(path);
    return same;
}

void take_name(const whelk_reel *reel, const char *shot, const char *digest, char out[8])
{
    int last = newest(reel, shot);
    for (int n = last; n > 0; n--) {
        name_take(n, out);
        if (same_request(reel, shot, out, digest))
            return;
    }
    name_take(last + 1 > MAX_TAKE ? MAX_TAKE : last + 1, out);
}
