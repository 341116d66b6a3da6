/* The measures of a clip, from small pictures of it. Every figure is a plain sum over pixels, so
 * that what it says can be checked by eye; which figure is a fault is review.c's to say. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "review.h"

#define SMALL_WIDTH 160
#define LOOKS_MAX 512 /* over 40 seconds; what is longer is judged by its beginning */
#define LOOKS_A_SECOND 12.0

#define BLACK_MEAN 6.0  /* a night scene's mean is above 20 */
#define FLAT_SPREAD 2.5 /* of luma and of colour: a picture of one colour */
#define STILL_CHANGE 0.02
#define BLINK_SHARE 0.6 /* of the change on either side: less is a fast camera, not a blink */
#define BREAK_CHANGE 14.0

struct picture {              /* planar, 0..255 */
    float *luma, *red, *blue; /* red and blue: less luma */
};

struct looking {
    struct look *out;
    int across, down, every, count;
    float *memory;
    struct picture at[3]; /* this look and the two before, at[0] the newest */
    double change[LOOKS_MAX], blink[LOOKS_MAX], luma[LOOKS_MAX], sharpness[LOOKS_MAX];
    bool bad[LOOKS_MAX]; /* black or flat */
};

/* Box average of the frame's RGB into luma and two colour differences. */
static void shrink(const struct looking *l, const uint8_t *rgb, struct picture p)
{
    int width = l->out->width, height = l->out->height;
    for (int y = 0; y < l->down; y++)
        for (int x = 0; x < l->across; x++) {
            int x0 = x * width / l->across, x1 = (x + 1) * width / l->across;
            int y0 = y * height / l->down, y1 = (y + 1) * height / l->down;
            long sum[3] = {0, 0, 0}, n = (long)(x1 - x0) * (y1 - y0);
            for (int v = y0; v < y1; v++)
                for (const uint8_t *q = rgb + 3 * ((size_t)v * (size_t)width + (size_t)x0),
                                   *end = q + 3 * (x1 - x0);
                     q < end; q += 3)
                    for (int k = 0; k < 3; k++)
                        sum[k] += q[k];
            float r = (float)sum[0] / (float)n, g = (float)sum[1] / (float)n,
                  b = (float)sum[2] / (float)n, luma = 0.2126f * r + 0.7152f * g + 0.0722f * b;
            int i = y * l->across + x;
            p.luma[i] = luma;
            p.red[i] = r - luma;
            p.blue[i] = b - luma;
        }
}

static double spread_of(const float *v, int n)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        sum += v[i];
        squares += (double)v[i] * v[i];
    }
    return sqrt(fmax(0, squares / n - sum / n * (sum / n)));
}

static double mean_of(const float *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += v[i];
    return sum / n;
}

/* What a pixel differs from the mean of its four neighbours, mean. */
static double detail_of(const struct looking *l, const float *v)
{
    double sum = 0;
    for (int y = 1; y + 1 < l->down; y++)
        for (int x = 1; x + 1 < l->across; x++) {
            const float *p = v + y * l->across + x;
            sum += fabs(*p - 0.25 * ((double)p[-1] + p[1] + p[-l->across] + p[l->across]));
        }
    int n = (l->down - 2) * (l->across - 2);
    return n > 0 ? sum / n : 0;
}

static double change_between(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += fabs((double)a[i] - b[i]);
    return sum / n;
}

/* How far the middle one of three lies outside what is between its neighbours, mean. */
static double blink_of(const float *before, const float *middle, const float *after, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double low = fmin(before[i], after[i]), high = fmax(before[i], after[i]);
        sum += fmax(0, fmax(low - middle[i], middle[i] - high));
    }
    return sum / n;
}

static void count_colours(const struct picture *p, int n, float *colours)
{
    for (int i = 0; i < n; i++) {
        float luma = p->luma[i], red = p->red[i] + luma, blue = p->blue[i] + luma;
        float green = (luma - 0.2126f * red - 0.0722f * blue) / 0.7152f;
        int r = (int)fmin(3, fmax(0, red / 64)), g = (int)fmin(3, fmax(0, green / 64)),
            b = (int)fmin(3, fmax(0, blue / 64));
        colours[16 * r + 4 * g + b] += 1.0f / (float)n;
    }
}

static void look(struct looking *l, const uint8_t *rgb)
{
    struct look *o = l->out;
    int n = l->across * l->down, t = l->count++;
    struct picture oldest = l->at[2];
    l->at[2] = l->at[1];
    l->at[1] = l->at[0];
    l->at[0] = oldest;
    struct picture *p = &l->at[0];
    shrink(l, rgb, *p);
    double luma = mean_of(p->luma, n), spread = spread_of(p->luma, n),
           colour = spread_of(p->red, n) + spread_of(p->blue, n), step = l->every / o->fps;
    o->brightness += luma;
    o->contrast += spread;
    o->colour += colour;
    bool black = luma < BLACK_MEAN, flat = spread < FLAT_SPREAD && colour < FLAT_SPREAD;
    o->black_s += black ? step : 0;
    o->flat_s += flat && !black ? step : 0;
    l->bad[t] = black || flat;
    l->luma[t] = luma;
    l->sharpness[t] = spread > 1 ? detail_of(l, p->luma) / spread : 0;
    l->change[t] = t ? change_between(p->luma, l->at[1].luma, n) : 0;
    if (t > 1)
        l->blink[t - 1] = blink_of(l->at[2].luma, l->at[1].luma, p->luma, n);
    if (t == 0)
        count_colours(p, n, o->colours);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median_of(const double *v, int n)
{
    double sorted[LOOKS_MAX];
    if (n < 1)
        return 0;
    memcpy(sorted, v, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, by_size);
    return sorted[n / 2];
}

/* A change beside those of the looks around it: a cut stands alone, a fast pan does not. */
static double break_at(const struct looking *l, int t)
{
    double around[6];
    int n = 0;
    for (int k = t - 3; k <= t + 3; k++)
        if (k > 0 && k < l->count && k != t)
            around[n++] = l->change[k];
    return l->change[t] / fmax(1, n ? median_of(around, n) : 1);
}

/* A picture unlike both its neighbours; 0 where the change goes on in the same direction. */
static double blink_at(const struct looking *l, int t)
{
    if (t < 1 || t + 1 >= l->count)
        return 0;
    double most = fmax(l->change[t], l->change[t + 1]);
    return l->blink[t] > BLINK_SHARE * most ? l->blink[t] : 0;
}

/* What only the row of all looks can tell. */
static void look_back(struct looking *l)
{
    struct look *o = l->out;
    int good = -1, still = 0, longest = 0;
    for (int t = 0; t < l->count; t++) {
        double broken = l->change[t] > BREAK_CHANGE ? break_at(l, t) : 0;
        o->motion += l->change[t];
        o->cut = fmax(o->cut, broken);
        double blink = blink_at(l, t);
        o->flicker = fmax(o->flicker, blink);
        still = t > 0 && l->change[t] < STILL_CHANGE ? still + 1 : 0;
        longest = still > longest ? still : longest;
        if (good < 0 && (l->bad[t] || broken > LOOK_BREAK || blink > LOOK_BLINK))
            good = t;
    }
    double n = l->count ? l->count : 1, step = l->every / o->fps;
    o->brightness /= n;
    o->contrast /= n;
    o->colour /= n;
    o->motion /= n > 1 ? n - 1 : 1;
    o->sharpness = median_of(l->sharpness, l->count);
    o->still_s = longest * step;
    o->looked_at = l->count;
    o->good_until_s = good < 0 ? o->frames / o->fps : good * step;
}

static bool start(struct looking *l, const whelk_clip_info *info, whelk_error *err)
{
    *l->out = (struct look){
        .width = info->width, .height = info->height, .frames = info->frames, .fps = info->fps};
    l->every = (int)fmax(1, floor(info->fps / LOOKS_A_SECOND + 0.5));
    l->across = info->width < SMALL_WIDTH ? info->width : SMALL_WIDTH;
    l->down = (int)fmax(1, round((double)l->across * info->height / info->width));
    l->down = l->down < info->height ? l->down : info->height;
    size_t n = (size_t)l->across * (size_t)l->down;
    l->memory = calloc(9 * n, sizeof *l->memory);
    for (size_t i = 0; l->memory && i < 3; i++)
        l->at[i] = (struct picture){l->memory + 3 * i * n, l->memory + (3 * i + 1) * n,
                                    l->memory + (3 * i + 2) * n};
    return l->memory || whelk_fail(err, WHELK_EFAIL, "no memory to look at a take");
}

static bool goes_on(const whelk_listener *listen, const struct looking *l, int total,
                    whelk_error *err)
{
    return !listen || !listen->progress ||
           listen->progress(listen->ctx, "shoot", NULL, "look", l->count, total, -1) ||
           whelk_fail(err, WHELK_EINTERRUPTED, "interrupted");
}

bool look_at_clip(const char *path, int most, const whelk_listener *listen, struct look *out,
                  whelk_error *err)
{
    whelk_clip_info info;
    whelk_error fault = {0};
    whelk_clip *clip = whelk_clip_open(path, &info, err);
    if (!clip)
        return false;
    struct looking *l = calloc(1, sizeof *l);
    uint8_t *rgb = malloc((size_t)info.width * (size_t)info.height * 3);
    if (!l || !rgb)
        whelk_fail(&fault, WHELK_EFAIL, "no memory to look at a take");
    else
        l->out = out;
    if (!fault.code && start(l, &info, &fault)) {
        whelk_clip_every(clip, l->every);
        most = most > 0 && most < LOOKS_MAX ? most : LOOKS_MAX;
        int total = most < info.frames / l->every ? most : info.frames / l->every;
        while (l->count < most && goes_on(listen, l, total, &fault) &&
               whelk_clip_read(clip, rgb, &fault))
            look(l, rgb);
        look_back(l);
        free(l->memory);
    }
    free(rgb);
    free(l);
    whelk_clip_close(clip);
    if (fault.code && err)
        *err = fault;
    return !fault.code;
}

double look_alike(const struct look *a, const struct look *b)
{
    double shared = 0;
    for (int i = 0; i < LOOK_COLOURS; i++)
        shared += fmin(a->colours[i], b->colours[i]);
    return shared;
}
