/* A Standard MIDI File of a piece: format 1, a track of tempi and bars, then one track a part (The
 * Complete MIDI 1.0 Detailed Specification, RP-001). */
#include "score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct out {
    unsigned char *data;
    size_t size, room;
    bool failed;
};

struct event {
    long tick;
    unsigned char status, a, b;
};

static void put(struct out *o, const void *data, size_t size)
{
    if (o->failed)
        return;
    if (o->size + size > o->room) {
        size_t room = (o->size + size) * 2;
        unsigned char *more = realloc(o->data, room);
        if (!more) {
            o->failed = true;
            return;
        }
        o->data = more;
        o->room = room;
    }
    memcpy(o->data + o->size, data, size);
    o->size += size;
}

static void put_number(struct out *o, unsigned long n, int bytes)
{
    while (bytes-- > 0)
        put(o, &(unsigned char){(unsigned char)(n >> (8 * bytes))}, 1);
}

/* Seven bits a byte, highest first, all but the last marked. */
static void put_length(struct out *o, unsigned long n)
{
    for (int shift = 21; shift > 0; shift -= 7) {
        if (n >> shift)
            put(o, &(unsigned char){(unsigned char)(0x80 | ((n >> shift) & 0x7F))}, 1);
    }
    put(o, &(unsigned char){(unsigned char)(n & 0x7F)}, 1);
}

static void put_meta(struct out *o, long delta, int kind, const void *data, size_t size)
{
    put_length(o, (unsigned long)delta);
    put(o, (unsigned char[]){0xFF, (unsigned char)kind}, 2);
    put_length(o, size);
    put(o, data, size);
}

static size_t begin_track(struct out *o)
{
    put(o, "MTrk\0\0\0\0", 8);
    return o->size;
}

static void end_track(struct out *o, size_t began, long delta)
{
    put_meta(o, delta, 0x2F, "", 0);
    if (o->failed)
        return;
    size_t n = o->size - began;
    for (int i = 0; i < 4; i++)
        o->data[began - 4 + (size_t)i] = (unsigned char)(n >> (8 * (3 - i)));
}

/* Tempi where sections begin, time signatures where the bars change, a marker on every cut. */
static void put_conductor(struct out *o, const struct score_meter *m)
{
    size_t began = begin_track(o);
    long at = 0;
    int beats = 0, section = -1;
    for (int i = 0; i < m->bar_count; i++) {
        const struct score_bar *b = &m->bars[i];
        if (b->section != section) {
            const struct score_section *s = &m->sections[b->section];
            unsigned long us = (unsigned long)lround(s->seconds * 1e6 / s->beats);
            unsigned char tempo[3] = {(unsigned char)(us >> 16), (unsigned char)(us >> 8),
                                      (unsigned char)us};
            put_meta(o, b->tick - at, 0x51, tempo, 3);
            if (b->section > 0)
                put_meta(o, 0, 0x06, "cut", 3);
            at = b->tick;
            section = b->section;
        }
        if (b->beats != beats) {
            put_meta(o, b->tick - at, 0x58, (unsigned char[]){(unsigned char)b->beats, 2, 24, 8},
                     4);
            at = b->tick;
            beats = b->beats;
        }
    }
    end_track(o, began, m->ticks - at);
}

/* Note-offs before note-ons at the same tick. */
static int by_tick(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->tick != y->tick)
        return x->tick < y->tick ? -1 : 1;
    if ((x->status & 0xF0) != (y->status & 0xF0))
        return (x->status & 0xF0) - (y->status & 0xF0);
    return x->a - y->a;
}

static void put_part(struct out *o, const struct score_piece *p, int role, struct event *events)
{
    static const char *const names[SCORE_ROLES] = {"melody", "double",  "accompaniment", "pad",
                                                   "bass",   "accents", "drums"};
    unsigned char channel = (unsigned char)score_channel(role);
    size_t n = 0;
    for (size_t i = 0; i < p->note_count; i++) {
        const struct score_note *s = &p->notes[i];
        if (s->role != role)
            continue;
        events[n++] = (struct event){s->tick, (unsigned char)(0x90 | channel), s->key, s->velocity};
        events[n++] =
            (struct event){s->tick + s->ticks, (unsigned char)(0x80 | channel), s->key, 0};
    }
    if (n == 0)
        return;
    qsort(events, n, sizeof *events, by_tick);
    size_t began = begin_track(o);
    put_meta(o, 0, 0x03, names[role], strlen(names[role]));
    const struct score_part *part = &p->parts[role];
    put(o, (unsigned char[]){0, (unsigned char)(0xC0 | channel), part->program}, 3);
    put(o, (unsigned char[]){0, (unsigned char)(0xB0 | channel), 7, part->volume}, 4);
    put(o, (unsigned char[]){0, (unsigned char)(0xB0 | channel), 10, part->pan}, 4);
    put(o, (unsigned char[]){0, (unsigned char)(0xB0 | channel), 91, part->reverb}, 4);
    long at = 0;
    for (size_t i = 0; i < n; i++) {
        put_length(o, (unsigned long)(events[i].tick - at));
        put(o, (unsigned char[]){events[i].status, events[i].a, events[i].b}, 3);
        at = events[i].tick;
    }
    end_track(o, began, 0);
}

bool score_midi(const struct score_piece *piece, unsigned char **data, size_t *size)
{
    struct out o = {0};
    struct event *events = calloc(piece->note_count * 2 + 1, sizeof *events);
    if (!events)
        return false;
    int tracks = 1;
    for (int role = 0; role < SCORE_ROLES; role++) {
        bool used = false;
        for (size_t i = 0; i < piece->note_count && !used; i++)
            used = piece->notes[i].role == role;
        tracks += used;
    }
    put(&o, "MThd", 4);
    put_number(&o, 6, 4);
    put_number(&o, 1, 2);
    put_number(&o, (unsigned long)tracks, 2);
    put_number(&o, SCORE_PPQ, 2);
    put_conductor(&o, &piece->meter);
    for (int role = 0; role < SCORE_ROLES; role++)
        put_part(&o, piece, role, events);
    free(events);
    if (o.failed) {
        free(o.data);
        return false;
    }
    *data = o.data;
    *size = o.size;
    return true;
}
