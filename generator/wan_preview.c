/* The fit: 16 x 16 places of a latent against the mean colours they were encoded from, with the
 * normal equations of all channels and a constant. */
#include "wan_preview.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rng.h"

enum { PLACES = 16, WAVES = 5, PATCHES = 20, MOST = WAN_PREVIEW_CHANNELS + 1 };

long long wan_preview_bytes(const struct wan_vae *v, int threads)
{
    int size = PLACES * wan_vae_scale(v);
    return wan_codec_bytes(v, WAN_ENCODE, size, size, threads) +
           3LL * size * size * (long long)sizeof(float);
}

/* --- The picture that is encoded -------------------------------------------------------------- */

static double part(const uint32_t *r, int i)
{
    return r[i] / 4294967296.0;
}

/* Waves of up to three turns across the picture. */
static void add_waves(float *to, int size, int colour)
{
    uint32_t r[4];
    for (int w = 0; w < WAVES; w++) {
        rng_block(7, (uint32_t)colour, (uint64_t)w, r);
        double across = 6 * part(r, 0) - 3, down = 6 * part(r, 1) - 3, turn = part(r, 2),
               much = 0.8 * part(r, 3);
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                to[y * size + x] +=
                    (float)(much * cos(2 * M_PI * (across * x / size + down * y / size + turn)));
    }
}

/* Rectangles of one colour each, over what is there. */
static void put_patches(float *picture, int size)
{
    uint32_t at[4], colour[4];
    for (int p = 0; p < PATCHES; p++) {
        rng_block(7, 8, (uint64_t)p, at);
        rng_block(7, 9, (uint64_t)p, colour);
        int left = (int)(part(at, 0) * size), top = (int)(part(at, 1) * size),
            right = left + (int)((0.08 + 0.2 * part(at, 2)) * size),
            bottom = top + (int)((0.08 + 0.2 * part(at, 3)) * size);
        for (int c = 0; c < 3; c++)
            for (int y = top; y < bottom && y < size; y++)
                for (int x = left; x < right && x < size; x++)
                    picture[(c * size + y) * size + x] = (float)(2 * part(colour, c) - 1);
    }
}

static float *made_picture(int size)
{
    float *picture = calloc(3 * (size_t)size * (size_t)size, sizeof *picture);
    if (!picture)
        return NULL;
    for (int c = 0; c < 3; c++)
        add_waves(picture + (long)c * size * size, size, c);
    for (long i = 0; i < 3L * size * size; i++)
        picture[i] = tanhf(picture[i]);
    put_patches(picture, size);
    return picture;
}

/* --- The equations ---------------------------------------------------------------------------- */

struct fitting {
    const float *picture;
    int size, channels;
    double left[MOST][MOST], right[MOST][3];
};

static void mean_colour(const struct fitting *f, int row, int column, double out[3])
{
    int scale = f->size / PLACES;
    for (int c = 0; c < 3; c++) {
        double sum = 0;
        for (int y = row * scale; y < (row + 1) * scale; y++)
            for (int x = column * scale; x < (column + 1) * scale; x++)
                sum += f->picture[((long)c * f->size + y) * f->size + x];
        out[c] = sum / (scale * scale);
    }
}

static bool take_latent(void *ctx, const float *data, int rows, int columns, int channels)
{
    struct fitting *f = ctx;
    double colour[3], z[MOST];
    f->channels = channels;
    for (int i = 0; channels < MOST && i < rows * columns; i++) {
        mean_colour(f, i / columns, i % columns, colour);
        for (int a = 0; a < channels; a++)
            z[a] = data[(long)i * channels + a];
        z[channels] = 1;
        for (int a = 0; a <= channels; a++) {
            for (int b = 0; b <= channels; b++)
                f->left[a][b] += z[a] * z[b];
            for (int c = 0; c < 3; c++)
                f->right[a][c] += z[a] * colour[c];
        }
    }
    return true;
}

/* Cholesky's, in place: left becomes its lower root, right the answers. A little of the channels'
 * mean variance on the diagonal keeps those that always say the same from growing. */
static bool solve(struct fitting *f)
{
    int n = f->channels + 1, last = f->channels;
    double variance = 0;
    for (int i = 0; i < last; i++)
        variance += f->left[i][i] - f->left[i][last] * f->left[i][last] / f->left[last][last];
    for (int i = 0; i < last; i++)
        f->left[i][i] += 1e-4 * variance / last;
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double sum = f->left[i][j];
            for (int k = 0; k < j; k++)
                sum -= f->left[i][k] * f->left[j][k];
            if (i == j && !(sum > 0))
                return false;
            f->left[i][j] = i == j ? sqrt(sum) : sum / f->left[j][j];
        }
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < i; k++)
                f->right[i][c] -= f->left[i][k] * f->right[k][c];
            f->right[i][c] /= f->left[i][i];
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int k = i + 1; k < n; k++)
                f->right[i][c] -= f->left[k][i] * f->right[k][c];
            f->right[i][c] /= f->left[i][i];
        }
    }
    return true;
}

bool wan_preview_fit(const struct wan_vae *v, int threads, float fit[WAN_PREVIEW_FIT],
                     whelk_error *err)
{
    int size = PLACES * wan_vae_scale(v);
    float *picture = made_picture(size);
    struct fitting *f = calloc(1, sizeof *f);
    struct wan_codec *codec =
        picture && f ? wan_codec_new(v, WAN_ENCODE, size, size, threads, err) : NULL;
    bool good = codec || (!(picture && f) && whelk_fail(err, WHELK_EFAIL, "out of memory"));
    if (good) {
        f->picture = picture, f->size = size;
        struct wan_picture p = {picture, (long)size * size, 1};
        good = wan_codec_push(codec, &p, take_latent, f, err);
        if (good && (f->channels >= MOST || !solve(f)))
            good = whelk_fail(err, WHELK_EFAIL, "this codec's latents tell no colours");
    }
    for (int i = 0; good && i < 3 * (f->channels + 1); i++)
        fit[i] = (float)f->right[i / 3][i % 3];
    wan_codec_free(codec);
    free(picture);
    free(f);
    return good;
}

void wan_preview_draw(const float *fit, int channels, const float *x, long stride, long count,
                      uint8_t *rgb)
{
    for (long i = 0; i < count; i++)
        for (int k = 0; k < 3; k++) {
            float sum = fit[3 * channels + k];
            for (int c = 0; c < channels; c++)
                sum += fit[3 * c + k] * x[c * stride + i];
            sum = 127.5f * (sum + 1);
            rgb[3 * i + k] = sum > 0 ? sum < 255 ? (uint8_t)(sum + 0.5f) : 255 : 0;
        }
}
