/* Rendering one clip into its layers (clip.h). Pictures are drawn at least twice as fine as asked
 * for and averaged down in boxes, so that the small sizes are what the box average of the large
 * ones would be. */
#include "clip.h"
#include "style.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SOFT_EDGE 0.04f /* part of a crop's side over which it fades out */

uint64_t clip_seed(uint64_t stream_seed, uint64_t index)
{
    uint64_t z = stream_seed * 0x9e3779b97f4a7c15u + (index + 1) * 0xd1b54a32d192ed03u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) >> 11; /* 53 bits: exact in JSON readers */
}

static uint8_t *buffer(size_t size)
{
    uint8_t *p = calloc(size, 1);
    if (!p) {
        fprintf(stderr, "worldgen: out of memory\n");
        exit(1);
    }
    return p;
}

static int fine(int scale)
{
    return scale < 2 ? 2 : scale;
}

void clip_init(struct clip *clip, int plate_scale, int crop_scale)
{
    int p = plate_scale, c = crop_scale;
    memset(clip, 0, sizeof *clip);
    clip->plate_scale = p;
    clip->crop_scale = c;
    clip->plate = buffer((size_t)PLATE_W * p * PLATE_H * p * 3);
    clip->actor = buffer((size_t)POSES * ACTOR_N * c * ACTOR_N * c * 4);
    clip->effect = buffer((size_t)POSES * EFFECT_N * c * EFFECT_N * c * 4);
    clip->scratch = buffer((size_t)ACTOR_N * fine(c) * ACTOR_N * fine(c));
    clip->plate_canvas = canvas_new(PLATE_W * fine(p), PLATE_H * fine(p));
    clip->actor_canvas = canvas_new(ACTOR_N * fine(c), ACTOR_N * fine(c));
    clip->effect_canvas = canvas_new(EFFECT_N * fine(c), EFFECT_N * fine(c));
}

void clip_release(struct clip *clip)
{
    free(clip->plate);
    free(clip->actor);
    free(clip->effect);
    free(clip->scratch);
    canvas_free(clip->plate_canvas);
    canvas_free(clip->actor_canvas);
    canvas_free(clip->effect_canvas);
    memset(clip, 0, sizeof *clip);
}

/* Averages k x k boxes of RGBA rows into width x height pixels of `channels` bytes. */
static void average(const uint8_t *from, int k, int width, int height, int channels, uint8_t *to)
{
    int row = width * k * 4, area = k * k;
    if (k == 2 && channels == 4) { /* the commonest, for the vector units */
        for (int y = 0; y < height; y++) {
            const uint8_t *a = from + (size_t)y * 2 * row, *b = a + row;
            for (int x = 0; x < width; x++, a += 8, b += 8, to += 4)
                for (int ch = 0; ch < 4; ch++)
                    to[ch] = (uint8_t)((a[ch] + a[ch + 4] + b[ch] + b[ch + 4] + 2) >> 2);
        }
        return;
    }
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, to += channels) {
            const uint8_t *box = from + (size_t)y * k * row + (size_t)x * k * 4;
            for (int ch = 0; ch < channels; ch++) {
                int sum = 0;
                for (int j = 0; j < k; j++)
                    for (int i = 0; i < k; i++)
                        sum += box[j * row + i * 4 + ch];
                to[ch] = (uint8_t)((sum + area / 2) / area);
            }
        }
    }
}

static void render_plate(struct clip *clip)
{
    int ps = clip->plate_scale, f = fine(ps);
    canvas_view(clip->plate_canvas, 0, 0, (float)(PLATE_H * f));
    canvas_clear(clip->plate_canvas, (struct rgba){0, 0, 0, 1});
    place_draw(&clip->scene, clip->plate_canvas);
    style_plate(&clip->scene, canvas_pixels(clip->plate_canvas), PLATE_W * f, PLATE_H * f);
    average(canvas_pixels(clip->plate_canvas), f / ps, PLATE_W * ps, PLATE_H * ps, 3, clip->plate);
}

static float edge_weight(int i, int n)
{
    float d = fminf((float)i + 0.5f, (float)(n - i) - 0.5f) / ((float)n * SOFT_EDGE);
    d = d > 1 ? 1 : d;
    return d * d * (3 - 2 * d);
}

/* Fades the rim of a square crop so that no cut ever shows a straight line. */
static void soften(uint8_t *rgba, int n)
{
    float weight[ACTOR_N * 4];
    int rim = (int)ceilf((float)n * SOFT_EDGE);
    for (int i = 0; i < n; i++)
        weight[i] = edge_weight(i, n);
    for (int y = 0; y < n; y++) {
        for (int x = 0; x < n; x++) {
            if (y >= rim && y < n - rim && x == rim)
                x = n - rim;
            uint8_t *p = rgba + ((size_t)y * n + x) * 4;
            float w = weight[x] * weight[y];
            for (int ch = 0; ch < 4; ch++)
                p[ch] = (uint8_t)((float)p[ch] * w + 0.5f);
        }
    }
}

typedef void draw_fn(const struct scene *, const struct stage *, float, struct canvas *);

static void render_crop(struct clip *clip, struct canvas *c, draw_fn *draw, int pose,
                        const float crop[3], int base, uint8_t *to)
{
    int cs = clip->crop_scale, f = fine(cs), n = base * f;
    canvas_view(c, crop[0] - crop[2] / 2, crop[1] - crop[2] / 2, (float)n / crop[2]);
    canvas_clear(c, (struct rgba){0, 0, 0, 0});
    draw(&clip->scene, &clip->stage, pose_time(&clip->scene, pose), c);
    if (draw == actor_draw)
        style_actor(&clip->scene, canvas_pixels(c), n, clip->scratch);
    average(canvas_pixels(c), f / cs, base * cs, base * cs, 4, to);
    soften(to, base * cs);
}

static void render_pose(struct clip *clip, int i)
{
    const struct scene *s = &clip->scene;
    float t = pose_time(s, i), window[3], crop[3];
    size_t actor = (size_t)ACTOR_N * clip->crop_scale * ACTOR_N * clip->crop_scale * 4;
    size_t effect = (size_t)EFFECT_N * clip->crop_scale * EFFECT_N * clip->crop_scale * 4;
    struct pose pose;
    actor_pose(s, &clip->stage, t, &pose);
    camera_window(s, &clip->stage, t, window);
    clip->camera[i] = window[0];
    clip->camera[POSES + i] = window[1];
    clip->camera[2 * POSES + i] = logf(window[2]);
    actor_crop(s, &clip->stage, t, crop);
    for (int k = 0; k < 3; k++)
        clip->actor_path[k * POSES + i] = crop[k];
    clip->actor_path[3 * POSES + i] = pose.shadow_y >= 9 ? 9 : pose.shadow_y;
    render_crop(clip, clip->actor_canvas, actor_draw, i, crop, ACTOR_N,
                clip->actor + actor * (size_t)i);
    effect_crop(s, &clip->stage, t, crop);
    for (int k = 0; k < 3; k++)
        clip->effect_path[k * POSES + i] = crop[k];
    clip->effect_path[3 * POSES + i] = 0;
    render_crop(clip, clip->effect_canvas, effect_draw, i, crop, EFFECT_N,
                clip->effect + effect * (size_t)i);
}

void clip_render_scene(struct clip *clip, const struct scene *scene)
{
    clip->scene = *scene;
    place_stage(scene, &clip->stage);
    render_plate(clip);
    for (int i = 0; i < POSES; i++)
        render_pose(clip, i);
}

void clip_render(struct clip *clip, uint64_t seed)
{
    struct scene scene;
    scene_sample(&scene, seed);
    clip_render_scene(clip, &scene);
}

/* --- the record --- */

static void json_text(char *out, size_t size, const char *text)
{
    size_t n = 0;
    for (; *text && n + 3 < size; text++) {
        if (*text == '"' || *text == '\\')
            out[n++] = '\\';
        out[n++] = *text;
    }
    out[n] = 0;
}

bool clip_write(const struct clip *clip, FILE *out)
{
    const struct scene *s = &clip->scene;
    char caption[400], quoted[800], json[1300], slots[80];
    size_t ps = (size_t)clip->plate_scale, cs = (size_t)clip->crop_scale;
    scene_caption(s, caption, sizeof caption);
    json_text(quoted, sizeof quoted, caption);
    size_t used = 0;
    for (int k = 0; k < SLOT_COUNT; k++)
        used +=
            (size_t)snprintf(slots + used, sizeof slots - used, "%s%d", k ? "," : "", s->slot[k]);
    int n = snprintf(json, sizeof json,
                     "{\"seed\":%" PRIu64 ",\"caption\":\"%s\",\"slots\":[%s],\"possible\":%s}",
                     s->seed, quoted, slots, scene_possible(s->slot) ? "true" : "false");
    uint32_t head[2] = {CLIP_MAGIC, (uint32_t)n};
    fwrite(head, sizeof head, 1, out);
    fwrite(json, (size_t)n, 1, out);
    fwrite(clip->plate, PLATE_W * ps * PLATE_H * ps * 3, 1, out);
    fwrite(clip->actor, POSES * ACTOR_N * cs * ACTOR_N * cs * 4, 1, out);
    fwrite(clip->effect, POSES * EFFECT_N * cs * EFFECT_N * cs * 4, 1, out);
    fwrite(clip->camera, sizeof clip->camera, 1, out);
    fwrite(clip->actor_path, sizeof clip->actor_path, 1, out);
    fwrite(clip->effect_path, sizeof clip->effect_path, 1, out);
    return !ferror(out);
}

/* --- a finished frame --- */

struct picture {
    const uint8_t *pixel;
    int width, height, channels;
};

static void sample(const struct picture *p, float x, float y, float out[4])
{
    x = fminf(fmaxf(x - 0.5f, 0), (float)p->width - 1.001f);
    y = fminf(fmaxf(y - 0.5f, 0), (float)p->height - 1.001f);
    int ix = (int)x, iy = (int)y, ch = p->channels;
    float fx = x - (float)ix, fy = y - (float)iy;
    const uint8_t *a = p->pixel + ((size_t)iy * p->width + ix) * ch, *b = a + (size_t)p->width * ch;
    for (int k = 0; k < ch; k++)
        out[k] = ((float)a[k] * (1 - fx) + (float)a[ch + k] * fx) * (1 - fy) +
                 ((float)b[k] * (1 - fx) + (float)b[ch + k] * fx) * fy;
}

static void lay_over(const struct picture *p, const float *path, int pose, float x, float y,
                     float rgb[3])
{
    float side = path[2 * POSES + pose], u = (x - path[pose]) / side + 0.5f,
          v = (y - path[POSES + pose]) / side + 0.5f;
    float c[4];
    if (u <= 0 || u >= 1 || v <= 0 || v >= 1)
        return;
    sample(p, u * (float)p->width, v * (float)p->height, c);
    for (int k = 0; k < 3; k++)
        rgb[k] = c[k] + rgb[k] * (1 - c[3] / 255);
}

/* A soft ellipse under the actor, fainter the higher it is. */
static float shadow_at(const struct clip *clip, int pose, float x, float y)
{
    float ground = clip->actor_path[3 * POSES + pose], side = clip->actor_path[2 * POSES + pose];
    if (ground >= 9)
        return 0;
    float height = fmaxf(ground - clip->actor_path[POSES + pose] - 0.5f * side, 0),
          r = 0.30f * side;
    float dx = (x - clip->actor_path[pose]) / r, dy = (y - ground) / (0.16f * r),
          d = 1 - dx * dx - dy * dy;
    return d <= 0 ? 0 : 0.34f * fminf(2 * d, 1) / (1 + 6 * height);
}

void clip_compose(const struct clip *clip, int pose, int width, int height, uint8_t *rgb,
                  size_t row_bytes)
{
    int ps = clip->plate_scale, an = ACTOR_N * clip->crop_scale, en = EFFECT_N * clip->crop_scale;
    struct picture plate = {clip->plate, PLATE_W * ps, PLATE_H * ps, 3};
    struct picture actor = {clip->actor + (size_t)pose * an * an * 4, an, an, 4};
    struct picture effect = {clip->effect + (size_t)pose * en * en * 4, en, en, 4};
    float h = expf(clip->camera[2 * POSES + pose]), unit = h / (float)height;
    float x0 = clip->camera[pose] - 0.5f * unit * (float)width,
          y0 = clip->camera[POSES + pose] - 0.5f * h;
    for (int j = 0; j < height; j++) {
        for (int i = 0; i < width; i++) {
            float x = x0 + unit * ((float)i + 0.5f), y = y0 + unit * ((float)j + 0.5f), c[4];
            sample(&plate, x * (float)plate.height, y * (float)plate.height, c);
            float shade = 1 - shadow_at(clip, pose, x, y);
            for (int k = 0; k < 3; k++)
                c[k] *= shade;
            lay_over(&actor, clip->actor_path, pose, x, y, c);
            lay_over(&effect, clip->effect_path, pose, x, y, c);
            for (int k = 0; k < 3; k++)
                rgb[(size_t)j * row_bytes + (size_t)i * 3 + k] =
                    (uint8_t)fminf(fmaxf(c[k] + 0.5f, 0), 255);
        }
    }
}
