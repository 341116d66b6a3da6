/* Takes as files in clips/: which there are, which one answers a request, and what the next is
 * called. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
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

/* Where nothing is made, the record is believed about a clip that is older than itself: reading all
 * clips of a long film takes many seconds. */
static bool is_noted(const whelk_reel *reel, const char *shot, const char *take, const char *digest)
{
    struct stat clip, record;
    struct take_facts facts;
    char *clip_path = take_clip_path(reel, shot, take), *record_path = record_of(reel, shot, take);
    bool older = clip_path && record_path && stat(clip_path, &clip) == 0 && clip.st_size > 0 &&
                 stat(record_path, &record) == 0 &&
                 (clip.st_mtim.tv_sec < record.st_mtim.tv_sec ||
                  (clip.st_mtim.tv_sec == record.st_mtim.tv_sec &&
                   clip.st_mtim.tv_nsec <= record.st_mtim.tv_nsec));
    bool noted = older && take_facts_read(reel, shot, take, &facts, NULL);
    if (noted) {
        noted = strcmp(facts.digest, digest) == 0;
        take_facts_release(&facts);
    }
    free(clip_path);
    free(record_path);
    return noted;
}

/* A take is three files; without its latent no later shot could hold its place. */
static bool is_whole(const whelk_reel *reel, const char *shot, const char *take, const char *digest)
{
    char *base = take_base(reel, shot, take), latent[96];
    snprintf(latent, sizeof latent, "clips/%.40s-%.8s.latent.safetensors", shot, take);
    bool have =
        base && reel_has(reel, latent) &&
        ((reel->only_looks && is_noted(reel, shot, take, digest)) || whelk_gen_have(base, digest));
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

/* A take's record; the caller's. NULL = none that can be read. */
static char *read_record(const whelk_reel *reel, const char *shot, const char *take)
{
    char *path = record_of(reel, shot, take), *text = NULL;
    if (path)
        file_read(path, 1 << 20, &text, NULL, NULL);
    free(path);
    return text;
}

static const cJSON *field(const cJSON *record, const char *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(record, object), name);
}

static double number(const cJSON *record, const char *object, const char *name)
{
    const cJSON *item = field(record, object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* All 64 bits of it: cJSON has but 53. In a string the quotes would have a backslash. */
static uint64_t seed_in(const char *record)
{
    const char *at = strstr(record, "\"seed\":");
    return at ? strtoull(at + sizeof "\"seed\":" - 1, NULL, 10) : 0;
}

bool take_facts_read(const whelk_reel *reel, const char *shot, const char *take,
                     struct take_facts *out, whelk_error *err)
{
    char *text = read_record(reel, shot, take);
    cJSON *record = text ? cJSON_Parse(text) : NULL;
    const char *digest = json_text(record, "digest");
    const char *prompt = cJSON_GetStringValue(field(record, "request", "caption"));
    *out = (struct take_facts){0};
    if (!digest) {
        cJSON_Delete(record);
        free(text);
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: clips/%s-%s.json cannot be read as the record of "
                          "a take",
                          reel->path, shot, take);
    }
    snprintf(out->digest, sizeof out->digest, "%s", digest);
    out->prompt = prompt ? strdup(prompt) : NULL;
    out->seed = seed_in(text);
    out->steps = (int)number(record, "request", "steps");
    out->width = (int)number(record, "clip", "width");
    out->height = (int)number(record, "clip", "height");
    out->frames = (int)number(record, "clip", "frames");
    out->fps = number(record, "clip", "fps");
    out->wall_s = number(record, "figures", "wall_s");
    cJSON_Delete(record);
    free(text);
    return true;
}

void take_facts_release(struct take_facts *facts)
{
    free(facts->prompt);
    *facts = (struct take_facts){0};
}

/* Was this take asked for by the same request? */
static bool same_request(const whelk_reel *reel, const char *shot, const char *take,
                         const char *digest)
{
    struct take_facts facts;
    bool same =
        take_facts_read(reel, shot, take, &facts, NULL) && strcmp(facts.digest, digest) == 0;
    take_facts_release(&facts);
    return same;
}

/* Takes are never written into, only replaced, so two names may share one file; where the file
 * system cannot do that it is copied. */
static bool share_file(const char *from, const char *to, whelk_error *err)
{
    unlink(to);
    return link(from, to) == 0 || file_copy(from, to, err);
}

static bool rename_in(cJSON *record, const char *object, const char *to_base, const char *end)
{
    cJSON *o = cJSON_GetObjectItemCaseSensitive(record, object);
    char name[96];
    snprintf(name, sizeof name, "%s%s", strrchr(to_base, '/') + 1, end);
    cJSON *text = cJSON_CreateString(name);
    return text && cJSON_ReplaceItemInObjectCaseSensitive(o, "file", text);
}

bool take_share(const whelk_reel *reel, const char *shot, const char *take, const char *to_shot,
                const char *to_take, whelk_error *err)
{
    static const char *const ends[] = {".mkv", ".latent.safetensors"};
    char *from = take_base(reel, shot, take), *to = take_base(reel, to_shot, to_take);
    char *text = read_record(reel, shot, take), *path = record_of(reel, to_shot, to_take);
    cJSON *record = text ? cJSON_Parse(text) : NULL;
    free(text);
    bool done = (from && to && path && record && rename_in(record, "clip", to, ends[0]) &&
                 rename_in(record, "latent", to, ends[1])) ||
                whelk_fail(err, WHELK_EFAIL, "%s: the record of take %s of shot %s cannot be read",
                           reel->path, take, shot);
    for (int i = 0; done && i < 2; i++) {
        char a[4200], b[4200];
        snprintf(a, sizeof a, "%s%s", from, ends[i]);
        snprintf(b, sizeof b, "%s%s", to, ends[i]);
        done = share_file(a, b, err);
    }
    text = done ? cJSON_Print(record) : NULL;
    done = done && (text ? file_write(path, text, strlen(text), err)
                         : whelk_fail(err, WHELK_EFAIL, "no memory"));
    cJSON_free(text);
    cJSON_Delete(record);
    free(path);
    free(to);
    free(from);
    return done;
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
