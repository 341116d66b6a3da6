/* What the painters of places share: the light of a scene, colours under that light, and a stock of
 * things that stand in landscapes. All lengths are plate units; all randomness is rng_at of the
 * scene's seed, purposes >= 1000. */
#ifndef WORLD_LOOK_H
#define WORLD_LOOK_H

#include "scene.h"

#define PLATE_MARGIN 0.05f

struct look {
    const struct scene *s;
    struct canvas *c;
    enum time_of_day time;
    float mul[3], add[3];
    struct rgba sky_top, sky_mid, horizon;
    float sun_x, sun_y, sun_r; /* the one sun or moon */
};

struct hill {
    float y, rise, wave, phase1, phase2;
};

/* --- sky.c: light, colours, sky, hills, water --- */
void look_init(struct look *k, const struct scene *s, struct canvas *c);
float rnd(const struct look *k, uint32_t purpose, uint32_t n, float from, float to);
int rnd_int(const struct look *k, uint32_t purpose, uint32_t n, int count);
struct rgba mix(struct rgba a, struct rgba b, float t);
struct rgba fade(struct rgba c, float alpha);
struct rgba raw(uint32_t rrggbb); /* as written, without light */
/* Under the scene's light, fading into haze. */
struct rgba tone(const struct look *k, uint32_t rrggbb, float haze);
/* The same with the low sky mirrored in it, most at dusk. */
struct rgba water_tone(const struct look *k, uint32_t rrggbb, float mirrored);
struct rgba vary(const struct look *k, struct rgba c, uint32_t purpose, uint32_t n, float amount);

void draw_sky(const struct look *k, float horizon_y); /* gradient, stars, sun or moon */
void draw_clouds(const struct look *k, int count, float y0, float y1);
struct hill make_hill(const struct look *k, uint32_t n, float y, float rise, float wave);
float hill_at(const struct hill *h, float x);
void draw_hill(const struct look *k, const struct hill *h, struct rgba top, struct rgba bottom,
               float depth);
void draw_glow(const struct look *k, float x, float y, float r, struct rgba c, float strength);
void draw_band(const struct look *k, float y0, float y1, struct rgba top, struct rgba bottom);
void draw_ripple(const struct look *k, float x, float y, float w, float thick, struct rgba c);
void draw_glitter(const struct look *k, float y0, float y1); /* the sun's path on water */

/* --- flora.c: things that grow; (x, y) is the foot, h the height --- */
void draw_round_tree(const struct look *k, float x, float y, float h, uint32_t n, struct rgba leaf,
                     struct rgba bark);
void draw_pine(const struct look *k, float x, float y, float h, struct rgba leaf, struct rgba bark,
               float snow);
void draw_bush(const struct look *k, float x, float y, float w, uint32_t n, struct rgba leaf);
void draw_tuft(const struct look *k, float x, float y, float h, uint32_t n, struct rgba blade);
void draw_flower(const struct look *k, float x, float y, float h, struct rgba petal,
                 struct rgba stem);
void draw_palm(const struct look *k, float x, float y, float h, float lean, uint32_t n);
void draw_cactus(const struct look *k, float x, float y, float h, uint32_t n, float haze);
void draw_seaweed(const struct look *k, float x, float y, float h, uint32_t n, struct rgba c);
void draw_coral(const struct look *k, float x, float y, float h, uint32_t n, struct rgba c);
void draw_rock(const struct look *k, float x, float y, float w, uint32_t n, struct rgba c);

/* --- places_land.c, places_town.c, places_water.c --- */
void draw_meadow(const struct look *k, const struct stage *st);
void draw_forest(const struct look *k, const struct stage *st);
void draw_desert(const struct look *k, const struct stage *st);
void draw_snow(const struct look *k, const struct stage *st);
void draw_mountains(const struct look *k, const struct stage *st);
void draw_city(const struct look *k, const struct stage *st);
void draw_pool(const struct look *k, const struct stage *st);
void draw_beach(const struct look *k, const struct stage *st);
void draw_underwater(const struct look *k, const struct stage *st);

#endif
