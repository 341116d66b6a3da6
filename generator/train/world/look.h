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
    enum weather weather;
    float mul[3], add[3];
    struct rgba sky_top, sky_mid, horizon;
    float grey, snow;          /* how far colours fade to grey, and the ground to white */
    float sun_x, sun_y, sun_r; /* the one sun or moon; hidden unless the weather is clear */
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

/* --- weather.c: between the far land and the near, mist thickest at y; and last of all, on the
 * ground */
void draw_distance(const struct look *k, float y);
void draw_puddles(const struct look *k, const struct stage *st);

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

/* --- places_*.c --- */
void draw_cottage(const struct look *k, float x, float y, float w);
void draw_fence(const struct look *k, float x0, float x1, float y);
void draw_meadow(const struct look *k, const struct stage *st);
void draw_forest(const struct look *k, const struct stage *st);
void draw_desert(const struct look *k, const struct stage *st);
void draw_snow(const struct look *k, const struct stage *st);
void draw_mountains(const struct look *k, const struct stage *st);
void draw_city(const struct look *k, const struct stage *st);
void draw_pool(const struct look *k, const struct stage *st);
void draw_beach(const struct look *k, const struct stage *st);
void draw_underwater(const struct look *k, const struct stage *st);
void draw_farm(const struct look *k, const struct stage *st);
void draw_river(const struct look *k, const struct stage *st);
void draw_room(const struct look *k, const struct stage *st);

#endif
