/* Changes in plain words: what phrases come down to which operations, in whose order, and that what
 * is not understood changes nothing. Run from the repository root. */
#include "../tap.h"
#include "../../pipeline/base/file.h"
#include "../../storyboard/storyboard.h"

#include <stdlib.h>

static char *card_json;
static whelk_film *film; /* a black cat and an orange dog take turns on the beach, four shots */

/* The operations of a line, in words, one after another with "; " between; "refused: ..." */
static char *ops_of(const char *line, const whelk_film *of)
{
    static char out[8000];
    whelk_op *ops = NULL;
    int count = 0;
    whelk_error err = {0};
    out[0] = '\0';
    if (!whelk_plain_ops(of, line, card_json, &ops, &count, &err)) {
        snprintf(out, sizeof out, "refused: %s", err.text);
        return out;
    }
    for (int i = 0; i < count; i++) {
        char *text = whelk_op_text(&ops[i]);
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? "; " : "", text);
        free(text);
    }
    whelk_ops_free(ops, count);
    return out;
}

static void exactly(void)
{
    static const struct {
        const char *line, *ops;
    } rows[] = {
        {"make the second shot slower, at night, and end on the cat",
         "shot 0020: speed = 0.75; shot 0020: prompt = An orange dog runs on the beach at night to "
         "the right, close shot, the camera follows.; move shot 0030, after shot 0040"},
        {"shots 2 and 3 slower", "shot 0020: speed = 0.75; shot 0030: speed = 0.75"},
        {"make shot 1 and shot 2 slower", "shot 0010: speed = 0.75; shot 0020: speed = 0.75"},
        {"shots 2 to 4 twice as fast",
         "shot 0020: speed = 2; shot 0030: speed = 2; shot 0040: speed = 2"},
        {"the second and third shots at half speed",
         "shot 0020: speed = 0.5; shot 0030: speed = 0.5"},
        {"slow down the last shot", "shot 0040: speed = 0.75"},
        {"0030 faster", "shot 0030: speed = 1.33"},
        {"every shot closer and slower",
         "shot 0010: prompt = A black cat walks on the beach by day to the right, medium shot, the "
         "camera pans right.; shot 0030: prompt = A black cat runs on the beach by day to the "
         "right, close shot, the camera follows.; shot 0040: prompt = An orange dog walks on the "
         "beach by day to the right, medium shot, the camera pulls out.; shot 0010: speed = 0.75; "
         "shot 0020: speed = 0.75; shot 0030: speed = 0.75; shot 0040: speed = 0.75"},
        {"make the last shot 1.5 seconds long", "shot 0040: seconds = 1.5"},
        {"make the first shot shorter by half a second", "shot 0010: seconds = 1.875"},
        {"shot 1 longer", "shot 0010: seconds = 2.66"},
        {"remove the third shot", "remove shot 0030"},
        {"move shot 3 before shot 1", "move shot 0030, first"},
        {"move shot 1 after shot 3", "move shot 0010, after shot 0030"},
        {"move the last shot to the beginning", "move shot 0040, first"},
        {"put the third shot first", "move shot 0030, first"},
        {"swap shots 1 and 2", "move shot 0010, after shot 0020; move shot 0020, first"},
        {"swap the first and the second shot",
         "move shot 0010, after shot 0020; move shot 0020, first"},
        {"swap the first two shots", "move shot 0010, after shot 0020; move shot 0020, first"},
        {"lock the last two shots", "shot 0030: locked = true; shot 0040: locked = true"},
        {"split shot 2 in half", "split shot 0020 at 0.938 s"},
        {"split shot 2 at 0.5 seconds", "split shot 0020 at 0.5 s"},
        {"merge shots 1 and 2", "merge shot 0010 with the next"},
        {"lock shot 3", "shot 0030: locked = true"},
        {"unlock shot 3 and shot 4", "shot 0030: locked = false; shot 0040: locked = false"},
        {"crossfade between shots 1 and 2",
         "shot 0010: transition.kind = crossfade; shot 0010: transition.seconds = 0.5"},
        {"fade to black after the second shot for 1 second",
         "shot 0020: transition.kind = dip-black; shot 0020: transition.seconds = 1"},
        {"make the music sadder", "the film: score.mood = tender"},
        {"happier music", "the film: score.mood = joyful"},
        {"no music", "the film: score.off = true"},
        {"music faster", "the film: score.tempo_bpm = 150"},
        {"brighter and warmer", "the film: grade.exposure = 0.3; the film: grade.warmth = 0.2"},
        {"can you please make the whole thing a bit darker?", "the film: grade.exposure = -0.3"},
        {"less contrast", "the film: grade.contrast = -0.2"},
        {"make the film black and white", "the film: grade.saturation = -1"},
        {"remove shot 1, then make the rest slower",
         "remove shot 0010; shot 0020: speed = 0.75; shot 0030: speed = 0.75; shot 0040: speed = "
         "0.75"},
        {"shot 2: pan left",
         "shot 0020: prompt = An orange dog runs on the beach by day to the right, close shot, the "
         "camera pans left.; shot 0020: camera = pan-left"},
        {"make the cat jump in the third shot",
         "shot 0030: prompt = A black cat jumps on the beach by day to the right, medium shot, the "
         "camera follows."},
        {"make the third shot a close-up",
         "shot 0030: prompt = A black cat runs on the beach by day to the right, close shot, the "
         "camera follows."},
        {"delete shot 1 and make the dog black",
         "remove shot 0010; shot 0020: prompt = A black dog runs on the beach by day to the right, "
         "close shot, the camera follows.; shot 0040: prompt = A black dog walks on the beach by "
         "day "
         "to the right, wide shot, the camera pulls out."},
        {"add a shot of a bird after shot 2",
         "add a shot \"An orange bird flies over the beach by day to the right, close shot, the "
         "camera follows.\", after shot 0020"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        is_str(ops_of(rows[i].line, film), rows[i].ops, "%s", rows[i].line);
}

/* What the model lacks is replaced, and the operation says so before anybody agrees to it. */
static void tells_stand_ins(void)
{
    whelk_op *ops = NULL;
    int count = 0;
    whelk_error err = {0};
    ok(whelk_plain_ops(film, "the second shot shows a tiger, the third shot slower", card_json,
                       &ops, &count, &err) &&
           count == 2,
       "a subject that the model lacks: %s", err.text);
    is_str(ops[0].why, "\"tiger\" is nothing the model has; \"cat\" is the nearest", "is told");
    ok(count == 2 && !ops[1].why, "with what it is about, and nothing else");
    whelk_ops_free(ops, count);
}

static void refuses(void)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"", "nothing is asked for. This is understood: slower"},
        {"hello", "\"hello\" is not understood. This is: slower"},
        {"make the second shot slower and add explosions", "\"explosions\""},
        {"make the cat wear a hat", "\"wear\", \"hat\" is not understood"},
        {"shot 9 slower", "there is no shot 9; the film has 4"},
        {"make shot 2 10 seconds long", "the model makes 2.667 s at most"},
        {"end on a fish", "the model has no fish on the beach"},
        {"the cat flies", "the model has no cat that can fly"},
        {"shot 2 closer", "like that already"},
        {"end on the dog", "like that already"},
        {"split shot 2 at 5 seconds", "it can be split from"},
        {"move shot 2", "move shot 3 before shot 1"},
        {"0010 seconds", "cannot be 10 s long"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = ops_of(rows[i].line, film);
        ok(strncmp(got, "refused: ", 9) == 0 && strstr(got, rows[i].says), "%s: %s", rows[i].line,
           rows[i].says);
        if (!strstr(got, rows[i].says))
            printf("# %s\n", got);
    }
}

/* Operations are for the film as it then is: applied in their order they are never refused, and the
 * slots follow. */
static void applies(void)
{
    const char *line = "replace the cat with a horse, shots 1 and 2 in the snow at night, "
                       "call it \"Night Race\" and make a bird instead of the dog";
    whelk_op *ops = NULL;
    int count = 0, done = 0;
    whelk_error err = {0};
    whelk_film *copy = whelk_film_copy(film);
    bool read = whelk_plain_ops(copy, line, card_json, &ops, &count, &err);
    ok(read, "several changes in a line are read: %s", err.text);
    while (read && done < count && whelk_film_apply(copy, &ops[done], card_json, NULL, &err))
        done++;
    is_int(done, count, "and applied in their order: %s", err.text);
    is_str(whelk_shot_slot(&copy->shots[0], "subject"), "horse", "the subject follows");
    is_str(whelk_shot_slot(&copy->shots[0], "place"), "snow", "the place follows");
    is_str(whelk_shot_slot(&copy->shots[0], "time"), "night", "the hour follows");
    ok(!copy->shots[0].place || strcmp(copy->shots[0].place, "beach") != 0,
       "the picture of the beach is not held any more");
    is_str(whelk_shot_slot(&copy->shots[2], "place"), "beach", "the others stay");
    is_str(whelk_shot_slot(&copy->shots[1], "subject"), "bird", "the bird is there");
    is_str(whelk_shot_slot(&copy->shots[1], "action"), "fly", "and flies, since it cannot run");
    is_str(copy->title, "Night Race", "the title");
    is_str(copy->titles[0].text, "Night Race", "stands on the film too");
    whelk_ops_free(ops, count);
    whelk_film_free(copy);
}

int main(void)
{
    whelk_error err = {0};
    if (!file_read("tests/golden/card.json", 1 << 20, &card_json, NULL, &err))
        return 1;
    film = whelk_plan_offline(
        &(whelk_plan_request){.prompt = "A black cat and an orange dog run on the beach",
                              .card_json = card_json},
        NULL, &err);
    if (!film)
        return 1;
    exactly();
    tells_stand_ins();
    refuses();
    applies();
    whelk_film_free(film);
    free(card_json);
    return done_testing();
}
