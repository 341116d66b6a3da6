/* The program of the training world: streams clips for training, prints the capability card, or
 * draws a sheet of finished frames to look at. README.md says what the stream is made of. */
#include "clip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHEET_FRAMES 6
#define SHEET_W 320
#define SHEET_H 180

struct options {
    uint64_t seed, first;
    long count;
    int plate_scale, crop_scale;
    const char *out, *sheet;
    bool card, held_out;
    int wanted[SLOT_COUNT]; /* the slot's value + 1, 0: any */
};

static const char usage[] = "usage: worldgen --seed S --count N [--first K] [--plate-scale 1|2|4] "
                            "[--crop-scale 1|2] [WHICH] [--out FILE|-]\n"
                            "       worldgen --card\n"
                            "       worldgen --sheet FILE.ppm [--seed S --count N] [WHICH]\n"
                            "WHICH: [--held-out] [--slot NAME=VALUE]...    only scenes with a "
                            "held-out pair, only those with these values\n";

/* "place=farm" */
static bool want(struct options *o, const char *text)
{
    for (int s = 0; s < SLOT_COUNT; s++) {
        size_t n = strlen(slot_name((enum slot)s));
        if (strncmp(text, slot_name((enum slot)s), n) != 0 || text[n] != '=')
            continue;
        for (int v = 0; v < slot_count((enum slot)s); v++)
            if (strcmp(text + n + 1, slot_value((enum slot)s, v)) == 0) {
                o->wanted[s] = v + 1;
                return true;
            }
    }
    return false;
}

static bool parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){.seed = 1, .count = 8, .plate_scale = 4, .crop_scale = 2, .out = "-"};
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(a, "--card") == 0) {
            o->card = true;
            continue;
        }
        if (strcmp(a, "--held-out") == 0) {
            o->held_out = true;
            continue;
        }
        if (!value)
            return false;
        if (strcmp(a, "--seed") == 0)
            o->seed = strtoull(value, NULL, 0);
        else if (strcmp(a, "--first") == 0)
            o->first = strtoull(value, NULL, 0);
        else if (strcmp(a, "--count") == 0)
            o->count = strtol(value, NULL, 0);
        else if (strcmp(a, "--plate-scale") == 0)
            o->plate_scale = atoi(value);
        else if (strcmp(a, "--crop-scale") == 0)
            o->crop_scale = atoi(value);
        else if (strcmp(a, "--out") == 0)
            o->out = value;
        else if (strcmp(a, "--sheet") == 0)
            o->sheet = value;
        else if (strcmp(a, "--slot") == 0 ? !want(o, value) : true)
            return false;
        i++;
    }
    int p = o->plate_scale, c = o->crop_scale;
    return o->count >= 0 && (p == 1 || p == 2 || p == 4) && (c == 1 || c == 2);
}

static int complain(const char *path)
{
    fprintf(stderr, "worldgen: %s: %s\n", path, strerror(errno));
    return 1;
}

static void sample(const struct options *o, uint64_t index, struct scene *scene)
{
    (o->held_out ? scene_sample_held : scene_sample)(scene, clip_seed(o->seed, index));
}

/* The next scene that has every wanted value; false: none in the next hundred thousand. */
static bool next_wanted(const struct options *o, uint64_t *index, struct scene *scene)
{
    for (int tries = 0; tries < 100000; tries++) {
        bool fits = true;
        sample(o, (*index)++, scene);
        for (int s = 0; s < SLOT_COUNT; s++)
            fits = fits && (!o->wanted[s] || scene->slot[s] == o->wanted[s] - 1);
        if (fits)
            return true;
    }
    fputs("worldgen: no scene has these values together; see \"possible\" and \"held_out\" in "
          "--card\n",
          stderr);
    return false;
}

static int stream(const struct options *o)
{
    uint64_t index = o->first;
    bool standard = strcmp(o->out, "-") == 0, good = true, found = true;
    FILE *f = standard ? stdout : fopen(o->out, "wb");
    if (!f)
        return complain(o->out);
    struct clip clip;
    clip_init(&clip, o->plate_scale, o->crop_scale);
    for (long i = 0; good && i < o->count; i++) {
        struct scene scene;
        good = found = next_wanted(o, &index, &scene);
        if (found) {
            clip_render_scene(&clip, &scene);
            good = clip_write(&clip, f);
        }
    }
    clip_release(&clip);
    good = (standard ? fflush(f) : fclose(f)) == 0 && good;
    return !found ? 1 : good ? 0 : complain(o->out);
}

static int sheet(const struct options *o)
{
    uint64_t index = o->first;
    struct scene scene;
    size_t row = (size_t)SHEET_FRAMES * SHEET_W * 3, size = row * SHEET_H * (size_t)o->count;
    uint8_t *picture = calloc(size ? size : 1, 1);
    FILE *f = fopen(o->sheet, "wb");
    if (!picture || !f) {
        free(picture);
        return complain(o->sheet);
    }
    struct clip clip;
    clip_init(&clip, o->plate_scale, o->crop_scale);
    bool found = true;
    for (long i = 0; i < o->count; i++) {
        found = found && next_wanted(o, &index, &scene);
        if (!found)
            break;
        clip_render_scene(&clip, &scene);
        for (int j = 0; j < SHEET_FRAMES; j++)
            clip_compose(&clip, j * (POSES - 1) / (SHEET_FRAMES - 1), SHEET_W, SHEET_H,
                         picture + row * SHEET_H * (size_t)i + (size_t)j * SHEET_W * 3, row);
        char caption[400];
        scene_caption(&clip.scene, caption, sizeof caption);
        printf("%3ld  %s\n", i, caption);
    }
    clip_release(&clip);
    fprintf(f, "P6\n%d %ld\n255\n", SHEET_FRAMES * SHEET_W, SHEET_H * o->count);
    fwrite(picture, 1, size, f);
    free(picture);
    bool bad = ferror(f);
    if (!found) {
        fclose(f);
        return 1;
    }
    return fclose(f) != 0 || bad ? complain(o->sheet) : 0;
}

int main(int argc, char **argv)
{
    struct options o;
    if (argc < 2 || !parse(argc, argv, &o)) {
        fputs(usage, stderr);
        return 2;
    }
    if (o.card) {
        scene_card_json(stdout);
        return 0;
    }
    return o.sheet ? sheet(&o) : stream(&o);
}
