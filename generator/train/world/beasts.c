/* Rabbit and elephant: side views facing right, four-legged like those of animals.c. */
#include "quadruped.h"

#include <math.h>

#define TAU 6.2831853f

/* --- rabbit ----------------------------------------------------------------------------------- */

/* One ear from its foot at (x, y): back 0 stands up, 1 streams behind. */
static void rabbit_ear(struct figure *f, float x, float y, float back, struct rgba outer)
{
    struct canvas *c = f->c;
    canvas_save(c);
    canvas_translate(c, x, y);
    canvas_rotate(c, -1.15f * back + .06f * sinf(2.1f * f->pose.phase));
    const float ear[6][2] = {{-.045f, .03f}, {-.075f, -.18f}, {-.03f, -.40f},
                             {.04f, -.40f},  {.065f, -.18f},  {.05f, .03f}};
    const float in[5][2] = {
        {-.02f, -.02f}, {-.036f, -.18f}, {.0f, -.33f}, {.034f, -.18f}, {.026f, -.02f}};
    draw_rimmed(f, ear, 6, outer);
    draw_blob(c, in, 5, rgb(0xf2a7a0));
    canvas_restore(c);
}

static void rabbit_head(struct figure *f, float x, float y, float back)
{
    struct canvas *c = f->c;
    rabbit_ear(f, x - .01f, y - .13f, back + .10f, f->ink.shade);
    rabbit_ear(f, x - .07f, y - .12f, back + .28f, f->ink.main);
    const float skull[8][2] = {{x - .17f, y + .03f},  {x - .13f, y - .13f},  {x + .02f, y - .18f},
                               {x + .15f, y - .11f},  {x + .225f, y + .03f}, {x + .19f, y + .115f},
                               {x + .03f, y + .155f}, {x - .12f, y + .12f}};
    draw_rimmed(f, skull, 8, f->ink.main);
    draw_ellipse(c, x + .135f, y + .075f, .085f, .062f, .1f, f->ink.light);
    draw_eye(c, x + .07f, y - .025f, .045f, eye_open(f), rgb(0x5a3a2c));
    draw_ellipse(c, x + .205f, y + .022f, .026f, .020f, .2f, rgb(0xe8757a));
    draw_ellipse(c, x + .03f, y + .075f, .036f, .026f, 0, sheer(rgb(0xf08a86), .6f));
    draw_arc(c, x + .205f, y + .05f, x + .185f, y + .10f, x + .145f, y + .095f, .014f,
             rgb(0x6a3f3a));
    for (int i = -1; i <= 1; i++)
        draw_line(c, x + .13f, y + .055f, x + .02f, y + .085f + .045f * (float)i, .008f,
                  sheer(rgb(0xfffaf0), .9f));
}

static void rabbit_sitting(struct figure *f)
{
    struct canvas *c = f->c;
    float breath = .012f * sinf(3.4f * f->pose.phase), look = glance(f);
    draw_ellipse(c, -.31f, -.13f, .085f, .085f, 0, rgb(0xfffaf2));
    const float body[8][2] = {
        {-.30f, -.10f},         {-.28f, -.32f}, {-.12f, -.50f - breath}, {.08f, -.56f - breath},
        {.23f + breath, -.42f}, {.22f, -.18f},  {.12f, -.02f},           {-.18f, -.01f}};
    draw_rimmed(f, body, 8, f->ink.main);
    draw_mark(f, -.10f, -.33f, .15f, .14f);
    draw_ellipse(c, .15f + breath, -.32f, .07f, .14f, -.1f, f->ink.light);
    draw_ellipse(c, -.10f, -.14f, .16f, .13f, 0, blend(f->ink.main, f->ink.shade, .35f));
    draw_ellipse(c, .02f, -.035f, .16f, .042f, 0, f->ink.light);
    draw_limb(c, .16f, -.30f, .20f, -.20f, .19f, -.06f, .10f, .075f, f->ink.shade);
    draw_limb(c, .11f, -.28f, .16f, -.18f, .15f, -.05f, .11f, .08f, f->ink.main);
    draw_ellipse(c, .175f, -.035f, .065f, .038f, 0, f->ink.light);
    draw_scarf(f, -.02f, -.56f - breath, .22f, -.50f - breath, .10f);
    canvas_save(c);
    canvas_translate(c, .10f + .02f * look, -.645f - breath);
    canvas_rotate(c, .08f * look);
    rabbit_head(f, 0, 0, -.06f + .10f * sinf(1.3f * f->pose.phase));
    canvas_restore(c);
}

void draw_rabbit(struct figure *f)
{
    if (f->s->slot[SLOT_ACTION] == SIT) {
        rabbit_sitting(f);
        return;
    }
    struct canvas *c = f->c;
    struct quadruped q = {.20f,         -.20f,
                          -.27f,        .145f,
                          .155f,        .085f,
                          .062f,        .60f,
                          1.10f,        .10f,
                          f->ink.main,  f->ink.shade,
                          f->ink.light, blend(f->ink.shade, f->ink.light, .35f),
                          false};
    float rush = quadruped_rush(f), sway = sinf(f->pose.phase);
    quadruped_legs(f, &q, false);
    quadruped_trunk(f, &q);
    draw_ellipse(c, -.40f, -.40f + .01f * sway, .085f, .085f, 0, rgb(0xfffaf2));
    const float body[9][2] = {{-.37f, -.25f}, {-.35f, -.46f}, {-.14f, -.565f},
                              {.08f, -.53f},  {.26f, -.52f},  {.36f, -.38f},
                              {.26f, -.21f},  {0, -.175f},    {-.24f, -.17f}};
    draw_rimmed(f, body, 9, f->ink.main);
    draw_ellipse(c, .03f, -.205f, .22f, .035f, 0, f->ink.light);
    draw_mark(f, -.04f, -.38f, .23f, .13f);
    draw_ellipse(c, -.22f, -.28f, .135f, .125f, 0, blend(f->ink.main, f->ink.shade, .22f));
    canvas_restore(c);
    quadruped_legs(f, &q, true);
    quadruped_trunk(f, &q);
    draw_scarf(f, .18f, -.56f, .36f, -.46f, .095f);
    canvas_translate(c, .36f, -.605f - .012f * sway);
    canvas_rotate(c, f->stance == IN_AIR ? -.08f : .03f * sway);
    rabbit_head(f, 0, 0, .12f + .42f * rush + .06f * sway);
    canvas_restore(c);
}

/* --- elephant --------------------------------------------------------------------------------- */

static void elephant_trunk(struct figure *f, float raise)
{
    float swing = .05f * sinf(f->pose.phase * .5f + 1);
    const float low[5][2] = {{.54f, -.66f},
                             {.66f, -.52f},
                             {.67f + .4f * swing, -.34f},
                             {.66f + swing, -.18f},
                             {.745f + swing, -.13f}};
    const float high[5][2] = {
        {.54f, -.66f}, {.68f, -.62f}, {.80f, -.70f}, {.83f, -.84f}, {.755f, -.93f}};
    float way[5][2];
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 2; k++)
            way[i][k] = low[i][k] + (high[i][k] - low[i][k]) * raise;
    struct tube tube;
    if (f->ink.rim.a > 0) {
        tube_through(&tube, (const float(*)[2])way, 5, .185f, .105f);
        tube_fill(f->c, &tube, 0, 1, f->ink.rim);
    }
    tube_through(&tube, (const float(*)[2])way, 5, .165f, .080f);
    tube_fill(f->c, &tube, 0, 1, f->ink.main);
    for (int i = 2; i < 6; i++)
        tube_fill(f->c, &tube, .14f * (float)i, .14f * (float)i + .03f,
                  blend(f->ink.main, f->ink.deep, .35f));
}

static void elephant_head(struct figure *f, float flap, float raise)
{
    struct canvas *c = f->c;
    elephant_trunk(f, raise);
    const float tusk[4][2] = {{.50f, -.56f}, {.60f, -.505f}, {.685f, -.53f}, {.59f, -.47f}};
    draw_blob(c, tusk, 4, rgb(0xfff8e6));
    const float skull[8][2] = {{.20f, -.66f}, {.24f, -.84f}, {.38f, -.93f}, {.53f, -.86f},
                               {.61f, -.70f}, {.56f, -.56f}, {.42f, -.50f}, {.26f, -.54f}};
    draw_rimmed(f, skull, 8, f->ink.main);
    draw_eye(c, .475f, -.735f, .040f, eye_open(f), rgb(0x4a3428));
    draw_arc(c, .43f, -.80f, .48f, -.825f, .53f, -.79f, .018f, f->ink.deep);
    draw_ellipse(c, .44f, -.635f, .042f, .030f, 0, sheer(rgb(0xf08a86), .6f));
    draw_arc(c, .50f, -.55f, .46f, -.51f, .40f, -.53f, .018f,
             blend(f->ink.deep, rgb(0x40202a), .4f));
    const float ear[7][2] = {{.34f, -.84f},
                             {.22f - .06f * flap, -.93f},
                             {.06f - .13f * flap, -.86f},
                             {.03f - .16f * flap, -.66f},
                             {.10f - .12f * flap, -.50f},
                             {.24f, -.50f},
                             {.35f, -.64f}};
    const float in[6][2] = {{.30f, -.80f},
                            {.20f - .05f * flap, -.87f},
                            {.10f - .11f * flap, -.80f},
                            {.085f - .13f * flap, -.66f},
                            {.14f - .10f * flap, -.56f},
                            {.28f, -.62f}};
    draw_rimmed(f, ear, 7, blend(f->ink.main, f->ink.deep, .38f));
    draw_blob(c, in, 6,
              f->s->slot[SLOT_COLOUR] == BLACK ? rgb(0x5c5f70)
                                               : blend(rgb(0xf2b3a6), f->ink.main, .35f));
}

void draw_elephant(struct figure *f)
{
    struct canvas *c = f->c;
    struct rgba nail = blend(f->ink.light, f->ink.main, .3f);
    struct quadruped q = {
        .18f, -.28f, -.42f, .215f,       .225f,        .170f, .088f,
        .60f, .85f,  .06f,  f->ink.main, f->ink.shade, nail,  blend(nail, f->ink.shade, .6f),
        true};
    float rush = quadruped_rush(f), sway = sinf(f->pose.phase);
    quadruped_legs(f, &q, false);
    quadruped_trunk(f, &q);
    draw_arc(c, -.45f, -.68f, -.53f, -.62f, -.535f - .03f * sway, -.44f - .10f * rush, .030f,
             f->ink.shade);
    draw_ellipse(c, -.535f - .03f * sway, -.42f - .10f * rush, .030f, .048f, .2f * sway,
                 f->ink.deep);
    const float body[9][2] = {{-.47f, -.46f}, {-.45f, -.68f}, {-.28f, -.84f},
                              {-.02f, -.86f}, {.22f, -.80f},  {.34f, -.62f},
                              {.30f, -.40f},  {.04f, -.32f},  {-.30f, -.33f}};
    draw_rimmed(f, body, 9, f->ink.main);
    draw_ellipse(c, -.05f, -.375f, .27f, .05f, 0, f->ink.light);
    draw_mark(f, -.15f, -.63f, .25f, .15f);
    canvas_restore(c);
    quadruped_legs(f, &q, true);
    quadruped_trunk(f, &q);
    draw_scarf(f, .16f, -.80f, .34f, -.50f, .11f);
    canvas_translate(c, 0, -.012f * sinf(2 * f->pose.phase));
    elephant_head(f, .5f + .5f * sinf(f->pose.phase * .5f),
                  f->stance == IN_AIR     ? 1
                  : f->stance == IN_WATER ? .95f
                                          : .65f * rush);
    canvas_restore(c);
}
