/* The transitions the editor knows, by the names a storyboard uses: cut, crossfade, two dips, four
 * wipes by the way their edge runs, and the SMPTE wipes that GES can draw by its names. */
#include "edit.h"

#include <string.h>

static const struct {
    const char *name;
    enum edit_join join;
    int wipe;
} joins[] = {
    {"cut", JOIN_CUT, 0},
    {"crossfade", JOIN_CROSSFADE, 0},
    {"dip-black", JOIN_DIP_BLACK, 0},
    {"dip-white", JOIN_DIP_WHITE, 0},
    {"wipe-left", JOIN_WIPE, -GES_VIDEO_STANDARD_TRANSITION_TYPE_BAR_WIPE_LR},
    {"wipe-right", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_BAR_WIPE_LR},
    {"wipe-up", JOIN_WIPE, -GES_VIDEO_STANDARD_TRANSITION_TYPE_BAR_WIPE_TB},
    {"wipe-down", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_BAR_WIPE_TB},
    {"bar-wipe-lr", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_BAR_WIPE_LR},
    {"bar-wipe-tb", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_BAR_WIPE_TB},
    {"box-wipe-tl", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_BOX_WIPE_TL},
    {"box-wipe-br", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_BOX_WIPE_BR},
    {"barndoor-v", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_BARNDOOR_V},
    {"barndoor-h", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_BARNDOOR_H},
    {"diagonal-tl", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_DIAGONAL_TL},
    {"diagonal-tr", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_DIAGONAL_TR},
    {"iris-rect", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_IRIS_RECT},
    {"clock-cw12", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_CLOCK_CW12},
    {"clock-cw6", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_CLOCK_CW6},
    {"fan-ct", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_FAN_CT},
    {"windshield-v", JOIN_WIPE, GES_VIDEO_STANDARD_TRANSITION_TYPE_WINDSHIELD_V},
};
enum { JOINS = sizeof joins / sizeof joins[0] };

static const char *const names[JOINS + 1] = {
    "cut",        "crossfade",  "dip-black",    "dip-white",   "wipe-left",   "wipe-right",
    "wipe-up",    "wipe-down",  "bar-wipe-lr",  "bar-wipe-tb", "box-wipe-tl", "box-wipe-br",
    "barndoor-v", "barndoor-h", "diagonal-tl",  "diagonal-tr", "iris-rect",   "clock-cw12",
    "clock-cw6",  "fan-ct",     "windshield-v", NULL};

const char *const *whelk_edit_transitions(void)
{
    return names;
}

bool edit_join_parse(const char *name, enum edit_join *join, int *wipe)
{
    if (!name || !*name)
        name = "cut";
    for (int i = 0; i < JOINS; i++) {
        if (strcmp(joins[i].name, name) == 0) {
            *join = joins[i].join;
            *wipe = joins[i].wipe;
            return true;
        }
    }
    return false;
}
