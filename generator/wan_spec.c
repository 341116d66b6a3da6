/* Finding a model's files. A weight file that is there only as a pickle (.pth) is not opened: it
 * must be converted once, and the error says how. */
#include "wan_spec.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/file.h"
#include "../pipeline/base/json.h"

enum { JSON_MAX = 1 << 20 };

static cJSON *read_json(const char *dir, const char *name)
{
    char *path = file_join(dir, name), *text = NULL;
    size_t size;
    cJSON *json = NULL;
    if (path && file_exists(path) && file_read(path, JSON_MAX, &text, &size, NULL))
        json = cJSON_ParseWithLength(text, size);
    free(path);
    free(text);
    return json;
}

static bool there(const char *dir, const char *name)
{
    char *path = file_join(dir, name);
    bool is = path && file_exists(path);
    free(path);
    return is;
}

static bool is_wan(const cJSON *json)
{
    const char *family = json_text(json, "family");
    return family && strcmp(family, "wan") == 0;
}

bool wan_spec_is(const char *dir)
{
    cJSON *own = read_json(dir, "model.json");
    bool is = own ? is_wan(own)
                  : there(dir, "diffusion_pytorch_model.safetensors") ||
                        there(dir, "diffusion_pytorch_model.safetensors.index.json") ||
                        there(dir, "high_noise_model") || there(dir, "model_index.json");
    cJSON_Delete(own);
    return is;
}

/* --- model.json ------------------------------------------------------------------------------- */

/* A file of the model lies in its folder: nothing else is opened on a model's word. */
static bool inside(const char *name)
{
    for (const char *at = name; (at = strstr(at, "..")); at += 2)
        if ((at == name || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
            return false;
    return name[0] && name[0] != '/';
}

static bool take_path(const cJSON *json, const char *dir, const char *key, bool needed, char **out,
                      whelk_error *err)
{
    const char *name = json_text(json, key);
    if (!name)
        return !needed || whelk_fail(err, WHELK_EFAIL, "%s/model.json: has no \"%s\"", dir, key);
    if (!inside(name))
        return whelk_fail(
            err, WHELK_EFAIL,
            "%s/model.json: \"%s\" must name a file in the model's folder, not %.200s", dir, key,
            name);
    *out = file_join(dir, name);
    return *out || whelk_fail(err, WHELK_EFAIL, "out of memory");
}

struct number {
    const char *object, *key;
    double low, high, *to;
};

static bool take_number(const cJSON *json, const char *dir, const struct number *n,
                        whelk_error *err)
{
    const cJSON *object = n->object ? cJSON_GetObjectItemCaseSensitive(json, n->object) : json,
                *item = cJSON_GetObjectItemCaseSensitive(object, n->key);
    if (!item)
        return true;
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= n->low && item->valuedouble <= n->high))
        return whelk_fail(err, WHELK_EFAIL, "%s/model.json: \"%s\" must be a number from %g to %g",
                          dir, n->key, n->low, n->high);
    *n->to = item->valuedouble;
    return true;
}

static bool take_numbers(struct wan_spec *s, const cJSON *json, const char *dir, whelk_error *err)
{
    double steps = 0, width = 0, height = 0, frames = 0;
    const struct number all[] = {{NULL, "boundary", 0, 1, &s->boundary},
                                 {"sampler", "steps", 1, 200, &steps},
                                 {"sampler", "shift", 0.01, 100, &s->shift},
                                 {"sampler", "guidance", 0, 20, &s->guidance},
                                 {"sampler", "guidance_low", 0, 20, &s->guidance_low},
                                 {NULL, "width", 16, 4096, &width},
                                 {NULL, "height", 16, 4096, &height},
                                 {NULL, "frames", 1, 1025, &frames},
                                 {NULL, "fps", 1, 120, &s->fps}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!take_number(json, dir, &all[i], err))
            return false;
    s->steps = (int)steps, s->width = (int)width, s->height = (int)height, s->frames = (int)frames;
    const char *solver = json_text(cJSON_GetObjectItemCaseSensitive(json, "sampler"), "solver");
    return !solver || flow_solver_named(solver, &s->solver) ||
           whelk_fail(
               err, WHELK_EFAIL,
               "%s/model.json: there is no solver \"%.40s\"; there are unipc, dpmpp, euler and "
               "renoise",
               dir, solver);
}

/* "ncr": what a budget may leave out, by name; not there = all of it. */
static bool take_switches(struct wan_spec *s, const cJSON *json, const char *dir, whelk_error *err)
{
    static const char *const names[] = {"reuse", "gate", "pair", "coarse", "near"};
    enum { NAMES = sizeof names / sizeof *names };
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "ncr"), *item;
    if (!list)
        return true;
    s->switches = 0;
    cJSON_ArrayForEach(item, list)
    {
        int k = 0;
        while (k < NAMES && !(cJSON_IsString(item) && strcmp(item->valuestring, names[k]) == 0))
            k++;
        if (k == NAMES)
            break;
        s->switches |= 1u << k;
    }
    return (cJSON_IsArray(list) && !item && s->switches) ||
           whelk_fail(err, WHELK_EFAIL,
                      "%s/model.json: \"ncr\" must list some of reuse, gate, near, pair and coarse",
                      dir);
}

static char *copy_of(const char *text)
{
    return text ? strdup(text) : NULL;
}

static bool read_own(struct wan_spec *s, const cJSON *json, const char *dir, whelk_error *err)
{
    s->name = copy_of(json_text(json, "name"));
    s->licence = copy_of(json_text(json, "licence"));
    s->negative = copy_of(json_text(json, "negative"));
    return take_path(json, dir, "dit", true, &s->dit, err) &&
           take_path(json, dir, "dit_low", false, &s->low, err) &&
           take_path(json, dir, "text_encoder", true, &s->text, err) &&
           take_path(json, dir, "tokenizer", false, &s->tokenizer, err) &&
           take_path(json, dir, "vae", true, &s->vae, err) &&
           take_path(json, dir, "image_encoder", false, &s->image, err) &&
           take_numbers(s, json, dir, err) && take_switches(s, json, dir, err);
}

/* --- Published layouts ------------------------------------------------------------------------ */

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static bool ends(const char *name, const char *with)
{
    size_t n = strlen(name), m = strlen(with);
    return n >= m && strcmp(name + n - m, with) == 0;
}

/* The file whose name begins and ends so; caller's, NULL = none. */
static char *file_like(const char *dir, const char *begin, const char *end)
{
    char *found = NULL;
    DIR *d = opendir(dir);
    struct dirent *entry;
    while (d && !found && (entry = readdir(d)))
        if (begins(entry->d_name, begin) && ends(entry->d_name, end))
            found = file_join(dir, entry->d_name);
    if (d)
        closedir(d);
    return found;
}

static bool weights_like(const char *dir, const char *begin, const char *end, const char *what,
                         char **out, whelk_error *err)
{
    char full[64] = "", *pickle;
    strcat(strcat(full, end), ".safetensors");
    if ((*out = file_like(dir, begin, full)))
        return true;
    strcpy(full + strlen(end), ".pth");
    if ((pickle = file_like(dir, begin, full)))
        whelk_fail(
            err, WHELK_EFAIL,
            "%s: is a pickle, which can hold programs and is not opened; turn it into safetensors "
            "once: whelk model convert %s",
            pickle, pickle);
    else
        whelk_fail(err, WHELK_EFAIL, "%s: the %s is missing (%s*%s.safetensors)", dir, what, begin,
                   end);
    free(pickle);
    return false;
}

static bool read_original(struct wan_spec *s, const char *dir, whelk_error *err)
{
    bool experts = there(dir, "high_noise_model");
    s->dit = experts ? file_join(dir, "high_noise_model") : strdup(dir);
    s->low = experts ? file_join(dir, "low_noise_model") : NULL;
    s->tokenizer = file_join(dir, "google/umt5-xxl/spiece.model");
    s->image = file_like(dir, "models_clip", ".safetensors");
    return (s->dit && s->tokenizer && (s->low || !experts)
                ? true
                : whelk_fail(err, WHELK_EFAIL, "out of memory")) &&
           weights_like(dir, "models_t5", "", "text encoder", &s->text, err) &&
           weights_like(dir, "Wan2.", "_VAE", "codec", &s->vae, err);
}

static bool read_diffusers(struct wan_spec *s, const char *dir, whelk_error *err)
{
    bool experts = there(dir, "transformer_2");
    s->dit = file_join(dir, "transformer");
    s->low = experts ? file_join(dir, "transformer_2") : NULL;
    s->text = file_join(dir, "text_encoder");
    s->tokenizer = file_join(dir, "tokenizer/spiece.model");
    s->vae = file_join(dir, "vae");
    s->image = there(dir, "image_encoder") ? file_join(dir, "image_encoder") : NULL;
    return (s->dit && s->text && s->tokenizer && s->vae && (s->low || !experts)) ||
           whelk_fail(err, WHELK_EFAIL, "out of memory");
}

/* The folder's own name is the model's; of models--OWNER--NAME/snapshots/COMMIT, as the tools of
 * model hubs keep them, NAME is. */
static char *name_of(const char *dir)
{
    size_t n = strlen(dir), from;
    const char *kept = strstr(dir, "/models--"), *name, *end;
    end = kept ? strchr(kept + 1, '/') : NULL;
    if (end && begins(end, "/snapshots/") && (name = strstr(kept + strlen("/models--"), "--")) &&
        name < end)
        return strndup(name + 2, (size_t)(end - name - 2));
    while (n > 1 && dir[n - 1] == '/')
        n--;
    for (from = n; from && dir[from - 1] != '/';)
        from--;
    return strndup(dir + from, n - from);
}

bool wan_spec_read(struct wan_spec *s, const char *dir, whelk_error *err)
{
    cJSON *own = read_json(dir, "model.json");
    *s = (struct wan_spec){.solver = FLOW_UNIPC, .switches = NCR_ALL};
    bool good = own                              ? read_own(s, own, dir, err)
                : there(dir, "model_index.json") ? read_diffusers(s, dir, err)
                                                 : read_original(s, dir, err);
    cJSON_Delete(own);
    s->name = s->name ? s->name : name_of(dir);
    s->licence = s->licence ? s->licence : strdup("");
    if (good && (!s->name || !s->licence))
        good = whelk_fail(err, WHELK_EFAIL, "out of memory");
    if (!good)
        wan_spec_release(s);
    return good;
}

void wan_spec_release(struct wan_spec *s)
{
    char *all[] = {s->name,      s->licence, s->dit,   s->low,     s->text,
                   s->tokenizer, s->vae,     s->image, s->negative};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    *s = (struct wan_spec){0};
}
