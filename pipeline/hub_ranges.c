/* Lanes take the next piece while there is room for it; the caller's thread hands pieces on. */
#include "hub_ranges.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/http.h"

#define TRIES 3      /* of a piece that bring nothing */
#define SILENCE_S 60 /* as in hub_fetch.c */
#define DEADLINE_S 3600

struct slot {
    char *data;
    size_t size, have;
    bool whole;
};

struct work {
    const struct hub_ranges *r;
    pthread_mutex_t mutex;
    pthread_cond_t ready, room;
    long long pieces, next, given; /* in all; the next to ask for; handed on */
    struct slot slot[HUB_RANGES_SLOTS];
    bool stop;
    whelk_error why; /* of the first that failed */
};

struct piece {
    struct work *w;
    struct slot *slot;
    struct http_reply reply;
    bool bad; /* the server gives no parts, or more than was asked for */
};

static bool stopped(struct work *w)
{
    pthread_mutex_lock(&w->mutex);
    bool stop = w->stop;
    pthread_mutex_unlock(&w->mutex);
    return stop;
}

static bool goes_on(void *ctx)
{
    struct work *w = ((struct piece *)ctx)->w;
    return !stopped(w) && (!w->r->watch->goes_on || w->r->watch->goes_on(w->r->watch->ctx));
}

static bool take(void *ctx, const char *data, size_t size)
{
    struct piece *p = ctx;
    p->bad = p->reply.status != 206 || size > p->slot->size - p->slot->have;
    if (!p->bad) {
        memcpy(p->slot->data + p->slot->have, data, size);
        p->slot->have += size;
    }
    return !p->bad;
}

/* One answer for what a slot still lacks. */
static bool ask(struct piece *p, long long at, whelk_error *err)
{
    char range[80];
    const char *const headers[] = {range, NULL};
    snprintf(range, sizeof range, "Range: bytes=%lld-%lld", at + (long long)p->slot->have,
             at + (long long)p->slot->size - 1);
    struct http_request request = {.url = p->w->r->url,
                                   .headers = headers,
                                   .key = p->w->r->key,
                                   .roams = true,
                                   .silence_s = SILENCE_S,
                                   .deadline_s = DEADLINE_S,
                                   .ceiling = (size_t)1 << 40,
                                   .take = take,
                                   .goes_on = goes_on,
                                   .ctx = p};
    bool good = http_send(&request, &p->reply, err);
    int status = p->reply.status;
    p->bad = p->bad || status == 416; /* others may be over in a moment */
    if (good && (p->bad || status != 206))
        good = whelk_fail(err, WHELK_ENETWORK, "the server answers %d to a part of a file", status);
    http_reply_release(&p->reply);
    return good;
}

/* One second, then two, looked at ten times a second for an end. */
static void pause_after(struct piece *p, int fruitless)
{
    for (int i = 0; i < 10 * fruitless && goes_on(p); i++)
        poll(NULL, 0, 100);
}

static bool load(struct work *w, long long index, struct slot *slot, whelk_error *err)
{
    struct piece p = {.w = w, .slot = slot};
    long long at = w->r->from + index * HUB_RANGES_PIECE;
    bool good = true;
    for (int fruitless = 0; slot->have < slot->size && fruitless < TRIES && !p.bad;) {
        size_t before = slot->have;
        good = ask(&p, at, err);
        if (!good && err->code == WHELK_EINTERRUPTED)
            return false;
        fruitless = slot->have > before ? 0 : fruitless + 1;
        if (fruitless && fruitless < TRIES && !p.bad)
            pause_after(&p, fruitless);
    }
    return slot->have == slot->size ||
           (good ? whelk_fail(err, WHELK_ENETWORK, "a part of the file came too short") : false);
}

static void *lane(void *ctx)
{
    struct work *w = ctx;
    pthread_mutex_lock(&w->mutex);
    while (!w->stop && w->next < w->pieces) {
        if (w->next - w->given >= HUB_RANGES_SLOTS) {
            pthread_cond_wait(&w->room, &w->mutex);
            continue;
        }
        long long i = w->next++, left = w->r->to - w->r->from - i * HUB_RANGES_PIECE;
        struct slot *slot = &w->slot[i % HUB_RANGES_SLOTS];
        whelk_error err = {0};
        slot->have = 0, slot->whole = false;
        slot->size = left < HUB_RANGES_PIECE ? (size_t)left : HUB_RANGES_PIECE;
        pthread_mutex_unlock(&w->mutex);
        bool good = load(w, i, slot, &err);
        pthread_mutex_lock(&w->mutex);
        slot->whole = good;
        if (!good && !w->stop) {
            w->stop = true;
            w->why = err;
        }
        pthread_cond_broadcast(&w->ready);
        pthread_cond_broadcast(&w->room);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

static bool put(struct work *w, const struct slot *slot)
{
    return w->r->put(w->r->ctx, slot->data, slot->have);
}

/* Pieces in order as they become whole; the mutex is held but while one is handed on. */
static bool hand_on(struct work *w)
{
    bool good = true;
    while (good && !w->stop && w->given < w->pieces) {
        struct slot *slot = &w->slot[w->given % HUB_RANGES_SLOTS];
        if (w->given >= w->next || !slot->whole) {
            pthread_cond_wait(&w->ready, &w->mutex);
            continue;
        }
        pthread_mutex_unlock(&w->mutex);
        good = put(w, slot);
        pthread_mutex_lock(&w->mutex);
        slot->whole = false;
        w->given++;
        pthread_cond_broadcast(&w->room);
    }
    return good;
}

/* What came in order before it broke off: whole pieces, and the beginning of the next. */
static bool hand_on_rest(struct work *w)
{
    bool good = true;
    for (bool more = true; good && more && w->given < w->next; w->given++) {
        struct slot *slot = &w->slot[w->given % HUB_RANGES_SLOTS];
        more = slot->whole;
        good = slot->have == 0 || put(w, slot);
    }
    return good;
}

static bool run(struct work *w)
{
    pthread_t threads[HUB_RANGES_LANES];
    int count = 0;
    while (count < HUB_RANGES_LANES && pthread_create(&threads[count], NULL, lane, w) == 0)
        count++;
    pthread_mutex_lock(&w->mutex);
    bool good = count > 0 ? hand_on(w) : true;
    bool early = w->given < w->pieces;
    w->stop = true;
    pthread_cond_broadcast(&w->room);
    pthread_mutex_unlock(&w->mutex);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return good && (!early || hand_on_rest(w));
}

bool hub_ranges(const struct hub_ranges *r, whelk_error *err)
{
    struct work w = {.r = r,
                     .mutex = PTHREAD_MUTEX_INITIALIZER,
                     .ready = PTHREAD_COND_INITIALIZER,
                     .room = PTHREAD_COND_INITIALIZER,
                     .pieces = (r->to - r->from + HUB_RANGES_PIECE - 1) / HUB_RANGES_PIECE};
    char *memory = malloc(HUB_RANGES_BYTES);
    for (int i = 0; i < HUB_RANGES_SLOTS; i++)
        w.slot[i].data = memory ? memory + (size_t)i * HUB_RANGES_PIECE : NULL;
    bool taken = memory && run(&w), all = taken && w.given >= w.pieces && !w.why.code;
    free(memory);
    if (all)
        return true;
    if (!taken && memory)
        return whelk_fail(err, WHELK_EFAIL, "what came could not be kept");
    if (w.why.code && err)
        *err = w.why;
    return w.why.code ? false
                      : whelk_fail(err, WHELK_ENETWORK, "no memory for several connections");
}
