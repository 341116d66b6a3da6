/* Who meets whom, and where. Places come from how wide the bodies are drawn: the mean over all
 * poses of where the body ends in its crop, whose faintest fiftieth on either side counts for
 * nothing, so that a speck does not make anybody wide. */
#include "company.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/goes_on.h"

/* Between two who go together, as a share of their mean width; it may grow and shrink by half. */
#define GAP 0.24f
/* Of two who pass, the further one stands so much higher in the picture (plate units), or, where
 * neither stands on anything, so much of the actor's width. */
#define FURTHER 0.014f
#define APART 0.5f
#define FILLED 0.92f /* share of the window that all of them may fill */
#define WINDOW_RATIO (16.0f / 9.0f)
#define SMALLEST 0.4f /* where a window as high as the plate does not hold them: of their size */
enum { X, Y, SIDE, GROUND };

/* The plate is 1 high; without ground a path says 2, or a little less. */
static bool stands(float ground)
{
    return ground < 1.5f;
}

/* --- What is asked for ------------------------------------------------------------------------ */

static bool is_word(const struct model *m, const int *slots, const char *slot, const char *word)
{
    const char *is = model_word(m, slots, slot);
    return is && strcmp(is, word) == 0;
}

/* The slot of a guest, 1 the first: "subject2". NULL = nobody. */
static const char *guest_word(const struct model *m, const int *slots, const char *slot, int guest)
{
    char name[32];
    snprintf(name, sizeof name, "%s%d", slot, guest + 1);
    return model_word(m, slots, name);
}

/* What a guest does: the same if it can; one that is chased may bounce or fly. NULL = nothing that
 * goes with it. */
static const char *guest_action(const struct model *m, const int *slots, int guest)
{
    static const char *const own[] = {"bounce", "fly"};
    const char *subject = guest_word(m, slots, "subject", guest),
               *place = model_word(m, slots, "place"), *action = model_word(m, slots, "action");
    if (!subject || !action || model_can(m, subject, action, place))
        return action ? action : "";
    for (int i = 0; i < 2 && is_word(m, slots, "company", "chase"); i++)
        if (model_can(m, subject, own[i], place))
            return own[i];
    return NULL;
}

static bool check_guest(const struct model *m, const int *slots, int guest, whelk_error *err)
{
    return guest_action(m, slots, guest) ||
           whelk_fail(err, WHELK_EUSAGE,
                      "a %s cannot %s at the place %s, so they cannot meet there; ask for "
                      "another action, or for each in a shot of its own",
                      guest_word(m, slots, "subject", guest), model_word(m, slots, "action"),
                      model_word(m, slots, "place"));
}

bool company_of_request(struct take_request *t, const whelk_generator *g, whelk_error *err)
{
    const struct model *m = g->model;
    const char *company = model_word(m, t->slots, "company");
    t->guests = 0;
    if (!company || strcmp(company, "alone") == 0)
        return true;
    while (t->guests < COMPOSE_GUESTS_MAX && guest_word(m, t->slots, "subject", t->guests + 1))
        if (!check_guest(m, t->slots, ++t->guests, err))
            return false;
    return t->guests ||
           whelk_fail(err, WHELK_EUSAGE,
                      "company %s needs somebody to meet, and no subject2 is named; name one, or "
                      "ask for company alone",
                      company);
}

static void set_slot(const struct model *m, int *slots, const char *name, int value)
{
    int i = model_find_slot(m, name);
    if (i >= 0)
        slots[i] = value < 0 ? m->slots[i].count : value;
}

static int slot_of(const struct model *m, const int *slots, const char *of, int guest)
{
    char name[32];
    snprintf(name, sizeof name, guest ? "%s%d" : "%s", of, guest + 1);
    int i = model_find_slot(m, name);
    return i < 0 || slots[i] >= m->slots[i].count ? -1 : slots[i];
}

/* Those who meet face one another; those who go the same way do not. */
static bool comes_towards(const struct model *m, const int *slots)
{
    return is_word(m, slots, "company", "pass") ||
           (is_word(m, slots, "company", "together") && is_word(m, slots, "action", "sit"));
}

static void be_the_guest(const struct model *m, const int *slots, int guest, int *out)
{
    static const char *const looks[] = {"subject", "colour", "mark"};
    int direction = slot_of(m, slots, "direction", 0), action = model_find_slot(m, "action");
    const char *does = guest_action(m, slots, guest);
    for (int i = 0; i < 3; i++)
        set_slot(m, out, looks[i], slot_of(m, slots, looks[i], guest));
    if (does && action >= 0)
        set_slot(m, out, "action", model_find_value(&m->slots[action], does));
    if (direction >= 0 && direction < 2 && comes_towards(m, slots))
        set_slot(m, out, "direction", 1 - direction);
}

void company_slots(const struct model *m, const int *slots, int k, int *out)
{
    static const char *const of_guests[] = {"subject2", "colour2", "mark2",
                                            "subject3", "colour3", "mark3"};
    int company = model_find_slot(m, "company");
    memcpy(out, slots, (size_t)m->asked_count * sizeof *out);
    if (k > 0)
        be_the_guest(m, slots, k, out);
    if (company >= 0)
        out[company] = m->slots[company].otherwise;
    for (int i = 0; i < 6; i++)
        set_slot(m, out, of_guests[i], -1);
}

bool company_shares_effect(const struct model *m, const int *slots)
{
    return (is_word(m, slots, "weather", "rain") || is_word(m, slots, "weather", "snowfall")) &&
           !is_word(m, slots, "action", "swim");
}

/* --- How large they are ----------------------------------------------------------------------- */

/* Where a body ends, from the middle of its crop, and its width, in plate units. */
struct extent {
    float left, right, up, down, width;
};

/* Where between the 1st and the last of n sums the given share of all lies, 0..1. */
static float quantile(const double *sum, int n, double share)
{
    double all = 0, so_far = 0;
    for (int i = 0; i < n; i++)
        all += sum[i];
    for (int i = 0; i < n; i++) {
        so_far += sum[i];
        if (so_far >= share * all && all > 0)
            return (float)((i + 0.5) / n);
    }
    return 0.5f;
}

static float mean(const float *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += v[i];
    return (float)(sum / n);
}

static struct extent extent_of(const struct company_body *b, int poses)
{
    enum { EDGE_MAX = 512 };
    double across[EDGE_MAX] = {0}, down[EDGE_MAX] = {0};
    int edge = b->edge < EDGE_MAX ? b->edge : EDGE_MAX;
    float side = mean(b->path + SIDE * poses, poses);
    for (int p = 0; p < poses; p++) {
        const float *alpha = b->pictures + ((size_t)p * 4 + 3) * (size_t)b->edge * (size_t)b->edge;
        for (int y = 0; y < edge; y++)
            for (int x = 0; x < edge; x++) {
                float a = alpha[y * b->edge + x];
                across[x] += a > 0.5f ? a : 0;
                down[y] += a > 0.5f ? a : 0;
            }
    }
    struct extent e = {.left = (0.5f - quantile(across, edge, 0.02)) * side,
                       .right = (quantile(across, edge, 0.98) - 0.5f) * side,
                       .up = (0.5f - quantile(down, edge, 0.02)) * side,
                       .down = (quantile(down, edge, 0.98) - 0.5f) * side};
    e.width = e.left + e.right;
    return e;
}

/* --- Where they are --------------------------------------------------------------------------- */

static void shift(struct company_body *b, int poses, int i, float dx, float dy, bool effect_too)
{
    b->path[X * poses + i] += dx;
    b->path[Y * poses + i] += dy;
    if (stands(b->path[GROUND * poses + i]))
        b->path[GROUND * poses + i] += dy;
    if (b->effect_path && effect_too) {
        b->effect_path[X * poses + i] += dx;
        b->effect_path[Y * poses + i] += dy;
    }
}

/* 1 = the actor goes to the right, -1 = to the left. */
static float heading(const struct model *m, const struct take_request *t, const float *x, int poses)
{
    float way = x[poses - 1] - x[0];
    if (fabsf(way) > 0.05f)
        return way < 0 ? -1 : 1;
    return is_word(m, t->slots, "direction", "left") ? -1 : 1;
}

/* The guest goes as it was made to, but never far from where it belongs beside the actor. */
static void go_along(struct company_body *actor, struct company_body *guest, int poses, int mid,
                     float distance, float play)
{
    const float *x = actor->path, *own = guest->path;
    float from = x[mid], start = own[mid];
    for (int i = 0; i < poses; i++) {
        float ahead = (own[i] - start) - (x[i] - from);
        shift(guest, poses, i, x[i] + distance + play * tanhf(ahead / play) - own[i], 0, true);
    }
}

/* The further of two who pass stands a little higher; where nothing is under their feet, one over
 * the other. `late`: how far it is from the actor at the middle of the first clip. */
static void pass(struct company_body *actor, struct company_body *guest, int poses, int mid,
                 float late, float width)
{
    float dx = actor->path[mid] + late - guest->path[mid],
          ground[2] = {actor->path[GROUND * poses + mid], guest->path[GROUND * poses + mid]},
          above = actor->path[Y * poses + mid] - guest->path[Y * poses + mid], dy;
    if (stands(ground[0]) && stands(ground[1]))
        dy = ground[0] - ground[1] - FURTHER;
    else
        dy = above < 0 ? fmaxf(0, above + APART * width) : fminf(0, above - APART * width);
    for (int i = 0; i < poses; i++)
        shift(guest, poses, i, dx, dy, true);
}

/* All of them, and their ways, by a factor about the middle of the ground that they are on. */
static void make_smaller(struct company_body *body, struct extent *e, int count, int poses,
                         bool own_effect, float by)
{
    float x = 0, y = 0;
    for (int k = 0; k < count; k++) {
        float ground = body[k].path[GROUND * poses + poses / 2];
        x += mean(body[k].path, poses) / (float)count;
        y += (stands(ground) ? ground : mean(body[k].path + Y * poses, poses)) / (float)count;
    }
    for (int k = 0; k < count; k++)
        e[k] = (struct extent){e[k].left * by, e[k].right * by, e[k].up * by, e[k].down * by,
                               e[k].width * by};
    for (int k = 0; k < 2 * count; k++) {
        float *path = k % 2 == 0 ? body[k / 2].path : own_effect ? body[k / 2].effect_path : NULL;
        for (int i = 0; path && i < poses; i++) {
            path[i] = x + (path[i] - x) * by;
            path[Y * poses + i] = y + (path[Y * poses + i] - y) * by;
            path[SIDE * poses + i] *= by;
            float *ground = path + GROUND * poses + i;
            if (k % 2 == 0 && stands(*ground))
                *ground = y + (*ground - y) * by;
        }
    }
}

/* From where to where all of them are, over the whole take. */
static void reach(const struct company_body *body, const struct extent *e, int count, int poses,
                  float *left, float *right)
{
    *left = 1e9f, *right = -1e9f;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < poses; i++) {
            *left = fminf(*left, body[k].path[i] - e[k].left);
            *right = fmaxf(*right, body[k].path[i] + e[k].right);
        }
}

/* Moved so that nobody leaves the plate; made smaller where their way is longer than it is wide. */
static void keep_on_plate(const struct model *m, struct company_body *body, struct extent *e,
                          int count, int poses, bool own_effect)
{
    float left, right, width = (float)(m->plate_width / m->plate_height);
    reach(body, e, count, poses, &left, &right);
    if (right - left > width) {
        make_smaller(body, e, count, poses, own_effect,
                     fmaxf(SMALLEST, 0.98f * width / (right - left)));
        reach(body, e, count, poses, &left, &right);
    }
    float dx = left < 0 ? -left : right > width ? width - right : 0;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < poses; i++)
            shift(&body[k], poses, i, dx, 0, own_effect);
}

/* --- The camera ------------------------------------------------------------------------------- */

/* How much wider the window, cut to the film's ratio, must be for all to be in it all the way. A
 * narrow one follows them (path_window). */
static float room_for(const struct company_body *body, const struct extent *e, int count, int poses,
                      const float *camera, float ratio)
{
    float left = 1e9f, right = -1e9f, top = 1e9f, bottom = -1e9f; /* in windows, from its middle */
    float follows = ratio < WINDOW_RATIO ? 1 - powf(ratio / WINDOW_RATIO, 2) : 0;
    for (int i = 0; i < poses; i++) {
        float h = expf(fminf(camera[2 * poses + i], 0)), w = h * ratio, middle = 0;
        for (int k = 0; k < count; k++)
            middle += body[k].path[X * poses + i] / (float)count;
        for (int k = 0; k < count; k++) {
            float x = body[k].path[X * poses + i] - camera[i] - follows * (middle - camera[i]),
                  y = body[k].path[Y * poses + i] - camera[poses + i];
            left = fminf(left, (x - e[k].left) / w);
            right = fmaxf(right, (x + e[k].right) / w);
            top = fminf(top, (y - e[k].up) / h);
            bottom = fmaxf(bottom, (y + e[k].down) / h);
        }
    }
    return fmaxf(1, fmaxf(right - left, bottom - top) / FILLED);
}

/* Returns what is still lacking: a window is no higher than the plate. */
static float step_back(float *camera, int poses, float factor)
{
    float *height = camera + 2 * poses, highest = height[0];
    for (int i = 1; i < poses; i++)
        highest = fmaxf(highest, height[i]);
    float by = fmaxf(0, fminf(logf(factor), -highest));
    for (int i = 0; i < poses; i++)
        height[i] += by;
    return factor / expf(by);
}

void company_meet(const struct model *m, const struct take_request *t, struct company_body *body,
                  int count, float *camera)
{
    struct extent e[COMPOSE_CAST_MAX];
    int poses = model_poses(m, t->parts), mid = m->poses / 2;
    bool own_effect = !company_shares_effect(m, t->slots),
         passes = is_word(m, t->slots, "company", "pass");
    float to = heading(m, t, body[0].path, m->poses), distance = 0;
    for (int k = 0; k < count; k++)
        e[k] = extent_of(&body[k], poses);
    for (int k = 1; k < count; k++) { /* each beside the one before; the first that passes is met */
        float gap = GAP * (e[k - 1].width + e[k].width) / 2;
        if (!passes || k > 1)
            distance +=
                to * (to > 0 ? e[k - 1].right + gap + e[k].left : e[k - 1].left + gap + e[k].right);
        if (passes)
            pass(&body[0], &body[k], poses, mid, distance, e[0].width);
        else
            go_along(&body[0], &body[k], poses, mid, distance, 0.5f * gap);
    }
    distance = passes ? 0 : distance;
    for (int k = 0; k < count; k++) /* the middle of them goes where the actor went */
        for (int i = 0; i < poses; i++)
            shift(&body[k], poses, i, -distance / 2, 0, own_effect);
    keep_on_plate(m, body, e, count, poses, own_effect);
    float ratio = (float)t->width / (float)t->height;
    float lacks = step_back(camera, poses, room_for(body, e, count, poses, camera, ratio));
    if (lacks > 1.01f)
        make_smaller(body, e, count, poses, own_effect, fmaxf(SMALLEST, 1 / lacks));
}
