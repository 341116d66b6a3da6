/* Which language model is meant (llm_choose.c) and how it is to be asked. And the script that is to
 * be filmed. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../storyboard/storyboard.h"
#include "base/file.h"
#include "base/json.h"
#include "cli.h"
#include "llm_choose.h"
#include "reel.h"

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
static void print_request(const cJSON *request)
{
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(request, "body"), *message;
    printf("POST %s\n", json_text(request, "url"));
    cJSON_ArrayForEach(message, cJSON_GetObjectItemCaseSensitive(body, "messages"))
        printf("\n--- %s\n%s\n", json_text(message, "role"), json_text(message, "content"));
}

/* Which takes would be made, and how long that is. */
static void print_work(const cJSON *work)
{
    const cJSON *shot, *cut = cJSON_GetObjectItemCaseSensitive(work, "cut_s");
    cJSON_ArrayForEach(shot, cJSON_GetObjectItemCaseSensitive(work, "shots"))
    {
        bool made = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(shot, "made"));
        printf("%s  %5.4g s  %-6s  %s\n", json_text(shot, "id"), json_number(shot, "seconds"),
               made ? "made" : "stands", json_text(shot, "prompt"));
    }
    const char *planner = json_text(work, "planner");
    double takes = json_number(work, "takes");
    printf("%.4g s of film, planned by %s; ", json_number(work, "film_s"),
           planner && *planner ? planner : "hand");
    if (takes > 0)
        printf("%.0f take%s would be made, in about %.0f s%s", takes, takes == 1 ? "" : "s",
               ceil(json_number(work, "takes_s")),
               json_number(work, "looks") > 0 ? ", and shown to the language model" : "");
    else
        printf("no take would be made");
    if (cut)
        printf("; %s the cut, in about %.0f s%s", takes > 0 ? "then" : "only",
               ceil(cut->valuedouble), takes > 0 ? "" : ", unless it stands");
    puts("");
}

int cli_print_dry_run(const struct call *call, char *text)
{
    cJSON *told = call->v.json ? NULL : cJSON_Parse(text);
    if (call->v.json)
        puts(text);
    else if (cJSON_GetObjectItemCaseSensitive(told, "url"))
        print_request(told);
    else
        print_work(told);
    cJSON_Delete(told);
    free(text);
    return fflush(stdout) == 0 ? WHELK_OK : WHELK_EFAIL;
}

int cli_dry_run(struct call *call, cli_would *would, whelk_error *err)
{
    whelk_run_options options = cli_run_options(call);
    if (call->opts.word_count > 1)
        options.shots = (const char **)call->opts.words + 1;
    bool there = !call->prompt || reel_is_one(call->reel_path);
    whelk_reel *reel = there ? whelk_reel_open(call->reel_path, WHELK_REEL_READ, err) : NULL;
    char *text = there && !reel ? NULL : would(reel, &options, err);
    whelk_reel_close(reel);
    if (text && options.llm && whelk_llm_film_price(options.llm) > 0)
        fprintf(stderr, "whelk: by the prices given a film of four shots costs about $%.2g\n",
                whelk_llm_film_price(options.llm));
    return text ? cli_print_dry_run(call, text) : cli_fail(call, err);
}
