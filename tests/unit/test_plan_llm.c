/* From a language model's plan to a film: the self-check's complaints, words to values the card
 * has, looks that stay, and what a model that reads free text is told. No server: the plans are
 * given. */
#include <stdlib.h>

#include "../../pipeline/base/file.h"
#include "../../storyboard/plan_llm.h"
#include "../../storyboard/script.h"
#include "../tap.h"
#include "world_card.h"

static struct abilities abilities;
static char *card_json, told[65536];
static whelk_error err;

static long take_note(void *ctx, const whelk_note *note)
{
    static long n;
    (void)ctx;
    size_t used = strlen(told);
    snprintf(told + used, sizeof told - used, "%s %s: %s\n", note->kind,
             note->shot ? note->shot : "-", note->text);
    return ++n;
}

static const whelk_listener listener = {.note = take_note};

/* One shot; `more` are further fields, or "". */
static const char *shot(const char *id, double seconds, const char *prompt, const char *slots,
                        const char *camera, const char *who)
{
    static char text[8][1200];
    static int n;
    n = (n + 1) % 8;
    snprintf(text[n], sizeof text[n],
             "{\"id\":\"%s\",\"why\":\"reason %s\",\"seconds\":%g,\"prompt\":\"%s\",\"slots\":%s,"
             "\"camera\":\"%s\",\"characters\":%s,\"place\":\"here\",\"continuity\":{\"in\":\"\","
             "\"out\":\"\"},\"transition\":{\"kind\":\"cut\",\"seconds\":0},\"sound\":null}",
             id, id, seconds, prompt, slots, camera, who);
    return text[n];
}

static cJSON *plan(const char *a, const char *b, const char *c)
{
    static char text[8000];
    snprintf(text, sizeof text,
             "{\"title\":\"T\",\"logline\":\"L\",\"treatment\":\"X\",\"style\":{\"palette\":"
             "\"blue and gold\",\"lens\":\"\",\"mood\":\"\"},\"score\":{\"mood\":\"calm\"},"
             "\"captions\":false,\"characters\":[{\"id\":\"milo\",\"description\":\"a small orange "
             "cat with a bent tail\"},{\"id\":\"rex\",\"description\":\"an old black dog\"},"
             "{\"id\":\"haze\",\"description\":\"a thin mist\"}],"
             "\"places\":[{\"id\":\"here\",\"description\":\"a pool at night\"}],\"shots\":[%s%s%s"
             "%s%s]}",
             a, b ? "," : "", b ? b : "", c ? "," : "", c ? c : "");
    return cJSON_Parse(text);
}

#define MILO "[\"milo\"]"
#define SLOTS(action, place, size, direction)                                                      \
    "{\"subject\":\"cat\",\"action\":\"" action "\",\"place\":\"" place "\",\"size\":\"" size      \
    "\",\"direction\":\"" direction "\"}"

/* --- The self-check --------------------------------------------------------------------------- */

static void check_says(cJSON *tree, double seconds, const char *hard_says, const char *soft_says,
                       const char *name)
{
    struct complaints hard, soft;
    struct wish wish = {.width = 1280, .height = 720, .fps = 24, .seconds = seconds};
    complaints_init(&hard);
    complaints_init(&soft);
    plan_check(tree, &abilities, &wish, &hard, &soft);
    has_text(complaints_text(&hard), hard_says, "%s", name);
    has_text(complaints_text(&soft), soft_says, "%s: what is soft", name);
    ok((*hard_says != '\0') == (hard.count > 0) && (*soft_says != '\0') == (soft.count > 0),
       "%s: and no other kind", name);
    complaints_release(&hard);
    complaints_release(&soft);
    cJSON_Delete(tree);
}

static void self_check(void)
{
    const char *walk =
        shot("0010", 2, "a cat walks", SLOTS("walk", "pool", "wide", "right"), "static", MILO);
    const char *dive =
        shot("0020", 2.5, "a cat dives", SLOTS("dive", "pool", "medium", "right"), "static", MILO);
    check_says(plan(walk, dive, NULL), 4.5, "", "", "a good plan has no complaints");
    check_says(plan(walk, dive, NULL), 4.2, "", "", "ten percent off is near enough");
    check_says(plan(walk, dive, NULL), 8,
               "the shots are 4.5 s in all; 8 s are asked for, so there "
               "is need of about 3.5 s",
               "", "seconds that nobody covers");
    check_says(plan(walk, dive, NULL), 2, "there is too much of about 2.5 s", "",
               "too many seconds");
    check_says(plan(walk, walk, NULL), 0,
               "shots[1].id is \"0010\", which an earlier one has already",
               "shots[0].why is said of a later shot too", "an id that stands twice");
    check_says(plan(walk, shot("0020", 2, "x", "null", "static", "[\"max\"]"), NULL), 0,
               "shots[1].characters[0] is \"max\", which is no id of characters: milo, rex", "",
               "a character that does not exist");
    check_says(
        plan(walk,
             shot("0020", 2, "a cat", SLOTS("drive", "forest", "close", "right"), "push-in", MILO),
             NULL),
        0, "",
        "shots[1]: the model shows no cat that can drive in the place forest; a cat can: walk in",
        "what the model cannot show");
    check_says(
        plan(walk, shot("0020", 2, "a cat", SLOTS("walk", "pool", "wide", "right"), "static", MILO),
             NULL),
        0, "", "shots[1] is seen as the one before is", "a cut that looks like a slip");
    check_says(plan(walk,
                    shot("0020", 2, "a cat", SLOTS("run", "pool", "close", "left"), "static", MILO),
                    NULL),
               0, "", "the cut turns it round", "a direction that turns");
}

/* --- Films ------------------------------------------------------------------------------------ */

static whelk_film *film_of(cJSON *tree, const struct abilities *a)
{
    struct wish wish = {.width = 640, .height = 360, .fps = 24};
    whelk_plan_request request = {.prompt = "a cat at a pool", .seed = 7};
    told[0] = '\0';
    whelk_film *film = plan_film(tree, a, &request, &wish, &listener, 3, "some-model", &err);
    cJSON_Delete(tree);
    ok(film != NULL, "there is a film%s%s", film ? "" : ": ", film ? "" : err.text);
    return film;
}

static void looks_stay(void)
{
    whelk_film *film = film_of(
        plan(shot("0010", 2, "he strolls along", SLOTS("walk", "pool", "wide", "right"),
                  "pedestal-up", MILO),
             shot("0020", 2, "a kitten leaps",
                  "{\"subject\":\"dog\",\"action\":\"jump\",\"colour\":"
                  "\"white\"}",
                  "tracking", MILO),
             shot("0030", 2, "the lion is sleeping", "null", "zoom-in", "[\"milo\",\"rex\"]")),
        &abilities);
    is_str(film->planner, "some-model", "it says who planned it");
    is_str(whelk_shot_slot(&film->shots[0], "colour"), "orange", "the colour is the description's");
    is_str(whelk_shot_slot(&film->shots[1], "subject"), "cat", "a character stays what it is");
    is_str(whelk_shot_slot(&film->shots[1], "colour"), "orange", "and keeps its colour");
    is_str(whelk_shot_slot(&film->shots[1], "time"), "night", "the hour is the place's");
    is_str(whelk_shot_slot(&film->shots[2], "action"), "sit",
           "what the slots do not say is read from the prompt");
    is_str(whelk_shot_slot(&film->shots[0], "camera"), "static", "pedestal-up is not known");
    is_str(whelk_shot_slot(&film->shots[1], "camera"), "follow", "tracking is follow");
    is_str(film->shots[1].camera, "tracking", "the move that was meant is kept");
    has_text(told, "choice 0020: milo stays a cat, as in the shots before, and is no dog here.",
             "told");
    has_text(told, "choice 0010: The camera move \"pedestal-up\" is not among those", "told");
    has_text(told, "choice 0030: The model shows one actor a shot: it is milo; rex is left out",
             "told");
    has_text(told, "choice 0030: reason 0030\n", "each shot's reason is told");
    is_str(film->shots[0].prompt,
           "An orange cat walks by the pool at night to the right, wide shot, static camera.",
           "the prompt is in words the model knows");
    whelk_film_free(film);
}

/* Whom the model does not know is left out, and told; so is who cannot be with the one who acts. */
static void unknown_guests(void)
{
    struct abilities three = {0};
    char *json = NULL;
    bool read = file_read("generator/weights/card.json", 1 << 20, &json, NULL, &err) &&
                abilities_init(&three, json, &err);
    if (!ok(read, "the shipped card %s", err.text)) {
        free(json);
        return;
    }
    whelk_film *film = film_of(
        plan(shot("0010", 2, "they sit", "null", "static", "[\"milo\",\"haze\",\"rex\"]"),
             shot("0020", 2, "he dives", SLOTS("dive", "pool", "medium", "right"), "static",
                  "[\"milo\",\"rex\"]"),
             NULL),
        &three);
    const whelk_shot *s = film ? film->shots : NULL;
    is_str(s ? whelk_shot_slot(&s[0], "subject2") : NULL, "dog", "the third is the second then");
    ok(s && !whelk_shot_slot(&s[0], "subject3"), "and there is no third");
    ok(strstr(told, "haze is left out of the picture"), "which is told");
    is_str(s ? whelk_shot_slot(&s[1], "company") : NULL, "alone", "a dive is one actor's");
    ok(strstr(told, "The cat is alone in the picture"), "which is told, too");
    whelk_film_free(film);
    abilities_release(&three);
    free(json);
}

/* A model that draws two gets both characters of a shot, each with its look; never in a close view.
 */
static void pairs(void)
{
    struct abilities wide = {0};
    char *json = NULL;
    if (!ok(read_world_card(&json) && abilities_init(&wide, json, &err), "the world's card %s",
            err.text)) {
        free(json);
        return;
    }
    whelk_film *film =
        film_of(plan(shot("0010", 2, "milo runs after rex", "null", "static", "[\"milo\",\"rex\"]"),
                     shot("0020", 2, "they sit", SLOTS("sit", "pool", "close", "right"), "static",
                          "[\"rex\",\"milo\"]"),
                     shot("0030", 2, "he walks", "null", "static", "[\"rex\"]")),
                &wide);
    const whelk_shot *s = film ? film->shots : NULL;
    ok(s && strcmp(whelk_shot_slot(&s[0], "company"), "alone") != 0, "two are in the first shot");
    is_str(s ? whelk_shot_slot(&s[0], "subject2") : NULL, "dog", "the other is the dog");
    is_str(s ? whelk_shot_slot(&s[0], "colour2") : NULL, "black", "with its own colour");
    is_str(s ? whelk_shot_slot(&s[1], "subject2") : NULL, "cat", "in the second it is the cat");
    is_str(s ? whelk_shot_slot(&s[1], "company") : NULL, "together", "they sit together");
    is_str(s ? whelk_shot_slot(&s[1], "size") : NULL, "medium", "and a close view has no room");
    is_str(s ? whelk_shot_slot(&s[2], "company") : NULL, "alone", "in the third one is alone");
    ok(!strstr(told, "left out of the picture"), "nobody is left out");
    whelk_film_free(film);
    abilities_release(&wide);
    free(json);
}

static void cameras(void)
{
    static const char *const moves[][2] = {
        {"static", "static"},         {"push-in", "push-in"},     {"pull-out", "pull-out"},
        {"pan-left", "pan-left"},     {"pan-right", "pan-right"}, {"truck-left", "pan-left"},
        {"truck-right", "pan-right"}, {"pedestal-up", "static"},  {"pedestal-down", "static"},
        {"tilt-up", "static"},        {"tilt-down", "static"},    {"zoom-in", "push-in"},
        {"zoom-out", "pull-out"},     {"tracking", "follow"},     {"shake", "static"},
    };
    cJSON *schema = cJSON_Parse(plan_schema_json), *all = schema;
    static const char *const path[] = {"$defs", "shot", "properties", "camera", "enum"};
    for (int i = 0; i < COUNT(path); i++)
        all = cJSON_GetObjectItemCaseSensitive(all, path[i]);
    is_int(cJSON_GetArraySize(all), 15, "a plan may use fifteen moves");
    for (int i = 0; i < COUNT(moves); i++) {
        bool allowed = false;
        for (const cJSON *m = all ? all->child : NULL; m; m = m->next)
            allowed = allowed || strcmp(m->valuestring, moves[i][0]) == 0;
        const char *is =
            card_name(&abilities.card, CARD_CAMERA, plan_camera(&abilities.card, moves[i][0]));
        ok(allowed && strcmp(is, moves[i][1]) == 0, "%s becomes %s", moves[i][0], moves[i][1]);
    }
    cJSON_Delete(schema);
}

static void free_text(void)
{
    struct abilities a;
    ok(abilities_init(&a, "{\"version\":1,\"seconds\":{\"clip\":5}}", &err) && !a.slotted,
       "a card without slots is of a model that reads free text");
    cJSON *schema = brief_schema(&a);
    char *text = cJSON_PrintUnformatted(schema);
    ok(!strstr(text, "slots") && strstr(text, "\"maximum\":5"), "its plans have no slots");
    free(text);
    cJSON_Delete(schema);
    whelk_film *film =
        film_of(plan(shot("0010", 4, "He waits.", "null", "push-in", MILO), NULL, NULL), &a);
    is_str(film->shots[0].prompt,
           "He waits. milo: a small orange cat with a bent tail. Place: a pool at night. Camera: "
           "push-in. Style: blue and gold.",
           "descriptions follow the prompt word for word");
    whelk_film_free(film);
    abilities_release(&a);
}

static void schemas(void)
{
    cJSON *schema = brief_schema(&abilities), *sent = brief_schema_sent(schema);
    char *text = cJSON_PrintUnformatted(sent);
    has_text(text, "\"maximum\":2.667", "a shot is at most as long as a clip");
    has_text(text, "\"enum\":[\"cat\",\"dog\",", "slots hold the card's values");
    ok(!strstr(text, "Length") && !strstr(text, "$schema"), "without what strict servers refuse");
    free(text);
    cJSON_Delete(sent);
    cJSON *bible = brief_schema_bible(schema);
    text = cJSON_PrintUnformatted(cJSON_GetObjectItem(bible, "required"));
    ok(strstr(text, "scenes") && !strstr(text, "shots"), "scenes stand in for shots");
    free(text);
    cJSON_Delete(bible);
    cJSON_Delete(schema);
}

static void scripts(void)
{
    char text[40001];
    for (int i = 0; i < 40000; i++)
        text[i] = "INT. POOL - DUSK\nMilo waits. \xE7\x8C\xAB\xE3\x80\x82\n\n"[i % 36];
    text[40000] = '\0';
    size_t all = 0, pieces = 0;
    bool headed = true, whole = true;
    for (size_t n; (n = script_piece(text + all, 12000)) > 0; all += n, pieces++) {
        headed = headed && strncmp(text + all, "INT. POOL", 9) == 0;
        whole = whole && n <= 12000 && ((unsigned char)text[all] & 0xC0) != 0x80;
    }
    ok(all == 40000 && pieces == 4 && headed && whole, "a script is cut before its headings");
    memset(text, 'x', 40000);
    is_int(script_piece(text, 12000), 12000, "one without a pause is cut all the same");
    for (int i = 0; i + 3 <= 39999; i += 3)
        memcpy(text + i, "\xE7\x8C\xAB", 3);
    ok(script_piece(text, 12001) % 3 == 0, "never inside a character");
}

/* Found before anything is asked: nothing listens at that address. */
static void tools(void)
{
    const whelk_llm llm = {.url = "http://127.0.0.1:9", .tries = 1};
    const whelk_tool tool = {
        .name = "paint", .about = "", .parameters_json = "{\"type\":\"object\",\"oneOf\":[]}"};
    whelk_film *film = whelk_plan_offline(
        &(whelk_plan_request){.prompt = "a cat", .card_json = card_json}, NULL, &err);
    whelk_direct_request r = {.chat = whelk_chat_open(&llm, &err),
                              .film = film,
                              .card_json = card_json,
                              .tools = &tool,
                              .tool_count = 1};
    whelk_error why = {0};
    ok(film && r.chat && !whelk_direct(&r, NULL, &why) && why.code == WHELK_EUSAGE,
       "a tool whose arguments could not all be checked is refused");
    has_text(why.text, "the tool paint: its schema says \"oneOf\"", "and told: %s", why.text);
    whelk_chat_close(r.chat);
    whelk_film_free(film);
}

int main(void)
{
    if (!file_read("tests/golden/card.json", 1 << 20, &card_json, NULL, &err) ||
        !abilities_init(&abilities, card_json, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    self_check();
    looks_stay();
    pairs();
    unknown_guests();
    cameras();
    free_text();
    schemas();
    scripts();
    tools();
    abilities_release(&abilities);
    free(card_json);
    return done_testing();
}
