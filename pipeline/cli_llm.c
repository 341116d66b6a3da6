/* Which language model is meant (llm_choose.c) and how it is to be asked. And the script that is to
 * be filmed. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../storyboard/storyboard.h"
#include "base/file.h"
#include "base/json.h"
#include "cli.h"
#include "llm_choose.h"

const char *const cli_planners[] = {"auto", "offline", "llm", NULL};
const char *const cli_fallbacks[] = {"offline", NULL};
const char *const cli_pauses[] = {"plan", "takes", NULL};

bool cli_llm(struct call *call, whelk_error *err)
{
    const struct cli_values *v = &call->v;
    bool offline = v->planner && strcmp(v->planner, "offline") == 0;
    bool needed = v->planner && strcmp(v->planner, "llm") == 0;
    whelk_llm llm = {.tries = v->llm_tries,
                     .pause_s = v->llm_pause,
                     .timeout_s = v->llm_timeout,
                     .silence_s = v->llm_silence,
                     .reply_bytes = (size_t)v->llm_bytes,
                     .max_turns = v->max_turns,
                     .max_tokens = v->max_tokens,
                     .max_cost = v->max_cost,
                     .price_in = v->price_in,
                     .price_out = v->price_out,
                     .sees = v->llm_sees};
    llm_choose(&llm, v->llm_url, v->llm_model);
    if (!offline && !llm.url && (needed || v->llm_model))
        return whelk_fail(err, WHELK_EUSAGE,
                          "no language model's server is known; set --llm-url or WHELK_LLM_URL");
    if (v->max_cost > 0 && v->price_in <= 0 && v->price_out <= 0)
        return whelk_fail(err, WHELK_EUSAGE,
                          "--max-cost needs to know the prices: --price-in and --price-out, in "
                          "dollars for a million tokens");
    if ((offline || !llm.url) && call->script)
        return whelk_fail(err, WHELK_EUSAGE,
                          "a script is planned by a language model only; set --llm-url");
    if (offline || !llm.url)
        return true;
    call->llm = malloc(sizeof *call->llm);
    if (!call->llm)
        return whelk_fail(err, WHELK_EFAIL, "no memory");
    *call->llm = llm;
    return true;
}

bool cli_script(struct call *call, whelk_error *err)
{
    const char *path = call->v.script;
    size_t size;
    if (!path)
        return true;
    bool standard = strcmp(path, "-") == 0;
    if (!file_read(standard ? "/dev/stdin" : path, whelk_limits.script_bytes, &call->script, &size,
                   err)) {
        if (err)
            err->code = WHELK_EUSAGE;
        return false;
    }
    return strlen(call->script) == size ||
           whelk_fail(err, WHELK_EUSAGE, "the script in %s is not text",
                      standard ? "standard input" : path);
}

/* Where it goes, and each message. */
static void print_readable(const char *text)
{
    cJSON *request = cJSON_Parse(text);
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(request, "body"), *message;
    printf("POST %s\n", json_text(request, "url"));
    cJSON_ArrayForEach(message, cJSON_GetObjectItemCaseSensitive(body, "messages"))
        printf("\n--- %s\n%s\n", json_text(message, "role"), json_text(message, "content"));
    cJSON_Delete(request);
}

int cli_print_request(const struct call *call, char *text)
{
    if (call->v.json)
        puts(text);
    else
        print_readable(text);
    free(text);
    return fflush(stdout) == 0 ? WHELK_OK : WHELK_EFAIL;
}
