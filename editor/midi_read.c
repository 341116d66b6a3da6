/* A Standard MIDI File as a picture of the music: where its bars begin and which notes sound when,
 * in seconds. Reads what midi.c writes and what other programs make of it (formats 0 and 1, running
 * status, any tempo map); a file that ends early gives what there is up to there. */
#include "editor.h"

#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/file.h"

enum { MAX_NOTES = 200000, MAX_BARS = 20000, MAX_TEMPI = 20000, MAX_PARTS = 64 };

struct in {
    const unsigned char *at, *end;
};

struct tempo {
    long tick;
    double at_s, tick_s; /* when it begins; seconds a tick from there */
};

struct meter {
    long tick, bar_ticks;
};

struct reader {
    int division; /* ticks a quarter note */
    struct tempo *tempi;
    struct meter *meters;
    int tempo_count, meter_count;
    long last_tick;
    whelk_score_sheet *sheet;
};

/* --- Bytes ------------------------------------------------------------------------------------ */

static unsigned long number(struct in *in, int bytes)
{
    unsigned long n = 0;
    for (; bytes > 0 && in->at < in->end; bytes--)
        n = n << 8 | *in->at++;
    return n;
}

static unsigned long length(struct in *in)
{
    unsigned long n = 0;
    for (int i = 0; i < 4 && in->at < in->end; i++) {
        unsigned char byte = *in->at++;
        n = n << 7 | (byte & 0x7F);
        if (!(byte & 0x80))
            break;
    }
    return n;
}

/* The next chunk called `name`, as its own bounds; false at the end. */
static bool next_chunk(struct in *in, const char *name, struct in *chunk)
{
    while (in->end - in->at >= 8) {
        bool this_one = memcmp(in->at, name, 4) == 0;
        in->at += 4;
        unsigned long size = number(in, 4);
        if (size > (unsigned long)(in->end - in->at))
            size = (unsigned long)(in->end - in->at);
        *chunk = (struct in){in->at, in->at + size};
        in->at += size;
        if (this_one)
            return true;
    }
    return false;
}

/* --- Events ----------------------------------------------------------------------------------- */

struct event {
    long tick;
    unsigned char status, a, b; /* status 0xFF: a is the kind, `text` its bytes */
    struct in text;
};

/* Steps to the next event of a track; `running` is the status that may be left out. */
static bool next_event(struct in *in, long *tick, unsigned char *running, struct event *e)
{
    if (in->at >= in->end)
        return false;
    *tick += (long)length(in);
    *e = (struct event){.tick = *tick, .status = *running};
    if (in->at < in->end && *in->at & 0x80)
        e->status = *in->at++;
    if (e->status >= 0xF0) {
        e->a = e->status == 0xFF ? (unsigned char)number(in, 1) : 0;
        unsigned long size = length(in);
        if (size > (unsigned long)(in->end - in->at))
            size = (unsigned long)(in->end - in->at);
        e->text = (struct in){in->at, in->at + size};
        in->at += size;
        return true;
    }
    *running = e->status;
    bool one = (e->status & 0xE0) == 0xC0; /* program and pressure have one byte */
    e->a = (unsigned char)number(in, 1);
    e->b = one ? 0 : (unsigned char)number(in, 1);
    return e->status & 0x80;
}

static double seconds_at(const struct reader *r, long tick)
{
    int i = r->tempo_count - 1;
    while (i > 0 && r->tempi[i].tick > tick)
        i--;
    return r->tempi[i].at_s + (double)(tick - r->tempi[i].tick) * r->tempi[i].tick_s;
}

/* First pass over a track: tempi and meters. Those at the same tick replace one another. */
static void read_map(struct reader *r, struct in track)
{
    struct event e;
    long tick = 0;
    unsigned char running = 0;
    while (next_event(&track, &tick, &running, &e)) {
        if (tick > r->last_tick)
            r->last_tick = tick;
        long size = e.text.end - e.text.at;
        if (e.status == 0xFF && e.a == 0x51 && size == 3 && r->tempo_count < MAX_TEMPI) {
            struct tempo t = {.tick = tick, .at_s = seconds_at(r, tick)};
            t.tick_s = (double)number(&e.text, 3) / 1e6 / r->division;
            r->tempo_count -= r->tempi[r->tempo_count - 1].tick == tick;
            r->tempi[r->tempo_count++] = t;
        }
        if (e.status == 0xFF && e.a == 0x58 && size >= 2 && r->meter_count < MAX_TEMPI) {
            int beats = e.text.at[0], unit = 1 << (e.text.at[1] & 7);
            struct meter m = {tick, (long)beats * 4 * r->division / unit};
            r->meter_count -= r->meters[r->meter_count - 1].tick == tick;
            if (m.bar_ticks > 0)
                r->meters[r->meter_count++] = m;
        }
    }
}

static void add_bars(struct reader *r)
{
    whelk_score_sheet *s = r->sheet;
    long tick = 0;
    for (int m = 0; tick < r->last_tick && s->bar_count < MAX_BARS; s->bar_count++) {
        while (m + 1 < r->meter_count && r->meters[m + 1].tick <= tick)
            m++;
        s->bar_s[s->bar_count] = seconds_at(r, tick);
        tick += r->meters[m].bar_ticks;
    }
    s->seconds = seconds_at(r, r->last_tick);
}

/* Second pass: the notes of a track are one part. */
static void read_notes(struct reader *r, struct in track, int part)
{
    whelk_score_sheet *s = r->sheet;
    int sounding[128];
    struct event e;
    long tick = 0;
    unsigned char running = 0;
    memset(sounding, -1, sizeof sounding);
    while (next_event(&track, &tick, &running, &e)) {
        int kind = e.status & 0xF0, key = e.a & 0x7F;
        if (kind != 0x80 && kind != 0x90)
            continue;
        double at_s = seconds_at(r, tick);
        if (sounding[key] >= 0)
            s->notes[sounding[key]].seconds = at_s - s->notes[sounding[key]].at_s;
        sounding[key] = -1;
        if (kind == 0x90 && e.b > 0 && s->note_count < MAX_NOTES) {
            sounding[key] = s->note_count;
            s->notes[s->note_count++] = (whelk_score_note){
                .at_s = at_s, .key = key, .part = part, .drum = (e.status & 0x0F) == 9};
        }
    }
}

/* --- The file --------------------------------------------------------------------------------- */

static bool has_notes(struct in track)
{
    struct event e;
    long tick = 0;
    unsigned char running = 0;
    while (next_event(&track, &tick, &running, &e))
        if ((e.status & 0xF0) == 0x90)
            return true;
    return false;
}

static void read_tracks(struct reader *r, struct in file)
{
    struct in track, all = file;
    while (next_chunk(&all, "MTrk", &track))
        read_map(r, track);
    add_bars(r);
    for (all = file; next_chunk(&all, "MTrk", &track);)
        if (has_notes(track) && r->sheet->part_count < MAX_PARTS)
            read_notes(r, track, r->sheet->part_count++);
}

void whelk_score_sheet_release(whelk_score_sheet *sheet)
{
    free(sheet->bar_s);
    free(sheet->notes);
    *sheet = (whelk_score_sheet){0};
}

bool whelk_score_read(const char *midi_path, whelk_score_sheet *out, whelk_error *err)
{
    char *data = NULL;
    size_t size = 0;
    if (!file_read(midi_path, 16 << 20, &data, &size, err))
        return false;
    struct in file = {(unsigned char *)data, (unsigned char *)data + size}, head;
    whelk_score_sheet sheet = {.bar_s = calloc(MAX_BARS, sizeof *sheet.bar_s),
                               .notes = calloc(MAX_NOTES, sizeof *sheet.notes)};
    struct reader r = {.sheet = &sheet,
                       .tempi = calloc(MAX_TEMPI + 1, sizeof *r.tempi),
                       .meters = calloc(MAX_TEMPI + 1, sizeof *r.meters)};
    bool good = next_chunk(&file, "MThd", &head) && head.end - head.at >= 6;
    head.at += good ? 4 : 0;
    r.division = good ? (int)number(&head, 2) : 0;
    if (!sheet.bar_s || !sheet.notes || !r.tempi || !r.meters) {
        good = whelk_fail(err, WHELK_EFAIL, "%s: no memory to read it", midi_path);
    } else if (!good || r.division < 1 || r.division >= 0x8000) {
        good = whelk_fail(err, WHELK_EFAIL, "%s: is no MIDI file of beats", midi_path);
    } else {
        r.tempi[r.tempo_count++] = (struct tempo){0, 0, 0.5 / r.division};
        r.meters[r.meter_count++] = (struct meter){0, 4L * r.division};
        read_tracks(&r, file);
        *out = sheet;
        sheet = (whelk_score_sheet){0};
    }
    free(r.tempi);
    free(r.meters);
    whelk_score_sheet_release(&sheet);
    free(data);
    return good;
}
