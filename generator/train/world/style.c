/* Techniques (style.h): a picture book's soft gradients, watercolour whose pigment gathers at the
 * edges of each wash, paper cut out and laid over paper, and a poster in few flat inks with a dark
 * contour. */
#include "style.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void scene_technique(const struct scene *s, struct canvas *c)
{
    static const struct technique techniques[STYLE_COUNT] = {
        [PICTURE_BOOK] = {0},
        [WATERCOLOUR] = {.wash = 0.26f, .saturate = 0.06f},
        [CUT_OUT] = {.saturate = 0.12f, .contrast = 0.06f, .bands = 1, .shadow = 0.0075f},
        [POSTER] = {.saturate = 0.30f, .contrast = 0.14f, .inks = 0.42f, .bands = 3},
    };
    struct technique t = techniques[s->slot[SLOT_STYLE]];
    if (s->slot[SLOT_TIME] == NIGHT)
        t.wash *= 0.45f; /* night is painted thickly, or it would be fog */
    canvas_technique(c, &t);
}

static uint8_t scaled(uint8_t v, int by_256)
{
    int x = v * by_256 >> 8;
    return (uint8_t)(x > 255 ? 255 : x);
}

/* Broad light and dark blooms, as where a wash dried unevenly; in 256ths. */
static int bloom(float x, float y)
{
    float v = sinf(3.1f * x + 1.7f * sinf(4.3f * y)) + sinf(5.9f * y + 1.3f * sinf(3.7f * x + 1));
    return 256 + (int)(9 * v);
}

/* Darkens a pixel where the picture steps: a wash is darkest along its edge. */
static void watercolour_plate(uint8_t *rgba, int width, int height)
{
    int reach = height / 192 < 1 ? 1 : height / 192;
    for (int y = 0; y + reach < height; y++) {
        uint8_t *row = rgba + (size_t)y * width * 4, *below = row + (size_t)reach * width * 4;
        int by = 256;
        for (int x = 0; x + reach < width; x++) {
            const uint8_t *p = row + x * 4, *r = p + reach * 4, *b = below + x * 4;
            int step = abs(p[1] - r[1]) + abs(p[1] - b[1]) + abs(p[0] - r[0]) + abs(p[0] - b[0]);
            if (x % 8 == 0)
                by = bloom(2 * (float)x / (float)height, 2 * (float)y / (float)height);
            int edge = step < 10 ? 0 : step > 90 ? 80 : step - 10, k = by - by * edge / 256;
            for (int ch = 0; ch < 3; ch++)
                row[x * 4 + ch] = scaled(row[x * 4 + ch], k);
        }
    }
}

void style_plate(const struct scene *s, uint8_t *rgba, int width, int height)
{
    if (s->slot[SLOT_STYLE] == WATERCOLOUR)
        watercolour_plate(rgba, width, height);
}

/* --- actors: what happens along the silhouette ------------------------------------------------ */

/* The largest (or with `least` the smallest) alpha around each pixel: within a diamond of radius r.
 * Plain loops over rows with a margin, which compilers turn into vector code. */
static void spread(const uint8_t *rgba, int n, int r, bool least, uint8_t *out)
{
    uint8_t row[514] = {0}, above[512], flip = least ? 255 : 0;
    for (int i = 0; i < n * n; i++)
        out[i] = rgba[i * 4 + 3] ^ flip;
    for (int pass = 0; pass < r; pass++) {
        memset(above, 0, (size_t)n);
        row[n + 1] = 0;
        for (int y = 0; y < n; y++) {
            uint8_t *p = out + y * n;
            const uint8_t *below = y + 1 < n ? p + n : p;
            memcpy(row + 1, p, (size_t)n);
            for (int x = 0; x < n; x++) {
                uint8_t side = row[x] > row[x + 2] ? row[x] : row[x + 2];
                uint8_t over = above[x] > below[x] ? above[x] : below[x];
                uint8_t most = side > over ? side : over;
                p[x] = most > row[x + 1] ? most : row[x + 1];
            }
            memcpy(above, row + 1, (size_t)n);
        }
    }
    for (int i = 0; i < n * n; i++)
        out[i] ^= flip;
}

/* Lays the picture over a silhouette of one colour. */
static void lay_under(uint8_t *rgba, int n, const uint8_t *alpha, const uint8_t colour[3])
{
    for (int i = 0; i < n * n; i++) {
        uint8_t *p = rgba + i * 4;
        int under = alpha[i] * (255 - p[3]) / 255;
        if (!under)
            continue;
        for (int ch = 0; ch < 3; ch++)
            p[ch] = (uint8_t)(p[ch] + colour[ch] * under / 255);
        p[3] = (uint8_t)(p[3] + under);
    }
}

static void pigment_edge(uint8_t *rgba, int n, const uint8_t *least)
{
    for (int i = 0; i < n * n; i++) {
        uint8_t *p = rgba + i * 4;
        if (p[3] == 0 || least[i] == 255)
            continue;
        int k = 256 - (255 - least[i]) * 70 / 255;
        for (int ch = 0; ch < 3; ch++)
            p[ch] = scaled(p[ch], k);
    }
}

void style_actor(const struct scene *s, uint8_t *rgba, int n, uint8_t *scratch)
{
    static const uint8_t ink[3] = {28, 26, 48}, paper[3] = {250, 244, 230};
    bool pair = s->slot[SLOT_COMPANY] > ALONE && s->slot[SLOT_COMPANY] < COMPANY_COUNT;
    int r = n / (pair ? 128 : 64); /* a pair's crop is about twice as wide */
    r = r < 1 ? 1 : r;
    switch ((enum style)s->slot[SLOT_STYLE]) {
    case WATERCOLOUR:
        spread(rgba, n, r, true, scratch);
        pigment_edge(rgba, n, scratch);
        break;
    case CUT_OUT:
        spread(rgba, n, r, false, scratch);
        lay_under(rgba, n, scratch, paper);
        break;
    case POSTER:
        spread(rgba, n, r, false, scratch);
        lay_under(rgba, n, scratch, ink);
        break;
    default:
        break;
    }
}
