/* The child: one length tall, feet at y = 0, seen three-quarters from the side; the shirt carries
 * the slot's colour. */
#include "brush.h"

#include <math.h>

#define TAU 6.2831853f

enum purpose { FOR_SKIN = 320, FOR_HAIR, FOR_STYLE };

struct look_of_child {
    struct rgba skin, skin_far, hair, shorts, shorts_far, shoe;
    bool plaits;
};

static struct look_of_child child_look(const struct figure *f)
{
    static const unsigned skins[] = {0xf6c9a0, 0xe0a678, 0xb77a50, 0x8a5637};
    static const unsigned hairs[] = {0x5a3620, 0x2e2220, 0xc9762c, 0xe2b451};
    /* not the seed's choice but the identity's: the same child in all its pictures */
    uint64_t who = (uint64_t)f->s->slot[SLOT_COLOUR] * MARK_COUNT + (uint64_t)f->s->slot[SLOT_MARK];
    int tone = (int)(rng_at(who, FOR_SKIN, 0) % 4);
    struct look_of_child k = {.skin = rgb(skins[tone]),
                              .hair = rgb(hairs[rng_at(who, FOR_HAIR, 0) % (tone > 1 ? 2 : 4)])};
    k.skin_far = blend(k.skin, rgb(0x7a4632), .30f);
    bool cool = f->s->slot[SLOT_COLOUR] == BLUE || f->s->slot[SLOT_COLOUR] == BLACK;
    k.shorts = cool ? rgb(0xd9a24a) : rgb(0x3c5a8c);
    k.shorts_far = blend(k.shorts, rgb(0x1e2030), .3f);
    k.shoe = rgb(0xf4efe6);
    k.plaits = rng_at(who, FOR_STYLE, 0) % 2;
    return k;
}

struct limbs {
    float foot_x, foot_y, hand_x, hand_y; /* hand relative to the shoulder */
    float elbow, toe;                     /* bend of the arm; angle of the foot */
};

static struct limbs limbs_of(const struct figure *f, bool near)
{
    bool runs = f->s->slot[SLOT_ACTION] == RUN || f->s->slot[SLOT_ACTION] == JUMP;
    float side = near ? 1 : -1, tuck = f->pose.tuck;
    struct limbs l = {.elbow = -1};
    if (f->stance == IN_WATER) {
        float q = f->pose.phase * 1.2f + (near ? 0 : .5f * TAU);
        return (struct limbs){side * .06f,           -.06f, .17f + .07f * cosf(q),
                              .02f + .10f * sinf(q), 1,     0};
    }
    if (f->stance == IN_AIR && f->s->slot[SLOT_ACTION] == DIVE)
        return (struct limbs){.02f + side * .02f + .10f * tuck,
                              -.02f - .17f * tuck,
                              .05f + side * .015f + .10f * tuck,
                              -.40f + .20f * tuck,
                              1,
                              .9f};
    if (f->stance == IN_AIR)
        return (struct limbs){side * .13f + .02f,  -.03f - (near ? .20f : .10f) * tuck,
                              near ? .21f : -.17f, (near ? -.02f : -.10f) - .05f * tuck,
                              near ? -1 : 1,       .3f};
    float duty = runs ? .38f : .56f, stride = runs ? 1.05f : .62f;
    float phase = f->pose.phase + (near ? 0 : .5f * TAU);
    gait_foot(phase, duty, stride * duty, runs ? .17f : .07f, &l.foot_x, &l.foot_y);
    float lag = l.foot_y < -.01f ? .5f : 0;
    l.toe = runs ? lag : .5f * lag;
    float swing = -sinf(phase + 1.9f - .25f * TAU);
    if (f->s->slot[SLOT_ACTION] == DIVE) {
        l.hand_x = -.10f + .1f * tuck;
        l.hand_y = .20f - .06f * tuck;
    } else {
        l.hand_x = (runs ? .17f : .12f) * swing + (runs ? .04f : .02f);
        l.hand_y = runs ? .15f - .05f * swing : .235f - .03f * fabsf(swing);
    }
    return l;
}

static void child_leg(struct figure *f, const struct look_of_child *k, bool near, float hip_y)
{
    struct canvas *c = f->c;
    struct limbs l = limbs_of(f, near);
    float hx = near ? -.005f : .02f, x = hx + l.foot_x, y = l.foot_y - .045f - (near ? 0 : .012f),
          jx, jy;
    struct rgba skin = near ? k->skin : k->skin_far, shorts = near ? k->shorts : k->shorts_far;
    bend_joint(hx, hip_y, &x, &y, .20f, 1, &jx, &jy);
    draw_limb(c, hx, hip_y, jx, jy, x, y, .105f, .072f, skin);
    draw_limb(c, hx, hip_y, hx + .5f * (jx - hx), hip_y + .5f * (jy - hip_y), hx + .8f * (jx - hx),
              hip_y + .8f * (jy - hip_y), .135f, .130f, shorts);
    canvas_save(c);
    canvas_translate(c, x, y);
    canvas_rotate(c, l.toe);
    draw_ellipse(c, .028f, .010f, .07f, .037f, 0, near ? k->shoe : blend(k->shoe, shorts, .35f));
    draw_line(c, -.03f, .036f, .085f, .036f, .016f, rgb(0xc9463f));
    canvas_restore(c);
}

static void child_arm(struct figure *f, const struct look_of_child *k, bool near, float x, float y)
{
    struct canvas *c = f->c;
    struct limbs l = limbs_of(f, near);
    float hx = x + l.hand_x, hy = y + l.hand_y, jx, jy;
    struct rgba skin = near ? k->skin : k->skin_far,
                sleeve = near ? blend(f->ink.main, f->ink.shade, .30f) : f->ink.shade;
    bool dives = f->stance == IN_AIR && f->s->slot[SLOT_ACTION] == DIVE;
    bend_joint(x, y, &hx, &hy, dives ? .185f : .135f, l.elbow, &jx, &jy);
    draw_limb(c, x, y, jx, jy, hx, hy, .075f, .058f, skin);
    draw_ellipse(c, hx, hy, .040f, .040f, 0, skin);
    draw_limb(c, x, y, x + .4f * (jx - x), y + .4f * (jy - y), x + .75f * (jx - x),
              y + .75f * (jy - y), .095f, .092f, sleeve);
}

static void child_hair_back(struct figure *f, const struct look_of_child *k, float r)
{
    float swing = .03f * sinf(f->pose.phase * 2);
    draw_ellipse(f->c, -.20f * r, -.10f * r, 1.02f * r, 1.0f * r, 0, k->hair);
    if (!k->plaits)
        return;
    draw_limb(f->c, -.85f * r, .1f * r, -1.30f * r - swing, .45f * r, -1.45f * r - 2 * swing,
              1.0f * r + swing, .085f, .05f, k->hair);
    draw_ellipse(f->c, -1.0f * r, .20f * r, .035f, .035f, 0, f->ink.main);
}

static void child_head(struct figure *f, const struct look_of_child *k, float r)
{
    struct canvas *c = f->c;
    float open = eye_open(f);
    child_hair_back(f, k, r);
    draw_ellipse(c, .06f * r, .06f * r, .95f * r, .93f * r, 0, k->skin);
    draw_ellipse(c, -.48f * r, .18f * r, .17f * r, .20f * r, 0, k->skin_far);
    draw_ellipse(c, .16f * r, .40f * r, .20f * r, .14f * r, 0, sheer(rgb(0xf07f78), .55f));
    draw_ellipse(c, .84f * r, .38f * r, .12f * r, .13f * r, 0, sheer(rgb(0xf07f78), .55f));
    draw_eye(c, .28f * r, .08f * r, .145f * r, open, rgb(0x3a2a24));
    draw_eye(c, .74f * r, .08f * r, .135f * r, open, rgb(0x3a2a24));
    draw_ellipse(c, .58f * r, .30f * r, .09f * r, .07f * r, 0, k->skin_far);
    draw_arc(c, .36f * r, .50f * r, .54f * r, .74f * r, .72f * r, .48f * r, .018f, rgb(0x8c3a3a));
    const float fringe[8][2] = {{-.98f * r, .10f * r},   {-.96f * r, -.50f * r},
                                {-.45f * r, -1.02f * r}, {.25f * r, -1.06f * r},
                                {.82f * r, -.66f * r},   {.92f * r, -.28f * r},
                                {.38f * r, -.44f * r},   {-.42f * r, -.24f * r}};
    draw_blob(c, fringe, 8, k->hair);
}

void draw_child(struct figure *f)
{
    struct canvas *c = f->c;
    struct look_of_child k = child_look(f);
    bool ground = f->stance == ON_GROUND,
         runs = f->s->slot[SLOT_ACTION] == RUN || f->s->slot[SLOT_ACTION] == JUMP;
    float bob = !ground ? 0 : (runs ? -.022f : -.012f) * cosf(2 * f->pose.phase - .8f);
    float sink = bob + (ground ? .13f * f->pose.tuck : 0), hip = -.425f + sink;
    float lean =
        ground ? (runs ? .10f : .02f) + .5f * f->pose.tuck + .6f * fmaxf(f->pose.angle, 0) : 0;
    canvas_save(c);
    if (!ground) {
        canvas_translate(c, 0, f->extent.centre_y);
        canvas_rotate(c, f->s->slot[SLOT_ACTION] == JUMP ? .5f * f->pose.angle : f->pose.angle);
        canvas_translate(c, 0, -f->extent.centre_y);
    }
    child_leg(f, &k, false, hip);
    canvas_save(c);
    canvas_translate(c, 0, hip);
    canvas_rotate(c, lean);
    child_arm(f, &k, false, .035f, -.225f);
    canvas_restore(c);
    child_leg(f, &k, true, hip);
    canvas_translate(c, 0, hip);
    canvas_rotate(c, lean);
    draw_ellipse(c, .008f, -.015f, .105f, .075f, 0, k.shorts);
    draw_line(c, .015f, -.27f, .02f, -.32f, .07f, k.skin_far);
    const float shirt[8][2] = {{-.105f, -.01f}, {-.10f, -.16f}, {-.085f, -.265f}, {.0f, -.295f},
                               {.09f, -.265f},  {.115f, -.16f}, {.115f, -.01f},   {.005f, .025f}};
    draw_rimmed(f, shirt, 8, f->ink.main);
    draw_mark(f, .005f, -.135f, .085f, .105f);
    draw_scarf(f, -.055f, -.285f, .09f, -.275f, .07f);
    child_arm(f, &k, true, -.005f, -.225f);
    canvas_save(c);
    canvas_translate(c, .03f, -.415f);
    canvas_rotate(c, -.6f * lean + (f->s->slot[SLOT_ACTION] == DIVE && f->stance == IN_AIR
                                        ? -.25f
                                        : .02f * sinf(f->pose.phase)));
    child_head(f, &k, .158f);
    canvas_restore(c);
    canvas_restore(c);
}
