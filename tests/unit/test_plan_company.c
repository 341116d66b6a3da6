/* Films of several, planned by rules for the shipped model's card: who is in which shot with whom,
 * what they are called, and how it is told. */
#include "../tap.h"

#include <stdlib.h>
#include <string.h>

#include "../../pipeline/base/file.h"
#include "../../storyboard/storyboard.h"

static char *card_json;

static whelk_film *plan(const char *prompt)
{
    whelk_error err = {0};
    whelk_plan_request r = {.prompt = prompt, .card_json = card_json};
    whelk_film *film = whelk_plan_offline(&r, NULL, &err);
    if (!film || !whelk_film_check(film, &err))
        ok(false, "%s: %s", prompt, err.text);
    return film;
}

/* The most actors that one of its shots shows. */
static int most_in_a_shot(const whelk_film *film)
{
    int most = 0;
    for (int i = 0; i < film->shot_count; i++) {
        const whelk_shot *s = &film->shots[i];
        int count =
            1 + (whelk_shot_slot(s, "subject2") != NULL) + (whelk_shot_slot(s, "subject3") != NULL);
        if (count != s->character_count)
            ok(false, "shot %s names %d characters and shows %d", s->id, s->character_count, count);
        most = count > most ? count : most;
    }
    return most;
}

static const whelk_shot *shot_of(const whelk_film *film, int actors)
{
    for (int i = 0; i < film->shot_count; i++)
        if (film->shots[i].character_count == actors)
            return &film->shots[i];
    return NULL;
}

static void how_many(void)
{
    static const struct {
        const char *prompt;
        int most, characters;
        const char *title, *says; /* of the shot that shows the most */
    } rows[] = {
        {"three ducks swim in the river", 3, 3, "Three Ducks",
         "swims with a white duck and an orange duck"},
        {"3 red cars drive through the city", 3, 3, "Three Red Cars",
         "follows another red car and a third"},
        {"2 black cats sit in the room", 2, 2, "Two Black Cats", "with another black cat"},
        {"two dogs and a cat run on the beach", 3, 3, "The Dogs and the Cat",
         "with a white dog and a black cat"},
        {"a cat follows two cats in the room", 3, 3, "Three Cats", "with a"},
        {"a pair of ducks swims in the river", 2, 2, "", "swims with a"},
        {"both cats sit in the room", 2, 2, "", "with a"},
        {"a horse follows two children", 3, 3, "The Horse and the Children",
         "follows a child in a red shirt and a child in a yellow shirt"},
        {"two black cats sit in the room", 2, 2, "Two Black Cats", "with another black cat"},
        {"two cats chase each other on the beach", 2, 2, "The Orange and the Black Cat",
         "a black cat"},
        {"a girl walks with a horse and a white dog in the meadow", 3, 3,
         "The Child, the Horse and the Dog", "and a white dog"},
        {"a girl, a dog and a white cat walk in the forest", 3, 3, "The Child, the Dog and the Cat",
         "walks with an orange dog and a white cat"},
        {"many butterflies fly over the meadow", 3, 3, "Three Butterflies", "follows"},
        {"Zwei schwarze Katzen sitzen im Zimmer", 2, 2, "Two Black Cats", "another black cat"},
        {"three rockets launch", 1, 2, "The White and the Orange Rocket", "rocket"},
        {"1 cat sits in the room", 1, 1, "", "A black cat"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        whelk_film *film = plan(rows[i].prompt);
        if (!film)
            continue;
        is_int(most_in_a_shot(film), rows[i].most, "%s: so many in a shot", rows[i].prompt);
        is_int(film->character_count, rows[i].characters, "%s: so many characters", rows[i].prompt);
        if (*rows[i].title)
            is_str(film->title, rows[i].title, "%s: its title", rows[i].prompt);
        const whelk_shot *s = shot_of(film, rows[i].most);
        has_text(s ? s->prompt : "", rows[i].says, "%s: its words", rows[i].prompt);
        whelk_film_free(film);
    }
}

/* Those who meet in the event are together in the first and the last picture, too; the view before
 * it shows the guest alone. */
static void through_the_film(void)
{
    whelk_film *film = plan("a dog and a cat run on the beach");
    if (!film)
        return;
    is_int(film->shot_count, 4, "four shots");
    is_int(film->shots[0].character_count, 2, "both open it");
    is_int(film->shots[1].character_count, 1, "one is shown alone");
    is_str(whelk_shot_slot(&film->shots[1], "subject"), "cat", "the guest, who is known then");
    is_int(film->shots[2].character_count, 2, "both run");
    is_int(film->shots[3].character_count, 2, "both close it");
    has_text(film->shots[0].why, "Both are there from the start", "which is told");
    whelk_film_free(film);
    film = plan("two dogs chase a cat");
    for (int i = 0; film && i < film->shot_count; i++)
        ok(!strstr(film->shots[i].why, "the dog"), "no dog is \"the dog\": %s", film->shots[i].why);
    whelk_film_free(film);
    film = plan("a cat dives into the pool and a dog watches");
    if (!film)
        return;
    for (int i = 0; i < film->shot_count; i++)
        if (strcmp(whelk_shot_slot(&film->shots[i], "action"), "dive") == 0)
            is_int(film->shots[i].character_count, 1, "a dive is one actor's");
    whelk_film_free(film);
}

/* Somebody who cannot do the same joins only where it is chased. */
static void joining(void)
{
    whelk_film *film = plan("a dog chases a butterfly in the meadow");
    const whelk_shot *s = film ? shot_of(film, 2) : NULL;
    is_str(s ? whelk_shot_slot(s, "company") : NULL, "chase", "a butterfly is chased");
    whelk_film_free(film);
    film = plan("a dog walks with a butterfly in the meadow");
    ok(film && !shot_of(film, 2), "but does not walk along");
    whelk_film_free(film);
    film = plan("a dog, a boat and a cat run on the beach");
    ok(film && most_in_a_shot(film) == 2, "who cannot run is not among those who do");
    is_str(film && shot_of(film, 2) ? whelk_shot_slot(shot_of(film, 2), "subject2") : NULL, "cat",
           "but who can is");
    whelk_film_free(film);
    film = plan("a dog chases two butterflies in the meadow");
    ok(film && most_in_a_shot(film) == 3, "two are chased");
    whelk_film_free(film);
}

/* Whose colour it is, and that "a dog" beside a dog is another. */
static void looks(void)
{
    static const struct {
        const char *prompt, *says;
    } rows[] = {
        {"a dog chases a dog on the beach", "chases a white dog"},
        {"a black dog chases another black dog on the beach", "chases another black dog"},
        {"a horse meets a child in a green shirt in the meadow", "meets a child in a green shirt"},
        {"two children in red shirts walk on the beach", "with another child in a red shirt"},
        {"dos gatos negros corren por la playa", "black cat runs with another black cat"},
        {"un perro negro y un gato blanco corren por la playa", "black dog runs with a white cat"},
        {"trois canards nagent dans la rivière", "swims with a"},
        {"a cat sits and a cat jumps", " cat jumps"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        whelk_film *film = plan(rows[i].prompt);
        bool said = false;
        for (int k = 0; film && k < film->shot_count; k++)
            said = said || strstr(film->shots[k].prompt, rows[i].says);
        ok(said, "%s: \"%s\"", rows[i].prompt, rows[i].says);
        whelk_film_free(film);
    }
}

/* --- Changed ---------------------------------------------------------------------------------- */

static bool set(whelk_film *film, const char *shot, const char *field, const char *value)
{
    whelk_error err = {0};
    const whelk_op op = {.kind = (char *)"set",
                         .shot = (char *)(uintptr_t)shot,
                         .field = (char *)(uintptr_t)field,
                         .value = (char *)(uintptr_t)value};
    return ok(film && whelk_film_apply(film, &op, card_json, NULL, &err), "%s %s = %s (%s)", shot,
              field, value ? value : "nothing", err.text);
}

/* Slots of who is in a shot and how, and its characters: "together dog orange, cat black: dog cat".
 */
static const char *cast(const whelk_film *film, const char *id)
{
    static char out[400];
    static const char *const of[][2] = {
        {"subject", "colour"}, {"subject2", "colour2"}, {"subject3", "colour3"}};
    const whelk_shot *s = whelk_film_shot((whelk_film *)(uintptr_t)film, id);
    const char *company = whelk_shot_slot(s, "company");
    int n = snprintf(out, sizeof out, "%s", company ? company : "(open)");
    for (int k = 0; k < 3 && whelk_shot_slot(s, of[k][0]); k++) {
        const char *colour = whelk_shot_slot(s, of[k][1]);
        n += snprintf(out + n, sizeof out - (size_t)n, "%s%s %s", k ? ", " : " ",
                      whelk_shot_slot(s, of[k][0]), colour ? colour : "(open)");
    }
    for (int k = 0; k < s->character_count; k++)
        n += snprintf(out + n, sizeof out - (size_t)n, "%s%s", k ? " " : ": ", s->characters[k]);
    return out;
}

static void changed(void)
{
    static const struct {
        const char *shot, *field, *value, *cast;
    } rows[] = {
        {"0030", "prompt", "a boat sails on the river", "alone boat orange: boat"},
        {"0030", "prompt", "a cat dives into the pool", "alone cat orange: cat-orange"},
        {"0030", "prompt", "they sit on the beach",
         "together dog orange, dog white, cat black: orange-dog white-dog cat"},
        {"0030", "prompt", "a white dog chases a black cat and a blue butterfly",
         "chase dog white, cat black, butterfly blue: white-dog cat butterfly"},
        {"0030", "prompt", "a dog follows a cat on the beach",
         "chase dog orange, cat black: orange-dog cat"},
        {"0020", "prompt", "a horse and a rabbit run in the park",
         "together horse white, rabbit orange: horse rabbit"},
        {"0020", "slots.subject2", "cat", "together dog white, cat black: white-dog cat"},
        {"0030", "slots.subject2", NULL, "together dog orange, cat black: orange-dog cat"},
        {"0030", "slots.company", "alone", "alone dog orange: orange-dog"},
        {"0030", "slots.action", "dive", "alone dog orange: orange-dog"},
        {"0030", "slots.subject3", "boat", "together dog orange, dog white: orange-dog white-dog"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        whelk_film *film = plan("two dogs and a cat run on the beach");
        if (film && set(film, rows[i].shot, rows[i].field, rows[i].value))
            is_str(cast(film, rows[i].shot), rows[i].cast, "the cast is what was asked for");
        if (film && strcmp(rows[i].shot, "0020") == 0)
            is_str(whelk_shot_slot(whelk_film_shot(film, "0020"), "size"), "medium",
                   "which a close shot has no room for");
        whelk_film_free(film);
    }
}

/* The planner's own words, read again, are the slots that they were made of. */
static void read_again(void)
{
    static const char *const lines[] = {
        "two dogs and a cat run on the beach",
        "three red cars drive through the city",
        "two cats chase each other in the room",
        "three striped butterflies fly at dusk",
        "a horse meets two children in the meadow",
        "two children in red shirts walk on the beach",
        "three ducks swim in the river",
        "a duck follows another duck on the river",
        "a dog chases two butterflies",
        "two black cats sit in the room",
        "a spotted dog walks with a striped cat",
        "a bird follows a plane over the city",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        whelk_film *film = plan(lines[i]);
        for (int k = 0; film && k < film->shot_count; k++) {
            char id[16], before[400], action[40], words[600];
            const whelk_shot *s = &film->shots[k];
            snprintf(id, sizeof id, "%s", s->id);
            snprintf(before, sizeof before, "%s", cast(film, id));
            snprintf(action, sizeof action, "%s", whelk_shot_slot(s, "action"));
            snprintf(words, sizeof words, "%s", s->prompt);
            if (!set(film, id, "prompt", words))
                continue;
            is_str(cast(film, id), before, "%s: who is in it stays", words);
            is_str(whelk_shot_slot(&film->shots[k], "action"), action, "and what is done");
        }
        whelk_film_free(film);
    }
}

/* A guest is changed by its name, and nobody else. */
static void in_plain_words(void)
{
    static const struct {
        const char *words, *cast;
    } rows[] = {
        {"make the cat white",
         "together dog orange, dog white, cat white: orange-dog white-dog cat-white"},
        {"a rabbit instead of the cat",
         "together dog orange, dog white, rabbit black: orange-dog white-dog rabbit"},
        {"the third shot shows a horse",
         "together horse orange, dog white, cat black: horse white-dog cat"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        whelk_error err = {0};
        whelk_op *ops = NULL;
        int count = 0;
        whelk_film *film = plan("two dogs and a cat run on the beach");
        bool read = film && whelk_plain_ops(film, rows[i].words, card_json, &ops, &count, &err);
        for (int k = 0; read && k < count; k++)
            read = whelk_film_apply(film, &ops[k], card_json, NULL, &err);
        if (ok(read, "%s (%s)", rows[i].words, err.text))
            is_str(cast(film, "0030"), rows[i].cast, "changes that one");
        whelk_ops_free(ops, count);
        whelk_film_free(film);
    }
}

int main(void)
{
    whelk_error err = {0};
    if (!file_read("generator/weights/card.json", 1 << 20, &card_json, NULL, &err)) {
        ok(false, "the shipped card (%s)", err.text);
        return done_testing();
    }
    how_many();
    through_the_film();
    joining();
    looks();
    changed();
    read_again();
    in_plain_words();
    free(card_json);
    return done_testing();
}
