/* Which language model is meant: what is named first, then the environment in whole sets, so that
 * no key goes to a server it was not given for. */
#define _DEFAULT_SOURCE
#include "llm_choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/http.h"
#include "director.h"

#define OPENAI_URL "https://api.openai.com/v1"
#define MINIMAX_URL "https://api.minimax.io/v1"
#define MINIMAX_MODEL "MiniMax-M2"

/* A variable that is set and not empty, or NULL. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool same_host(const char *a, const char *b)
{
    char one[300], other[300];
    http_host(a, one, sizeof one);
    http_host(b, other, sizeof other);
    return *one && strcmp(one, other) == 0;
}

/* The key that was given for this server: Whelk's own for whatever address is named, the others for
 * their makers' hosts only. */
static const char *key_for(const char *url)
{
    const char *openai = variable("OPENAI_BASE_URL");
    if (variable("WHELK_LLM_KEY"))
        return variable("WHELK_LLM_KEY");
    if (same_host(url, openai ? openai : OPENAI_URL))
        return variable("OPENAI_API_KEY");
    if (same_host(url, MINIMAX_URL) || same_host(url, "https://api.minimaxi.com") ||
        same_host(url, "https://api.minimax.cn"))
        return variable("MINIMAX_API_KEY");
    return NULL;
}

/* The first set that names a server: our own, OpenAI's, MiniMax's. OpenAI's variables are there for
 * many a program, so they count only with a model's name. */
void llm_choose(whelk_llm *llm, const char *url, const char *model)
{
    const char *openai = variable("OPENAI_BASE_URL");
    llm->url = url;
    llm->model = model;
    if (!llm->url && (llm->model || variable("OPENAI_MODEL")) &&
        (openai || variable("OPENAI_API_KEY"))) {
        llm->url = openai ? openai : OPENAI_URL;
        llm->model = llm->model ? llm->model : variable("OPENAI_MODEL");
    }
    if (!llm->url && variable("MINIMAX_API_KEY")) {
        llm->url = MINIMAX_URL;
        llm->model = llm->model ? llm->model : MINIMAX_MODEL;
    }
    llm->key = llm->url ? key_for(llm->url) : NULL;
}

struct whelk_llm *whelk_llm_named(const char *url, const char *model, double timeout_s)
{
    whelk_llm llm = {.timeout_s = timeout_s};
    llm_choose(&llm, url ? url : variable("WHELK_LLM_URL"),
               model ? model : variable("WHELK_LLM_MODEL"));
    whelk_llm *named = llm.url ? malloc(sizeof *named) : NULL;
    if (named)
        *named = llm;
    return named;
}
