/* Marks: a slot's copy is done; computing with it is. */
#include "stream.h"

enum { FILLED, USED = FILLED + STREAM_SLOTS };

struct slots {
    char *there[STREAM_SLOTS], *here[STREAM_SLOTS]; /* of the device, of the host */
};

static bool send(const struct stream *s, const struct slots *slots, int piece, whelk_error *err)
{
    struct device *v = s->device;
    int slot = piece % STREAM_SLOTS;
    bool begun = piece >= STREAM_SLOTS; /* the slot was used before */
    if (begun && !v->meet(v, FILLED + slot, err))
        return false;
    s->fill(s->ctx, piece, slots->here[slot]);
    return (!begun || v->wait(v, DEVICE_COPIES, USED + slot, err)) &&
           v->copy(v, DEVICE_COPIES, slots->there[slot], slots->here[slot], s->bytes, err) &&
           v->mark(v, DEVICE_COPIES, FILLED + slot, err);
}

static bool compute(const struct stream *s, const struct slots *slots, int piece, whelk_error *err)
{
    struct device *v = s->device;
    int slot = piece % STREAM_SLOTS;
    return v->wait(v, DEVICE_COMPUTE, FILLED + slot, err) &&
           s->work(s->ctx, piece, slots->there[slot]) &&
           v->mark(v, DEVICE_COMPUTE, USED + slot, err);
}

bool stream_run(const struct stream *s, whelk_error *err)
{
    struct device *v = s->device;
    struct slots slots = {{0}, {0}};
    bool good = true;
    for (int i = 0; good && i < STREAM_SLOTS; i++)
        good = (slots.there[i] = v->take(v, s->bytes, err)) &&
               (slots.here[i] = v->pin(v, s->bytes, err));
    good = good && (!s->count || send(s, &slots, 0, err));
    for (int i = 0; good && i < s->count; i++)
        good = (i + 1 == s->count || send(s, &slots, i + 1, err)) && compute(s, &slots, i, err);
    good = v->finish(v, good ? err : NULL) && good;
    for (int i = 0; i < STREAM_SLOTS; i++) {
        v->release(v, slots.there[i]);
        v->unpin(v, slots.here[i]);
    }
    return good;
}
