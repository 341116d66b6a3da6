/* Bird, butterfly and fish: their (x, y) is the body's centre, but for a sitting bird, whose feet
 * stand there. */
#include "brush.h"

#include <math.h>

#define TAU 6.2831853f

/* --- bird ------------------------------------------------------------------------------------- */

static void bird_head(struct figure *f, float x, float y, float look)
{
    struct canvas *c = f->c;
    struct rgba beak = f->s->slot[SLOT_COLOUR] == ORANGE || f->s->slot[SLOT_COLOUR] == YELLOW
                           ? rgb(0xd9542b)
                           : rgb(0xf5a52a);
    float turn = .035f * look;
    const float upper[3][2] = {
        {x + .11f + turn, y - .045f}, {x + .275f + turn, y + .025f}, {x + .11f + turn, y + .055f}};
    path_move(c, upper[0][0], upper[0][1]);
    path_line(c, upper[1][0], upper[1][1]);
    path_line(c, upper[2][0], upper[2][1]);
    path_close(c);
    paint_fill(c, beak);
    draw_line(c, x + .11f + turn, y + .02f, x + .24f + turn, y + .022f, .014f,
              blend(beak, rgb(0x5a2a18), .6f));
    if (f->ink.rim.a > 0)
        draw_ellipse(c, x, y, .162f, .157f, 0, f->ink.rim);
    draw_ellipse(c, x, y, .145f, .14f, 0, f->ink.main);
    const float crest[3][2] = {{x - .07f, y - .11f}, {x - .13f, y - .20f}, {x + .02f, y - .135f}};
    draw_blob(c, crest, 3, f->ink.main);
    draw_ellipse(c, x + .055f + turn, y + .045f, .075f, .062f, 0, f->ink.light);
    draw_eye(c, x + .045f + turn, y - .02f, .042f, eye_open(f), rgb(0x2a2024));
}

/* beat: -1 wings down .. 1 up */
static void bird_wing(struct figure *f, float beat, float spread, bool near)
{
    float x = near ? .02f : .07f, y = near ? -.06f : -.09f, tip = -.53f * (.14f + .86f * beat),
          lean = -.13f - .14f * (1 - fabsf(beat));
    const float wing[7][2] = {{x + .14f, y},
                              {x + .15f, y + .40f * tip},
                              {x + lean + .06f, y + tip - .02f},
                              {x + lean - .13f * spread, y + .88f * tip},
                              {x - .26f * spread, y + .52f * tip + .03f},
                              {x - .22f, y + .18f * tip + .04f},
                              {x - .12f, y + .045f}};
    const float inner[5][2] = {{x + .10f, y + .06f * tip},
                               {x + .09f, y + .42f * tip},
                               {x + lean * .6f + .02f, y + .66f * tip},
                               {x - .09f, y + .42f * tip + .01f},
                               {x - .11f, y + .14f * tip + .02f}};
    if (near)
        draw_rimmed(f, wing, 7, f->ink.deep);
    else
        draw_blob(f->c, wing, 7, f->ink.shade);
    draw_blob(f->c, inner, 5,
              near ? blend(f->ink.main, f->ink.deep, .25f) : blend(f->ink.shade, f->ink.deep, .4f));
}

static void bird_sitting(struct figure *f)
{
    struct canvas *c = f->c;
    float breath = .010f * sinf(4 * f->pose.phase), look = glance(f),
          flick = sinf(3.3f * f->pose.phase);
    struct rgba leg = rgb(0xd98c3a);
    for (int i = 0; i < 2; i++) {
        float x = i ? .03f : -.05f;
        draw_line(c, x, -.14f, x + .01f, -.012f, .026f, leg);
        draw_line(c, x - .04f, -.012f, x + .07f, -.012f, .024f, leg);
    }
    const float tail[4][2] = {{-.22f, -.26f},
                              {-.50f, -.19f - .04f * flick},
                              {-.49f, -.10f - .04f * flick},
                              {-.20f, -.16f}};
    draw_rimmed(f, tail, 4, f->ink.deep);
    const float body[7][2] = {{-.30f, -.26f}, {-.16f, -.44f},         {.06f, -.54f - breath},
                              {.23f, -.44f},  {.25f + breath, -.26f}, {.08f, -.12f},
                              {-.16f, -.13f}};
    draw_rimmed(f, body, 7, f->ink.main);
    draw_ellipse(c, .14f, -.27f, .11f, .14f, .2f, f->ink.light);
    draw_mark(f, .09f, -.31f, .15f, .15f);
    draw_scarf(f, -.04f, -.47f, .20f, -.455f, .085f);
    const float wing[5][2] = {
        {.05f, -.42f}, {.08f, -.27f}, {-.12f, -.16f}, {-.38f, -.19f}, {-.16f, -.38f}};
    draw_blob(c, wing, 5, f->ink.deep);
    draw_arc(c, -.02f, -.22f, -.12f, -.20f, -.26f, -.205f, .018f, f->ink.main);
    bird_head(f, .10f + .02f * look, -.56f - breath, look);
}

void draw_bird(struct figure *f)
{
    if (f->s->slot[SLOT_ACTION] == SIT) {
        bird_sitting(f);
        return;
    }
    struct canvas *c = f->c;
    float beat = sinf(f->pose.phase), spread = 1 + .25f * cosf(f->pose.phase);
    canvas_save(c);
    canvas_rotate(c, f->pose.angle);
    canvas_translate(c, 0, .02f + .035f * beat);
    bird_wing(f, .92f * beat, spread, false);
    const float tail[5][2] = {
        {-.26f, -.03f}, {-.56f, -.09f}, {-.50f, 0}, {-.55f, .085f}, {-.24f, .07f}};
    draw_rimmed(f, tail, 5, f->ink.deep);
    const float body[7][2] = {{-.34f, .01f}, {-.14f, -.125f}, {.12f, -.155f}, {.31f, -.07f},
                              {.29f, .08f},  {.08f, .155f},   {-.16f, .11f}};
    draw_rimmed(f, body, 7, f->ink.main);
    draw_ellipse(c, .10f, .085f, .19f, .062f, -.06f, f->ink.light);
    draw_mark(f, .06f, .03f, .22f, .09f);
    draw_scarf(f, .16f, -.13f, .24f, .07f, .085f);
    bird_head(f, .29f, -.08f, 0);
    bird_wing(f, beat, spread, true);
    canvas_restore(c);
}

/* --- butterfly -------------------------------------------------------------------------------- */

static void butterfly_wings(struct figure *f, float side)
{
    struct canvas *c = f->c;
    struct rgba edge =
        f->s->slot[SLOT_COLOUR] == BLACK ? rgb(0x2b2b36) : blend(f->ink.deep, rgb(0x2c1c26), .55f);
    struct rgba spot = f->s->slot[SLOT_COLOUR] == WHITE ? rgb(0xf3b25a) : rgb(0xfff2cf);
    struct rgba main = f->s->slot[SLOT_COLOUR] == BLACK ? rgb(0x50526a) : f->ink.main;
    const float lower[6][2] = {{.02f, .02f}, {.22f, .02f}, {.36f, .16f},
                               {.34f, .33f}, {.18f, .36f}, {.05f, .20f}};
    const float upper[6][2] = {{.02f, .04f},  {.08f, -.20f}, {.28f, -.42f},
                               {.46f, -.40f}, {.47f, -.16f}, {.26f, .05f}};
    const float lower_in[5][2] = {
        {.05f, .06f}, {.22f, .06f}, {.31f, .17f}, {.28f, .28f}, {.12f, .22f}};
    const float upper_in[5][2] = {
        {.06f, .01f}, {.12f, -.18f}, {.28f, -.36f}, {.41f, -.33f}, {.39f, -.12f}};
    canvas_save(c);
    canvas_scale(c, side, 1);
    draw_blob(c, lower, 6, edge);
    draw_blob(c, lower_in, 5, blend(main, f->ink.light, .35f));
    draw_ellipse(c, .25f, .21f, .045f, .045f, 0, spot);
    draw_blob(c, upper, 6, edge);
    draw_blob(c, upper_in, 5, main);
    if (marked(f, PLAIN) || marked(f, SCARF)) {
        draw_ellipse(c, .315f, -.235f, .062f, .072f, .3f, spot);
        draw_ellipse(c, .315f, -.235f, .028f, .032f, .3f, edge);
        draw_ellipse(c, .19f, -.10f, .035f, .045f, .4f, spot);
    } else {
        draw_mark(f, .27f, -.20f, .13f, .13f);
    }
    canvas_restore(c);
}

void draw_butterfly(struct figure *f)
{
    struct canvas *c = f->c;
    float beat = .5f + .5f * sinf(f->pose.phase), open = .40f + .62f * beat;
    canvas_save(c);
    canvas_rotate(c, .5f + .5f * f->pose.angle);
    canvas_translate(c, 0, .03f * (.5f - beat));
    butterfly_wings(f, -open * .86f);
    butterfly_wings(f, open);
    struct rgba body = rgb(0x3a2a2e);
    if (f->s->slot[SLOT_COLOUR] == BLACK)
        body = rgb(0x8a8c9c);
    draw_limb(c, 0, -.16f, 0, .02f, 0, .20f, .075f, .045f, body);
    draw_ellipse(c, 0, -.20f, .058f, .058f, 0, body);
    for (int side = -1; side <= 1; side += 2) {
        draw_arc(c, side * .02f, -.23f, side * .03f, -.34f, side * .11f, -.385f, .016f, body);
        draw_ellipse(c, side * .11f, -.385f, .02f, .02f, 0, body);
        draw_ellipse(c, side * .024f, -.21f, .018f, .022f, 0, rgb(0xffffff));
    }
    canvas_restore(c);
}

/* --- fish ------------------------------------------------------------------------------------- */

/* Sideways bend of the body at x, seen as a slight rise and fall; grows towards the tail. */
static float fish_bend(const struct figure *f, float x)
{
    float tailward = (.45f - x);
    return .055f * tailward * sinf(5.2f * x + f->pose.phase);
}

static void fish_tail(struct figure *f, struct rgba fin)
{
    float y = fish_bend(f, -.34f), swing = cosf(5.2f * -.34f + f->pose.phase),
          squeeze = 1 - .22f * swing * swing;
    const float tail[7][2] = {{-.30f, y - .05f},
                              {-.42f, y - .13f},
                              {-.58f * squeeze, y - .25f + .05f * swing},
                              {-.50f * squeeze, y - .02f + .06f * swing},
                              {-.58f * squeeze, y + .23f + .05f * swing},
                              {-.42f, y + .11f},
                              {-.30f, y + .05f}};
    draw_rimmed(f, tail, 7, fin);
    draw_arc(f->c, -.40f, y - .03f, -.46f * squeeze, y - .07f, -.52f * squeeze,
             y - .15f + .04f * swing, .018f, f->ink.light);
    draw_arc(f->c, -.40f, y + .03f, -.46f * squeeze, y + .07f, -.52f * squeeze,
             y + .13f + .04f * swing, .018f, f->ink.light);
}

static void fish_band(struct figure *f, float x, float half, float width, struct rgba colour)
{
    float y = fish_bend(f, x);
    draw_arc(f->c, x, y - half, x + .07f, y, x, y + half, width, colour);
}

void draw_fish(struct figure *f)
{
    struct canvas *c = f->c;
    bool white = f->s->slot[SLOT_COLOUR] == WHITE;
    struct rgba fin = white ? rgb(0xf0b878) : f->ink.deep,
                band = white ? rgb(0xf0b878) : f->ink.light;
    canvas_save(c);
    canvas_rotate(c, f->pose.angle);
    fish_tail(f, fin);
    float wave = sinf(f->pose.phase);
    const float dorsal[5][2] = {{.18f, -.20f},
                                {.02f, -.34f + .01f * wave},
                                {-.14f, -.33f + .015f * wave},
                                {-.26f, -.16f},
                                {-.04f, -.14f}};
    const float belly_fin[4][2] = {
        {.02f, .18f}, {-.14f, .32f + .015f * wave}, {-.20f, .28f}, {-.12f, .15f}};
    draw_blob(c, dorsal, 5, fin);
    draw_blob(c, belly_fin, 4, fin);
    static const float xs[6] = {-.38f, -.20f, .04f, .28f, .44f, .485f};
    static const float half[6] = {.055f, .155f, .235f, .215f, .115f, .02f};
    float body[12][2];
    for (int i = 0; i < 6; i++) {
        body[i][0] = body[11 - i][0] = xs[i];
        body[i][1] = fish_bend(f, xs[i]) - half[i];
        body[11 - i][1] = fish_bend(f, xs[i]) + half[i];
    }
    draw_rimmed(f, (const float(*)[2])body, 12, f->ink.main);
    draw_ellipse(c, .10f, .135f, .25f, .065f, -.10f, blend(f->ink.main, f->ink.light, .75f));
    if (marked(f, STRIPES)) {
        fish_band(f, .115f, .185f, .062f, band);
        fish_band(f, -.12f, .135f, .055f, band);
    } else {
        draw_mark(f, -.02f, fish_bend(f, -.02f) - .04f, .20f, .13f);
    }
    draw_scarf(f, .19f, -.20f, .20f, .16f, .085f);
    draw_arc(c, .22f, -.10f, .17f, .01f, .225f, .12f, .016f, f->ink.deep);
    const float side_fin[4][2] = {
        {.14f, .03f}, {-.02f, .02f + .05f * wave}, {-.05f, .11f + .05f * wave}, {.09f, .11f}};
    draw_blob(c, side_fin, 4, blend(fin, f->ink.main, white ? 0 : .25f));
    draw_ellipse(c, .325f, -.055f, .072f, .075f, 0, rgb(0xffffff));
    draw_eye(c, .335f, -.05f, .048f, 1, rgb(0x2a2024));
    draw_ellipse(c, .315f, .075f, .042f, .03f, 0, sheer(rgb(0xf08a86), .6f));
    draw_arc(c, .395f, .095f, .43f, .085f, .455f, .045f, .018f, rgb(0x5a2f33));
    canvas_restore(c);
}
