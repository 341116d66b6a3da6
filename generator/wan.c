/* Opening a Wan model: its files found, every part opened and held against the others, and what its
 * kind is usually run with filled in where the model says nothing. */
#include "wan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/matmul.h"
#include "model/weights.h"

/* How the published models are run (steps, shift, guidance, guidance_low, size, frames, rate,
 * boundary). */
struct habit {
    int steps;
    double shift, guidance, guidance_low;
    int width, height, frames;
    double fps, boundary;
};

static struct habit habit_of(const struct wan *w)
{
    bool picture = w->info.in > w->info.out;
    if (w->info.out == 48) /* Wan 2.2 TI2V */
        return (struct habit){50, 5, 5, 5, 1280, 704, 121, 24, 0};
    if (w->low) /* Wan 2.2 A14B */
        return picture ? (struct habit){40, 5, 3.5, 3.5, 832, 480, 81, 16, 0.9}
                       : (struct habit){40, 12, 4, 3, 832, 480, 81, 16, 0.875};
    if (w->info.images == 2) /* Wan 2.1 FLF2V */
        return (struct habit){50, 16, 5, 5, 1280, 720, 81, 16, 0};
    if (picture) /* Wan 2.1 I2V, at the smaller of its sizes */
        return (struct habit){40, 3, 5, 5, 832, 480, 81, 16, 0};
    return (struct habit){50, 5, 5, 5, 832, 480, 81, 16, 0};
}

static void fill_in(struct wan *w)
{
    struct habit h = habit_of(w);
    struct wan_spec *s = &w->spec;
    s->steps = s->steps ? s->steps : h.steps;
    s->shift = s->shift > 0 ? s->shift : h.shift;
    s->guidance_low = s->guidance_low > 0 ? s->guidance_low
                      : s->guidance > 0   ? s->guidance
                                          : h.guidance_low;
    s->guidance = s->guidance > 0 ? s->guidance : h.guidance;
    s->width = s->width ? s->width : h.width;
    s->height = s->height ? s->height : h.height;
    s->frames = s->frames ? (s->frames - 1) / 4 * 4 + 1 : h.frames;
    s->fps = s->fps > 0 ? s->fps : h.fps;
    s->boundary = s->boundary > 0 ? s->boundary : h.boundary;
}

static bool open_text(struct wan *w, whelk_error *err)
{
    size_t size;
    const void *carried = umt5_tokenizer(w->text, &size);
    if (w->spec.tokenizer)
        w->tokenizer = unigram_open(w->spec.tokenizer, err);
    else if (carried)
        w->tokenizer = unigram_read(carried, size, w->spec.text, err);
    else
        whelk_fail(err, WHELK_EFAIL,
                   "%s: carries no tokenizer; put the SentencePiece model beside it and name it as "
                   "\"tokenizer\" in model.json",
                   w->spec.text);
    return w->tokenizer != NULL;
}

/* Wan 2.1 I2V and FLF2V see their pictures through CLIP, too. */
static bool open_image(struct wan *w, bool bf16, whelk_error *err)
{
    if (!w->info.image_dim)
        return true;
    if (!w->spec.image)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: needs the image encoder of CLIP, which is not there; name it as "
                          "\"image_encoder\" in model.json, or put models_clip*.safetensors into "
                          "the published folder (from .pth: whelk model convert)",
                          w->spec.dit);
    w->image = clip_open(w->spec.image, bf16, err);
    return w->image && ((clip_width(w->image) == w->info.image_dim &&
                         clip_tokens(w->image) == WAN_IMAGE_ROWS) ||
                        whelk_fail(err, WHELK_EFAIL,
                                   "%s gives %d rows of %d numbers and %s reads %d of %d: they "
                                   "belong to different models",
                                   w->spec.image, clip_tokens(w->image), clip_width(w->image),
                                   w->spec.dit, WAN_IMAGE_ROWS, w->info.image_dim));
}

/* Do the parts belong together, and are they of a kind that can be run? */
static bool check_parts(const struct wan *w, whelk_error *err)
{
    const struct wan_dit_info *i = &w->info;
    if (i->out != wan_vae_channels(w->vae))
        return whelk_fail(err, WHELK_EFAIL,
                          "%s makes latents of %d channels and %s decodes %d: they "
                          "belong to different models",
                          w->spec.dit, i->out, w->spec.vae, wan_vae_channels(w->vae));
    if (i->in != i->out && i->in != 2 * i->out + 4)
        return whelk_fail(err, WHELK_EFAIL,
                          "%s: takes %d channels beside its latent's %d, which no "
                          "known Wan model does",
                          w->spec.dit, i->in - i->out, i->out);
    if (i->text_dim != umt5_width(w->text) ||
        unigram_count(w->tokenizer) > umt5_vocabulary(w->text))
        return whelk_fail(
            err, WHELK_EFAIL,
            "%s gives rows of %d numbers and the transformer reads %d, or "
            "its vocabulary is smaller than the tokenizer's: they belong to different models",
            w->spec.text, umt5_width(w->text), i->text_dim);
    return true;
}

/* Hashing tens of gigabytes at every start would take longer than many a take; the name of the
 * weights is that of every tensor's name, shape and a few of its bytes. */
static bool name_weights(struct wan *w, whelk_error *err)
{
    struct digest *d = digest_new();
    digest_field(d, "whelk wan", "1");
    weights_digest(wan_dit_weights(w->dit), d);
    if (w->low)
        weights_digest(wan_dit_weights(w->low), d);
    weights_digest(umt5_weights(w->text), d);
    weights_digest(wan_vae_weights(w->vae), d);
    if (w->image)
        weights_digest(clip_weights(w->image), d);
    return digest_end(d, w->digest) || whelk_fail(err, WHELK_EFAIL, "out of memory");
}

struct wan *wan_open(const char *dir, int threads, whelk_error *err)
{
    struct wan *w = calloc(1, sizeof *w);
    bool bf16 = matmul_has_bf16();
    if (!w) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    w->threads = threads;
    bool good = wan_spec_read(&w->spec, dir, err) &&
                (w->dit = wan_dit_open(w->spec.dit, bf16, err)) &&
                (!w->spec.low || (w->low = wan_dit_open(w->spec.low, bf16, err))) &&
                (w->text = umt5_open(w->spec.text, bf16, err)) && open_text(w, err) &&
                (w->vae = wan_vae_open(w->spec.vae, bf16, err));
    if (good) {
        wan_dit_get_info(w->dit, &w->info);
        w->unit = 2 * wan_vae_scale(w->vae);
        fill_in(w);
        snprintf(w->card, sizeof w->card, "{\"free\":true,\"seconds\":{\"clip\":%.6g}}",
                 floor(1000 * w->spec.frames / w->spec.fps) / 1000);
        good = check_parts(w, err) && open_image(w, bf16, err) && name_weights(w, err);
    }
    if (!good) {
        wan_close(w);
        return NULL;
    }
    return w;
}

bool wan_use_cuda(struct wan *w, long long vram, whelk_error *err)
{
    w->vram = vram;
    w->device = device_open_cuda(err);
    return w->device != NULL;
}

void wan_close(struct wan *w)
{
    if (!w)
        return;
    if (w->device)
        w->device->close(w->device);
    wan_dit_close(w->dit);
    wan_dit_close(w->low);
    umt5_close(w->text);
    unigram_close(w->tokenizer);
    wan_vae_close(w->vae);
    clip_close(w->image);
    wan_spec_release(&w->spec);
    free(w);
}

void wan_get_info(const struct wan *w, whelk_gen_info *out)
{
    struct wan_dit_info low = {0};
    if (w->low)
        wan_dit_get_info(w->low, &low);
    *out = (whelk_gen_info){.name = w->spec.name,
                            .digest = w->digest,
                            .backend = w->device ? "cuda" : "cpu",
                            .device = w->device ? w->device->name : NULL,
                            .card_json = w->card,
                            .seconds = w->spec.frames / w->spec.fps,
                            .longest_s = w->spec.frames / w->spec.fps,
                            .layered = false,
                            .parameters = w->info.parameters + low.parameters,
                            .default_steps = w->spec.steps,
                            .threads = w->threads};
}

bool wan_verify(const struct wan *w, whelk_error *err)
{
    return weights_verify(wan_dit_weights(w->dit), err) &&
           (!w->low || weights_verify(wan_dit_weights(w->low), err)) &&
           weights_verify(umt5_weights(w->text), err) &&
           weights_verify(wan_vae_weights(w->vae), err) &&
           (!w->image || weights_verify(clip_weights(w->image), err));
}
