/* A change in plain words as operations, asked of a language model where one is set and read by
 * rules elsewhere. The storyboard stays as it is: what is found goes through change.c once somebody
 * agreed. */
#include "change.h"

#include <stdio.h>
#include <stdlib.h>

#include "stage.h"

static whelk_change_request request_of(struct run *run, const whelk_film *film, const char *words)
{
    return (whelk_change_request){.chat = run->chat,
                                  .film = film,
                                  .words = words,
                                  .card_json = run->info.card_json,
                                  .mends = run->options.mends,
                                  .why = run_storyboard_event(run)};
}

static bool ask_model(struct run *run, const whelk_film *film, whelk_error *err)
{
    struct asked *a = run->change->asked;
    if (!run_open_chat(run, err))
        return false;
    char *replies = reel_file(run->reel, "replies");
    whelk_change_request request = request_of(run, film, a->words);
    request.replies_dir = replies;
    bool done = whelk_change_llm(&request, &run->inner, &a->ops, &a->count, &a->event, err);
    free(replies);
    return done;
}

static bool ask(struct run *run, const whelk_film *film, whelk_error *err)
{
    struct asked *a = run->change->asked;
    whelk_error own = {0};
    if (run->options.llm && ask_model(run, film, &own))
        return true;
    if (run->options.llm && (!run->options.fallback_offline || own.code == WHELK_EINTERRUPTED)) {
        if (err)
            *err = own;
        return false;
    }
    if (run->options.llm)
        run_tell(run, (struct tell){.kind = "warn"},
                 "The language model did not say how to change it: %s. The words are read by rules "
                 "instead, as --fallback allows.",
                 own.text);
    return whelk_plain_ops(film, a->words, run->info.card_json, &a->ops, &a->count, err);
}

bool stage_ask(struct run *run, whelk_error *err)
{
    run->stage = "plan";
    run->only_looks = true;
    whelk_film *film = reel_load_film(run->reel, err);
    bool done = film && run_open_generator(run, err) && ask(run, film, err);
    snprintf(run->outcome, sizeof run->outcome, "The change is put into %d operation%s.",
             run->change->asked->count, run->change->asked->count == 1 ? "" : "s");
    whelk_film_free(film);
    return done;
}

char *reel_ask_change_dry_run(whelk_reel *reel, const whelk_run_options *options, const char *words,
                              whelk_error *err)
{
    struct run run;
    char *text = NULL;
    run_init(&run, reel, options, NULL);
    run.only_looks = run.agreed = true; /* telling what would be sent costs nothing */
    whelk_film *film = reel_load_film(reel, err);
    if (film && !run.options.llm)
        whelk_fail(
            err, WHELK_EUSAGE,
            "no language model is set, so nothing would be sent: the words are read by rules");
    else if (film && run_open_generator(&run, err) && run_open_chat(&run, err)) {
        whelk_change_request request = request_of(&run, film, words);
        text = whelk_change_llm_request(&request, err);
    }
    whelk_film_free(film);
    run_release(&run);
    return text;
}
