/* Draws the actor of a scene at a moment, and behind it whoever is with it: sets light, place, size
 * and facing, and hands over to the subject's own drawing. A diver is cut off at the water's
 * surface. */
#include "brush.h"

static void draw_one(const struct scene *s, const struct plan *p, const struct stage *st, float t,
                     struct canvas *c)
{
    static void (*const draw[SUBJECT_COUNT])(struct figure *) = {
        draw_cat,       draw_dog,  draw_horse,  draw_child,    draw_bird,   draw_fish,
        draw_butterfly, draw_ball, draw_car,    draw_boat,     draw_rocket, draw_balloon,
        draw_rabbit,    draw_duck, draw_turtle, draw_elephant, draw_plane,
    };
    struct figure f = {.c = c, .s = s, .t = t};
    plan_pose(s, p, st, t, &f.pose);
    f.extent = actor_extent(s);
    f.stance = actor_stance(s, st, t);
    ink_for((enum colour)s->slot[SLOT_COLOUR], &f.ink);
    if (s->slot[SLOT_ACTION] == DIVE)
        canvas_clip_below(c, st->water_y);
    canvas_save(c);
    canvas_translate(c, f.pose.x, f.pose.y);
    canvas_scale(c, p->dir * f.pose.face * p->length, p->length);
    draw[s->slot[SLOT_SUBJECT]](&f);
    canvas_restore(c);
    canvas_no_clip(c);
}

void actor_draw(const struct scene *s, const struct stage *st, float t, struct canvas *c)
{
    struct plan first, beside;
    struct scene second;
    float mul[3], add[3];
    plan_clip(s, st, &first);
    scene_light(s, mul, add);
    canvas_tint(c, mul, add);
    scene_technique(s, c);
    if (plan_companion(s, st, &first, &second, &beside))
        draw_one(&second, &beside, st, t, c);
    draw_one(s, &first, st, t, c);
}
