/* The plan for a model that takes any prompt: sentences become shots, word for word. */
#include "tests/tap.h"

#include <stdlib.h>

#include "storyboard/storyboard.h"

#define CARD "{\"free\":true,\"seconds\":{\"clip\":5}}"

static whelk_film *plan(const char *prompt, double seconds, whelk_error *err)
{
    whelk_plan_request r = {.prompt = prompt, .card_json = CARD, .seconds = seconds};
    *err = (whelk_error){0};
    return whelk_plan_offline(&r, NULL, err);
}

int main(void)
{
    whelk_error err;
    whelk_film *f =
        plan("A fox 1.5 m long runs.  Then it\nsleeps! \xe9\x9b\xaa\xe3\x80\x82", 0, &err);
    if (ok(f != NULL, "a prompt is planned %s", err.text)) {
        is_int(f->shot_count, 4, "each sentence and line is a shot");
        is_str(f->shots[0].prompt, "A fox 1.5 m long runs", "a number is not cut");
        is_str(f->shots[2].prompt, "sleeps", "the next line is one");
        is_str(f->shots[3].prompt, "\xe9\x9b\xaa", "another script's stop is one");
        is_near(f->shots[0].seconds, 5, 1e-9, "a shot is as long as the model makes it");
        ok(f->shots[0].seed != f->shots[1].seed, "shots have seeds of their own");
        is_str(f->planner, "offline", "no language model is claimed");
    }
    whelk_film_free(f);
    f = plan("A fox runs. It sleeps.", 24, &err);
    if (ok(f != NULL, "a length is planned %s", err.text)) {
        is_int(f->shot_count, 6, "a sentence longer than a take is parted");
        is_near(f->seconds, 24, 0.01, "and the film is as long as asked for");
        is_str(f->shots[1].prompt, f->shots[0].prompt, "parts share their prompt");
    }
    whelk_film_free(f);
    f = plan("...", 0, &err);
    ok(!f && err.code == WHELK_EUSAGE && strstr(err.text, "nothing to film"), "only stops: %s",
       err.text);
    f = plan("A. B. C. D. E. F. G. H. I. J.", 1, &err);
    ok(!f && err.code == WHELK_EUSAGE && strstr(err.text, "the least"), "too many for the time: %s",
       err.text);
    return done_testing();
}
