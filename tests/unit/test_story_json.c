/* storyboard.json: what is read is what is written, unknown fields and large numbers included, and
 * text that is not JSON is told by line and column. */
#include "../tap.h"
#include "../../storyboard/storyboard.h"
#include "story_sample.h"

#include <unistd.h>

static whelk_film *parse(const char *json, whelk_error *err)
{
    return whelk_film_parse(json, "storyboard.json", err);
}

static void reading(void)
{
    whelk_error err = {0};
    whelk_film *film = parse(story_sample, &err);
    if (!ok(film != NULL, "the sample is read")) {
        printf("# %s\n", err.text);
        return;
    }
    is_str(film->title, "The Pool", "its title is there");
    is_int(film->shot_count, 2, "both shots are there");
    is_near(film->grade.exposure, 0.5, 0, "the grade is there");
    is_str(film->shots[0].characters[0], "cat", "the first shot's character is there");
    ok(film->shots[0].seed == UINT64_MAX, "a seed of 64 bits loses nothing");
    is_near(film->shots[0].speed, 1, 0, "a speed left out is 1");
    is_str(film->shots[1].transition, "cut", "a transition left out is a cut");
    is_str(film->shots[1].voice_text, "Splash!", "the voice is there");
    is_near(whelk_film_cut_seconds(film), 2.25 + 1.25 - 0.5, 1e-9,
            "the cut length knows trim, speed and overlap");
    ok(film->captions == false && film->score.file == NULL, "fields left out are off or absent");
    whelk_film_free(film);
}

static void round_trip(void)
{
    whelk_error err = {0};
    whelk_film *film = parse(story_sample, &err);
    char *once = film ? whelk_film_json(film, &err) : NULL;
    whelk_film *again = once ? parse(once, &err) : NULL;
    char *twice = again ? whelk_film_json(again, &err) : NULL;
    is_str(twice, once, "what was written is read and written alike");
    whelk_film *copy = film ? whelk_film_copy(film) : NULL;
    char *copied = copy ? whelk_film_json(copy, &err) : NULL;
    is_str(copied, once, "a copy is written alike");
    has_text(once, "9007199254740993", "an unknown number above 2^53 is kept digit by digit");
    has_text(once, "0.1250", "an unknown number inside a known object is kept as it was written");
    has_text(once, "12345678901234567890", "an unknown field of a character is kept");
    has_text(once, "18446744073709551615", "a seed of 64 bits is written whole");
    has_text(once, "\"mark\"", "an unknown field of a shot is kept");
    free(once);
    free(twice);
    free(copied);
    whelk_film_free(film);
    whelk_film_free(again);
    whelk_film_free(copy);
}

static void sound_of_the_film(void)
{
    whelk_error err = {0};
    whelk_film *film =
        parse("{\"version\":1,\"captions\":true,\"burn_captions\":true,\"loudness_lufs\":-23,"
              "\"voice\":{\"voice\":\"de+f3\",\"speed\":1.2,\"off\":true},"
              "\"shots\":[{\"id\":\"0010\",\"seconds\":2,\"prompt\":\"a cat\"}]}",
              &err);
    char *text = film ? whelk_film_json(film, &err) : NULL;
    whelk_film *again = text ? parse(text, &err) : NULL;
    if (ok(again != NULL, "a film with a voice of its own is read and written %s", err.text)) {
        ok(again->captions && again->burn_captions && again->voice.off, "captions and voice");
        is_str(again->voice.name, "de+f3", "who speaks");
        is_near(again->voice.speed, 1.2, 1e-9, "how fast");
        is_near(again->loudness_lufs, -23, 1e-9, "and how loud it all is");
        again->voice.speed = 3;
        ok(!whelk_film_check(again, &err), "a voice nobody can follow is refused");
        has_text(err.text, "voice.speed", "by its field");
        again->voice.speed = 0;
        again->loudness_lufs = -50;
        ok(!whelk_film_check(again, &err), "and so is a film nobody hears");
    }
    free(text);
    whelk_film_free(film);
    whelk_film_free(again);
}

static void unknown_follows_its_owner(void)
{
    whelk_error err = {0};
    whelk_film *film = parse(story_sample, &err);
    whelk_set_text(&film->characters[0].id, "lion");
    free(film->shots[0].characters[0]);
    film->shots[0].characters[0] = strdup("lion");
    ok(whelk_film_remove_shot(film, "0010", &err), "the first shot is removed");
    char *json = whelk_film_json(film, &err);
    ok(json && !strstr(json, "12345678901234567890"),
       "a field of a character that is gone goes with it");
    ok(json && !strstr(json, "\"mark\""), "a field of a shot that is gone goes with it");
    ok(film->shots[0].first_frame == NULL, "the shot that is now first follows nothing");
    free(json);
    whelk_film_free(film);
}

static void ids(void)
{
    whelk_error err = {0};
    whelk_film *film = parse(story_sample, &err);
    is_str(whelk_film_add_shot(film, 2, &err)->id, "0030", "a shot at the end is ten further");
    is_str(whelk_film_add_shot(film, 1, &err)->id, "0015", "a shot between 0010 and 0020 is 0015");
    is_str(whelk_film_add_shot(film, 1, &err)->id, "0012", "a shot between 0010 and 0015 is 0012");
    is_str(whelk_film_add_shot(film, 1, &err)->id, "0011", "a shot between 0010 and 0012 is 0011");
    is_str(whelk_film_add_shot(film, 1, &err)->id, "0040",
           "where no number is left, the next free one is taken");
    is_str(whelk_film_add_shot(film, 0, &err)->id, "0005", "a shot before 0010 is 0005");
    ok(whelk_film_shot(film, "0012") && !whelk_film_shot(film, "0099"), "shots are found by id");
    ok(!whelk_film_add_shot(film, 99, &err) && err.code == WHELK_EUSAGE,
       "a position outside the film is refused");
    ok(!whelk_film_remove_shot(film, "0099", &err), "removing a shot that is not there is refused");
    has_text(err.text, "0099", "and named");
    while (film->shot_count > 1)
        whelk_film_remove_shot(film, film->shots[0].id, &err);
    ok(!whelk_film_remove_shot(film, film->shots[0].id, &err), "the only shot cannot be removed");
    while (film->shot_count < whelk_limits.shots)
        whelk_film_add_shot(film, film->shot_count, &err);
    ok(!whelk_film_add_shot(film, 0, &err), "there are never more shots than the limit");
    whelk_film_free(film);
}

static void slots(void)
{
    whelk_shot shot = {0};
    ok(whelk_shot_set_slot(&shot, "place", "pool") &&
           whelk_shot_set_slot(&shot, "subject", "cat") &&
           whelk_shot_set_slot(&shot, "place", "beach"),
       "slots are set");
    is_int(shot.slot_count, 2, "setting one again replaces it");
    is_str(whelk_shot_slot(&shot, "place"), "beach", "with the new value");
    whelk_shot_set_slot(&shot, "place", NULL);
    ok(whelk_shot_slot(&shot, "place") == NULL && whelk_shot_slot(&shot, "subject"),
       "NULL removes it");
    whelk_shot_set_slot(&shot, "subject", NULL);
    free(shot.slots);
}

static void json_faults(void)
{
    static const struct {
        const char *from, *to, *says;
    } edits[] = {
        {"\"height\": 720,", "\"height\": 720", "storyboard.json:3:32: a comma or } is missing"},
        {"\"pool\", \"description\"", "\"pool, \"description\"",
         "storyboard.json:9:29: a comma or } is missing"},
        {"\"fps\": 24", "\"fps\": NaN", "storyboard.json:3:40: NaN is not a number JSON knows"},
        {"\"fps\": 24", "\"fps\": 1e999", "this number is too large"},
        {"\"fps\": 24", "\"fps\": 024", "not a number as JSON writes them"},
        {"\"fps\": 24", "\"fps\": 24.", "not a number as JSON writes them"},
        {"\"fps\": 24", "\"fps\": +24", "a value is needed here"},
        {"\"fps\": 24", "\"fps\": 'x'", "double quotation marks"},
        {"\"fps\": 24", "\"fps\": 24, // rate", "the name of a field in quotation marks"},
        {"\"fps\": 24", "fps: 24", "the name of a field in quotation marks"},
        {"\"fps\": 24", "\"fps\" 24", "a colon is missing"},
        {"\"fps\": 24", "\"fps\": 24, \"fps\": 25", "\"fps\" stands twice"},
        {"\"a cat\"", "\"a \\q cat\"", "unknown escape"},
        {"\"a cat\"", "\"a \\u00 cat\"", "four hexadecimal digits"},
        {"\"a cat\"", "\"a \\u0000 cat\"", "NUL character"},
        {"\"a cat\"", "\"a \\ud800 cat\"", "storyboard.json"},
        {"\"a cat\"", "\"a\n cat\"", "line break or control character inside a text"},
        {"\"a cat\"", "\"a \xff cat\"", "not UTF-8"},
        {"\"a cat\"", "\"a \xc0\xaf cat\"", "not UTF-8"},
        {"  ]\n}\n", "  ],\n}\n", "a comma too many before this }"},
        {"  ]\n}\n", "  ]\n", "the file ends in the middle"},
        {"  ]\n}\n", "", "the file ends in the middle"},
        {"  ]\n}\n", "  ]\n}\n}\n", "something follows after the end"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        whelk_error err = {0};
        char *json = story_sample_edit(edits[i].from, edits[i].to);
        whelk_film *film = parse(json, &err);
        ok(!film && err.code, "JSON fault %zu is refused", i + 1);
        has_text(err.text, edits[i].says, "and told: %s", err.text);
        whelk_film_free(film);
        free(json);
    }
}

static void strange_files(void)
{
    whelk_error err = {0};
    static const char *const bad[] = {"",
                                      "   ",
                                      "null",
                                      "3",
                                      "\"x\"",
                                      "[]",
                                      "{}",
                                      "{\"version\": 2}",
                                      "{\"version\": \"1\"}",
                                      "{\"version\": 1}",
                                      "{\"version\": 1, \"shots\": []}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        whelk_film *film = parse(bad[i], &err);
        ok(!film, "'%s' is refused: %s", bad[i], err.text);
        whelk_film_free(film);
    }
    char *deep = malloc(200001);
    memset(deep, '[', 200000);
    deep[200000] = 0;
    ok(!parse(deep, &err), "200000 open brackets are refused: %s", err.text);
    free(deep);
    ok(!whelk_film_load("tests/no-such.json", &err), "a file that is not there: %s", err.text);
    has_text(err.text, "no-such.json", "is named");
}

static void cut_short(void)
{
    size_t whole = strlen(story_sample);
    int refused = 0;
    for (size_t n = 0; n + 2 < whole; n++) {
        char *json = strndup(story_sample, n);
        whelk_error err = {0};
        whelk_film *film = parse(json, &err);
        refused += film == NULL && err.text[0] != '\0';
        whelk_film_free(film);
        free(json);
    }
    is_int(refused, (long long)whole - 2,
           "the file cut off at any byte is refused with a sentence");
}

static void one_byte_altered(void)
{
    size_t whole = strlen(story_sample);
    int told = 0, tried = 0;
    static const char alter[] = {0x01, '"', '{', ']', ',', '9', (char)0xFF};
    for (size_t n = 0; n < whole; n++) {
        for (size_t k = 0; k < sizeof alter; k++) {
            char *json = strdup(story_sample);
            json[n] = alter[k];
            whelk_error err = {0};
            whelk_film *film = parse(json, &err);
            tried++;
            told += film ? whelk_film_check(film, NULL) : err.text[0] != '\0';
            whelk_film_free(film);
            free(json);
        }
    }
    is_int(told, tried, "any one byte altered gives a sound film or a sentence");
}

static void files(void)
{
    char path[] = "/tmp/whelk-story-XXXXXX";
    int fd = mkstemp(path);
    whelk_error err = {0};
    whelk_film *film = parse(story_sample, &err), *back = NULL;
    ok(fd >= 0 && whelk_film_save(film, path, &err), "a film is saved");
    back = whelk_film_load(path, &err);
    ok(back && back->shot_count == 2, "and loaded");
    film->shots[1].seconds = 99;
    ok(!whelk_film_save(film, path, &err), "a film that breaks a limit is not saved: %s", err.text);
    whelk_film_free(back);
    back = whelk_film_load(path, &err);
    ok(back && back->shots[1].seconds == 2.5, "and the file is as it was");
    whelk_film_free(back);
    whelk_film_free(film);
    close(fd);
    unlink(path);
}

static void samples(void)
{
    static const char *const paths[] = {"samples/storyboards/balloon-night.json",
                                        "samples/storyboards/dog-beach.json",
                                        "tests/golden/storyboard-cat-dives.json"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        whelk_error err = {0};
        whelk_film *film = whelk_film_load(paths[i], &err);
        ok(film != NULL, "%s is sound%s%s", paths[i], err.text[0] ? ": " : "", err.text);
        whelk_film_free(film);
    }
}

int main(void)
{
    reading();
    round_trip();
    sound_of_the_film();
    unknown_follows_its_owner();
    ids();
    slots();
    json_faults();
    strange_files();
    cut_short();
    one_byte_altered();
    files();
    samples();
    return done_testing();
}
