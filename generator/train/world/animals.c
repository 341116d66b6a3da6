/* Cat, dog and horse: side views facing right, body about one length from chest to rump, feet at y
 * = 0. */
#include "quadruped.h"

#include <math.h>

#define TAU 6.2831853f
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static bool sits(const struct figure *f)
{
    return f->s->slot[SLOT_ACTION] == SIT;
}

/* --- cat -------------------------------------------------------------------------------------- */

static void cat_ear(struct figure *f, float x, float y, float r, float lean, struct rgba outer,
                    struct rgba inner)
{
    const float ear[4][2] = {{x - (.36f - .4f * lean) * r, y + .32f * r},
                             {x + (lean - .05f) * r, y - .70f * r},
                             {x + (lean + .05f) * r, y - .70f * r},
                             {x + (.36f + .4f * lean) * r, y + .32f * r}};
    const float in[3][2] = {{x - .21f * r, y + .20f * r},
                            {x + .85f * lean * r, y - .42f * r},
                            {x + .21f * r, y + .20f * r}};
    if (f->ink.rim.a > 0) {
        path_blob(f->c, ear, 4);
        paint_stroke(f->c, .028f, f->ink.rim);
    }
    draw_blob(f->c, ear, 4, outer);
    draw_blob(f->c, in, 3, inner);
}

static void cat_whiskers(struct canvas *c, float x, float y, float r, struct rgba colour)
{
    for (int side = -1; side <= 1; side += 2)
        for (int i = -1; i <= 1; i++)
            draw_line(c, x + side * .42f * r, y + i * .07f * r, x + side * 1.12f * r,
                      y + (i * .2f - .04f) * r, .012f, colour);
}

static void cat_face(struct figure *f, float x, float y, float r, float look)
{
    struct canvas *c = f->c;
    bool black = f->s->slot[SLOT_COLOUR] == BLACK;
    struct rgba iris = f->s->slot[SLOT_COLOUR] == GREEN ? rgb(0xf6d65a) : rgb(0xa9d65c);
    float fx = x + (.20f + .16f * look) * r, open = eye_open(f);
    draw_ellipse(c, fx + .02f * r, y + .40f * r, .50f * r, .36f * r, 0, f->ink.light);
    draw_ellipse(c, fx - .62f * r, y + .34f * r, .17f * r, .12f * r, 0, sheer(rgb(0xf08a86), .6f));
    draw_ellipse(c, fx + .60f * r, y + .34f * r, .15f * r, .12f * r, 0, sheer(rgb(0xf08a86), .6f));
    draw_eye(c, fx - .40f * r, y - .02f * r, .215f * r, open, iris);
    draw_eye(c, fx + .42f * r, y - .02f * r, .205f * r, open, iris);
    const float nose[3][2] = {{fx - .10f * r, y + .24f * r},
                              {fx + .14f * r, y + .24f * r},
                              {fx + .02f * r, y + .37f * r}};
    draw_blob(c, nose, 3, rgb(0xe8757a));
    struct rgba line = black ? rgb(0x23242e) : rgb(0x5a3a34);
    draw_arc(c, fx - .18f * r, y + .46f * r, fx - .04f * r, y + .60f * r, fx + .02f * r,
             y + .40f * r, .018f, line);
    draw_arc(c, fx + .22f * r, y + .46f * r, fx + .08f * r, y + .60f * r, fx + .02f * r,
             y + .40f * r, .018f, line);
    cat_whiskers(c, fx + .02f * r, y + .40f * r, r, black ? rgb(0xc9cad6) : rgb(0xfffaf0));
}

static void cat_head(struct figure *f, float x, float y, float r, float look)
{
    struct canvas *c = f->c;
    struct rgba inner = rgb(0xf2a7a0);
    cat_ear(f, x - .50f * r, y - .74f * r, r, -.22f, f->ink.main, inner);
    cat_ear(f, x + .54f * r, y - .74f * r, r, .22f, f->ink.main, inner);
    const float skull[8][2] = {{x - 1.06f * r, y + .22f * r}, {x - .92f * r, y - .48f * r},
                               {x - .36f * r, y - .88f * r},  {x + .40f * r, y - .88f * r},
                               {x + .94f * r, y - .48f * r},  {x + 1.08f * r, y + .22f * r},
                               {x + .56f * r, y + .80f * r},  {x - .54f * r, y + .80f * r}};
    draw_rimmed(f, skull, 8, f->ink.main);
    for (int i = -1; i <= 1 && marked(f, STRIPES); i++)
        draw_line(c, x + (.16f * look + .06f + .26f * i) * r, y - .82f * r,
                  x + (.16f * look + .08f + .21f * i) * r, y - (i ? .54f : .44f) * r, .030f,
                  f->ink.mark);
    cat_face(f, x, y, r, look);
}

static void cat_tail(struct figure *f, const float (*points)[2], int n)
{
    struct tube tail;
    tube_through(&tail, points, n, .105f, .085f);
    if (f->ink.rim.a > 0) {
        struct tube rim;
        tube_through(&rim, points, n, .135f, .115f);
        tube_fill(f->c, &rim, 0, 1, f->ink.rim);
    }
    tube_fill(f->c, &tail, 0, 1, f->ink.main);
    for (int i = 0; i < 3 && marked(f, STRIPES); i++)
        tube_fill(f->c, &tail, .30f + .22f * i, .39f + .22f * i, f->ink.mark);
    tube_fill(f->c, &tail, .92f, 1, f->ink.mark);
}

static void cat_sitting(struct figure *f)
{
    struct canvas *c = f->c;
    float breath = .012f * sinf(2.4f * f->pose.phase), flick = sinf(2.6f * f->pose.phase),
          look = glance(f);
    const float tail[5][2] = {{-.20f, -.07f},
                              {-.36f, -.055f},
                              {-.45f, -.12f - .02f * flick},
                              {-.46f - .03f * flick, -.26f},
                              {-.40f - .08f * flick, -.40f}};
    cat_tail(f, tail, 5);
    draw_limb(c, .20f, -.40f, .24f, -.22f, .25f, -.05f, .14f, .10f, f->ink.shade);
    draw_ellipse(c, .275f, -.04f, .085f, .045f, 0, f->ink.shade);
    const float body[8][2] = {
        {-.32f, -.14f},         {-.28f, -.36f}, {-.10f, -.56f - breath}, {.08f, -.66f - breath},
        {.25f + breath, -.52f}, {.25f, -.24f},  {.14f, -.02f},           {-.18f, -.01f}};
    draw_rimmed(f, body, 8, f->ink.main);
    draw_ellipse(c, .155f + breath, -.405f, .085f, .155f, -.12f, f->ink.light);
    draw_mark(f, -.09f, -.37f, .15f, .15f);
    draw_ellipse(c, -.12f, -.16f, .17f, .15f, 0, blend(f->ink.main, f->ink.shade, .35f));
    draw_ellipse(c, -.02f, -.04f, .11f, .048f, 0, f->ink.light);
    draw_limb(c, .13f, -.25f, .15f, -.17f, .155f, -.05f, .14f, .105f, f->ink.main);
    draw_ellipse(c, .18f, -.042f, .09f, .05f, 0, f->ink.light);
    draw_scarf(f, -.03f, -.60f - breath, .24f, -.56f - breath, .10f);
    canvas_save(c);
    canvas_translate(c, .13f + .02f * look, -.73f - breath);
    canvas_rotate(c, .07f * look + .03f * flick);
    cat_head(f, 0, 0, .20f, look);
    canvas_restore(c);
}

void draw_cat(struct figure *f)
{
    if (sits(f)) {
        cat_sitting(f);
        return;
    }
    struct canvas *c = f->c;
    struct quadruped q = {.24f,         -.29f,
                          -.36f,        .185f,
                          .15f,         .095f,
                          .068f,        .74f,
                          1.30f,        .13f,
                          f->ink.main,  f->ink.shade,
                          f->ink.light, blend(f->ink.shade, f->ink.light, .35f),
                          false};
    float rush = quadruped_rush(f), sway = sinf(f->pose.phase + .8f),
          wag = f->stance == IN_WATER ? 0 : sway;
    quadruped_legs(f, &q, false);
    quadruped_trunk(f, &q);
    const float tail[5][2] = {{-.38f, -.47f},
                              {-.50f - .05f * rush, -.53f},
                              {-.575f - .03f * rush, -.66f + .08f * rush},
                              {-.57f - .05f * wag, -.80f + .14f * rush},
                              {-.50f - .09f * wag - .06f * rush, -.92f + .18f * rush}};
    cat_tail(f, tail, 5);
    const float body[9][2] = {{-.44f, -.42f}, {-.38f, -.55f}, {-.16f, -.585f},
                              {.08f, -.56f},  {.26f, -.60f},  {.40f, -.50f},
                              {.32f, -.31f},  {.02f, -.285f}, {-.32f, -.28f}};
    draw_rimmed(f, body, 9, f->ink.main);
    draw_ellipse(c, .04f, -.315f, .25f, .045f, 0, f->ink.light);
    draw_ellipse(c, .33f, -.42f, .07f, .10f, -.3f, f->ink.light);
    draw_mark(f, -.08f, -.455f, .27f, .105f);
    canvas_restore(c);
    quadruped_legs(f, &q, true);
    quadruped_trunk(f, &q);
    draw_scarf(f, .20f, -.60f, .37f, -.46f, .095f);
    canvas_translate(c, .40f, -.665f - .012f * sinf(2 * f->pose.phase + .7f));
    canvas_rotate(c, f->stance == IN_AIR ? -.10f : .03f * sway);
    cat_head(f, 0, 0, .20f, .55f);
    canvas_restore(c);
}

/* --- dog -------------------------------------------------------------------------------------- */

static struct rgba collar_colour(const struct figure *f)
{
    if (marked(f, SCARF))
        return scarf_colour(f);
    return f->s->slot[SLOT_COLOUR] == RED || f->s->slot[SLOT_COLOUR] == ORANGE ? rgb(0x2f6fb5)
                                                                               : rgb(0xd63b3f);
}

static void dog_head(struct figure *f, float x, float y, float flap, float tongue)
{
    struct canvas *c = f->c;
    struct rgba ear = f->s->slot[SLOT_COLOUR] == WHITE ? rgb(0x9a6a48) : f->ink.deep;
    draw_ellipse(c, x + .02f, y - .03f, .055f, .13f, .5f + .4f * flap,
                 blend(ear, f->ink.shade, .3f));
    if (tongue > 0)
        draw_limb(c, x + .17f, y + .11f, x + .185f, y + .15f, x + .18f, y + .14f + .06f * tongue,
                  .055f, .05f, rgb(0xef7f8a));
    const float skull[9][2] = {{x - .19f, y + .04f}, {x - .16f, y - .13f}, {x, y - .195f},
                               {x + .13f, y - .12f}, {x + .27f, y - .03f}, {x + .31f, y + .06f},
                               {x + .22f, y + .13f}, {x + .02f, y + .16f}, {x - .13f, y + .14f}};
    draw_rimmed(f, skull, 9, f->ink.main);
    draw_ellipse(c, x + .20f, y + .055f, .115f, .078f, .12f, f->ink.light);
    draw_ellipse(c, x + .285f, y - .005f, .048f, .04f, .2f, rgb(0x2a2227));
    draw_ellipse(c, x + .275f, y - .018f, .014f, .010f, 0, rgb(0xb9aab0));
    draw_arc(c, x + .13f, y + .10f, x + .20f, y + .14f, x + .27f, y + .075f, .018f, rgb(0x4a342f));
    draw_ellipse(c, x + .055f, y - .035f, .075f, .082f, 0, f->ink.light);
    draw_eye(c, x + .07f, y - .03f, .045f, eye_open(f), rgb(0x6b4128));
    draw_arc(c, x + .02f, y - .115f, x + .07f, y - .145f, x + .12f, y - .115f, .02f, f->ink.deep);
    draw_ellipse(c, x + .09f, y + .075f, .035f, .025f, 0, sheer(rgb(0xf08a86), .6f));
    const float near_ear[6][2] = {{x - .10f, y - .15f},
                                  {x + .01f, y - .13f},
                                  {x + .02f - .05f * flap, y + .04f},
                                  {x - .06f - .10f * flap, y + .16f},
                                  {x - .16f - .12f * flap, y + .12f},
                                  {x - .17f - .04f * flap, y - .02f}};
    draw_rimmed(f, near_ear, 6, ear);
}

static void dog_sitting(struct figure *f)
{
    struct canvas *c = f->c;
    float breath = .012f * sinf(4.5f * f->pose.phase), wag = sinf(7.5f * f->pose.phase),
          look = glance(f);
    const float tail[4][2] = {
        {-.24f, -.10f}, {-.36f, -.12f}, {-.45f, -.22f - .03f * wag}, {-.47f + .04f * wag, -.34f}};
    struct tube tube;
    tube_through(&tube, tail, 4, .10f, .055f);
    tube_fill(c, &tube, 0, 1, f->ink.main);
    draw_limb(c, .22f, -.42f, .25f, -.22f, .26f, -.05f, .13f, .10f, f->ink.shade);
    draw_ellipse(c, .285f, -.04f, .085f, .045f, 0, f->ink.shade);
    const float body[8][2] = {{-.32f, -.14f},         {-.28f, -.36f}, {-.08f, -.56f},
                              {.08f, -.70f - breath}, {.26f, -.60f},  {.27f + breath, -.30f},
                              {.14f, -.02f},          {-.18f, -.01f}};
    draw_rimmed(f, body, 8, f->ink.main);
    draw_ellipse(c, .19f + breath, -.42f, .085f, .17f, -.12f, f->ink.light);
    draw_mark(f, -.09f, -.36f, .15f, .15f);
    draw_ellipse(c, -.12f, -.16f, .17f, .15f, 0, blend(f->ink.main, f->ink.shade, .35f));
    draw_ellipse(c, -.01f, -.045f, .115f, .048f, 0, f->ink.light);
    draw_limb(c, .145f, -.25f, .165f, -.17f, .17f, -.05f, .14f, .105f, f->ink.main);
    draw_ellipse(c, .195f, -.042f, .09f, .05f, 0, f->ink.light);
    draw_line(c, .02f, -.60f, .24f, -.585f, .06f, collar_colour(f));
    draw_ellipse(c, .20f, -.55f, .03f, .03f, 0, rgb(0xf6cf4b));
    draw_scarf(f, .01f, -.615f, .25f, -.585f, .10f);
    canvas_save(c);
    canvas_translate(c, .10f, -.755f - breath);
    canvas_rotate(c, .10f * look);
    dog_head(f, 0, 0, .10f * look, .5f + .5f * sinf(4.5f * f->pose.phase));
    canvas_restore(c);
}

void draw_dog(struct figure *f)
{
    if (sits(f)) {
        dog_sitting(f);
        return;
    }
    struct canvas *c = f->c;
    struct quadruped q = {.24f,         -.30f,
                          -.40f,        .205f,
                          .155f,        .10f,
                          .068f,        .74f,
                          1.30f,        .14f,
                          f->ink.main,  f->ink.shade,
                          f->ink.light, blend(f->ink.shade, f->ink.light, .35f),
                          false};
    float rush = quadruped_rush(f), sway = sinf(f->pose.phase), wag = sinf(3 * f->pose.phase);
    quadruped_legs(f, &q, false);
    quadruped_trunk(f, &q);
    const float tail[4][2] = {{-.38f, -.54f},
                              {-.50f, -.60f},
                              {-.58f, -.70f + .05f * rush},
                              {-.57f + .05f * wag, -.83f + .12f * rush}};
    struct tube tube;
    tube_through(&tube, tail, 4, .105f, .055f);
    tube_fill(c, &tube, 0, 1, f->ink.main);
    tube_fill(c, &tube, .80f, 1, f->ink.light);
    const float body[9][2] = {{-.44f, -.47f}, {-.38f, -.60f}, {-.12f, -.615f},
                              {.12f, -.62f},  {.30f, -.68f},  {.40f, -.54f},
                              {.32f, -.33f},  {.04f, -.335f}, {-.32f, -.34f}};
    draw_rimmed(f, body, 9, f->ink.main);
    draw_ellipse(c, .08f, -.365f, .24f, .045f, 0, f->ink.light);
    draw_ellipse(c, .34f, -.45f, .065f, .11f, -.25f, f->ink.light);
    draw_mark(f, -.08f, -.49f, .27f, .105f);
    canvas_restore(c);
    quadruped_legs(f, &q, true);
    quadruped_trunk(f, &q);
    draw_line(c, .215f, -.665f, .365f, -.575f, .07f, collar_colour(f));
    draw_ellipse(c, .365f, -.535f, .03f, .03f, 0, rgb(0xf6cf4b));
    draw_scarf(f, .20f, -.66f, .37f, -.56f, .10f);
    canvas_translate(c, .345f, -.755f - .012f * sinf(2 * f->pose.phase + .7f));
    canvas_rotate(c, f->stance == IN_AIR ? -.12f : .03f * sway);
    dog_head(f, 0, 0, rush * (.55f + .45f * sinf(f->pose.phase + 2)) + .1f * sway,
             f->stance == IN_WATER ? 0 : .4f + .4f * sway);
    canvas_restore(c);
}

/* --- horse ------------------------------------------------------------------------------------ */

static void horse_mane(struct figure *f, float wave, struct rgba hair)
{
    const float mane[9][2] = {{.50f, -1.10f},
                              {.43f, -1.14f},
                              {.32f, -1.09f},
                              {.20f - .03f * wave, -.98f},
                              {.12f - .05f * wave, -.86f},
                              {.06f - .05f * wave, -.72f},
                              {.15f, -.72f},
                              {.26f, -.82f},
                              {.38f, -.98f}};
    draw_blob(f->c, mane, 9, hair);
}

static void horse_head(struct figure *f, float nod)
{
    struct canvas *c = f->c;
    canvas_save(c);
    canvas_translate(c, .43f, -1.02f);
    canvas_rotate(c, nod);
    const float far_ear[3][2] = {{.035f, -.08f}, {.075f, -.19f}, {.095f, -.07f}};
    draw_blob(c, far_ear, 3, f->ink.shade);
    const float head[9][2] = {{-.085f, -.02f}, {-.04f, -.095f}, {.06f, -.095f},
                              {.16f, -.01f},   {.255f, .095f},  {.265f, .17f},
                              {.19f, .205f},   {.09f, .13f},    {-.02f, .11f}};
    draw_rimmed(f, head, 9, f->ink.main);
    draw_ellipse(c, .215f, .145f, .062f, .056f, .7f, f->ink.light);
    draw_ellipse(c, .245f, .125f, .014f, .018f, .7f, f->ink.deep);
    draw_arc(c, .165f, .165f, .195f, .185f, .235f, .182f, .012f, rgb(0x4a342f));
    const float blaze[4][2] = {{.085f, -.07f}, {.125f, -.045f}, {.20f, .05f}, {.175f, .06f}};
    if (f->s->slot[SLOT_COLOUR] != WHITE)
        draw_blob(c, blaze, 4, f->ink.light);
    draw_eye(c, .075f, -.008f, .041f, eye_open(f), rgb(0x4a2f25));
    draw_ellipse(c, .07f, .078f, .036f, .026f, 0, sheer(rgb(0xf08a86), .5f));
    const float ear[3][2] = {{-.02f, -.075f}, {.015f, -.20f}, {.055f, -.08f}};
    draw_blob(c, ear, 3, f->ink.main);
    canvas_restore(c);
}

void draw_horse(struct figure *f)
{
    struct canvas *c = f->c;
    bool dark = f->s->slot[SLOT_COLOUR] == BLACK, white = f->s->slot[SLOT_COLOUR] == WHITE;
    struct rgba hair = dark    ? rgb(0x6c6f82)
                       : white ? rgb(0xd9b98a)
                               : blend(f->ink.deep, rgb(0x40251c), .35f);
    struct rgba hoof = dark ? rgb(0xa7a9b6) : rgb(0x54403a);
    struct quadruped q = {
        .26f, -.29f, -.56f, .285f,       .155f,        .068f, 0,
        .95f, 1.55f, .12f,  f->ink.main, f->ink.shade, hoof,  blend(hoof, rgb(0x2a2028), .4f),
        true};
    float rush = quadruped_rush(f), wave = sinf(f->pose.phase),
          nod = .05f * sinf(f->pose.phase + .5f);
    quadruped_legs(f, &q, false);
    quadruped_trunk(f, &q);
    const float tail[5][2] = {{-.36f, -.73f},
                              {-.46f, -.745f},
                              {-.55f - .02f * rush, -.665f - .03f * rush},
                              {-.59f - .03f * rush, -.50f - .12f * rush + .03f * wave},
                              {-.58f - .06f * rush + .04f * wave, -.30f - .24f * rush}};
    struct tube tube;
    tube_through(&tube, tail, 5, .075f, .06f);
    for (int i = 0; i < TUBE_POINTS; i++)
        tube.w[i] += .07f * smooth01((float)i / 14) * sinf(.5f * TAU * (float)i / TUBE_POINTS);
    tube_fill(c, &tube, 0, 1, hair);
    horse_mane(f, wave + rush, hair);
    const float body[14][2] = {{-.43f, -.62f},  {-.40f, -.77f}, {-.24f, -.825f}, {-.02f, -.77f},
                               {.16f, -.81f},   {.27f, -.92f},  {.36f, -1.08f},  {.47f, -1.10f},
                               {.50f, -.96f},   {.45f, -.80f},  {.42f, -.62f},   {.26f, -.50f},
                               {-.02f, -.475f}, {-.30f, -.50f}};
    draw_rimmed(f, body, 14, f->ink.main);
    draw_ellipse(c, .0f, -.515f, .24f, .04f, .04f, f->ink.light);
    draw_mark(f, -.10f, -.66f, .26f, .115f);
    canvas_restore(c);
    quadruped_legs(f, &q, true);
    quadruped_trunk(f, &q);
    const float lock[6][2] = {
        {.36f, -1.09f}, {.28f, -1.00f}, {.20f - .02f * wave, -.86f}, {.22f - .03f * wave, -.76f},
        {.31f, -.84f},  {.40f, -1.0f}};
    draw_blob(c, lock, 6, hair);
    draw_scarf(f, .24f, -.93f, .46f, -.86f, .10f);
    horse_head(f, nod + (f->stance == IN_AIR ? -.08f : 0));
    const float forelock[4][2] = {
        {.36f, -1.10f}, {.42f, -1.15f}, {.485f, -1.125f}, {.445f, -1.07f}};
    draw_blob(c, forelock, 4, hair);
    canvas_restore(c);
}
