/* Which frames are near, and where their tokens lie. */
#include "wan_near.h"

int wan_near_reach(int frames)
{
    return (frames + 7) / 8;
}

double wan_near_share(int frames)
{
    int reach = wan_near_reach(frames), seen = 0;
    for (int f = 0; f < frames; f++) {
        int from = f - reach, to = f + reach;
        seen += (to < frames - 1 ? to : frames - 1) - (from > 0 ? from : 0) + 1 + (from > 0);
    }
    return seen < frames * frames ? (double)seen / frames / frames : 0;
}

static int frame_of(const struct wan_near *n, int token)
{
    return (n->sequence ? n->sequence[token] / 2 : token) / n->per_frame;
}

/* The first token of a frame. */
static int start_of(const struct wan_near *n, int frame)
{
    int low = 0, high = n->tokens;
    if (!n->sequence)
        return frame * n->per_frame;
    while (low < high) {
        int middle = (low + high) / 2;
        if (frame_of(n, middle) < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int down(const struct wan_near *n, int token)
{
    int step = n->step ? n->step : ATTENTION_STEP;
    return token / step * step;
}

static int up(const struct wan_near *n, int token)
{
    int step = n->step ? n->step : ATTENTION_STEP, whole = (token + step - 1) / step * step;
    return whole < n->tokens ? whole : n->tokens;
}

int wan_near_parts(const struct wan_near *n, int first, int rows, struct attention_part part[2])
{
    int reach = wan_near_reach(n->frames), low = frame_of(n, first) - reach,
        high = frame_of(n, first + rows - 1) + reach;
    struct attention_part near = {low > 0 ? down(n, start_of(n, low)) : 0,
                                  high < n->frames - 1 ? up(n, start_of(n, high + 1)) : n->tokens};
    int begun = up(n, start_of(n, 1));
    if (begun >= near.from) {
        part[0] = (struct attention_part){0, near.to > begun ? near.to : begun};
        return 1;
    }
    part[0] = (struct attention_part){0, begun};
    part[1] = near;
    return 2;
}
