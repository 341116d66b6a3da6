/* How an actor is there: measured on layers drawn by hand, where the answer is known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../generator/presence.h"
#include "../tap.h"

enum { EDGE = 32, POSES = 8, COLUMNS = 56, ROWS = 24 };

static float plate[3 * ROWS * COLUMNS], camera[3 * POSES], path[4 * POSES];
static float pictures[POSES * 4 * EDGE * EDGE];

/* A rectangle of this alpha in one pose's crop. */
static void block(int pose, int x0, int y0, int x1, int y1, float alpha)
{
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            pictures[((size_t)pose * 4 + 3) * EDGE * EDGE + (size_t)(y * EDGE + x)] = alpha;
}

static void block_all(int x0, int y0, int x1, int y1, float alpha)
{
    memset(pictures, 0, sizeof pictures);
    for (int n = 0; n < POSES; n++)
        block(n, x0, y0, x1, y1, alpha);
}

/* The window: height 0.5, centre (1, 0.5); the actor's crop: side 0.25 at x. */
static whelk_gen_actor measure(float x)
{
    struct compose_layers l = {.plate = plate,
                               .plate_columns = COLUMNS,
                               .plate_rows = ROWS,
                               .plate_width = 14.0 / 6,
                               .camera = camera,
                               .actor = {pictures, path, EDGE},
                               .poses = POSES,
                               .poses_per_second = 12};
    struct compose_options o = {.width = 64, .height = 36, .frames = 16, .fps = 24};
    whelk_error err = {0};
    for (int n = 0; n < POSES; n++) {
        camera[n] = 1;
        camera[POSES + n] = 0.5f;
        camera[2 * POSES + n] = logf(0.5f);
        path[n] = x;
        path[POSES + n] = 0.5f;
        path[2 * POSES + n] = 0.25f;
        path[3 * POSES + n] = 9;
    }
    struct compose *c = compose_new(&l, &o, &err);
    whelk_gen_actor a = c ? presence_of(&l, c, &o, 0) : (whelk_gen_actor){0};
    compose_free(c);
    return a;
}

int main(void)
{
    block_all(8, 8, 24, 24, 1);
    whelk_gen_actor a = measure(1);
    is_near(a.seen, 1, 1e-9, "a block in the middle is seen whole");
    is_near(a.size, 0.125 * 0.125 / (0.5 * 0.5 * 16 / 9), 1e-6, "it fills its share of the frame");
    is_near(a.whole, 1, 1e-9, "it is of one piece");
    is_near(a.crisp, 1, 1e-9, "all of it is opaque");
    is_near(a.steady, 1, 1e-9, "and it keeps its shape");
    for (int n = 0; n < POSES; n++) /* its red is premultiplied, as all of it */
        for (int i = 0; i < EDGE * EDGE; i++)
            pictures[(size_t)n * 4 * EDGE * EDGE + (size_t)i] =
                0.8f * pictures[((size_t)n * 4 + 3) * EDGE * EDGE + (size_t)i];
    a = measure(1);
    ok(fabs(a.red - 0.8) < 1e-6 && a.green == 0 && a.blue == 0, "its mean colour is told");

    block_all(8, 8, 24, 24, 0.6f);
    is_near(measure(1).crisp, 0, 1e-9, "one that is half transparent is not crisp");

    block_all(8, 8, 24, 24, 0);
    a = measure(1);
    ok(a.seen == 0 && a.size == 0 && a.whole == 0, "an empty layer is no actor");

    block_all(4, 8, 12, 24, 1);
    for (int n = 0; n < POSES; n++)
        block(n, 20, 8, 28, 24, 1);
    is_near(measure(1).whole, 0.5, 1e-9, "two equal pieces are half of one each");

    memset(pictures, 0, sizeof pictures);
    for (int n = 0; n < POSES; n++)
        block(n, n % 2 ? 8 : 16, 8, n % 2 ? 24 : 32, 24, 1);
    is_near(measure(1).steady, 1.0 / 3, 1e-9, "drawings that share a third");

    block_all(8, 8, 24, 24, 1);
    pictures[(3 * (size_t)EDGE + 16) * EDGE] =
        1; /* the compositor may move the window; not away from all */
    for (int n = POSES / 2; n < POSES; n++)
        block(n, 0, 0, EDGE, EDGE, 0);
    is_near(measure(1).seen, 0.5, 0.02, "one that is gone half of the time is half seen");
    return done_testing();
}
