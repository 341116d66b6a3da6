/* Opening a codec: the chains of both halves are read from the tensors' names and shapes, in the
 * order in which frames pass them. */
#include "wan_vae_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Mean and deviation of each latent channel over the training data, as published in the reference.
 */
static const float MEAN_16[] = {-0.7571f, -0.7089f, -0.9113f, 0.1075f,  -0.1745f, 0.9653f,
                                -0.1517f, 1.5508f,  0.4134f,  -0.0715f, 0.5517f,  -0.3632f,
                                -0.1922f, -0.9497f, 0.2503f,  -0.2921f};
static const float DEVIATION_16[] = {2.8184f, 1.4541f, 2.3275f, 2.6558f, 1.2196f, 1.7708f,
                                     2.6052f, 2.0743f, 3.2687f, 2.1526f, 2.8652f, 1.5579f,
                                     1.6382f, 1.1253f, 2.8251f, 1.9160f};
static const float MEAN_48[] = {
    -0.2289f, -0.0052f, -0.1323f, -0.2339f, -0.2799f, 0.0174f,  0.1838f,  0.1557f,
    -0.1382f, 0.0542f,  0.2813f,  0.0891f,  0.1570f,  -0.0098f, 0.0375f,  -0.1825f,
    -0.2246f, -0.1207f, -0.0698f, 0.5109f,  0.2665f,  -0.2108f, -0.2158f, 0.2502f,
    -0.2055f, -0.0322f, 0.1109f,  0.1567f,  -0.0729f, 0.0899f,  -0.2799f, -0.1230f,
    -0.0313f, -0.1649f, 0.0117f,  0.0723f,  -0.2839f, -0.2083f, -0.0520f, 0.3748f,
    0.0152f,  0.1957f,  0.1433f,  -0.2944f, 0.3573f,  -0.0548f, -0.1681f, -0.0667f};
static const float DEVIATION_48[] = {
    0.4765f, 1.0364f, 0.4514f, 1.1677f, 0.5313f, 0.4990f, 0.4818f, 0.5013f, 0.8158f, 1.0344f,
    0.5894f, 1.0901f, 0.6885f, 0.6165f, 0.8454f, 0.4978f, 0.5759f, 0.3523f, 0.7135f, 0.6804f,
    0.5833f, 1.4146f, 0.8986f, 0.5659f, 0.7069f, 0.5338f, 0.4889f, 0.4917f, 0.4069f, 0.4999f,
    0.6866f, 0.4093f, 0.5709f, 0.6065f, 0.6415f, 0.4944f, 0.5726f, 1.2042f, 0.5458f, 1.6887f,
    0.3971f, 1.0600f, 0.3943f, 0.5537f, 0.5444f, 0.4089f, 0.7468f, 0.7744f};

/* --- Nodes --- */

static bool sizes(const struct wan_vae *v, const char *layer, int *out, int *in)
{
    const struct weights_tensor *t = weights_find(v->weights, "%s.weight", layer);
    bool good = t && t->rank >= 2 && t->dim[0] >= 1 && t->dim[0] <= 1 << 16 && t->dim[1] >= 1 &&
                t->dim[1] <= 1 << 16;
    if (good) {
        *out = (int)t->dim[0];
        *in = (int)t->dim[1];
    }
    return good;
}

/* The next node of a half, whose sizes are those of `layer`, a convolution within it. */
static struct wan_node *add(struct wan_vae *v, struct wan_half *h, enum wan_kind kind,
                            const char *name, const char *layer, whelk_error *err)
{
    struct wan_node n = {.kind = kind, .across = 1};
    int last = h->count ? h->node[h->count - 1].out : 0;
    n.in = n.out = last;
    snprintf(n.name, sizeof n.name, "%s", name);
    if (h->count == WAN_NODES_MAX || (layer && !sizes(v, layer, &n.out, &n.in)) ||
        (last && n.in != last)) {
        whelk_fail(err, WHELK_EFAIL, "%s: is no codec of the Wan family (at %s)",
                   weights_path(v->weights), layer ? layer : name);
        return NULL;
    }
    h->node[h->count] = n;
    return &h->node[h->count++];
}

static bool convolution(struct wan_vae *v, struct matmul *m, int out, int in, int taps,
                        const char *name, const char *part, whelk_error *err)
{
    bool good = weights_matmul(v->weights, m, out, in, taps, true, err, "%s%s", name, part);
    m->bf16 = v->bf16;
    return good;
}

static const float *gamma_of(struct wan_vae *v, int n, const char *name, const char *part,
                             whelk_error *err)
{
    return weights_floats(v->weights, n, err, "%s%s.gamma", name, part);
}

static bool add_plain(struct wan_vae *v, struct wan_half *h, enum wan_kind kind, const char *name,
                      whelk_error *err)
{
    struct wan_node *n = add(v, h, kind, name, name, err);
    return n && convolution(v, &n->first, n->out, n->in, kind == WAN_POINT ? 1 : 27, name, "", err);
}

static bool add_head(struct wan_vae *v, struct wan_half *h, const char *name, whelk_error *err)
{
    char layer[WAN_NAME + 16], shown[WAN_NAME];
    snprintf(layer, sizeof layer, "%s.2", name);
    snprintf(shown, sizeof shown, "%s.2", name);
    struct wan_node *n = add(v, h, WAN_HEAD, shown, layer, err);
    return n && (n->gamma = gamma_of(v, n->in, name, ".0", err)) &&
           convolution(v, &n->first, n->out, n->in, 27, name, ".2", err);
}

static bool add_res(struct wan_vae *v, struct wan_half *h, const char *name, whelk_error *err)
{
    char layer[WAN_NAME + 16];
    snprintf(layer, sizeof layer, "%s.residual.2", name);
    struct wan_node *n = add(v, h, WAN_RES, name, layer, err);
    return n && (n->gamma = gamma_of(v, n->in, name, ".residual.0", err)) &&
           convolution(v, &n->first, n->out, n->in, 27, name, ".residual.2", err) &&
           (n->gamma2 = gamma_of(v, n->out, name, ".residual.3", err)) &&
           convolution(v, &n->second, n->out, n->out, 27, name, ".residual.6", err) &&
           (n->in == n->out ||
            convolution(v, &n->around, n->out, n->in, 1, name, ".shortcut", err));
}

static bool add_look(struct wan_vae *v, struct wan_half *h, const char *name, whelk_error *err)
{
    struct wan_node *n = add(v, h, WAN_LOOK, name, NULL, err);
    return n && (n->gamma = gamma_of(v, n->in, name, ".norm", err)) &&
           convolution(v, &n->first, 3 * n->in, n->in, 1, name, ".to_qkv", err) &&
           convolution(v, &n->second, n->in, n->in, 1, name, ".proj", err);
}

/* Up and down: a convolution in space, and where there is one, in time. */
static bool add_resample(struct wan_vae *v, struct wan_half *h, enum wan_kind kind,
                         const char *name, whelk_error *err)
{
    char layer[WAN_NAME + 16];
    snprintf(layer, sizeof layer, "%s.resample.1", name);
    struct wan_node *n = add(v, h, kind, name, layer, err);
    if (!n || !convolution(v, &n->first, n->out, n->in, 9, name, ".resample.1", err))
        return false;
    n->time = weights_find(v->weights, "%s.time_conv.weight", name) != NULL;
    return !n->time || convolution(v, &n->second, kind == WAN_UP ? 2 * n->in : n->out,
                                   kind == WAN_UP ? n->in : n->out, 3, name, ".time_conv", err);
}

static bool has(const struct wan_vae *v, const char *name, const char *part)
{
    return weights_find(v->weights, "%s%s", name, part) != NULL;
}

/* Members NAME.0, NAME.1 ... of a list: blocks and resamplings. */
static bool add_list(struct wan_vae *v, struct wan_half *h, enum wan_kind resample,
                     const char *list, whelk_error *err)
{
    for (int i = 0; i < WAN_NODES_MAX; i++) {
        char name[WAN_NAME];
        snprintf(name, sizeof name, "%s.%d", list, i);
        bool res = has(v, name, ".residual.0.gamma"), change = has(v, name, ".resample.1.weight");
        if (!res && !change)
            break;
        if (!(res ? add_res(v, h, name, err) : add_resample(v, h, resample, name, err)))
            return false;
    }
    return true;
}

/* Wan 2.2: groups, each a list with a way round it (but not round the decoder's last, which keeps
 * its size). The group's factors are those of the resampling in it. */
static bool add_group(struct wan_vae *v, struct wan_half *h, enum wan_kind resample,
                      const char *name, const char *part, whelk_error *err)
{
    char list[WAN_NAME];
    int open = h->count;
    struct wan_node *n = add(v, h, WAN_OPEN, name, NULL, err);
    snprintf(list, sizeof list, "%.40s.%s", name, part);
    if (!n || !add_list(v, h, resample, list, err))
        return false;
    struct wan_node *last = &h->node[h->count - 1];
    bool change = last->kind == resample, around = change || resample == WAN_DOWN;
    h->node[open].time = change && last->time;
    h->node[open].across = change ? 2 : 1;
    h->node[open].shrinks = resample == WAN_DOWN;
    if (!around) {
        memmove(&h->node[open], &h->node[open + 1], (size_t)(h->count - open - 1) * sizeof *n);
        h->count--;
        return true;
    }
    n = add(v, h, WAN_CLOSE, name, NULL, err);
    if (!n)
        return false;
    const struct wan_node *from = &h->node[open];
    int factor = (from->time ? 2 : 1) * from->across * from->across;
    n->open = open;
    n->time = from->time, n->across = from->across, n->shrinks = from->shrinks;
    bool whole = n->shrinks ? from->in * factor % n->out == 0 : n->out * factor % from->in == 0;
    return whole || whelk_fail(err, WHELK_EFAIL, "%s: the way round %s joins %d to %d channels",
                               weights_path(v->weights), name, from->in, n->out);
}

/* Wan 2.1's levels are one list in the original, lists of lists in diffusers' files; Wan 2.2's are
 * always groups. */
static bool add_levels(struct wan_vae *v, struct wan_half *h, enum wan_kind resample,
                       const char *list, const char *part, whelk_error *err)
{
    char first[WAN_NAME + 32];
    snprintf(first, sizeof first, ".%s.0.residual.0.gamma", part);
    for (int i = 0; i < 8; i++) {
        char name[WAN_NAME], inner[WAN_NAME];
        snprintf(name, sizeof name, "%.40s.%d", list, i);
        snprintf(inner, sizeof inner, "%.40s.%s", name, part);
        if (!has(v, name, first))
            return i > 0 || add_list(v, h, resample, list, err);
        if (!(v->folded ? add_group(v, h, resample, name, part, err)
                        : add_list(v, h, resample, inner, err)))
            return false;
    }
    return true;
}

static bool add_middle(struct wan_vae *v, struct wan_half *h, const char *half, whelk_error *err)
{
    char name[3][WAN_NAME];
    for (int i = 0; i < 3; i++)
        snprintf(name[i], sizeof name[i], "%s.middle.%d", half, i);
    return add_res(v, h, name[0], err) && add_look(v, h, name[1], err) &&
           add_res(v, h, name[2], err);
}

static bool build(struct wan_vae *v, whelk_error *err)
{
    struct wan_half *d = &v->half[WAN_DECODE], *e = &v->half[WAN_ENCODE];
    return add_plain(v, d, WAN_POINT, "conv2", err) &&
           add_plain(v, d, WAN_CONV, "decoder.conv1", err) && add_middle(v, d, "decoder", err) &&
           add_levels(v, d, WAN_UP, "decoder.upsamples", "upsamples", err) &&
           add_head(v, d, "decoder.head", err) && add_plain(v, e, WAN_CONV, "encoder.conv1", err) &&
           add_levels(v, e, WAN_DOWN, "encoder.downsamples", "downsamples", err) &&
           add_middle(v, e, "encoder", err) && add_head(v, e, "encoder.head", err) &&
           add_plain(v, e, WAN_POINT, "conv1", err);
}

/* --- Opening --- */

static bool check_ends(struct wan_vae *v, whelk_error *err)
{
    const struct wan_half *d = &v->half[WAN_DECODE], *e = &v->half[WAN_ENCODE];
    int pixel = v->folded ? 12 : 3;
    return (d->node[0].in == v->channels && d->node[d->count - 1].out == pixel &&
            e->node[0].in == pixel && e->node[e->count - 1].out == 2 * v->channels) ||
           whelk_fail(err, WHELK_EFAIL,
                      "%s: its ends do not fit %d channels of latent and %d of pixels",
                      weights_path(v->weights), v->channels, pixel);
}

struct wan_vae *wan_vae_open(const char *path, bool bf16, whelk_error *err)
{
    struct wan_vae *v = calloc(1, sizeof *v);
    int out = 0, unused;
    if (!v) {
        whelk_fail(err, WHELK_EFAIL, "out of memory");
        return NULL;
    }
    v->bf16 = bf16;
    bool good = (v->weights = weights_open(path, NAMES_VAE, err)) != NULL;
    if (good && (!sizes(v, "conv2", &out, &unused) || (out != 16 && out != 48)))
        good = whelk_fail(err, WHELK_EFAIL, "%s: is no codec of the Wan family", path);
    if (good) {
        v->channels = out;
        v->folded = out == 48;
        v->mean = v->folded ? MEAN_48 : MEAN_16;
        v->deviation = v->folded ? DEVIATION_48 : DEVIATION_16;
        good = build(v, err) && check_ends(v, err);
    }
    if (!good) {
        wan_vae_close(v);
        return NULL;
    }
    return v;
}

void wan_vae_close(struct wan_vae *v)
{
    if (!v)
        return;
    weights_close(v->weights);
    free(v);
}

int wan_vae_channels(const struct wan_vae *v)
{
    return v->channels;
}

/* Doubled in space as often as there are resamplings, and once more where pixels are folded. */
int wan_vae_scale(const struct wan_vae *v)
{
    int scale = v->folded ? 2 : 1;
    for (int i = 0; i < v->half[WAN_DECODE].count; i++)
        scale *= v->half[WAN_DECODE].node[i].kind == WAN_UP ? 2 : 1;
    return scale;
}

const struct weights *wan_vae_weights(const struct wan_vae *v)
{
    return v->weights;
}
