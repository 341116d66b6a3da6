/* Inside the planner that asks a language model: what the model is told (plan_brief.c), what is
 * wrong with what it wrote (plan_check.c), and a film out of it (plan_film.c). plan_llm.c runs
 * them; direct.c is the director that comes after. */
#ifndef WHELK_PLAN_LLM_H
#define WHELK_PLAN_LLM_H

#include "../pipeline/base/json.h"
#include "chat.h"
#include "plan.h"
#include "schema.h"

/* A field; its text, "" where it has none. */
static inline const cJSON *json_get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}
static inline const char *plan_text(const cJSON *object, const char *name)
{
    const char *text = json_text(object, name);
    return text ? text : "";
}

/* The capability card as this planner needs it. A model that takes free text has one without
 * slots. */
struct abilities {
    struct card card; /* only where `slotted` */
    bool slotted;
    cJSON *tree;              /* of the card; owned by `card` where slotted */
    double clip_s, longest_s; /* of a shot; of one whose action goes on */
};

bool abilities_init(struct abilities *a, const char *card_json, whelk_error *err);
void abilities_release(struct abilities *a);

/* --- plan_brief.c ----------------------------------------------------------------------------- */

/* All texts are the caller's; NULL = no memory. */
char *brief_director(const struct abilities *a); /* who the model is and what it has to work with */
char *brief_abilities(const struct abilities *a); /* what the video model can show, line by line */
char *brief_wish(const whelk_plan_request *r, const struct wish *w, const struct abilities *a);
int brief_shots(const struct wish *w, const struct abilities *a); /* about as many; 0 = free */

/* The schema of a whole plan with the card's slots and clip length, as it is checked here. */
cJSON *brief_schema(const struct abilities *a);
/* The same with `scenes` in the place of shots, and of the shots of one scene only. */
cJSON *brief_schema_bible(const cJSON *schema);
cJSON *brief_schema_shots(const cJSON *schema);
/* As servers take it: without the keywords that strict ones refuse. */
cJSON *brief_schema_sent(const cJSON *schema);
/* The same as text, for a message; the caller's. */
char *brief_schema_text(const cJSON *schema);

/* Functions for a request's "tools". */
cJSON *brief_tools(const whelk_tool *tools, int count);

/* --- plan_ask.c ------------------------------------------------------------------------------- */

struct planning {
    const whelk_plan_request *r;
    const whelk_listener *listen;
    const char *stage; /* of what is told; NULL = the listener's own */
    struct wish wish;
    struct abilities a;
    cJSON *schema;   /* of the whole plan, as checked here */
    cJSON *messages; /* the conversation so far */
    long event;      /* that the next one follows from */
    whelk_error *err;
};

bool plan_no_memory(const struct planning *p); /* false, told in p->err */
long plan_note(const struct planning *p, const char *kind, const char *text, const char *data);
long plan_notef(const struct planning *p, const char *kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds a message whose text was just made; takes it over. */
bool plan_say(struct planning *p, const char *role, char *text);

/* A question whose answer is to be JSON. `judge` complains of what the schema cannot know. */
typedef void judge_fn(struct planning *p, const void *ctx, const cJSON *tree,
                      struct complaints *hard, struct complaints *soft);
struct question {
    const cJSON *schema;
    const char *name, *purpose;
    judge_fn *judge;
    const void *ctx;
    int pictures; /* in the conversation, and their bytes */
    size_t picture_bytes;
};
/* Asks until the answer can be used. The conversation is left as it was: only what is decided goes
 * on in it. NULL with p->err. */
cJSON *plan_ask(struct planning *p, const struct question *q);
/* A request as it would be sent: {"method", "url", "headers", "body"}; the caller's, NULL with
 * p->err. */
char *plan_request_text(const whelk_chat *chat, const struct chat_ask *ask);

/* --- plan_scenes.c ---------------------------------------------------------------------------- */

/* Reads a long script in pieces; what was noted of them goes into `notes`. */
bool scenes_read_script(struct planning *p, struct bytes *notes);
/* The question about one piece, as its messages; the caller's. */
cJSON *scenes_piece_question(const char *at, size_t size, int n);
/* A plan by way of its scenes; NULL with p->err. */
cJSON *scenes_plan(struct planning *p);

/* --- plan_check.c ----------------------------------------------------------------------------- */

/* The self-check of a plan that keeps to its schema. `hard`: what makes it useless; `soft`: what
 * would be changed by us, or cut badly. */
void plan_check(const cJSON *plan, const struct abilities *a, const struct wish *w,
                struct complaints *hard, struct complaints *soft);

/* --- plan_film.c ------------------------------------------------------------------------------ */

/* What a shot of the plan shows, in values of the card, -1 where neither its slots nor its prompt
 * say: slots first, then the prompt, by the reader of the offline planner. */
bool plan_read_shot(const struct card *card, const cJSON *shot, int values[CARD_SLOTS],
                    whelk_error *err);
/* The card's move nearest to one of the fifteen that plans may use; -1 = the card has no cameras.
 */
int plan_camera(const struct card *card, const char *move);

/* The film of a plan that has passed. Every change is told with `why` as its cause, and last each
 * shot's reason. */
whelk_film *plan_film(const cJSON *plan, const struct abilities *a, const whelk_plan_request *r,
                      const struct wish *w, const whelk_listener *listen, long why,
                      const char *planner, whelk_error *err);

#endif
