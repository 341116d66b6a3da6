/* Pictures of the user's that a Wan take begins with and ends on, as its transformer takes them:
 * Wan 2.2 TI2V holds the first one's latent, the image-to-video models see the latent of a clip
 * that is grey but for them beside their own, and those of Wan 2.1 see both through CLIP, too. */
#include <stdlib.h>
#include <string.h>

#include "cuda/encoders.h"
#include "picture.h"
#include "wan.h"

static bool out_of_memory(whelk_error *err)
{
    return whelk_fail(err, WHELK_EFAIL, "out of memory");
}

/* The pictures at the size that the model makes frames of. */
struct given {
    const struct wan *w;
    const struct wan_request *q;
    int width, height;
    float *first, *last; /* [3][height][width]; last NULL = none */
};

struct latent_frames {
    float *data; /* [frames][plane][channels] */
    int frames, room;
};

static bool take_latent(void *ctx, const float *data, int rows, int columns, int channels)
{
    struct latent_frames *l = ctx;
    size_t frame = (size_t)rows * (size_t)columns * (size_t)channels;
    if (l->frames == l->room)
        return false;
    memcpy(l->data + frame * (size_t)l->frames++, data, frame * sizeof *data);
    return true;
}

/* A clip goes in: the first picture, grey, and, where there is one, the last picture. */
static bool push_clip(const struct given *g, struct wan_codec *codec, int frames,
                      struct latent_frames *l, whelk_error *err)
{
    long plane = (long)g->height * g->width;
    float *grey = calloc(3 * (size_t)plane, sizeof *grey);
    bool good = grey || out_of_memory(err);
    for (int i = 0; good && i < frames; i++) {
        float *now = i == 0 ? g->first : g->last && i == frames - 1 ? g->last : grey;
        struct wan_picture p = {now, plane, 1};
        good = wan_codec_push(codec, &p, take_latent, l, err);
    }
    free(grey);
    return good;
}

/* The clip's latent, [channels][latents][rows][columns]; caller's. */
static float *encode(const struct given *g, int latents, whelk_error *err)
{
    const struct wan *w = g->w;
    long plane = (long)g->q->rows * g->q->columns, c = w->info.out, all = latents * plane * c;
    struct wan_codec *codec =
        wan_codec_new(w->vae, WAN_ENCODE, g->height, g->width, w->threads, err);
    struct latent_frames l = {codec ? malloc((size_t)all * sizeof(float)) : NULL, 0, latents};
    float *out = l.data ? malloc((size_t)all * sizeof *out) : NULL;
    bool good =
        out ? push_clip(g, codec, 4 * (latents - 1) + 1, &l, err) : codec && out_of_memory(err);
    for (long i = 0; good && i < all; i++)
        out[i % c * latents * plane + i / c] = l.data[i];
    wan_codec_free(codec);
    free(l.data);
    if (!good) {
        free(out);
        return NULL;
    }
    return out;
}

/* Four channels mark the given frames, one for each frame of the clip that a latent frame stands
 * for (the first stands for one alone, so all four mark it); then comes the latent. */
static float *beside(const struct given *g, whelk_error *err)
{
    long plane = (long)g->q->rows * g->q->columns, all = g->q->latents * plane,
         out = g->w->info.out;
    float *latent = encode(g, g->q->latents, err),
          *y = latent ? calloc((size_t)(all * (4 + out)), sizeof *y) : NULL;
    for (long i = 0; y && i < plane; i++) {
        for (int k = 0; k < 4; k++)
            y[k * all + i] = 1;
        if (g->last)
            y[4 * all - plane + i] = 1;
    }
    if (y)
        memcpy(y + 4 * all, latent, (size_t)(all * out) * sizeof *y);
    else if (latent)
        out_of_memory(err);
    free(latent);
    return y;
}

const char *wan_image_here(const struct wan *w)
{
    long long bytes =
        w->device && w->image ? clip_device_bytes(w->device, w->image, DEVICE_BF16) : 0;
    return bytes < 0 ? "the device cannot run this image encoder: the processor does"
           : w->device && bytes > device_granted(w->device, w->vram)
               ? "the device has no room for the image encoder: the processor runs it"
               : NULL;
}

/* What CLIP sees in one of them, into `rows`. */
static bool see(const struct given *g, const float *picture, float *rows, whelk_error *err)
{
    const struct wan *w = g->w;
    struct encode_options o = {.type = DEVICE_BF16, .threads = w->threads};
    float *seen =
        w->device && !wan_image_here(w)
            ? clip_device_encode(w->device, w->image, picture, g->height, g->width, &o, err)
            : clip_encode(w->image, picture, g->height, g->width, w->threads, err);
    if (seen)
        memcpy(rows, seen, (size_t)(WAN_IMAGE_ROWS * w->info.image_dim) * sizeof *rows);
    free(seen);
    return seen != NULL;
}

static bool see_all(const struct given *g, float **image, whelk_error *err)
{
    const struct wan *w = g->w;
    long one = (long)WAN_IMAGE_ROWS * w->info.image_dim;
    if (!w->image)
        return true;
    *image = malloc((size_t)(w->info.images * one) * sizeof **image);
    return (*image || out_of_memory(err)) && see(g, g->first, *image, err) &&
           (w->info.images == 1 || see(g, g->last, *image + one, err));
}

static bool read_given(struct given *g, whelk_error *err)
{
    const struct wan_request *q = g->q;
    g->first = picture_read(q->picture, q->picture_frame, g->width, g->height, err);
    if (g->first && q->last)
        g->last = picture_read(q->last, 0, g->width, g->height, err);
    return g->first && (g->last || !q->last);
}

bool wan_pictures_read(const struct wan *w, const struct wan_request *q, struct wan_pictures *out,
                       whelk_error *err)
{
    *out = (struct wan_pictures){0};
    if (!q->picture)
        return true;
    struct given g = {
        .w = w, .q = q, .width = wan_made_width(w, q), .height = wan_made_height(w, q)};
    bool good = read_given(&g, err);
    if (good && w->info.in > w->info.out)
        out->y = beside(&g, err);
    else if (good)
        out->first = encode(&g, 1, err);
    good = (out->y || out->first) && see_all(&g, &out->image, err);
    free(g.first);
    free(g.last);
    if (!good)
        wan_pictures_release(out);
    return good;
}

void wan_pictures_release(struct wan_pictures *p)
{
    free(p->first);
    free(p->y);
    free(p->image);
    *p = (struct wan_pictures){0};
}
