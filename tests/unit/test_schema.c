/* The check against a schema: complaints by path, with what is there and what is allowed, precise
 * enough to be sent back; and a plan schema that agrees with the table of limits. */
#include <stdlib.h>

#include "../../pipeline/base/file.h"
#include "../../storyboard/schema.h"
#include "../tap.h"
#include "story_sample.h"

static cJSON *schema;
static struct complaints c;

static const char good[] =
    "{\"title\":\"Dive\",\"logline\":\"A cat dives.\",\"treatment\":\"A cat dives.\","
    "\"style\":{\"palette\":\"\",\"lens\":\"\",\"mood\":\"\"},"
    "\"score\":{\"mood\":\"playful\",\"tempo_bpm\":null},\"captions\":false,"
    "\"characters\":[{\"id\":\"cat\",\"description\":\"an orange cat\"}],"
    "\"places\":[{\"id\":\"pool\",\"description\":\"a pool at dusk\"}],"
    "\"shots\":[{\"id\":\"0010\",\"why\":\"to see it\",\"seconds\":2.5,\"prompt\":\"a cat\","
    "\"slots\":{\"subject\":\"cat\"},\"camera\":\"static\",\"characters\":[\"cat\"],"
    "\"place\":\"pool\",\"continuity\":{\"in\":\"\",\"out\":\"\"},"
    "\"transition\":{\"kind\":\"cut\",\"seconds\":0}}]}";

static bool check(const char *json)
{
    cJSON *value = cJSON_Parse(json);
    complaints_release(&c);
    complaints_init(&c);
    bool fine = schema_check(schema, value, &c);
    cJSON_Delete(value);
    return fine;
}

/* The good plan with the first `from` replaced by `to`. */
static bool check_with(const char *from, const char *to)
{
    static char json[4096];
    const char *at = strstr(good, from);
    snprintf(json, sizeof json, "%.*s%s%s", at ? (int)(at - good) : 0, good, at ? to : "",
             at ? at + strlen(from) : "");
    return check(json);
}

static void faults_are_told(void)
{
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"2.5", "99", "- shots[0].seconds is 99; at most 15 is allowed"},
        {"2.5", "0.2", "- shots[0].seconds is 0.2; at least 1 is needed"},
        {"2.5", "\"2.5\"", "- shots[0].seconds is of type string; number is needed"},
        {"\"static\"", "\"dolly-in\"",
         "- shots[0].camera is \"dolly-in\"; it must be \"static\", "},
        {"\"0010\"", "\"1\"", "- shots[0].id is \"1\"; it must be of the form ^[0-9]{4}$"},
        {"\"Dive\"", "\"\"", "- title is empty; write it"},
        {"\"logline\":\"A cat dives.\",", "", "- logline is missing; write it"},
        {"\"captions\":false", "\"captions\":false,\"music\":1",
         "- music is no field; there are title, logline, "},
        {"\"place\":\"pool\",", "", "- shots[0].place is missing; write it"},
        {"\"a cat\"", "null", "- shots[0].prompt is of type null; string is needed"},
        {"[\"cat\"]", "[\"a\",\"b\",\"c\",\"d\"]",
         "- shots[0].characters has 4 entries; at most 3 are allowed"},
        {"[{\"id\":\"pool\",\"description\":\"a pool at dusk\"}]", "[]",
         "- places has 0 entries; at least 1 are needed"},
        {"{\"subject\":\"cat\"}", "{\"subject\":7}",
         "- shots[0].slots.subject is of type number; string or null is needed"},
    };
    ok(check(good), "a good plan passes; what may be null may be left out");
    for (int i = 0; i < COUNT(cases); i++) {
        ok(!check_with(cases[i].from, cases[i].to), "%s for %s is refused", cases[i].to,
           cases[i].from);
        has_text(complaints_text(&c), cases[i].says, "by path, value and cure");
        is_int(c.count, 1, "and nothing else");
    }
    ok(!check("{}") && c.count == 9, "of an empty object everything is missed");
    ok(!check("[]"), "a list is no plan");
    has_text(complaints_text(&c), "the answer is of type array; object is needed", "told so");
    char many[8000] = "{\"x0\":1";
    for (int i = 1; i < 200; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ",\"x%d\":1", i);
    strcat(many, "}");
    ok(!check(many), "very many faults");
    has_text(complaints_text(&c), "and 185 more", "are counted, not told");
}

static double number_at(const char *path)
{
    char word[80];
    const cJSON *item = schema;
    for (const char *p = path; *p; p += strspn(p, "/")) {
        size_t n = strcspn(p, "/");
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        item = cJSON_GetObjectItemCaseSensitive(item, word);
        p += n;
    }
    return cJSON_IsNumber(item) ? item->valuedouble : -1;
}

static void limits_agree(void)
{
    const whelk_story_limits *l = &whelk_limits;
    is_near(number_at("properties/shots/maxItems"), l->plan_shots, 0, "shots");
    is_near(number_at("properties/characters/maxItems"), l->characters, 0, "characters");
    is_near(number_at("properties/places/maxItems"), l->places, 0, "places");
    is_near(number_at("$defs/shot/properties/characters/maxItems"), l->plan_cast, 0, "cast");
    is_near(number_at("$defs/shot/properties/seconds/minimum"), l->plan_shot_min_s, 0, "shortest");
    is_near(number_at("$defs/shot/properties/seconds/maximum"), l->shot_max_s, 0, "longest");
    is_near(number_at("$defs/slots/maxProperties"), l->slots, 0, "slots");
    const cJSON *moods = cJSON_GetObjectItem(
        cJSON_GetObjectItem(
            cJSON_GetObjectItem(
                cJSON_GetObjectItem(cJSON_GetObjectItem(schema, "properties"), "score"),
                "properties"),
            "mood"),
        "enum");
    int count = 0;
    bool known = true;
    for (const cJSON *m = moods ? moods->child : NULL; m; m = m->next, count++)
        known = known && story_text_in(m->valuestring, story_moods);
    ok(known && count == 6, "the moods are the score's");
}

/* --- The words of a schema -------------------------------------------------------------------- */

static bool fits(const char *schema_json, const char *json)
{
    cJSON *own = cJSON_Parse(schema_json), *value = cJSON_Parse(json);
    complaints_release(&c);
    complaints_init(&c);
    bool fine = schema_check(own, value, &c);
    cJSON_Delete(own);
    cJSON_Delete(value);
    return fine;
}

static void words_are_known(void)
{
    static const char tempo[] = "{\"anyOf\":[{\"const\":0},{\"type\":\"number\",\"minimum\":30}]}";
    ok(fits("{\"const\":1}", "1") && !fits("{\"const\":1}", "2"), "const");
    has_text(complaints_text(&c), "the answer must be 1", "is told");
    ok(fits(tempo, "0") && fits(tempo, "90"), "anyOf takes every form");
    ok(!fits(tempo, "7") && c.count == 1, "and no other");
    has_text(complaints_text(&c), "none of the forms allowed; of the nearest: the answer",
             "which is told");
    ok(fits("{\"multipleOf\":0.1}", "0.3") && !fits("{\"multipleOf\":2}", "721"), "multipleOf");
    has_text(complaints_text(&c), "is 721; a multiple of 2 is needed", "is told");
    ok(!fits("{\"properties\":{\"a\":{\"items\":{\"oneOf\":[]}}}}", "{}"),
       "a word that is not known is not passed over");
    has_text(complaints_text(&c), "the schema itself says \"oneOf\"", "but told");
    cJSON *ops = cJSON_Parse(ops_schema_json);
    ok(!schema_unknown_word(schema) && !schema_unknown_word(ops), "our own say nothing else");
    cJSON_Delete(ops);
}

/* --- The schema of the file ------------------------------------------------------------------- */

static void file_fits(const cJSON *file, const char *json, const char *name)
{
    cJSON *value = cJSON_Parse(json);
    complaints_release(&c);
    complaints_init(&c);
    ok(value && schema_check(file, value, &c), "%s is of storyboard.schema.json", name);
    printf("%s%s", c.count ? "# " : "", complaints_text(&c));
    cJSON_Delete(value);
}

/* What the reader of the file refuses by a rule that a schema can say, the schema refuses. */
static void file_schema(void)
{
    static const char *const files[] = {"tests/golden/storyboard-cat-dives.json",
                                        "samples/storyboards/balloon-night.json",
                                        "samples/storyboards/dog-beach.json"};
    static const struct {
        const char *from, *to;
    } faults[] = {
        {"\"version\": 1", "\"version\": 2"},
        {"\"width\": 1280", "\"width\": 1281"},
        {"\"fps\": 24", "\"fps\": 500"},
        {"\"tempo_bpm\": 120", "\"tempo_bpm\": 7"},
        {"\"playful\"", "\"gloomy\""},
        {"\"crossfade\"", "\"crosfade\""},
        {"\"seconds\": 2.5, \"prompt\": \"a cat by", "\"seconds\": 99, \"prompt\": \"a cat by"},
        {"\"speed\": 2", "\"speed\": 0"},
        {"\"take\": \"t01\"", "\"take\": 1"},
    };
    char *text = NULL;
    whelk_error err = {0};
    if (!file_read("storyboard/storyboard.schema.json", 1 << 20, &text, NULL, &err))
        abort();
    cJSON *file = cJSON_Parse(text);
    free(text);
    ok(file && !schema_unknown_word(file), "the file's schema says nothing that is not checked");
    file_fits(file, story_sample, "the sample");
    for (int i = 0; i < COUNT(files); i++) {
        if (!file_read(files[i], 1 << 20, &text, NULL, &err))
            abort();
        file_fits(file, text, files[i]);
        free(text);
    }
    for (int i = 0; i < COUNT(faults); i++) {
        char *bad = story_sample_edit(faults[i].from, faults[i].to);
        cJSON *value = cJSON_Parse(bad);
        whelk_film *film = whelk_film_parse(bad, "storyboard.json", &err);
        complaints_release(&c);
        complaints_init(&c);
        ok(!film && value && !schema_check(file, value, &c), "%s is refused by both", faults[i].to);
        whelk_film_free(film);
        cJSON_Delete(value);
        free(bad);
    }
    cJSON_Delete(file);
}

int main(void)
{
    schema = cJSON_Parse(plan_schema_json);
    complaints_init(&c);
    ok(schema != NULL, "the plan's schema is in the program");
    faults_are_told();
    limits_agree();
    words_are_known();
    file_schema();
    complaints_release(&c);
    cJSON_Delete(schema);
    return done_testing();
}
