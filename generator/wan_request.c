/* A request on a Wan model made definite: the prompt cleaned, sizes chosen, and the digest. Slots
 * are words of another kind of model; they serve as a prompt where there is none. */
#include "wan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/bytes.h"

/* What the published Wan code puts in where no negative prompt is given
 * (wan/configs/shared_config.py, Apache-2.0). */
static const char NEGATIVE[] =
    "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低"
    "质量，"
    "JPEG压缩残留，丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态"
    "畸形的"
    "肢体，手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，倒着走";

/* Spaces at the ends go, runs of white space become one space. */
static char *cleaned(const char *text)
{
    char *out = malloc(strlen(text) + 1), *to = out;
    for (; out && *text; text++)
        if (!strchr(" \t\n\r\f\v", *text))
            *to++ = *text;
        else if (to > out && to[-1] != ' ')
            *to++ = ' ';
    if (out && to > out && to[-1] == ' ')
        to--;
    if (out)
        *to = '\0';
    return out;
}

static char *prompt_of(const whelk_gen_request *r)
{
    struct bytes b;
    if (r->caption && r->caption[0])
        return cleaned(r->caption);
    bytes_init(&b, 1 << 16);
    for (int i = 0; i < r->slot_count; i++)
        if (r->slots[i].value)
            bytes_format(&b, "%s%s", b.size ? ", " : "", r->slots[i].value);
    bytes_text(&b, "");
    return bytes_take(&b);
}

static bool in_range(double v, double low, double high, const char *what, whelk_error *err)
{
    return (v >= low && v <= high) ||
           whelk_fail(err, WHELK_EUSAGE, "%s %g is out of range (%g to %g)", what, v, low, high);
}

static bool take_numbers(struct wan_request *q, const struct wan *w, const whelk_gen_request *r,
                         whelk_error *err)
{
    const struct wan_spec *s = &w->spec;
    double longest = s->frames / s->fps;
    q->width = r->width ? r->width : 1280;
    q->height = r->height ? r->height : 720;
    q->fps = r->fps != 0 ? r->fps : 24;
    q->seconds = r->seconds != 0 ? r->seconds : longest;
    q->steps = r->steps ? r->steps : s->steps;
    q->guidance = r->guidance != 0 ? r->guidance : s->guidance;
    q->guidance_low = r->guidance != 0 ? r->guidance : s->guidance_low;
    q->seed = r->seed;
    q->budget = r->budget != 0 ? r->budget : 1;
    if (!in_range(q->width, 16, 4096, "width", err) ||
        !in_range(q->height, 16, 4096, "height", err) ||
        !in_range(q->fps, 1, 120, "frame rate", err) ||
        !in_range(q->steps, 1, 200, "number of steps", err) ||
        !in_range(q->guidance, 0, 20, "guidance", err) || !in_range(q->budget, 0, 1, "budget", err))
        return false;
    if (!(q->seconds > 0 && q->seconds <= longest + 1e-6))
        return whelk_fail(err, WHELK_EUSAGE,
                          "length in seconds %g is out of range (0 to %g); split the shot in two",
                          q->seconds, longest);
    if (q->width % 2 || q->height % 2)
        return whelk_fail(err, WHELK_EUSAGE,
                          "a clip's width and height must be even, and %dx%d is not; take %dx%d",
                          q->width, q->height, q->width & ~1, q->height & ~1);
    q->frames = (int)lround(q->seconds * q->fps);
    q->frames = q->frames < 1 ? 1 : q->frames;
    return true;
}

static int units(double pixels, int unit)
{
    int n = (int)lround(pixels / unit);
    return n < 1 ? 1 : n;
}

/* The film's shape in the model's units, no larger than the model's own area nor the film's. */
static void choose_size(struct wan_request *q, const struct wan *w)
{
    const struct wan_spec *s = &w->spec;
    double own = (double)s->width * s->height, asked = (double)q->width * q->height,
           area = own < asked ? own : asked, shape = (double)q->width / q->height;
    q->columns = 2 * units(sqrt(area * shape), w->unit);
    q->rows = 2 * units(sqrt(area / shape), w->unit);
    int needed = (int)ceil(q->seconds * s->fps - 1e-6);
    q->latents = (needed - 1 + 3) / 4 + 1;
    q->made = 4 * (q->latents - 1) + 1;
    if (q->made > s->frames) {
        q->made = s->frames;
        q->latents = (s->frames - 1) / 4 + 1;
    }
}

/* Models with a picture's latent beside their own can be given the last one, too; those that see it
 * through CLIP only when they were trained to see two. */
static bool takes_last(const struct wan *w)
{
    return w->info.in > w->info.out && (!w->info.image_dim || w->info.images == 2);
}

static bool check_pictures(const struct wan_request *q, const struct wan *w, whelk_error *err)
{
    bool beside = w->info.in > w->info.out, takes = beside || w->info.out == 48,
         both = w->info.images == 2;
    const char *name = w->spec.name;
    if (q->picture && !takes)
        return whelk_fail(err, WHELK_EUSAGE,
                          "the model %s cannot begin with a picture; Wan 2.2 TI2V-5B can", name);
    if (q->last && !takes_last(w))
        return whelk_fail(
            err, WHELK_EUSAGE,
            "the model %s cannot end on a picture; Wan 2.1 FLF2V and Wan 2.2 I2V-A14B can", name);
    if (both && !(q->picture && q->last))
        return whelk_fail(err, WHELK_EUSAGE,
                          "the model %s goes from one picture to another: name the first frame and "
                          "the last",
                          name);
    if (!q->picture && beside)
        return whelk_fail(err, WHELK_EUSAGE,
                          "the model %s makes a picture move: name the first frame", name);
    if (q->last && q->latents < 2)
        return whelk_fail(err, WHELK_EUSAGE,
                          "a shot of %g s has one frame and cannot go from one picture to another; "
                          "make it longer",
                          q->seconds);
    return true;
}

static bool take_pictures(struct wan_request *q, const struct wan *w, const whelk_gen_request *r,
                          whelk_error *err)
{
    q->picture = r->plate_picture;
    q->picture_frame = r->plate_picture ? r->plate_frame : 0;
    q->last = r->last_picture;
    if (r->plate_from || r->actor_from)
        return whelk_fail(
            err, WHELK_EUSAGE,
            "the model %s draws whole frames: it has no place or actor of an earlier take to "
            "hold",
            w->spec.name);
    return check_pictures(q, w, err) &&
           (!q->picture || digest_file(q->picture, q->picture_digest, err)) &&
           (!q->last || digest_file(q->last, q->last_digest, err));
}

bool wan_request_init(struct wan_request *q, const struct wan *w, const whelk_gen_request *r,
                      whelk_error *err)
{
    *q = (struct wan_request){0};
    if (!take_numbers(q, w, r, err))
        return false;
    choose_size(q, w);
    if (!take_pictures(q, w, r, err))
        return false;
    q->prompt = prompt_of(r);
    q->negative = cleaned(r->negative && r->negative[0] ? r->negative
                          : w->spec.negative            ? w->spec.negative
                                                        : NEGATIVE);
    if (q->prompt && q->negative)
        return true;
    wan_request_release(q);
    return whelk_fail(err, WHELK_EFAIL, "out of memory");
}

void wan_request_release(struct wan_request *q)
{
    free(q->prompt);
    free(q->negative);
    *q = (struct wan_request){0};
}

int wan_made_width(const struct wan *w, const struct wan_request *q)
{
    return q->columns * (w->unit / 2);
}

int wan_made_height(const struct wan *w, const struct wan_request *q)
{
    return q->rows * (w->unit / 2);
}

static void number_field(struct digest *d, const char *name, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    digest_field(d, name, text);
}

bool wan_request_digest(const struct wan_request *q, const struct wan *w, char out[DIGEST_TEXT],
                        whelk_error *err)
{
    char seed[24];
    struct digest *d = digest_new();
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"width", q->width},      {"height", q->height},
                   {"frames", q->frames},    {"fps", q->fps},
                   {"steps", q->steps},      {"guidance", q->guidance},
                   {"low", q->guidance_low}, {"boundary", w->spec.boundary},
                   {"shift", w->spec.shift}, {"solver", w->spec.solver},
                   {"columns", q->columns},  {"rows", q->rows},
                   {"latents", q->latents}};
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)q->seed);
    digest_field(d, "whelk wan take", "1");
    digest_field(d, "model", w->digest);
    digest_field(d, "prompt", q->prompt);
    digest_field(d, "negative", q->guidance == 1 && q->guidance_low == 1 ? NULL : q->negative);
    digest_field(d, "seed", seed);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        number_field(d, numbers[i].name, numbers[i].value);
    if (q->budget < 1) { /* takes of exact mode keep the digest that they had before it */
        number_field(d, "budget", q->budget);
        number_field(d, "switches", w->spec.switches);
    }
    digest_field(d, "picture", q->picture_digest[0] ? q->picture_digest : NULL);
    if (q->picture_frame)
        number_field(d, "frame", q->picture_frame);
    if (q->last) /* likewise those without one */
        digest_field(d, "last", q->last_digest);
    return digest_end(d, out) || whelk_fail(err, WHELK_EFAIL, "out of memory");
}
