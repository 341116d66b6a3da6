/* Frames are drawn four times as large as the judge wants them and averaged down; crops are taken
 * from the large ones, two samples a pixel each way. */
#include "glimpse.h"

#include <math.h>
#include <stdlib.h>

enum {
    FINE = 4,
    FINE_WIDTH = FINE * GLIMPSE_WIDTH,
    FINE_HEIGHT = FINE * GLIMPSE_HEIGHT,
    STRIDE = FINE_WIDTH * 3
};

static int pose_of(int k)
{
    return 2 + 5 * k;
}

static void average(const uint8_t *fine, uint8_t out[GLIMPSE_HEIGHT][GLIMPSE_WIDTH][3])
{
    for (int y = 0; y < GLIMPSE_HEIGHT; y++)
        for (int x = 0; x < GLIMPSE_WIDTH; x++)
            for (int c = 0; c < 3; c++) {
                int sum = FINE * FINE / 2;
                for (int j = 0; j < FINE; j++)
                    for (int i = 0; i < FINE; i++)
                        sum += fine[(FINE * y + j) * STRIDE + (FINE * x + i) * 3 + c];
                out[y][x][c] = (uint8_t)(sum / (FINE * FINE));
            }
}

/* Bilinear, the frame's edge going on outside. */
static float sample(const uint8_t *fine, double x, double y, int c)
{
    x = fmin(fmax(x - 0.5, 0), FINE_WIDTH - 1.001);
    y = fmin(fmax(y - 0.5, 0), FINE_HEIGHT - 1.001);
    int i = (int)x, j = (int)y;
    float u = (float)(x - i), v = (float)(y - j);
    const uint8_t *p = fine + j * STRIDE + i * 3 + c;
    return (1 - v) * ((1 - u) * p[0] + u * p[3]) + v * ((1 - u) * p[STRIDE] + u * p[STRIDE + 3]);
}

/* (left, top) and edge of the square to cut out, in pixels of the large frame. */
static void cut(const uint8_t *fine, double left, double top, double edge,
                uint8_t out[GLIMPSE_CROP][GLIMPSE_CROP][3])
{
    double step = edge / GLIMPSE_CROP;
    for (int y = 0; y < GLIMPSE_CROP; y++)
        for (int x = 0; x < GLIMPSE_CROP; x++)
            for (int c = 0; c < 3; c++) {
                float sum = 0.5f;
                for (int k = 0; k < 4; k++)
                    sum += 0.25f * sample(fine, left + step * (x + 0.25 + 0.5 * (k & 1)),
                                          top + step * (y + 0.25 + 0.5 * (k >> 1)), c);
                out[y][x][c] = (uint8_t)sum;
            }
}

/* The square about the actor and its guests: in the judge's world a pair has one crop. */
static void crop_actor(const struct compose *c, const struct compose_layers *l, int pose,
                       const uint8_t *fine, uint8_t out[GLIMPSE_CROP][GLIMPSE_CROP][3])
{
    struct compose_window w = compose_window_at(c, pose);
    double low[2] = {1e9, 1e9}, high[2] = {-1e9, -1e9}, unit = FINE_HEIGHT / w.height;
    for (int k = 0; k <= l->guest_count; k++) {
        const float *path = k ? l->guests[k - 1].actor.path : l->actor.path;
        double half = fmin(fmax(path[2 * l->poses + pose], 0.05), 2) / 2;
        for (int i = 0; i < 2; i++) {
            low[i] = fmin(low[i], path[i * l->poses + pose] - half);
            high[i] = fmax(high[i], path[i * l->poses + pose] + half);
        }
    }
    double edge = fmax(high[0] - low[0], high[1] - low[1]);
    double x = (low[0] + high[0]) / 2 - w.x, y = (low[1] + high[1]) / 2 - w.y;
    cut(fine, (x - edge / 2) * unit, (y - edge / 2) * unit, edge * unit, out);
}

bool glimpse_take(const struct compose_layers *layers, struct glimpse *out, whelk_error *err)
{
    if (layers->poses <= pose_of(GLIMPSE_POSES - 1))
        return whelk_fail(err, WHELK_EUSAGE,
                          "the judge looks at shots of %d poses, and these have %d",
                          pose_of(GLIMPSE_POSES - 1) + 1, layers->poses);
    struct compose_options options = {.width = FINE_WIDTH,
                                      .height = FINE_HEIGHT,
                                      .frames = layers->poses,
                                      .fps = layers->poses_per_second,
                                      .space = ROW_RGB,
                                      .packing = COMPOSE_RGB};
    struct compose *c = compose_new(layers, &options, err);
    struct compose_scratch *scratch = c ? compose_scratch_new(c, err) : NULL;
    uint8_t *fine = malloc((size_t)FINE_HEIGHT * STRIDE);
    bool good = scratch && (fine || whelk_fail(err, WHELK_EFAIL, "out of memory"));
    for (int k = 0; good && k < GLIMPSE_POSES; k++) {
        int pose = pose_of(k);
        compose_draw_packed(c, scratch, pose, NULL, COMPOSE_ON_PLATE, fine, STRIDE);
        average(fine, out->frame[k]);
        crop_actor(c, layers, pose, fine, out->crop[k]);
    }
    compose_scratch_free(scratch);
    compose_free(c);
    free(fine);
    return good;
}
