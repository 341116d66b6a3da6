/* A take as a language model sees it: four frames against what the shot was to show. It looks only
 * at takes that the measures find nothing wrong with, and what it finds counts as their faults do.
 */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shoot.h"

#define FRAMES 4
#define LONG_SIDE 512 /* of a picture that is sent: what servers count as one tile */

/* Four frames of the take, at the middles of as many stretches. */
static bool read_frames(const char *path, char *out[FRAMES], whelk_error *err)
{
    whelk_clip_info info;
    whelk_clip *clip = whelk_clip_open(path, &info, err);
    bool done = clip != NULL;
    double most = clip ? fmax(info.width, info.height) : 1, scale = fmin(1, LONG_SIDE / most);
    for (int i = 0; done && i < FRAMES; i++) {
        int frame = (2 * i + 1) * info.frames / (2 * FRAMES);
        out[i] = frame_jpeg(clip, frame, (int)fmax(2, round(info.width * scale)),
                            (int)fmax(2, round(info.height * scale)), err);
        done = out[i] != NULL;
    }
    whelk_clip_close(clip);
    return done;
}

static bool ask(struct run *run, const whelk_shot *shot, const struct attempt *a, whelk_seen *seen,
                whelk_error *err)
{
    char *jpegs[FRAMES] = {NULL}, *replies = reel_file(run->reel, "replies"),
         *clip = take_clip_path(run->reel, shot->id, a->take);
    whelk_see_request request = {.chat = run->chat,
                                 .shot = shot,
                                 .jpegs = (const char *const *)jpegs,
                                 .jpeg_count = FRAMES,
                                 .mends = run->options.mends,
                                 .replies_dir = replies,
                                 .why = run->cause};
    bool done = clip ? read_frames(clip, jpegs, err) : whelk_fail(err, WHELK_EFAIL, "no memory");
    done = done && whelk_see_llm(&request, &run->inner, seen, err);
    for (int i = 0; i < FRAMES; i++)
        free(jpegs[i]);
    free(replies);
    free(clip);
    return done;
}

static void tell(struct run *run, const struct attempt *a, const whelk_seen *seen)
{
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "take", a->take);
    cJSON_AddStringToObject(data, "by", "language model");
    cJSON_AddNumberToObject(data, "looked_at", FRAMES);
    cJSON_AddStringToObject(data, "seen", seen->seen);
    cJSON_AddBoolToObject(data, "subject", seen->subject);
    cJSON_AddBoolToObject(data, "action", seen->action);
    cJSON_AddBoolToObject(data, "place", seen->place);
    cJSON_AddBoolToObject(data, "good", !seen->fault);
    cJSON *faults = cJSON_AddArrayToObject(data, "faults");
    if (seen->fault)
        cJSON_AddItemToArray(faults, cJSON_CreateString(seen->fault));
    long n = run_tell(run, (struct tell){.kind = "review", .why = seen->event, .data = data},
                      "Take %s, as the language model sees it in %d frames: %s %s%s", a->take,
                      FRAMES, seen->seen, seen->fault ? "Wrong with it: " : "It will do.",
                      seen->fault ? seen->fault : "");
    run->cause = n ? n : run->cause;
}

bool eyes_look(struct run *run, const whelk_shot *shot, struct attempt *a, whelk_error *err)
{
    whelk_error own = {0};
    whelk_seen seen = {0};
    if (!run->options.llm || !run->options.llm->sees || run->blind || a->review.fault_count)
        return true;
    if (run_open_chat(run, &own) && ask(run, shot, a, &seen, &own)) {
        snprintf(a->seen, sizeof a->seen, "%s", seen.fault ? seen.fault : "");
        review_add(&a->review, *a->seen ? a->seen : NULL);
        tell(run, a, &seen);
    } else if (own.code == WHELK_EINTERRUPTED) {
        if (err)
            *err = own;
        return false;
    } else {
        run->blind = true;
        run_tell(
            run, (struct tell){.kind = "warn"},
            "The language model looks at no takes in this run%s: %s. They are judged by what is "
            "measured.",
            run->chat && !whelk_chat_sees(run->chat) ? ", since its server takes no pictures" : "",
            own.text);
    }
    free(seen.seen);
    free(seen.fault);
    return true;
}
