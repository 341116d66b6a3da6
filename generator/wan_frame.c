/* Drawing: colours first, at the model's size, then each row is filtered across, then down for each
 * row that is made; chroma is folded from two rows of luma's size. */
#include "wan_frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compose_rows.h"
#include "picture.h"

struct wan_painter {
    int from_width, from_height, width, height;
    struct resample_axis across, down;
    struct row_colour colour;
    float *line;         /* one row at the model's size */
    float *wide;         /* [3][from_height][stride] filtered across */
    float *row[2], *sum; /* two rows that are made; sum has a number before its first */
    float *half;
    const float **taps; /* [down.taps] rows of wide */
    int stride;
};

static int round_up(int n)
{
    return (n + 7) / 8 * 8 + 8;
}

struct wan_painter *wan_painter_new(int from_width, int from_height, int width, int height,
                                    whelk_error *err)
{
    struct wan_painter *p = calloc(1, sizeof *p);
    bool good = p != NULL;
    if (good) {
        *p =
            (struct wan_painter){from_width, from_height, width, height, .stride = round_up(width)};
        row_colour_set(&p->colour, ROW_BT709, false);
        good = picture_axes(&p->across, &p->down, from_width, from_height, width, height);
        p->line = calloc((size_t)from_width + 64, sizeof(float));
        p->wide = calloc(3 * (size_t)from_height * (size_t)p->stride + 64, sizeof(float));
        for (int i = 0; i < 2; i++)
            p->row[i] = calloc((size_t)p->stride + 64, sizeof(float));
        p->sum = calloc((size_t)p->stride + 72, sizeof(float));
        p->half = calloc((size_t)p->stride + 64, sizeof(float));
        p->taps = good ? calloc((size_t)p->down.taps, sizeof *p->taps) : NULL;
        good = good && p->line && p->wide && p->row[0] && p->row[1] && p->sum && p->half && p->taps;
    }
    if (!good) {
        whelk_fail(err, WHELK_EFAIL, "no memory to draw frames of %dx%d", width, height);
        wan_painter_free(p);
        return NULL;
    }
    return p;
}

void wan_painter_free(struct wan_painter *p)
{
    if (!p)
        return;
    resample_axis_release(&p->across);
    resample_axis_release(&p->down);
    void *all[] = {p->line, p->wide, p->row[0], p->row[1], p->sum, p->half, p->taps, p};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static float *wide_row(const struct wan_painter *p, int plane, int row)
{
    return p->wide + ((size_t)plane * (size_t)p->from_height + (size_t)row) * (size_t)p->stride;
}

/* All three planes of one source row, filtered across. */
static void take_row(struct wan_painter *p, const float *rgb, int row)
{
    for (int k = 0; k < 3; k++) {
        for (int x = 0; x < p->from_width; x++) {
            const float *in = rgb + ((size_t)row * (size_t)p->from_width + (size_t)x) * 3;
            float colour[3], coded[3];
            for (int c = 0; c < 3; c++)
                colour[c] = fminf(fmaxf((in[c] + 1) / 2, 0), 1);
            row_colour_of(&p->colour, colour, coded);
            p->line[x] = coded[k];
        }
        resample_row(&p->across, p->line, wide_row(p, k, row));
    }
}

static void make_row(struct wan_painter *p, int plane, int row, float *out)
{
    for (int k = 0; k < p->down.taps; k++)
        p->taps[k] = wide_row(p, plane, p->down.first[row] + k);
    resample_column(&p->down, row, p->taps, out, p->width);
}

static void make_chroma(struct wan_painter *p, int plane, int row, uint8_t *out)
{
    float *sum = p->sum + 8;
    make_row(p, plane, row, p->row[0]);
    make_row(p, plane, row + 1, p->row[1]);
    for (int x = 0; x < p->width; x++)
        sum[x] = p->row[0][x] + p->row[1][x];
    sum[-1] = sum[0];
    row_fold(sum, p->half, p->width / 2);
    row_store(p->half, out, p->width / 2, p->colour.low[1], p->colour.high[1]);
}

void wan_painter_draw(struct wan_painter *p, const float *rgb, struct clip_planes out)
{
    for (int row = 0; row < p->from_height; row++)
        take_row(p, rgb, row);
    for (int row = 0; row < p->height; row++) {
        make_row(p, 0, row, p->row[0]);
        row_store(p->row[0], out.data[0] + (size_t)row * (size_t)out.stride[0], p->width,
                  p->colour.low[0], p->colour.high[0]);
        for (int k = 1; row % 2 == 0 && k < 3; k++)
            make_chroma(p, k, row, out.data[k] + (size_t)(row / 2) * (size_t)out.stride[k]);
    }
}
