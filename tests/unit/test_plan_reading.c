/* What the offline planner reads from lines as people type them: endings of other languages,
 * Chinese for every word of the card, titles in quotation marks, what is said not to be there,
 * lengths and shapes, and the slips it must not make. Run from the repository root. */
#include "../tap.h"
#include "../../pipeline/base/file.h"
#include "../../storyboard/card.h"
#include "../../storyboard/storyboard.h"

#include <stdlib.h>

static char *card_json;
static char told[20000];

static long hear(void *ctx, const whelk_note *note)
{
    long *count = ctx;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s\n", note->text);
    return ++*count;
}

static whelk_film *plan(const char *prompt)
{
    whelk_error err = {0};
    long count = 0;
    whelk_listener listen = {.note = hear, .ctx = &count};
    told[0] = '\0';
    whelk_film *film = whelk_plan_offline(
        &(whelk_plan_request){.prompt = prompt, .card_json = card_json}, &listen, &err);
    if (!film)
        printf("# %s\n", err.text);
    return film;
}

static bool shown(const whelk_film *film, const char *slot, const char *value)
{
    for (int i = 0; i < film->shot_count; i++) {
        const char *is = whelk_shot_slot(&film->shots[i], slot);
        if (is && strcmp(is, value) == 0)
            return true;
    }
    return false;
}

/* `wants`: "slot=value" each, "!" before it: in no shot; "told:..." a piece of what is told. */
static void reads(const char *prompt, const char *const *wants)
{
    whelk_film *film = plan(prompt);
    for (; *wants; wants++) {
        bool none = **wants == '!';
        const char *want = *wants + none, *value = strchr(want, '=');
        char slot[40] = "";
        if (value)
            snprintf(slot, sizeof slot, "%.*s", (int)(value - want), want);
        bool is = !film                             ? false
                  : strncmp(want, "told:", 5) == 0  ? strstr(told, want + 5) != NULL
                  : strcmp(slot, "title") == 0      ? strcmp(film->title, value + 1) == 0
                  : strcmp(slot, "characters") == 0 ? film->character_count == atoi(value + 1)
                                                    : shown(film, slot, value + 1);
        if (!ok(is != none, "%.60s: %s", prompt, *wants))
            printf("# %s\n# %s", film ? film->logline : "", told);
    }
    whelk_film_free(film);
}

#define READS(prompt, ...) reads(prompt, (const char *const[]){__VA_ARGS__, NULL})

/* What a viewer would call wrong, of films that were looked at shot by shot. */
static void as_a_director(void)
{
    READS("a child sails a boat across the sea", "subject=boat", "action=sail",
          "told:What moves is the boat");
    READS("Ein Kind fährt mit einem Boot über das Meer", "action=sail",
          "told:What moves is the boat");
    READS("a boy rides a horse on the beach", "told:What moves is the horse",
          "told:A black horse runs on the beach");
    READS("a cat rides in a balloon over the mountains", "action=float", "place=mountains");
    READS("a dog plays with a ball", "!told:What moves");
    READS("a ball rolls down the street, bounces over a car and lands in the pool",
          "!told:What moves");
    READS("deux chats jouent dans la neige", "subject=cat", "place=snow", "!subject=horse");
    READS("two friends chat in the city", "!subject=cat");
    READS("a yellow fish swims from left to right", "direction=right", "!direction=left");
    READS("a rocket launches from the desert at night and flies into the sky", "place=desert",
          "!place=mountains", "told:in 1 step");
    READS("a rocket takes off at dusk, rises, and disappears among the stars", "told:in 1 step");
    READS("Ein Hund läuft durch den Wald und springt über einen Bach", "place=forest",
          "!place=beach", "action=jump", "told:The leap stays");
    READS("a quiet film: snow, mountains, a horse, nothing happens", "action=walk", "!action=jump",
          "!action=run");
    READS("a horse in the meadow", "!action=jump");
    READS("snow falls on an empty city at night", "place=city", "!place=snow", "!action=jump",
          "!told:This is what the line asks for");
    READS("a bird leaves the forest", "action=fly", "title=The Bird in the Forest");
    READS("a cat that never runs, by the pool", "!action=run");
    READS("a cat dives from a springboard into a pool", "!told:place \"pool\", place \"pool\"");
    READS("犬が森を走る", "subject=dog", "action=run", "place=forest", "!place=beach");
    READS("夜の海を船が進む", "subject=boat", "place=beach", "time=night");
    READS("собака бежит по пляжу ночью", "subject=dog", "action=run", "place=beach", "time=night");
    READS("чёрный кот сидит в городе на закате", "colour=black", "action=sit", "place=city",
          "time=dusk");
}

static void other_languages(void)
{
    READS("Ein schwarzer Hund läuft am Strand entlang", "subject=dog", "colour=black",
          "action=walk", "place=beach", "!told:no picture");
    READS("Eine kleine rote Katze springt in den Pool", "subject=cat", "colour=red", "action=dive");
    READS("Ein weißes Pferd galoppiert bei Sonnenuntergang durch den Wald", "subject=horse",
          "colour=white", "action=run", "place=forest", "time=dusk", "!told:no picture");
    READS("Zwei Hunde spielen nachts im Schnee", "subject=dog", "place=snow", "time=night",
          "told:one dog stands for all of them");
    READS("Drei Vögel fliegen über das Meer, ohne Musik", "subject=bird", "action=fly",
          "place=beach", "told:There is no score");
    READS("Une voiture bleue traverse le désert la nuit", "subject=car", "colour=blue",
          "place=desert", "time=night", "!told:was read as");
    READS("un oiseau rouge vole sur la forêt", "subject=bird", "colour=red", "action=fly",
          "place=forest");
    READS("Un gato negro salta en la playa al atardecer", "subject=cat", "colour=black",
          "action=jump", "place=beach", "time=dusk");
    READS("El perro no corre", "subject=dog", "!action=run");
    READS("a kind dog runs on the beach", "characters=1", "subject=dog", "!subject=child");
}

/* Each value of the card by a Chinese word. */
static void chinese(void)
{
    static const struct {
        const char *prompt, *slot, *value;
    } rows[] = {
        {"猫", "subject", "cat"},
        {"一只小狗", "subject", "dog"},
        {"马", "subject", "horse"},
        {"一个小女孩", "subject", "child"},
        {"小鸟", "subject", "bird"},
        {"鱼", "subject", "fish"},
        {"蝴蝶", "subject", "butterfly"},
        {"皮球", "subject", "ball"},
        {"一辆汽车", "subject", "car"},
        {"帆船", "subject", "boat"},
        {"火箭", "subject", "rocket"},
        {"热气球", "subject", "balloon"},
        {"狗在海边走", "action", "walk"},
        {"狗在海边奔跑", "action", "run"},
        {"狗在草地上跳", "action", "jump"},
        {"猫跳进游泳池", "action", "dive"},
        {"猫坐在雪地里", "action", "sit"},
        {"鸟在山上飞翔", "action", "fly"},
        {"鱼在水下游泳", "action", "swim"},
        {"球在街上弹跳", "action", "bounce"},
        {"汽车在城市里行驶", "action", "drive"},
        {"船在海上航行", "action", "sail"},
        {"火箭从沙漠发射", "action", "launch"},
        {"气球飘在城市上空", "action", "float"},
        {"猫在游泳池边", "place", "pool"},
        {"猫在沙滩上", "place", "beach"},
        {"猫在草地上", "place", "meadow"},
        {"猫在森林里", "place", "forest"},
        {"猫在街道上", "place", "city"},
        {"猫在沙漠里", "place", "desert"},
        {"猫在雪地里", "place", "snow"},
        {"鸟在高山上", "place", "mountains"},
        {"鱼在海底", "place", "underwater"},
        {"白天，狗跑", "time", "day"},
        {"傍晚，狗跑", "time", "dusk"},
        {"夜晚，狗跑", "time", "night"},
        {"橙色的猫", "colour", "orange"},
        {"红色的猫", "colour", "red"},
        {"黄色的猫", "colour", "yellow"},
        {"绿色的车", "colour", "green"},
        {"蓝色的鱼", "colour", "blue"},
        {"白猫", "colour", "white"},
        {"黑猫", "colour", "black"},
        {"狗向左跑", "direction", "left"},
        {"狗向右跑", "direction", "right"},
        {"狗跑，远景", "size", "wide"},
        {"狗跑，中景", "size", "medium"},
        {"狗跑，特写", "size", "close"},
        {"狗坐着，左摇", "camera", "pan-left"},
        {"狗坐着，右摇", "camera", "pan-right"},
        {"狗坐着，推近", "camera", "push-in"},
        {"狗坐着，拉远", "camera", "pull-out"},
        {"狗坐着，跟拍", "camera", "follow"},
        {"狗跑，固定镜头", "camera", "static"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        whelk_film *film = plan(rows[i].prompt);
        ok(film && shown(film, rows[i].slot, rows[i].value), "%s: %s %s", rows[i].prompt,
           rows[i].slot, rows[i].value);
        if (i == 0)
            is_str(film->language, "zh", "told as Chinese");
        whelk_film_free(film);
    }
    READS("一只白色的狗不跑，坐在草地上", "colour=white", "!action=run", "action=sit",
          "place=meadow");
    READS("两只蝴蝶在草地上飞舞", "told:one butterfly stands for all of them");
    READS("三个气球飘在城市上空，没有人", "!subject=child", "subject=balloon");
}

static void quotations(void)
{
    READS("make a film called \"The Last Dance\" about a horse on the beach",
          "title=The Last Dance", "subject=horse", "!told:dance");
    READS("\"Moby Dick\": a boat sails on the sea at night", "title=Moby Dick", "subject=boat",
          "!told:no picture");
    READS("《红色的鱼》一只狗在海边奔跑", "title=红色的鱼", "subject=dog", "!subject=fish");
    READS("\"A cat dives into a pool\"", "subject=cat", "action=dive", "place=pool",
          "title=The Cat and the Pool");
    READS("a cat says \"the dog flies\" in the forest", "subject=cat", "!subject=dog",
          "told:neither speech nor lettering");
    READS("a \"cat\" runs", "subject=cat");
}

static void negations(void)
{
    READS("a dog runs through the city, without any cars", "subject=dog", "!subject=car",
          "told:Without \"cars\"");
    READS("A cat in the forest, but no dog or bird", "subject=cat", "!subject=dog",
          "!subject=bird");
    READS("a bird that doesn't fly, just sits on a rock in the desert", "action=sit", "!action=fly",
          "!subject=ball", "place=desert");
    READS("The cat does not dive. It walks away from the pool.", "action=walk", "!action=dive",
          "place=pool");
    READS("a boat, no music", "told:There is no score");
    READS("a dog that no longer runs but sits", "action=sit");
}

static void wishes(void)
{
    whelk_film *film = plan("10 second vertical video of a puppy running in the snow");
    is_near(film->seconds, 10, 0.1, "a length in the line is kept");
    ok(film->width == 720 && film->height == 1280, "and a shape");
    whelk_film_free(film);
    film = plan("A 20s commercial for a red car");
    is_near(film->seconds, 20, 0.1, "20s is a length");
    whelk_film_free(film);
    film = plan("slow, sad film: an old dog sits by the sea at evening");
    is_str(film->score.mood, "tender", "sad goes before slow");
    whelk_film_free(film);
    whelk_error err = {0};
    film = whelk_plan_offline(&(whelk_plan_request){.prompt = "a 20 second square film of a cat",
                                                    .card_json = card_json,
                                                    .seconds = 8,
                                                    .width = 640,
                                                    .height = 360},
                              NULL, &err);
    is_near(film->seconds, 8, 0.1, "what the request says goes before the line");
    is_int(film->width, 640, "in its shape too");
    whelk_film_free(film);
}

static void grammar(void)
{
    READS("a red ball bounces down the street, past a dog, and into the sea", "place=city",
          "place=beach", "told:then bounces on the beach");
    READS("A dog dives into the pool and the cat watches", "action=dive", "action=sit");
    READS("A dog that loves to swim dives into the pool and the cat watches",
          "told:the black cat sits");
    READS("a detective cat walks through the city", "characters=1", "subject=cat");
    READS("a snowy forest with a fox", "place=forest");
    READS("a horse, white as snow, gallops through the meadow", "colour=white", "!place=snow");
    READS("a fox runs through the forest, hunting mice", "!told:then walks");
    READS("butterfly flies from flower to flower", "place=meadow", "!told:is left out");
    READS("a kid in a yellow raincoat jumps", "colour=yellow");
    READS("an astronaut rides a horse on the moon", "place=desert");
    READS("A bird flies over the city; later, at night, it lands on a roof", "action=sit");
    READS("a football match", "!told:was read as");
    READS("It's raining. A dog runs.", "told:asks for rain");
    READS("A child jumps into the snow", "action=jump", "!action=dive");
}

int main(void)
{
    whelk_error err = {0};
    if (!file_read("tests/golden/card.json", 1 << 20, &card_json, NULL, &err)) {
        ok(false, "%s", err.text);
        return done_testing();
    }
    as_a_director();
    other_languages();
    chinese();
    quotations();
    negations();
    wishes();
    grammar();
    free(card_json);
    return done_testing();
}
