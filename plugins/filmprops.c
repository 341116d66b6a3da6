/* The properties that say what film to make; their values lie in a struct film_job. */
#include "film.h"

enum { FILM_PLAN_AUTO, FILM_PLAN_OFFLINE, FILM_PLAN_LLM };

static GType planner_get_type(void)
{
    static gsize type = 0;
    static const GEnumValue values[] = {
        {FILM_PLAN_AUTO, "A language model where one is named, else rules", "auto"},
        {FILM_PLAN_OFFLINE, "Rules, without a language model", "offline"},
        {FILM_PLAN_LLM, "A language model", "llm"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("WhelkFilmPlanner", values));
    return type;
}

#define AT(field) .at = offsetof(struct film_job, field), .flags = ELEMENTS_READY

const struct prop film_props[FILM_PROPS] = {
    {"prompt", "Prompt", "The film in a line of text", PROP_TEXT, AT(prompt)},
    {"storyboard", "Storyboard", "File of a storyboard to film instead of a prompt", PROP_TEXT,
     AT(storyboard)},
    {"reel", "Reel",
     "Folder in which the film is made and kept (unset = one that is removed again)", PROP_TEXT,
     AT(reel)},
    {"seconds", "Seconds", "Length of the film, 0.2 to 900 (0 = the planner's choice)", PROP_DOUBLE,
     AT(seconds), 0, 900},
    {"shots", "Shots",
     "Number of shots (0 = the planner's choice); few and long ones go on where the model can",
     PROP_INT, AT(shots), 0, 100},
    {"ratio", "Ratio",
     "One of 16:9, 9:16, 1:1, 4:3, 1.85:1 and 2.39:1, where caps leave the size open", PROP_TEXT,
     AT(ratio)},
    {"seed", "Seed", "Another seed, another film (0 = from the prompt)", PROP_UINT64, AT(seed)},
    PROPS_STEPS(AT),
    {"budget", "Budget", "Share of full compute to spend (0 or 1 = all)", PROP_DOUBLE, AT(budget),
     0, 1},
    PROPS_MODEL(AT),
    {"planner", "Planner", "Who plans the film", PROP_ENUM, AT(planner), .initial = FILM_PLAN_AUTO,
     .type = planner_get_type},
    {"llm-url", "Language model's address",
     "Server of a language model, OpenAI-compatible (unset = WHELK_LLM_URL, else what OpenAI's or "
     "MiniMax's variables name); its key comes from the environment alone",
     PROP_TEXT, AT(llm_url)},
    {"llm-model", "Language model", "Name of the language model (unset = WHELK_LLM_MODEL)",
     PROP_TEXT, AT(llm_model)},
    {"llm-timeout", "Language model's time",
     "Seconds that the language model may take over an answer (0 = 600)", PROP_DOUBLE,
     AT(llm_timeout), 0, 86400},
    {"llm-fallback", "Fallback",
     "Should the language model fail, plan by rules instead of ending in an error", PROP_BOOL,
     AT(llm_fallback)},
};

void film_props_mark(void)
{
    gst_type_mark_as_plugin_api(planner_get_type(), (GstPluginAPIFlags)0);
}

struct whelk_llm *film_llm(const struct film_job *job, const struct engine *e, whelk_error *err)
{
    if (job->planner == FILM_PLAN_OFFLINE)
        return NULL;
    struct whelk_llm *llm = e->whelk_llm_named(job->llm_url, job->llm_model, job->llm_timeout);
    if (!llm && (job->planner == FILM_PLAN_LLM || job->llm_model))
        whelk_fail(err, WHELK_EUSAGE,
                   "no language model's server is known; set llm-url or WHELK_LLM_URL");
    return llm;
}
