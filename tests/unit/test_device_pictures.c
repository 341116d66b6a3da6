/* A device's operations on pictures, those of the codec, against their meaning in doubles, over
 * random shapes, in f32 and bf16 (device_ops.h says on what). */
#include "tests/tap.h"

#include "tests/unit/device_ops.h"

static void check_convolve(enum device_type type, int in, int out, int frames, int side, bool added)
{
    int rows = pick(1, 6), columns = pick(1, 7), taps = frames * side * side;
    struct field x = field((long)frames * rows * columns * in, type),
                 w = field((long)out * taps * in, type), bias = field(out, DEVICE_F32),
                 add = field((long)rows * columns * out, DEVICE_F32),
                 y = field((long)rows * columns * out, DEVICE_F32);
    for (long i = 0; i < y.count; i++) {
        int o = (int)(i % out), column = (int)(i / out % columns), row = (int)(i / out / columns);
        double sum = bias.want[o] + (added ? add.want[i] : 0);
        for (int t = 0; t < taps; t++) {
            int f = t / side / side, r = row + t / side % side - side / 2,
                c = column + t % side - side / 2;
            for (int k = 0; k < in && r >= 0 && r < rows && c >= 0 && c < columns; k++)
                sum += x.want[(((long)f * rows + r) * columns + c) * in + k] *
                       w.want[((long)o * taps + t) * in + k];
        }
        y.want[i] = sum;
    }
    run(&(struct device_op){.kind = DEVICE_CONVOLVE,
                            .convolve = {.x = x.at,
                                         .w = w.at,
                                         .bias = bias.at,
                                         .add = added ? add.at : NULL,
                                         .y = y.at,
                                         .frames = frames,
                                         .rows = rows,
                                         .columns = columns,
                                         .in = in,
                                         .out = out,
                                         .side = side,
                                         .type = type}});
    agree(&y, 2e-6, "%d to %d channels of %d x %d, %d frames, side %d%s, from %s", in, out, rows,
          columns, frames, side, added ? ", added" : "", type ? "bf16" : "f32");
    drop(&x), drop(&w), drop(&bias), drop(&add), drop(&y);
}

static void check_put(enum device_type type, bool normed, bool silu, int times)
{
    int rows = pick(1, 4), columns = pick(1, 5), channels = 2 * pick(1, 90);
    float eps = (float)pick(0, 1) * 1e-2f;
    long stride = channels * (long)pick(1, 2), n = (long)rows * columns;
    struct field x = field(n * stride, DEVICE_F32), gamma = field(channels, DEVICE_F32),
                 y = field(n * times * times * channels, type);
    for (long i = 0; i < y.count; i++) {
        long pixel = i / channels, wide = (long)columns * times, k = i % channels,
             from = pixel / wide / times * columns + pixel % wide / times;
        double v = x.want[from * stride + k], square = 0;
        for (int c = 0; c < channels; c++)
            square += x.want[from * stride + c] * x.want[from * stride + c] / channels;
        v *= normed ? gamma.want[k] / sqrt(square + eps) : 1;
        y.want[i] = silu ? v / (1 + exp(-v)) : v;
    }
    run(&(struct device_op){.kind = DEVICE_PUT,
                            .put = {.x = x.at,
                                    .y = y.at,
                                    .gamma = normed ? gamma.at : NULL,
                                    .stride = stride,
                                    .rows = rows,
                                    .columns = columns,
                                    .channels = channels,
                                    .times = times,
                                    .eps = eps,
                                    .silu = silu,
                                    .type = type}});
    agree(&y, 2e-6, "%d x %d pixels of %d put %d-fold%s%s", rows, columns, channels, times,
          normed ? ", normed" : "", silu ? ", silu" : "");
    drop(&x), drop(&gamma), drop(&y);
}

static void check_softmax(enum device_type type)
{
    int rows = pick(1, 5), width = 2 * pick(1, 100);
    struct field x = field((long)rows * width, DEVICE_F32), y = field((long)rows * width, type);
    for (int r = 0; r < rows; r++) {
        double sum = 0;
        for (int i = 0; i < width; i++)
            sum += exp(3 * x.want[r * width + i]);
        for (int i = 0; i < width; i++)
            y.want[r * width + i] = exp(3 * x.want[r * width + i]) / sum;
    }
    run(&(struct device_op){.kind = DEVICE_SOFTMAX, .softmax = {x.at, y.at, rows, width, 3, type}});
    agree(&y, 2e-6, "softmax of %d rows of %d", rows, width);
    drop(&x), drop(&y);
}

static void check_repeat(void)
{
    int across = pick(1, 2), times = pick(1, 2), time = pick(0, times - 1), rows = 2 * pick(1, 3),
        columns = 2 * pick(1, 3), in = 2 * pick(1, 20),
        out = across * times > 1 ? in / 2 : in; /* as the published codecs have it */
    struct field x = field((long)rows * columns / across / across * in, DEVICE_F32),
                 y = field((long)rows * columns * out, DEVICE_F32);
    int repeats = out * times * across * across / in;
    for (long i = 0; i < y.count; i++) {
        long o = i % out, column = i / out % columns, row = i / out / columns,
             g = ((o * times + time) * across + row % across) * across + column % across;
        y.want[i] +=
            x.want[(row / across * (columns / across) + column / across) * in + g / repeats];
    }
    run(&(struct device_op){.kind = DEVICE_REPEAT,
                            .repeat = {x.at, y.at, rows, columns, in, out, across, times, time}});
    agree(&y, 1e-6, "%d channels over %d, %d-fold, %d of %d in time", in, out, across, time, times);
    run(&(struct device_op){.kind = DEVICE_ZERO, .zero = {y.at, y.count - 1}});
    memset(y.want, 0, (size_t)(y.count - 1) * sizeof *y.want);
    agree(&y, 1e-6, "all but the last of %ld made nothing", y.count);
    drop(&x), drop(&y);
}

static void check_pictures(int times)
{
    for (int i = 0; i < times; i++)
        for (int t = DEVICE_F32; t <= DEVICE_BF16; t++) {
            enum device_type type = (enum device_type)t;
            int in = 2 * pick(1, 20), out = pick(1, 40);
            check_convolve(type, in, out, 3, 3, i % 2);
            check_convolve(type, in, out, 1, 3, false);
            check_convolve(type, 8 * in, 8 * out, 3, 1, i % 2);
            check_convolve(type, in, out, 1, 1, true);
            check_put(type, false, false, 2);
            check_put(type, true, true, 1);
            check_put(type, true, false, 1);
            check_softmax(type);
            check_repeat();
        }
}

int main(void)
{
    return on_each_device(check_pictures);
}
