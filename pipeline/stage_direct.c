/* Between planning and shooting, where a language model planned the film: it directs, having takes
 * made and made anew through its tools. Whatever it leaves is shot in order by the stage after, so
 * that a model that stops half way costs no film. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <string.h>

#include "stage.h"

static bool planned_by_model(const whelk_film *film)
{
    return film->planner && strcmp(film->planner, "offline") != 0;
}

static bool has_all_takes(struct run *run, const whelk_film *film)
{
    for (int i = 0; i < film->shot_count; i++) {
        const whelk_shot *shot = &film->shots[i];
        if (!shot->take || !take_exists(run->reel, shot->id, shot->take))
            return false;
    }
    return true;
}

/* A film that a language model planned is directed by one until every shot has a take. */
bool direct_is_wanted(struct run *run, const whelk_film *film)
{
    return run->options.llm && planned_by_model(film) && !has_all_takes(run, film);
}

static bool direct(struct run *run, const whelk_film *film, whelk_error *err)
{
    whelk_tool tools[AGENT_TOOLS];
    whelk_error own = {0};
    whelk_direct_request request = {.film = film,
                                    .card_json = run->info.card_json,
                                    .tools = tools,
                                    .why = run_storyboard_event(run)};
    request.tool_count = agent_tools(run, tools);
    run->cause = request.why;
    bool done = run_open_chat(run, &own);
    request.chat = run->chat;
    done = done && whelk_direct(&request, &run->inner, &own);
    if (!done && own.code == WHELK_EINTERRUPTED)
        return whelk_fail(err, own.code, "%s", own.text);
    if (!done)
        run_tell(run, (struct tell){.kind = "warn"},
                 "The language model directs no further: %s. The takes that are left are made in "
                 "order.",
                 own.text);
    return true;
}

bool stage_direct(struct run *run, whelk_error *err)
{
    if (!run->options.llm)
        return true;
    run->stage = "direct";
    whelk_film *film = reel_load_film(run->reel, err);
    if (!film)
        return false;
    bool done =
        !direct_is_wanted(run, film) || (run_open_generator(run, err) && direct(run, film, err));
    whelk_film_free(film);
    return done;
}
