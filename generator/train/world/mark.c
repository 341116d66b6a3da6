/* The markings that make an actor one of its own: stripes, spots, a patch on the flank, a scarf
 * about the neck. Each subject says where its flank and its neck are. */
#include "brush.h"

#include <math.h>

bool marked(const struct figure *f, enum mark mark)
{
    return f->s->slot[SLOT_MARK] == (int)mark;
}

/* A colour that stands out on the actor's own. */
static struct rgba marking(const struct figure *f)
{
    switch ((enum colour)f->s->slot[SLOT_COLOUR]) {
    case WHITE:
        return rgb(0x9a6e4c);
    case BLACK:
        return rgb(0xf0ebe2);
    case YELLOW:
        return rgb(0xa8621c);
    default:
        return marked(f, STRIPES) ? blend(f->ink.deep, rgb(0x2a1626), .30f) : rgb(0xfff3dc);
    }
}

static void stripes(struct figure *f, float x, float y, float rx, float ry, struct rgba colour)
{
    for (int i = 0; i < 4; i++) {
        float u = ((float)i - 1.5f) * .56f, half = ry * sqrtf(1 - .85f * u * u);
        draw_arc(f->c, x + u * rx, y - half, x + (u + .16f) * rx, y, x + u * rx, y + .55f * half,
                 fmaxf(.036f, .16f * rx), colour);
    }
}

static void spots(struct figure *f, float x, float y, float rx, float ry, struct rgba colour)
{
    static const float at[6][3] = {{-.72f, .05f, .9f},  {-.34f, -.52f, .8f}, {-.16f, .38f, 1.1f},
                                   {.16f, -.30f, 1.1f}, {.50f, .34f, .9f},   {.70f, -.32f, .8f}};
    float r = .17f * sqrtf(rx * ry) + .014f;
    for (int i = 0; i < 6; i++)
        draw_ellipse(f->c, x + at[i][0] * rx, y + at[i][1] * ry, r * at[i][2], r * at[i][2], 0,
                     colour);
}

void draw_mark(struct figure *f, float x, float y, float rx, float ry)
{
    struct rgba colour = marking(f);
    switch ((enum mark)f->s->slot[SLOT_MARK]) {
    case STRIPES:
        stripes(f, x, y, rx, ry, colour);
        break;
    case SPOTS:
        spots(f, x, y, rx, ry, colour);
        break;
    case PATCH: {
        const float blot[7][2] = {{x - .90f * rx, y - .1f * ry},  {x - .45f * rx, y - .95f * ry},
                                  {x + .2f * rx, y - .85f * ry},  {x + .55f * rx, y - .15f * ry},
                                  {x + .28f * rx, y + .70f * ry}, {x - .28f * rx, y + .50f * ry},
                                  {x - .62f * rx, y + .75f * ry}};
        draw_blob(f->c, blot, 7, colour);
        break;
    }
    default:
        break;
    }
}

struct rgba scarf_colour(const struct figure *f)
{
    enum colour colour = (enum colour)f->s->slot[SLOT_COLOUR];
    return colour == RED || colour == ORANGE || colour == PURPLE ? rgb(0x2f76c0) : rgb(0xd8362f);
}

/* Across the neck from its upper to its lower side; the loose end streams behind. */
void draw_scarf(struct figure *f, float x0, float y0, float x1, float y1, float width)
{
    if (!marked(f, SCARF))
        return;
    struct rgba cloth = scarf_colour(f), pale = rgb(0xfff3dc);
    float wave = .04f * sinf(f->pose.phase + 1), fall = .75f * width;
    draw_limb(f->c, x0, y0, x0 - 1.1f * width, y0 + fall + wave, x0 - 2.3f * width,
              y0 + .8f * fall - wave, .95f * width, .75f * width, cloth);
    draw_line(f->c, x0 - 1.95f * width, y0 + .5f * fall - wave, x0 - 1.9f * width,
              y0 + 1.3f * fall - wave, .2f * width, pale);
    draw_line(f->c, x0, y0, x1, y1, width, cloth);
}
