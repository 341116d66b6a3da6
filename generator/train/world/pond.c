/* Duck and turtle: at home on land and in water. On land feet stand at y = 0; a duck afloat has the
 * water line there; a turtle under water has its centre there. */
#include "brush.h"

#include <math.h>

#define TAU 6.2831853f

static bool swims(const struct figure *f)
{
    return f->s->slot[SLOT_ACTION] == SWIM;
}

/* --- duck ------------------------------------------------------------------------------------- */

static struct rgba duck_bill(const struct figure *f)
{
    int colour = f->s->slot[SLOT_COLOUR];
    return colour == ORANGE || colour == YELLOW || colour == RED ? rgb(0xd9542b) : rgb(0xf5a32a);
}

static void duck_leg(struct figure *f, bool near)
{
    float dx, dy, x = near ? -.02f : .06f;
    struct rgba colour = near ? duck_bill(f) : blend(duck_bill(f), rgb(0x7a3a1c), .3f);
    gait_foot(f->pose.phase + (near ? 0 : .5f * TAU), .6f, .42f * .6f, .06f, &dx, &dy);
    dy -= near ? 0 : .012f;
    draw_line(f->c, x, -.24f, x + dx, dy - .03f, .042f, colour);
    const float foot[4][2] = {
        {x + dx - .05f, dy}, {x + dx, dy - .06f}, {x + dx + .13f, dy - .012f}, {x + dx + .11f, dy}};
    draw_blob(f->c, foot, 4, colour);
}

static void duck_head(struct figure *f, float x, float y, float look)
{
    struct canvas *c = f->c;
    struct rgba bill = duck_bill(f);
    const float beak[5][2] = {{x + .10f, y - .045f},
                              {x + .20f, y + .0f},
                              {x + .30f + .02f * look, y + .02f},
                              {x + .26f, y + .075f},
                              {x + .09f, y + .075f}};
    draw_blob(c, beak, 5, bill);
    draw_line(c, x + .12f, y + .035f, x + .27f, y + .042f, .013f, blend(bill, rgb(0x5a2a18), .6f));
    if (f->ink.rim.a > 0)
        draw_ellipse(c, x, y, .162f, .157f, 0, f->ink.rim);
    draw_ellipse(c, x, y, .148f, .142f, 0, f->ink.main);
    draw_ellipse(c, x + .055f, y + .075f, .045f, .032f, 0, sheer(rgb(0xf08a86), .55f));
    draw_eye(c, x + .055f, y - .035f, .040f, eye_open(f), rgb(0x2a2024));
}

/* The body and head, the water line or the belly's underside at y = 0. */
static void duck_body(struct figure *f, float nod)
{
    struct canvas *c = f->c;
    float flick = sinf(1.7f * f->pose.phase);
    const float neck[4][2] = {
        {.14f, -.20f}, {.20f, -.52f + nod}, {.40f, -.50f + nod}, {.40f, -.16f}};
    draw_rimmed(f, neck, 4, f->ink.main);
    const float body[9][2] = {{-.42f, -.10f}, {-.55f, -.31f - .02f * flick},
                              {-.36f, -.26f}, {-.10f, -.31f},
                              {.18f, -.30f},  {.39f, -.17f},
                              {.33f, .03f},   {0, .10f},
                              {-.32f, .06f}};
    draw_rimmed(f, body, 9, f->ink.main);
    draw_ellipse(c, .27f, -.09f, .11f, .10f, .2f, f->ink.light);
    const float wing[6][2] = {{.16f, -.24f},  {.12f, -.06f},
                              {-.12f, -.01f}, {-.40f, -.16f - .01f * flick},
                              {-.24f, -.22f}, {-.06f, -.27f}};
    draw_blob(c, wing, 6, blend(f->ink.main, f->ink.deep, .55f));
    draw_mark(f, -.07f, -.14f, .18f, .085f);
    if (marked(f, SCARF))
        draw_scarf(f, .15f, -.37f + .6f * nod, .38f, -.34f + .6f * nod, .085f);
    else
        draw_line(c, .20f, -.375f + .6f * nod, .375f, -.365f + .6f * nod, .034f, rgb(0xfffaf0));
    duck_head(f, .30f, -.54f + nod, glance(f));
}

void draw_duck(struct figure *f)
{
    struct canvas *c = f->c;
    bool walks = f->s->slot[SLOT_ACTION] == WALK;
    canvas_save(c);
    if (swims(f)) {
        canvas_rotate(c, .8f * f->pose.angle);
        canvas_clip_below(c, .045f);
        duck_body(f, .014f * sinf(1.8f * f->pose.phase));
        canvas_no_clip(c);
    } else if (walks) {
        duck_leg(f, false);
        duck_leg(f, true);
        canvas_translate(c, 0, -.205f - .012f * sinf(2 * f->pose.phase));
        canvas_rotate(c, .06f * sinf(f->pose.phase));
        duck_body(f, .012f * sinf(2 * f->pose.phase + 1));
    } else {
        canvas_translate(c, 0, -.095f);
        duck_body(f, .010f * sinf(2.2f * f->pose.phase));
    }
    canvas_restore(c);
}

/* --- turtle ----------------------------------------------------------------------------------- */

static void turtle_head(struct figure *f, float x, float y, float bob)
{
    struct canvas *c = f->c;
    struct rgba skin = blend(f->ink.main, rgb(0xf2e6b8), .45f),
                line = blend(f->ink.deep, rgb(0x2a2a20), .3f);
    draw_limb(c, x - .26f, y + .14f, x - .14f, y + .10f + .5f * bob, x - .02f, y + .02f + bob, .16f,
              .13f, skin);
    const float head[7][2] = {{x - .09f, y - .06f + bob},  {x + .02f, y - .115f + bob},
                              {x + .13f, y - .06f + bob},  {x + .165f, y + .015f + bob},
                              {x + .10f, y + .075f + bob}, {x, y + .085f + bob},
                              {x - .09f, y + .05f + bob}};
    draw_rimmed(f, head, 7, skin);
    draw_eye(c, x + .06f, y - .03f + bob, .036f, eye_open(f), rgb(0x3a2a20));
    draw_arc(c, x + .155f, y + .03f + bob, x + .11f, y + .06f + bob, x + .05f, y + .045f + bob,
             .014f, line);
    draw_ellipse(c, x + .015f, y + .035f + bob, .028f, .020f, 0, sheer(rgb(0xf08a86), .55f));
}

static void turtle_shell(struct figure *f, float y)
{
    struct canvas *c = f->c;
    struct rgba line = blend(f->ink.main, f->ink.deep, .75f);
    const float rim[6][2] = {{-.46f, y - .02f}, {-.30f, y - .085f}, {.20f, y - .085f},
                             {.38f, y - .02f},  {.20f, y + .055f},  {-.30f, y + .055f}};
    const float dome[8][2] = {{-.42f, y - .02f}, {-.36f, y - .22f}, {-.20f, y - .36f},
                              {0, y - .40f},     {.18f, y - .33f},  {.31f, y - .18f},
                              {.34f, y - .02f},  {0, y + .015f}};
    draw_rimmed(f, dome, 8, f->ink.main);
    draw_blob(c, rim, 6, blend(f->ink.light, rgb(0xf2e0b0), .4f));
    if (marked(f, PLAIN) || marked(f, SCARF)) { /* the plates of a plain shell */
        const float plate[6][2] = {{-.14f, y - .31f}, {.07f, y - .32f},  {.14f, y - .20f},
                                   {.05f, y - .10f},  {-.13f, y - .10f}, {-.21f, y - .20f}};
        path_blob(c, plate, 6);
        paint_stroke(c, .026f, line);
        draw_line(c, -.21f, y - .20f, -.36f, y - .18f, .024f, line);
        draw_line(c, .14f, y - .20f, .29f, y - .17f, .024f, line);
    } else {
        draw_mark(f, -.04f, y - .20f, .25f, .13f);
    }
}

static void turtle_leg(struct figure *f, float x, bool near, float late)
{
    float dx, dy;
    struct rgba skin = blend(f->ink.main, rgb(0xf2e6b8), near ? .45f : .10f);
    gait_foot(f->pose.phase - TAU * late, .65f, .36f * .65f, .05f, &dx, &dy);
    dy -= near ? 0 : .012f;
    draw_limb(f->c, x, -.17f, x + .5f * dx, -.12f, x + dx, dy - .05f, .13f, .11f,
              near ? skin : blend(skin, f->ink.deep, .4f));
    draw_ellipse(f->c, x + dx + .025f, dy - .030f, .075f, .034f, 0,
                 near ? skin : blend(skin, f->ink.deep, .4f));
}

static void turtle_flipper(struct figure *f, float x, float y, float length, float beat,
                           struct rgba skin)
{
    float tip_x = x - length * (.55f - .25f * fabsf(beat)), tip_y = y - length * beat;
    const float flipper[5][2] = {{x + .09f, y - .04f},
                                 {x + .02f - .2f * length, y - .55f * length * beat - .05f},
                                 {tip_x, tip_y},
                                 {x - .30f * length, y - .40f * length * beat + .07f},
                                 {x - .09f, y + .05f}};
    draw_rimmed(f, flipper, 5, skin);
}

void draw_turtle(struct figure *f)
{
    struct canvas *c = f->c;
    struct rgba skin = blend(f->ink.main, rgb(0xf2e6b8), .45f), far = blend(skin, f->ink.deep, .4f);
    canvas_save(c);
    if (swims(f)) {
        float beat = sinf(.7f * f->pose.phase);
        canvas_rotate(c, f->pose.angle);
        turtle_flipper(f, .22f, .02f, .42f, -.75f * beat, far);
        turtle_flipper(f, -.32f, .06f, .24f, .4f * beat - .2f, far);
        turtle_head(f, .50f, -.05f, .02f * beat);
        turtle_shell(f, .12f);
        draw_scarf(f, .28f, -.10f, .36f, .10f, .075f);
        turtle_flipper(f, -.30f, .15f, .24f, -.4f * beat - .3f, skin);
        turtle_flipper(f, .20f, .12f, .46f, -.2f - .7f * beat, skin);
    } else {
        const float tail[3][2] = {{-.40f, -.20f}, {-.54f, -.10f}, {-.38f, -.12f}};
        draw_blob(c, tail, 3, skin);
        turtle_leg(f, .24f, false, .5f);
        turtle_leg(f, -.20f, false, 0);
        turtle_head(f, .50f, -.36f, .02f * sinf(f->pose.phase));
        turtle_leg(f, .20f, true, 0);
        turtle_leg(f, -.25f, true, .5f);
        turtle_shell(f, -.16f);
        draw_scarf(f, .27f, -.40f, .37f, -.20f, .075f);
    }
    canvas_restore(c);
}
