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
        int count = 1 + (whelk_shot_slot(s, "subject2") != NULL) +
                    (whelk_shot_slot(s, "subject3") != NULL);
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
        {"two black cats sit in the room", 2, 2, "Two Black Cats", "with another black cat"},
        {"two cats chase each other on the beach", 2, 2, "The Orange and the Black Cat",
         "a black cat"},
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
    free(card_json);
    return done_testing();
}
