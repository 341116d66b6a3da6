/* Pictures of the user's that a Wan take begins with and ends on, as its transformer takes them:
 * Wan 2.2 TI2V holds the first one's latent, the image-to-video models see the latent of a clip
 * that is grey but for them beside their own, and those of Wan 2.1 see both through CLIP, too. */
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "wan.h"

static bool out_of_memory(whelk_error *err)
{
    return whelk_fail(err, WHELK_EFAIL, "out of memory");
}

static int height_of(const struct wan *w, const struct wan_request *q)
{
    return q->rows * (w->unit / 2);
}

static int width_of(const struct wan *w, const struct wan_request *q)
{
    return q->columns * (w->unit / 2);
}

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
static bool push_clip(struct wan_codec *codec, const struct wan *w, const struct wan_request *q,
                      int frames, struct latent_frames *l, whelk_error *err)
{
    int width = width_of(w, q), height = height_of(w, q);
    size_t size = 3 * (size_t)width * (size_t)height;
    float *first = picture_read(q->picture, q->picture_frame, width, height, err),
          *last = first && q->last ? picture_read(q->last, 0, width, height, err) : NULL,
          *grey = first ? calloc(size, sizeof *grey) : NULL;
    bool good = first && (last || !q->last) && (grey || out_of_memory(err));
    for (int i = 0; good && i < frames; i++) {
        float *now = i == 0 ? first : last && i == frames - 1 ? last : grey;
        struct wan_picture p = {now, (long)height * width, 1};
        good = wan_codec_push(codec, &p, take_latent, l, err);
    }
    free(first);
    free(last);
    free(grey);
    return good;
}

/* The clip's latent, [channels][latents][rows][columns]; caller's. */
static float *encode(const struct wan *w, const struct wan_request *q, int latents,
                     whelk_error *err)
{
    long plane = (long)q->rows * q->columns, c = w->info.out, all = latents * plane * c;
    struct wan_codec *codec =
        wan_codec_new(w->vae, WAN_ENCODE, height_of(w, q), width_of(w, q), w->threads, err);
    struct latent_frames l = {codec ? malloc((size_t)all * sizeof(float)) : NULL, 0, latents};
    float *out = l.data ? malloc((size_t)all * sizeof *out) : NULL;
    bool good =
        out ? push_clip(codec, w, q, 4 * (latents - 1) + 1, &l, err) : codec && out_of_memory(err);
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
static float *beside(const struct wan *w, const struct wan_request *q, whelk_error *err)
{
    long plane = (long)q->rows * q->columns, all = q->latents * plane;
    float *latent = encode(w, q, q->latents, err),
          *y = latent ? calloc((size_t)(all * (4 + w->info.out)), sizeof *y) : NULL;
    for (long i = 0; y && i < plane; i++) {
        for (int k = 0; k < 4; k++)
            y[k * all + i] = 1;
        if (q->last)
            y[4 * all - plane + i] = 1;
    }
    if (y)
        memcpy(y + 4 * all, latent, (size_t)(all * w->info.out) * sizeof *y);
    else if (latent)
        out_of_memory(err);
    free(latent);
    return y;
}

/* What CLIP sees in one of them, into `rows`. */
static bool see(const struct wan *w, const struct wan_request *q, const char *path, int frame,
                float *rows, whelk_error *err)
{
    int width = width_of(w, q), height = height_of(w, q);
    float *picture = picture_read(path, frame, width, height, err),
          *seen = picture ? clip_encode(w->image, picture, height, width, w->threads, err) : NULL;
    if (seen)
        memcpy(rows, seen, (size_t)(WAN_IMAGE_ROWS * w->info.image_dim) * sizeof *rows);
    free(picture);
    free(seen);
    return seen != NULL;
}

static bool see_all(const struct wan *w, const struct wan_request *q, float **image,
                    whelk_error *err)
{
    long one = (long)WAN_IMAGE_ROWS * w->info.image_dim;
    if (!w->image)
        return true;
    *image = malloc((size_t)(w->info.images * one) * sizeof **image);
    return (*image || out_of_memory(err)) && see(w, q, q->picture, q->picture_frame, *image, err) &&
           (w->info.images == 1 || see(w, q, q->last, 0, *image + one, err));
}

bool wan_pictures_read(const struct wan *w, const struct wan_request *q, struct wan_pictures *out,
                       whelk_error *err)
{
    *out = (struct wan_pictures){0};
    if (!q->picture)
        return true;
    if (w->info.in > w->info.out)
        out->y = beside(w, q, err);
    else
        out->first = encode(w, q, 1, err);
    if ((out->y || out->first) && see_all(w, q, &out->image, err))
        return true;
    wan_pictures_release(out);
    return false;
}

void wan_pictures_release(struct wan_pictures *p)
{
    free(p->first);
    free(p->y);
    free(p->image);
    *p = (struct wan_pictures){0};
}
