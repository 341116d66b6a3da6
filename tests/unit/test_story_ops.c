/* Changes to a film by name: each kind done, refused when it cannot be, and written as JSON. */
#include "../tap.h"
#include "../../pipeline/base/file.h"
#include "../../storyboard/storyboard.h"
#include "story_sample.h"

static whelk_film *sample(void)
{
    whelk_error err = {0};
    whelk_film *film = whelk_film_parse(story_sample, "storyboard.json", &err);
    if (!film)
        abort();
    return film;
}

static bool apply(whelk_film *film, const char *json, whelk_error *err)
{
    whelk_op *ops = NULL;
    int count = 0;
    *err = (whelk_error){0};
    bool fine = whelk_ops_parse(json, "ops", &ops, &count, err);
    for (int i = 0; fine && i < count; i++)
        fine = whelk_film_apply(film, &ops[i], NULL, NULL, err);
    whelk_ops_free(ops, count);
    return fine;
}

static void done(whelk_film *film, const char *json)
{
    whelk_error err;
    if (!ok(apply(film, json, &err), "%s", json))
        printf("#   %s\n", err.text);
}

static void refused(const char *json, const char *says)
{
    whelk_error err;
    whelk_film *film = sample();
    char *before = whelk_film_json(film, NULL);
    ok(!apply(film, json, &err), "refused: %s", json);
    has_text(err.text, says, "... saying \"%s\"", says);
    char *after = whelk_film_json(film, NULL);
    is_str(after, before, "... and the film is as it was");
    free(before);
    free(after);
    whelk_film_free(film);
}

static void test_set(void)
{
    whelk_film *film = sample();
    done(film, "{\"op\": \"set\", \"shot\": \"0020\", \"field\": \"seconds\", \"value\": 3.5}");
    is_near(film->shots[1].seconds, 3.5, 0, "a number");
    is_near(film->seconds, whelk_film_cut_seconds(film), 1e-9, "the film's length follows");
    done(film, "{\"op\": \"set\", \"shot\": \"0010\", \"field\": \"seed\", "
               "\"value\": 18446744073709551614}");
    ok(film->shots[0].seed == UINT64_MAX - 1, "a seed keeps all its digits");
    done(film, "{\"op\": \"set\", \"shot\": \"0010\", \"field\": \"locked\", \"value\": true}");
    ok(film->shots[0].locked, "yes or no");
    done(film, "{\"op\": \"set\", \"shot\": \"0010\", \"field\": \"slots.time\", "
               "\"value\": \"night\"}");
    is_str(whelk_shot_slot(&film->shots[0], "time"), "night", "a slot");
    done(film, "{\"op\": \"set\", \"shot\": \"0020\", \"field\": \"speed\"}");
    is_near(film->shots[1].speed, 1, 0, "without a value a field has its default");
    done(film, "[{\"op\": \"set\", \"field\": \"grade.warmth\", \"value\": 0.25},"
               " {\"op\": \"set\", \"field\": \"score.mood\", \"value\": \"epic\"}]");
    is_near(film->grade.warmth, 0.25, 0, "the film's grade");
    is_str(film->score.mood, "epic", "the film's score, second of a list");
    whelk_film_free(film);
}

static void test_shots(void)
{
    whelk_film *film = sample();
    done(film, "{\"op\": \"add\", \"after\": \"0010\", \"value\": \"the cat looks down\"}");
    is_int(film->shot_count, 3, "a shot more");
    is_str(film->shots[1].id, "0015", "named between its neighbours");
    is_str(film->shots[1].place, "pool", "in the place of the one before");
    is_str(whelk_shot_slot(&film->shots[1], "subject"), "cat", "with its slots");
    done(film, "{\"op\": \"move\", \"shot\": \"0015\", \"after\": \"start\"}");
    is_str(film->shots[0].id, "0015", "moved to the start");
    done(film, "{\"op\": \"move\", \"shot\": \"0015\"}");
    is_str(film->shots[2].id, "0015", "moved to the end");
    is_str(film->shots[2].transition, "cut", "where nothing follows to blend into");
    done(film, "{\"op\": \"remove\", \"shot\": \"0015\"}");
    is_int(film->shot_count, 2, "removed");
    whelk_film_free(film);
}

static void test_split_and_merge(void)
{
    whelk_film *film = sample();
    double length = film->seconds = whelk_film_cut_seconds(film);
    char *before = whelk_film_json(film, NULL);
    done(film, "{\"op\": \"split\", \"shot\": \"0020\", \"at_s\": 1}");
    whelk_shot *a = &film->shots[1], *b = &film->shots[2];
    is_int(film->shot_count, 3, "two of one");
    is_near(a->trim_out_s, 0.5, 1e-9, "the first ends a second on, at twice the speed");
    is_near(b->trim_in_s, 2.0, 1e-9, "the second begins there");
    ok(a->seed == b->seed && strcmp(a->prompt, b->prompt) == 0, "both ask for the same pictures");
    is_near(whelk_film_cut_seconds(film), length, 1e-9, "the film is as long as before");
    done(film, "{\"op\": \"merge\", \"shot\": \"0020\"}");
    char *after = whelk_film_json(film, NULL);
    is_str(after, before, "merging undoes splitting");
    whelk_set_text(&film->shots[0].last_frame, "first.png");
    whelk_set_text(&film->shots[1].last_frame, "second.png");
    done(film, "{\"op\": \"merge\", \"shot\": \"0010\"}");
    is_str(film->shots[0].last_frame, "second.png", "the joined shot ends as the second did");
    is_int(film->shot_count, 1, "two different shots merged");
    has_text(film->shots[0].prompt, "the cat dives", "whose words are told in turn");
    free(before);
    free(after);
    whelk_film_free(film);
}

static whelk_film *planned(const char *prompt, const char *card)
{
    whelk_error err = {0};
    whelk_film *film =
        whelk_plan_offline(&(whelk_plan_request){.prompt = prompt, .card_json = card}, NULL, &err);
    if (!film)
        abort();
    return film;
}

static bool share(whelk_film *film, const char *card, int index, whelk_error *err)
{
    whelk_op op = {.kind = (char *)"share", .shot = film->shots[index].id, .at_s = 1.25};
    *err = (whelk_error){0};
    return whelk_film_apply(film, &op, card, NULL, err);
}

/* The shot of a film that shows an action; it has one. */
static int shows(const whelk_film *film, const char *action)
{
    for (int i = 0; i < film->shot_count; i++)
        if (strcmp(whelk_shot_slot(&film->shots[i], "action"), action) == 0)
            return i;
    abort();
}

static void test_share(void)
{
    char *card = NULL;
    whelk_error err = {0};
    if (!file_read("tests/golden/card.json", 1 << 20, &card, NULL, &err))
        abort();
    whelk_film *film = planned("a dog runs in the meadow", card);
    double length = whelk_film_cut_seconds(film);
    int n = shows(film, "run"), count = film->shot_count;
    char *words = strdup(film->shots[n].prompt);
    ok(share(film, card, n, &err), "a shot is shared by two: %s", err.text);
    whelk_shot *a = &film->shots[n], *b = a + 1;
    is_int(film->shot_count, count + 1, "which makes a shot more");
    is_near(a->seconds, 1.25, 1e-9, "the first is as long as was said");
    is_near(whelk_film_cut_seconds(film), length, 1e-9, "the film is as long as before");
    is_str(a->prompt, words, "the first keeps its words");
    is_str(whelk_shot_slot(b, "action"), "run", "the second goes on with what is done");
    ok(strcmp(whelk_shot_slot(b, "size"), whelk_shot_slot(a, "size")) != 0 &&
           strcmp(whelk_shot_slot(b, "size"), whelk_shot_slot(b + 1, "size")) != 0,
       "in a size that no neighbour has: %s", whelk_shot_slot(b, "size"));
    has_text(b->prompt, whelk_shot_slot(b, "size"), "which its own words say");
    ok(a->seed != b->seed && b->trim_in_s == 0, "with a take of its own");
    is_str(b->place, a->place, "in the same place");
    is_str(b->continuity_in, a->continuity_out, "it begins as the first ends");
    has_text(b->why, a->id, "and its reason names the first");
    free(words);
    whelk_film_free(film);

    film = planned("a cat dives into a pool", card);
    n = shows(film, "dive");
    ok(!share(film, card, n, &err), "a dive, which half the time would cut off, is not shared");
    has_text(err.text, "happens once", "which is told: %s", err.text);
    whelk_film_free(film);
    free(card);

    film = sample();
    ok(share(film, NULL, 0, &err), "a model of free words: %s", err.text);
    has_text(film->shots[1].prompt, "A moment later", "the second shot says that time has passed");
    is_near(film->shots[0].seconds, 1.5, 1e-9, "a trim at the start is kept");
    is_str(film->shots[0].transition, "cut", "between the two is a cut");
    is_str(film->shots[1].transition, "crossfade", "the second leads on as the first did");
    whelk_film_free(film);
    refused("{\"op\": \"share\", \"shot\": \"0010\", \"at_s\": 9}", "two can share it from");
}

static void test_titles(void)
{
    whelk_film *film = sample();
    done(film, "{\"op\": \"title\", \"value\": \"The End\", \"field\": \"end\", \"at_s\": 2}");
    is_int(film->title_count, 2, "a title more");
    done(film, "{\"op\": \"untitle\", \"value\": \"The Pool\"}");
    is_int(film->title_count, 1, "one less");
    is_str(film->titles[0].text, "The End", "the right one");
    whelk_film_free(film);
}

/* What hangs on the times of shots moves with them. */
static void test_times(void)
{
    whelk_film *film = sample();
    done(film, "[{\"op\": \"title\", \"value\": \"The End\", \"field\": \"end\", \"at_s\": 3},"
               " {\"op\": \"title\", \"value\": \"Splash\", \"at_s\": 2.25}]");
    done(film, "{\"op\": \"set\", \"shot\": \"0010\", \"field\": \"seconds\", \"value\": 1.5}");
    is_near(film->shots[0].transition_s, 0.5, 1e-9, "a transition that fits stays");
    is_near(film->titles[0].at_s, 0.4, 1e-9, "the opening title stays at the opening");
    is_near(film->titles[1].at_s, 2, 1e-9, "the end card goes with the end");
    is_near(film->titles[2].at_s, 1.25, 1e-9, "a title goes with its shot");
    done(film, "{\"op\": \"set\", \"shot\": \"0020\", \"field\": \"speed\", \"value\": 5}");
    is_near(film->shots[0].transition_s, 0.25, 1e-9, "one that no longer fits is shortened");
    whelk_film_free(film);
}

struct told {
    char text[1000];
};

static long hear(void *ctx, const whelk_note *note)
{
    struct told *told = ctx;
    strncat(told->text, note->text, sizeof told->text - strlen(told->text) - 1);
    return 1;
}

static void test_words(void)
{
    char *card = NULL;
    file_read("tests/golden/card.json", 1 << 20, &card, NULL, NULL);
    whelk_film *film = sample();
    struct told told = {""};
    whelk_listener listen = {.note = hear, .ctx = &told};
    whelk_error err = {0};
    whelk_op op = {.kind = "set",
                   .shot = "0010",
                   .field = "prompt",
                   .value = "a black dog runs on the beach at night"};
    ok(card && whelk_film_apply(film, &op, card, &listen, &err), "a prompt read against the card");
    is_str(whelk_shot_slot(&film->shots[0], "subject"), "dog", "its subject");
    is_str(whelk_shot_slot(&film->shots[0], "action"), "run", "its action");
    is_str(whelk_shot_slot(&film->shots[0], "time"), "night", "its hour");
    has_text(told.text, "subject dog instead of cat", "each change is told");
    is_str(film->shots[0].place, "beach", "its place is another one");
    is_str(film->places[1].description, "a beach at night", "which the film knows now");
    is_str(film->shots[0].characters[0], "dog", "and so is who plays in it");
    op.value = "a cat dives in the forest";
    ok(whelk_film_apply(film, &op, card, &listen, &err), "something the model cannot show");
    is_str(whelk_shot_slot(&film->shots[0], "place"), "forest", "keeps its place");
    is_str(whelk_shot_slot(&film->shots[0], "action"), "jump", "and becomes the nearest it can");
    told.text[0] = '\0';
    op.value = "qwertz";
    ok(whelk_film_apply(film, &op, card, &listen, &err), "words the model does not know");
    has_text(told.text, "knows none of these words", "are told");
    op = (whelk_op){.kind = "set", .shot = "0010", .field = "seconds", .value = "3"};
    ok(!whelk_film_apply(film, &op, card, &listen, &err), "longer than the model makes");
    has_text(err.text, "the model makes 2.667 s at most", "is refused");
    op = (whelk_op){.kind = "set", .shot = "0010", .field = "camera", .value = "pan left"};
    if (!ok(whelk_film_apply(film, &op, card, &listen, &err), "a camera"))
        printf("#   %s\n", err.text);
    is_str(whelk_shot_slot(&film->shots[0], "camera"), "pan-left", "by the card's own name");
    op.value = "dutch-angle";
    ok(!whelk_film_apply(film, &op, card, &listen, &err), "a camera the model has not");
    has_text(err.text, "it knows static", "is refused with those it has");
    whelk_film_free(film);
    free(card);
}

static void test_json(void)
{
    whelk_op op = {.kind = "split", .shot = "0020", .at_s = 1.5};
    char *json = whelk_op_json(&op), *text = whelk_op_text(&op);
    is_str(json, "{\"op\":\"split\",\"shot\":\"0020\",\"at_s\":1.5}", "as JSON");
    is_str(text, "split shot 0020 at 1.5 s", "in words");
    free(json);
    free(text);
    int kinds = 0, fields = 0;
    while (whelk_op_kind(kinds, NULL))
        kinds++;
    while (whelk_op_field(true, fields, NULL))
        fields++;
    ok(kinds == 9 && fields >= 20, "kinds and fields can be listed");
}

/* A model that takes any prompt has no slots to follow the words. */
static void test_free(void)
{
    static const char free_card[] = "{\"free\":true,\"seconds\":{\"clip\":5}}";
    whelk_film *film = sample();
    whelk_error err = {0};
    const whelk_op op = {.kind = (char *)"set", .shot = (char *)"0010", .field = (char *)"prompt",
                         .value = (char *)"a whale sings"};
    const char *slot = whelk_shot_slot(&film->shots[0], "subject");
    char *before = slot ? strdup(slot) : NULL;
    ok(whelk_film_apply(film, &op, free_card, NULL, &err), "a prompt for a model of any words");
    is_str(film->shots[0].prompt, "a whale sings", "stands word for word");
    is_str(whelk_shot_slot(&film->shots[0], "subject"), before, "and leaves the slots alone");
    free(before);
    whelk_film_free(film);
}

int main(void)
{
    test_set();
    test_free();
    test_shots();
    test_split_and_merge();
    test_share();
    test_titles();
    test_times();
    test_words();
    test_json();
    refused("{\"op\": \"sett\"}", "no operation \"sett\"");
    refused("{\"op\": \"set\", \"shot\": \"0030\", \"field\": \"seconds\", \"value\": 1}",
            "no shot 0030; there are 0010, 0020");
    refused("{\"op\": \"set\", \"shot\": \"0010\", \"field\": \"secnds\", \"value\": 1}",
            "did you mean \"seconds\"");
    refused("{\"op\": \"set\", \"shot\": \"0010\", \"field\": \"seconds\", \"value\": 99}",
            "shot 0010: seconds is 99, at most 15");
    refused("{\"op\": \"set\", \"shot\": \"0010\", \"field\": \"seconds\", \"value\": \"long\"}",
            "seconds cannot be \"long\"; a number is needed");
    refused("{\"op\": \"set\", \"shot\": \"0010\", \"field\": \"seed\", \"value\": -1}",
            "seed cannot be \"-1\"");
    refused("{\"op\": \"add\", \"after\": \"0010\"}", "needs a prompt");
    refused("{\"op\": \"split\", \"shot\": \"0010\", \"at_s\": 2.2}", "can be split from 0.2");
    refused("{\"op\": \"merge\", \"shot\": \"0020\"}", "is the last");
    refused("{\"op\": \"untitle\", \"value\": \"Nothing\"}", "no such title");
    refused("{\"op\": \"set\", \"colour\": 1}", "has no \"colour\"");
    refused("[1]", "an operation is an object");
    refused("{\"shot\": \"0010\"}", "does not say its \"op\"");
    return done_testing();
}
