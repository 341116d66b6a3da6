/* What a budget leaves out of a Wan transformer's pass: tokens joined in pairs in the middle
 * blocks, and attention to near frames only. Weights are random, so this shows that what is left
 * out is what was to be and that the rest is computed right, not what a picture loses. */
#include "tests/tap.h"

#include <stdlib.h>
#include <unistd.h>

#include "generator/cpu/matmul.h"
#include "generator/model/wan_near.h"
#include "generator/model/wan_pairs.h"
#include "generator/rng.h"
#include "tests/tool/wan_deep.h"
#include "tests/unit/apart.h"

#define GOLDEN "tests/golden/wan/"

/* --- Pairs ------------------------------------------------------------------------------------ */

enum { FRAMES = 3, ROWS = 8, COLUMNS = 12, TOKENS = FRAMES * ROWS * COLUMNS / 4, WIDTH = 128 };
enum { COUNT = 16 * FRAMES * ROWS * COLUMNS };

static void which_pairs(const struct wan_dit *d)
{
    whelk_error err = {0};
    struct wan_pairs p;
    static float x[COUNT], v[COUNT];
    if (!ok(wan_pairs_init(&p, d, FRAMES, ROWS, COLUMNS, true, &err), "pairs %s", err.text))
        return;
    is_int(p.count, FRAMES * 4 * 3, "a row of six tokens has three pairs");
    /* detail in one place: channel 5, frame 1, row 3, column 7: pair 1 of the second row */
    memset(x, 0, sizeof x);
    memset(v, 0, sizeof v);
    v[((5 * FRAMES + 1) * ROWS + 3) * COLUMNS + 7] = 2;
    wan_pairs_look(&p, 16, x, v, 0.5);
    int there = 12 + 3 + 1, moved = 24 + 3 + 1, others = 0;
    for (int i = 0; i < p.count; i++)
        others += i != there && i != moved && p.density[i] != 0;
    is_near(p.density[there], 0.875 * 0.875 + 1, 1e-6, "detail and motion of the clean latent");
    is_near(p.density[moved], 1, 1e-6, "motion alone, a frame later");
    is_int(others, 0, "and nothing elsewhere");
    wan_pairs_choose(&p, p.count - 2, 0);
    int joined = 0;
    for (int i = 0; i < p.count; i++)
        joined += p.joined[i];
    ok(joined == p.count - 2 && !p.joined[there] && !p.joined[moved],
       "all but the two densest are joined");
    is_int(p.tokens, TOKENS - joined, "a joined pair is one token");
    wan_pairs_choose(&p, 5, 1);
    joined = 0;
    for (int i = 0; i < p.count; i++)
        joined += p.joined[i] && (i < 12 || i >= 12 + 6);
    ok(joined == 0 && p.joined[12] && p.joined[12 + 5],
       "none of a held frame; of equal ones the first");
    wan_pairs_release(&p);
}

struct seen {
    float *before, *after; /* rows after blocks 0 and 1 */
    long inside;           /* tokens in block 1 */
};

static void see(void *ctx, const char *name, const float *data, long rows, long width)
{
    struct seen *s = ctx;
    float *to = strcmp(name, "blocks.0") == 0   ? s->before
                : strcmp(name, "blocks.1") == 0 ? s->after
                                                : NULL;
    if (strcmp(name, "blocks.1.self_attn.q") == 0)
        s->inside = rows;
    if (to && rows == TOKENS)
        memcpy(to, data, (size_t)(rows * width) * sizeof *to);
}

static void joined_pass(const struct wan_dit *d, bool idle, const char *kind)
{
    whelk_error err = {0};
    static float x[COUNT], text[7 * 64], want[COUNT], got[COUNT], before[TOKENS * WIDTH],
        after[TOKENS * WIDTH], alone[TOKENS * WIDTH];
    struct wan_pairs p = {0};
    struct wan_work *w = wan_work_new(d, FRAMES, ROWS, COLUMNS, 2, &err);
    struct seen s = {before, alone, 0};
    struct wan_pass pass = {
        .x = x, .text = text, .text_rows = 7, .time = 700, .out = want, .trace = see, .ctx = &s};
    rng_normal(3, 0, x, COUNT);
    rng_normal(3, 1, text, 7 * 64);
    bool good = w && wan_pairs_init(&p, d, FRAMES, ROWS, COLUMNS, true, &err) &&
                wan_dit_pass(d, w, &pass, &err);
    wan_pairs_look(&p, 16, x, want, 0.7);
    wan_pairs_choose(&p, 0, 0);
    pass.pairs = &p, pass.out = got;
    good = good && wan_dit_pass(d, w, &pass, &err);
    ok(good && memcmp(want, got, sizeof got) == 0, "%s: none joined is the exact pass %s", kind,
       err.text);
    wan_pairs_choose(&p, 20, 0);
    s.after = after;
    ok(wan_dit_pass(d, w, &pass, &err) && s.inside == TOKENS - 20,
       "%s: with 20 pairs joined block 1 has 20 tokens less", kind);
    double kept = 0, moved = 0, far = apart(got, want, COUNT);
    for (int i = 0; i < p.count; i++)
        for (int c = 0; p.joined[i] && c < WIDTH; c++) {
            long at = (i / 3 * 6L + i % 3 * 2) * WIDTH + c;
            kept = fmax(kept, fabs((double)after[at] - after[at + WIDTH] -
                                   ((double)before[at] - before[at + WIDTH])));
            moved = fmax(moved, fabs((double)after[at] - before[at]));
        }
    ok(kept < 1e-5 && (idle ? moved < 1e-5 : moved > 0.01),
       "%s: the two of a pair differ as before, and %s (%.1e, %.1e)", kind,
       idle ? "where the block does nothing are the same" : "change together", kept, moved);
    ok(idle ? far < 1e-5 : far > 1e-4 && far < 0.5, "%s: the answer is %.1e from the exact one",
       kind, far);
    pass.pairs = NULL;
    ok(wan_dit_pass(d, w, &pass, &err) && memcmp(want, got, sizeof got) == 0,
       "%s: and the next pass is exact again", kind);
    wan_pairs_release(&p);
    wan_work_free(w);
}

/* --- Near ------------------------------------------------------------------------------------- */

/* Parts for every tile of rows: in order, in steps, each token's own frames and the first in them,
 * and not much more. */
static void near_parts(int frames, int per_frame, const int *sequence, int tokens, const char *what)
{
    struct wan_near n = {frames, per_frame, tokens, sequence, 0};
    int reach = wan_near_reach(frames), missed = 0, crooked = 0, most = 0;
    for (int first = 0; first < tokens; first += 16) {
        struct attention_part part[2];
        int rows = tokens - first < 16 ? tokens - first : 16, looked = 0, wanted = 0,
            count = wan_near_parts(&n, first, rows, part);
#define FRAME(i) ((sequence ? sequence[i] / 2 : (i)) / per_frame)
        int low = FRAME(first) - reach, high = FRAME(first + rows - 1) + reach;
        for (int i = 0; i < tokens; i++) {
            bool in = i < part[0].to || (count == 2 && i >= part[1].from && i < part[1].to),
                 due = FRAME(i) == 0 || (FRAME(i) >= low && FRAME(i) <= high);
            missed += due && !in;
            looked += in, wanted += due;
        }
        for (int k = 0; k < count; k++)
            crooked += part[k].from % ATTENTION_STEP != 0 || part[k].from >= part[k].to ||
                       (part[k].to % ATTENTION_STEP != 0 && part[k].to != tokens) ||
                       (k && part[k].from <= part[k - 1].to);
        most = looked - wanted > most ? looked - wanted : most;
    }
    ok(missed == 0 && crooked == 0 && most <= 3 * ATTENTION_STEP,
       "%s: parts hold what is near and at most %d tokens more (%d missed, %d crooked)", what, most,
       missed, crooked);
}

static void which_are_near(void)
{
    static int sequence[9 * 80];
    int tokens = 0;
    for (int i = 0; i < 9 * 80; i++)
        if (i / 80 % 3 != 1 || i % 2 == 0)
            sequence[tokens++] = 2 * i + (i / 80 % 3 == 1);
    near_parts(9, 80, NULL, 9 * 80, "nine frames");
    near_parts(9, 80, sequence, tokens, "with pairs joined in every third");
    near_parts(21, 7, NULL, 21 * 7, "frames smaller than a step");
    near_parts(1, 50, NULL, 50, "one frame");
    is_near(wan_near_share(21), 152.0 / 441, 1e-12, "21 frames look at a third of the pairs");
    ok(wan_near_share(1) == 0 && wan_near_share(2) == 0, "one and two frames have nothing far");
}

enum { LONG = 9, ONE = 8 * 12 / 4 * 2, MANY = 16 * LONG * 8 * 24 };

/* Rows after the first block. */
static void see_first(void *ctx, const char *name, const float *data, long rows, long width)
{
    if (strcmp(name, "blocks.0") == 0)
        memcpy(ctx, data, (size_t)(rows * width) * sizeof(float));
}

/* What changes in frame `changed` reaches, in one block, those that look at it and no others. */
static void reaches(const struct wan_dit *d, int changed, int from, int to, const char *what)
{
    whelk_error err = {0};
    static float x[MANY], text[7 * 64], out[MANY], seen[2][LONG * ONE * WIDTH];
    struct wan_work *w = wan_work_new(d, LONG, 8, 24, 2, &err);
    struct wan_pass p = {.x = x,
                         .text = text,
                         .text_rows = 7,
                         .time = 300,
                         .near = true,
                         .out = out,
                         .trace = see_first};
    rng_normal(4, 0, x, MANY);
    rng_normal(4, 1, text, 7 * 64);
    bool good = w != NULL;
    for (int k = 0; k < 2; k++) {
        p.ctx = seen[k];
        good = good && wan_dit_pass(d, w, &p, &err);
        for (int c = 0; c < 16; c++)
            for (int i = 0; i < 8 * 24; i++)
                x[(c * LONG + changed) * 8 * 24 + i] += 1;
    }
    int wrong = 0;
    for (int f = 0; f < LONG; f++) {
        long at = (long)f * ONE * WIDTH;
        bool moved = memcmp(seen[0] + at, seen[1] + at, ONE * WIDTH * sizeof(float)) != 0;
        wrong += moved != (f >= from && f <= to);
    }
    ok(good && wrong == 0, "%s is seen by frames %d to %d and no other %s", what, from, to,
       err.text);
    wan_work_free(w);
}

int main(void)
{
    whelk_error err = {0};
    char work[64] = "/tmp/whelk-wan-pairs.XXXXXX", folder[96], command[96];
    if (!mkdtemp(work))
        return 1;
    snprintf(folder, sizeof folder, "%s/idle", work);
    struct wan_dit *t2v = wan_dit_open(GOLDEN "wan21-t2v-tiny", false, &err),
                   *bf16 =
                       matmul_has_bf16() ? wan_dit_open(GOLDEN "wan21-t2v-tiny", true, &err) : NULL,
                   *idle = wan_deep_write(GOLDEN "wan21-t2v-tiny", folder,
                                          &(struct wan_deep){2, 1, 2, 0, false}, &err)
                               ? wan_dit_open(folder, false, &err)
                               : NULL;
    if (!ok(t2v && idle, "models are there %s", err.text))
        return done_testing();
    which_pairs(t2v);
    joined_pass(t2v, false, "f32");
    joined_pass(idle, true, "an idle block");
    which_are_near();
    reaches(t2v, 0, 0, 8, "the first frame");
    reaches(t2v, 6, 4, 8, "the seventh");
    reaches(t2v, 8, 6, 8, "the last");
    if (bf16)
        joined_pass(bf16, false, "bf16");
    wan_dit_close(t2v);
    wan_dit_close(bf16);
    wan_dit_close(idle);
    snprintf(command, sizeof command, "rm -r %s", work);
    if (system(command) != 0)
        printf("# %s is left behind\n", work);
    return done_testing();
}
