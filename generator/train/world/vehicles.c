/* Ball, car, boat, rocket, balloon and plane. The car's length, the others' height is one length.
 */
#include "brush.h"

#include <math.h>

#define TAU 6.2831853f

static bool is_colour(const struct figure *f, enum colour colour)
{
    return f->s->slot[SLOT_COLOUR] == (int)colour;
}

/* The second colour of striped things. */
static struct rgba partner(const struct figure *f)
{
    return is_colour(f, WHITE)   ? rgb(0xe2574c)
           : is_colour(f, BLACK) ? rgb(0xd9d6d2)
                                 : rgb(0xfff3dc);
}

/* --- ball ------------------------------------------------------------------------------------- */

void draw_ball(struct figure *f)
{
    struct canvas *c = f->c;
    float squash = f->pose.tuck, r = .47f, wide = 1 + .16f * squash, tall = 1 - .20f * squash;
    struct rgba other = partner(f);
    canvas_save(c);
    canvas_translate(c, 0, .5f);
    canvas_scale(c, wide, tall);
    canvas_translate(c, 0, -r);
    draw_ellipse(c, 0, 0, r + .015f, r + .015f, 0, is_colour(f, BLACK) ? f->ink.rim : f->ink.deep);
    draw_ellipse(c, 0, 0, r, r, 0, f->ink.main);
    canvas_save(c);
    canvas_rotate(c, f->pose.phase);
    draw_mark(f, 0, 0, .80f * r, .72f * r);
    for (int i = 0; i < 3 && marked(f, PLAIN); i++) {
        float a = TAU / 3 * (float)i, b = a + TAU / 6;
        path_move(c, .10f * r, -.08f * r);
        path_line(c, r * cosf(a), r * sinf(a));
        path_arc(c, 0, 0, r, a, b);
        path_close(c);
        paint_fill(c, other);
    }
    if (marked(f, PLAIN))
        draw_ellipse(c, .10f * r, -.08f * r, .20f * r, .20f * r, 0,
                     is_colour(f, WHITE) ? rgb(0x4a86dc) : f->ink.deep);
    canvas_restore(c);
    const float shade[6][2] = {{-.62f * r, .72f * r}, {.0f, .80f * r},      {.62f * r, .48f * r},
                               {.93f * r, .06f * r},  {.70f * r, .66f * r}, {.02f, .98f * r}};
    draw_blob(c, shade, 6, (struct rgba){.10f, .05f, .15f, .20f});
    draw_ellipse(c, -.36f * r, -.46f * r, .20f * r, .12f * r, -.7f, (struct rgba){1, 1, 1, .75f});
    canvas_restore(c);
}

/* --- car -------------------------------------------------------------------------------------- */

static void wheel(struct figure *f, float x, float r)
{
    struct canvas *c = f->c;
    draw_ellipse(c, x, -r, r, r, 0, is_colour(f, BLACK) ? rgb(0x4c4d58) : rgb(0x2c2b33));
    draw_ellipse(c, x, -r, .60f * r, .60f * r, 0, rgb(0xd7dade));
    canvas_save(c);
    canvas_translate(c, x, -r);
    canvas_rotate(c, f->pose.phase);
    for (int i = 0; i < 4; i++) {
        float a = TAU / 4 * (float)i;
        draw_ellipse(c, .34f * r * cosf(a), .34f * r * sinf(a), .14f * r, .14f * r, 0,
                     rgb(0x5c6069));
    }
    canvas_restore(c);
    draw_ellipse(c, x, -r, .14f * r, .14f * r, 0, rgb(0x8d9199));
}

static void car_cabin(struct figure *f)
{
    struct canvas *c = f->c;
    struct rgba glass = rgb(0xbfe3f2);
    const float roof[6][2] = {{-.34f, -.26f}, {-.28f, -.42f}, {-.16f, -.475f},
                              {.06f, -.47f},  {.17f, -.40f},  {.27f, -.25f}};
    draw_rimmed(f, roof, 6, f->ink.main);
    path_move(c, -.265f, -.275f);
    path_curve(c, -.255f, -.36f, -.21f, -.415f, -.155f, -.415f);
    path_line(c, -.06f, -.415f);
    path_line(c, -.06f, -.275f);
    path_close(c);
    path_move(c, -.015f, -.275f);
    path_line(c, -.015f, -.415f);
    path_curve(c, .06f, -.42f, .12f, -.39f, .185f, -.275f);
    path_close(c);
    paint_fill(c, glass);
    draw_ellipse(c, .055f, -.315f, .042f, .048f, 0, rgb(0xe3ad80));
    draw_ellipse(c, .048f, -.345f, .046f, .028f, -.2f, rgb(0x5a3620));
    draw_line(c, -.20f, -.30f, -.15f, -.39f, .022f, (struct rgba){1, 1, 1, .7f});
}

void draw_car(struct figure *f)
{
    struct canvas *c = f->c;
    float bob = .006f * sinf(9 * f->t) + .004f * sinf(14.3f * f->t);
    canvas_save(c);
    canvas_translate(c, 0, bob);
    canvas_rotate(c, .010f * sinf(7.1f * f->t));
    car_cabin(f);
    const float body[10][2] = {{-.50f, -.15f}, {-.49f, -.255f}, {-.36f, -.285f}, {.0f, -.285f},
                               {.26f, -.275f}, {.44f, -.235f},  {.505f, -.16f},  {.48f, -.09f},
                               {.0f, -.075f},  {-.46f, -.085f}};
    draw_rimmed(f, body, 10, f->ink.main);
    const float sill[6][2] = {{-.47f, -.125f}, {.0f, -.135f}, {.47f, -.125f},
                              {.46f, -.085f},  {.0f, -.07f},  {-.45f, -.08f}};
    draw_blob(c, sill, 6, f->ink.deep);
    draw_arc(c, -.44f, -.235f, 0, -.255f, .38f, -.225f, .018f, f->ink.light);
    draw_mark(f, .0f, -.19f, .30f, .062f);
    draw_line(c, -.038f, -.265f, -.038f, -.13f, .013f, f->ink.deep);
    draw_line(c, .0f, -.215f, .045f, -.215f, .02f, f->ink.light);
    draw_ellipse(c, .455f, -.19f, .034f, .038f, .3f, rgb(0xfff3b8));
    draw_ellipse(c, -.485f, -.20f, .022f, .034f, 0, rgb(0xe0383a));
    draw_line(c, .44f, -.095f, .50f, -.10f, .035f, rgb(0xc9ccd2));
    draw_line(c, -.47f, -.095f, -.50f, -.10f, .035f, rgb(0xc9ccd2));
    draw_ellipse(c, -.285f, -.105f, .135f, .125f, 0, f->ink.deep);
    draw_ellipse(c, .285f, -.105f, .135f, .125f, 0, f->ink.deep);
    canvas_restore(c);
    wheel(f, -.285f, .115f);
    wheel(f, .285f, .115f);
}

/* --- boat ------------------------------------------------------------------------------------- */

static void boat_sails(struct figure *f)
{
    struct canvas *c = f->c;
    float belly = .035f + .018f * sinf(2.1f * f->t), flag = .03f * sinf(8 * f->t);
    struct rgba cloth = is_colour(f, WHITE) ? rgb(0xffffff) : rgb(0xfff6e4);
    struct rgba stripe = is_colour(f, WHITE)   ? rgb(0x6fa3d8)
                         : is_colour(f, BLACK) ? rgb(0x5c5f70)
                                               : f->ink.main;
    draw_line(c, .04f, -.16f, .04f, -.965f, .028f, rgb(0x8a5a38));
    /* main sail, behind the mast */
    path_move(c, .015f, -.93f);
    path_curve(c, -.14f - belly, -.68f, -.30f - belly, -.42f, -.40f, -.235f);
    path_curve(c, -.25f, -.205f, -.10f, -.205f, .015f, -.225f);
    path_close(c);
    paint_fill(c, cloth);
    path_move(c, .015f, -.56f);
    path_curve(c, -.07f, -.55f, -.15f, -.545f, -.215f - .5f * belly, -.555f);
    path_curve(c, -.26f - .7f * belly, -.49f, -.29f - .7f * belly, -.44f, -.315f - .5f * belly,
               -.40f);
    path_curve(c, -.20f, -.375f, -.09f, -.38f, .015f, -.40f);
    path_close(c);
    paint_fill(c, marked(f, PLAIN) ? stripe : cloth);
    draw_mark(f, -.13f - .5f * belly, -.42f, .15f, .16f);
    path_move(c, .07f, -.85f);
    path_curve(c, .20f + belly, -.62f, .32f + belly, -.42f, .45f, -.225f);
    path_curve(c, .30f, -.19f, .18f, -.20f, .085f, -.24f);
    path_close(c);
    paint_fill(c, blend(cloth, rgb(0xd9cfd0), .35f));
    const float pennant[4][2] = {
        {.04f, -.99f}, {-.08f, -.975f + flag}, {-.14f, -.95f - flag}, {.04f, -.93f}};
    draw_blob(c, pennant, 4, is_colour(f, RED) ? rgb(0x2f6fb5) : rgb(0xd63b3f));
}

void draw_boat(struct figure *f)
{
    struct canvas *c = f->c;
    canvas_save(c);
    canvas_rotate(c, -f->pose.angle);
    boat_sails(f);
    path_move(c, -.43f, -.165f);
    path_curve(c, -.20f, -.135f, .20f, -.135f, .50f, -.19f);
    path_curve(c, .45f, -.05f, .36f, .055f, .24f, .06f);
    path_line(c, -.26f, .06f);
    path_curve(c, -.37f, .055f, -.41f, -.04f, -.43f, -.165f);
    path_close(c);
    if (f->ink.rim.a > 0) {
        paint_stroke(c, .034f, f->ink.rim);
        path_move(c, -.43f, -.165f);
        path_curve(c, -.20f, -.135f, .20f, -.135f, .50f, -.19f);
        path_curve(c, .45f, -.05f, .36f, .055f, .24f, .06f);
        path_line(c, -.26f, .06f);
        path_curve(c, -.37f, .055f, -.41f, -.04f, -.43f, -.165f);
        path_close(c);
    }
    paint_fill(c, f->ink.main);
    draw_arc(c, -.40f, -.115f, .0f, -.08f, .455f, -.13f, .036f, partner(f));
    draw_arc(c, -.36f, .025f, .0f, .045f, .30f, .03f, .045f, f->ink.deep);
    draw_arc(c, -.435f, -.17f, .0f, -.12f, .50f, -.195f, .032f, rgb(0xa9713f));
    for (int i = 0; i < 3; i++)
        draw_ellipse(c, -.17f + .16f * (float)i, -.035f, .024f, .024f, 0, f->ink.deep);
    canvas_restore(c);
}

/* --- rocket ----------------------------------------------------------------------------------- */

static void rocket_fins(struct figure *f, struct rgba fin)
{
    for (int side = -1; side <= 1; side += 2) {
        const float s = (float)side;
        const float points[5][2] = {{s * .10f, -.36f},
                                    {s * .20f, -.28f},
                                    {s * .245f, -.12f},
                                    {s * .235f, -.005f},
                                    {s * .10f, -.12f}};
        draw_rimmed(f, points, 5, fin);
    }
}

void draw_rocket(struct figure *f)
{
    struct canvas *c = f->c;
    bool white = is_colour(f, WHITE);
    struct rgba trim = is_colour(f, RED) || is_colour(f, ORANGE) ? rgb(0xfff3dc) : rgb(0xe2574c);
    float shake = f->pose.effect > 0 && f->pose.effect < .6f ? .006f * sinf(60 * f->t) : 0;
    canvas_save(c);
    canvas_translate(c, shake, 0);
    rocket_fins(f, blend(trim, f->ink.deep, .25f));
    const float nozzle[4][2] = {{-.07f, -.13f}, {.07f, -.13f}, {.095f, -.03f}, {-.095f, -.03f}};
    draw_blob(c, nozzle, 4, rgb(0x70747e));
    const float body[10][2] = {{0, -1.0f},      {.085f, -.88f}, {.15f, -.68f},   {.165f, -.46f},
                               {.135f, -.22f},  {.095f, -.10f}, {-.095f, -.10f}, {-.135f, -.22f},
                               {-.165f, -.46f}, {-.15f, -.68f}};
    float all[11][2];
    for (int i = 0; i < 10; i++)
        for (int k = 0; k < 2; k++)
            all[i][k] = body[i][k];
    all[10][0] = -.085f;
    all[10][1] = -.88f;
    draw_rimmed(f, (const float(*)[2])all, 11, f->ink.main);
    const float nose[7][2] = {{0, -1.0f},      {.085f, -.88f},   {.128f, -.765f}, {.06f, -.745f},
                              {-.06f, -.745f}, {-.128f, -.765f}, {-.085f, -.88f}};
    draw_blob(c, nose, 7, trim);
    const float side_shade[5][2] = {
        {.06f, -.74f}, {.13f, -.68f}, {.155f, -.46f}, {.115f, -.18f}, {.07f, -.42f}};
    draw_blob(c, side_shade, 5, sheer(f->ink.deep, .45f));
    draw_mark(f, 0, -.27f, .095f, .10f);
    draw_ellipse(c, 0, -.585f, .092f, .092f, 0, white ? rgb(0xb9bcc6) : rgb(0xf1ede4));
    draw_ellipse(c, 0, -.585f, .066f, .066f, 0, rgb(0x57b4dd));
    draw_ellipse(c, -.02f, -.608f, .024f, .018f, -.6f, rgb(0xe9f8ff));
    draw_arc(c, -.155f, -.36f, 0, -.325f, .155f, -.36f, .045f, trim);
    const float fin[5][2] = {
        {0, -.34f}, {.03f, -.24f}, {.026f, -.02f}, {-.026f, -.02f}, {-.03f, -.24f}};
    draw_blob(c, fin, 5, blend(trim, f->ink.deep, .25f));
    canvas_restore(c);
}

/* --- balloon ---------------------------------------------------------------------------------- */

static void balloon_gore(struct canvas *c, float from, float to, struct rgba colour)
{
    /* a strip between two meridians of the envelope; from, to in -1..1 of its half width */
    const float top = -.52f, low = .20f, half = .345f;
    path_move(c, 0, top);
    path_curve(c, from * half * .75f, top, from * half * 1.06f, -.36f, from * half, -.18f);
    path_curve(c, from * half * .93f, -.02f, from * .12f, .12f, from * .085f, low);
    path_line(c, to * .085f, low);
    path_curve(c, to * .12f, .12f, to * half * .93f, -.02f, to * half, -.18f);
    path_curve(c, to * half * 1.06f, -.36f, to * half * .75f, top, 0, top);
    path_close(c);
    paint_fill(c, colour);
}

void draw_balloon(struct figure *f)
{
    struct canvas *c = f->c;
    struct rgba other = partner(f), rope = rgb(0x7a5a40);
    canvas_save(c);
    canvas_rotate(c, f->pose.angle);
    canvas_save(c);
    canvas_translate(c, 0, .20f);
    canvas_rotate(c, -.7f * f->pose.angle);
    canvas_translate(c, 0, -.20f);
    draw_line(c, -.08f, .20f, -.065f, .385f, .016f, rope);
    draw_line(c, .08f, .20f, .065f, .385f, .016f, rope);
    draw_line(c, -.03f, .20f, -.03f, .385f, .014f, rope);
    draw_line(c, .03f, .20f, .03f, .385f, .014f, rope);
    draw_ellipse(c, .0f, .335f, .036f, .04f, 0, rgb(0xe3ad80));
    draw_ellipse(c, -.004f, .312f, .04f, .024f, 0, rgb(0x5a3620));
    path_round_rect(c, -.085f, .375f, .17f, .14f, .035f);
    paint_fill(c, rgb(0xb07a44));
    draw_line(c, -.085f, .385f, .085f, .385f, .03f, rgb(0x7d4f2a));
    draw_line(c, -.075f, .45f, .075f, .45f, .016f, rgb(0x8d5d33));
    canvas_restore(c);
    if (f->ink.rim.a > 0) {
        canvas_save(c);
        canvas_translate(c, 0, -.16f);
        canvas_scale(c, 1.035f, 1.03f);
        canvas_translate(c, 0, .16f);
        balloon_gore(c, -1, 1, f->ink.rim);
        canvas_restore(c);
    }
    balloon_gore(c, -1, 1, f->ink.main);
    if (marked(f, PLAIN) || marked(f, STRIPES)) {
        float half = marked(f, STRIPES) ? .09f : .17f;
        for (int i = -2; i <= 2; i++)
            if (marked(f, STRIPES) || i % 2 == 0)
                balloon_gore(c, .32f * (float)i - half, .32f * (float)i + half, other);
    } else {
        draw_mark(f, 0, -.22f, .24f, .20f);
    }
    balloon_gore(c, .62f, 1, sheer(f->ink.deep, .30f));
    draw_arc(c, -.085f, .19f, 0, .225f, .085f, .19f, .045f, f->ink.deep);
    draw_ellipse(c, -.19f, -.34f, .035f, .085f, .5f, (struct rgba){1, 1, 1, .45f});
    canvas_restore(c);
}

/* --- plane ------------------------------------------------------------------------------------ */

static void propeller(struct figure *f)
{
    float turn = sinf(2.3f * f->pose.phase);
    draw_ellipse(f->c, .545f, .0f, .020f, .215f, 0, (struct rgba){.95f, .97f, 1, .40f});
    draw_ellipse(f->c, .545f, .0f, .018f, .06f + .15f * fabsf(turn), 0, rgb(0x6b4a34));
    draw_ellipse(f->c, .545f, 0, .045f, .045f, 0, rgb(0xf3c84a));
}

void draw_plane(struct figure *f)
{
    struct canvas *c = f->c;
    struct rgba other = partner(f), under = blend(f->ink.main, f->ink.deep, .5f);
    canvas_save(c);
    canvas_rotate(c, .8f * f->pose.angle);
    const float far_wing[4][2] = {{.20f, -.05f}, {-.02f, -.05f}, {-.10f, -.20f}, {.06f, -.20f}};
    draw_blob(c, far_wing, 4, f->ink.shade);
    for (int i = 0; i < 2; i++) {
        float x = i ? .24f : .06f;
        draw_line(c, x, .10f, x + .01f, .22f, .026f, rgb(0x70747e));
        draw_ellipse(c, x + .01f, .235f, .058f, .058f, 0, rgb(0x2c2b33));
        draw_ellipse(c, x + .01f, .235f, .024f, .024f, 0, rgb(0xd7dade));
    }
    const float fin[5][2] = {
        {-.54f, -.03f}, {-.60f, -.27f}, {-.52f, -.30f}, {-.43f, -.24f}, {-.30f, -.07f}};
    draw_rimmed(f, fin, 5, other);
    draw_ellipse(c, .21f, -.165f, .105f, .085f, 0, rgb(0xbfe3f2));
    draw_ellipse(c, .195f, -.165f, .052f, .058f, 0, rgb(0xe3ad80));
    draw_ellipse(c, .185f, -.195f, .058f, .038f, -.2f, rgb(0x7a4a2a));
    const float body[10][2] = {{-.57f, -.06f}, {-.30f, -.10f}, {.02f, -.145f}, {.30f, -.135f},
                               {.47f, -.08f},  {.535f, 0},     {.47f, .085f},  {.22f, .135f},
                               {-.10f, .10f},  {-.50f, .02f}};
    draw_rimmed(f, body, 10, f->ink.main);
    draw_arc(c, -.50f, .005f, -.05f, .115f, .44f, .075f, .040f, under);
    draw_mark(f, -.12f, -.045f, .20f, .06f);
    const float cowl[5][2] = {
        {.39f, -.115f}, {.48f, -.075f}, {.535f, 0}, {.48f, .075f}, {.39f, .105f}};
    draw_blob(c, cowl, 5, other);
    const float tail[4][2] = {{-.34f, -.03f}, {-.50f, -.025f}, {-.64f, .055f}, {-.46f, .055f}};
    draw_blob(c, tail, 4, other);
    const float wing[6][2] = {{.24f, .02f},  {.0f, .01f},   {-.16f, .16f},
                              {-.24f, .30f}, {-.08f, .31f}, {.14f, .15f}};
    draw_rimmed(f, wing, 6, under);
    draw_arc(c, -.155f, .195f, -.12f, .235f, -.045f, .225f, .040f, other);
    propeller(f);
    canvas_restore(c);
}
