/* A change in plain words, put into operations by a language model: it is shown the storyboard and
 * the operations there are, and what it writes is tried on a copy of the film before anybody sees
 * it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"
#include "plan_llm.h"

#define TEXT_MAX ((size_t)1 << 20)

/* --- The brief -------------------------------------------------------------------------------- */

static void say_fields(struct bytes *b, bool of_shot)
{
    const char *help, *name;
    for (int i = 0; (name = whelk_op_field(of_shot, i, &help)); i++)
        bytes_format(b, "- %s: %s\n", name, help);
}

static void say_slots(struct bytes *b, const struct card *card)
{
    for (int s = 0; s < CARD_SLOTS; s++)
        if (card->slot[s].count)
            bytes_format(b, "%s slots.%s", s ? "," : "", card_slot_name((enum card_slot)s));
}

static char *brief_change(const struct abilities *a)
{
    const char *help, *name;
    char *can = brief_abilities(a);
    struct bytes b;
    bytes_init(&b, TEXT_MAX);
    bytes_format(&b,
                 "You change the storyboard of a short film. You are given the storyboard and a "
                 "change in plain words, and you put the change into operations: as few as do it, "
                 "and nothing that was not asked for. A video model renders each shot.\n\n%s\n"
                 "Operations:\n",
                 can ? can : "");
    for (int i = 0; (name = whelk_op_kind(i, &help)); i++)
        bytes_format(&b, "- %s: %s\n", name, help);
    bytes_text(&b, "Fields of a shot that set knows:\n");
    say_fields(&b, true);
    if (a->slotted) {
        bytes_text(&b, "- its slots, with the values above:");
        say_slots(&b, &a->card);
        bytes_text(&b, ". They follow a new prompt or camera by themselves, and the prompt "
                       "follows them.\n");
    }
    bytes_text(&b, "Fields of the film that set knows, without a shot:\n");
    say_fields(&b, false);
    bytes_text(&b, "\"The second shot\" is the second in the list, whatever its id. Slower is a "
                   "smaller speed. Prompts are in English. What the change asks for and the video "
                   "model cannot show becomes the nearest it can, said in the operation's why; "
                   "what no operation does is told in \"cannot\".\n");
    free(can);
    return b.failed || !can ? (bytes_release(&b), NULL) : bytes_take(&b);
}

static char *first_question(const struct planning *p, const whelk_change_request *r)
{
    char *film = whelk_film_json(r->film, p->err), *form = brief_schema_text(p->schema);
    if (film)
        cJSON_Minify(film);
    char *text =
        film && form
            ? story_format("The storyboard:\n%s\n\nThe change:\n%s\n\nAnswer with one JSON "
                           "object of this schema and nothing around it:\n%s",
                           film, r->words, form)
            : NULL;
    free(film);
    free(form);
    return text;
}

/* --- The answer ------------------------------------------------------------------------------- */

/* Files of the person's machine are named by the person, never by a model. */
static bool names_file(const whelk_op *op)
{
    return op->field && op->value && op->value[0] == '/' &&
           (strcmp(op->field, "first_frame") == 0 || strcmp(op->field, "last_frame") == 0 ||
            strcmp(op->field, "score.file") == 0 || strcmp(op->field, "effect_sound") == 0);
}

/* Does them on a copy, one after the other; what cannot be done is complained of. */
static void try_ops(const whelk_change_request *r, const cJSON *list, struct complaints *hard)
{
    whelk_film *copy = whelk_film_copy(r->film);
    const cJSON *item;
    int n = 0;
    if (!copy)
        complain(hard, "there was no memory to try the operations");
    cJSON_ArrayForEach(item, list)
    {
        whelk_op *op = NULL;
        int count = 0;
        whelk_error why = {0};
        if (copy && (!ops_read(item, "an operation", &op, &count, &why) ||
                     !whelk_film_apply(copy, op, r->card_json, NULL, &why)))
            complain(hard, "ops[%d]: %s", n, why.text);
        else if (op && names_file(op))
            complain(hard, "ops[%d]: a file outside of the film cannot be named", n);
        whelk_ops_free(op, count);
        n++;
    }
    whelk_film_free(copy);
}

static const char *cannot(const cJSON *tree)
{
    const char *text = plan_text(tree, "cannot");
    return text[strspn(text, " \t\r\n")] ? text : NULL;
}

static void judge(struct planning *p, const void *ctx, const cJSON *tree, struct complaints *hard,
                  struct complaints *soft)
{
    const cJSON *list = json_get(tree, "ops");
    (void)p, (void)soft;
    if (cJSON_GetArraySize(list) == 0 && !cannot(tree))
        complain(hard, "ops is empty; write the operations, or in \"cannot\" why there are none");
    try_ops(ctx, list, hard);
}

/* --- All of it -------------------------------------------------------------------------------- */

static bool begin(struct planning *p, const whelk_change_request *r)
{
    if (!plan_check_prompt(r->words, p->err) || !abilities_init(&p->a, r->card_json, p->err))
        return false;
    static const char *const for_files[] = {"$schema", "$id", "title", "description"};
    p->event = r->why;
    p->schema = cJSON_Parse(ops_schema_json);
    for (int i = 0; i < COUNT(for_files); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(p->schema, for_files[i]);
    p->messages = cJSON_CreateArray();
    return (p->schema && p->messages && plan_say(p, "system", brief_change(&p->a)) &&
            plan_say(p, "user", first_question(p, r))) ||
           plan_no_memory(p);
}

static void end(struct planning *p)
{
    abilities_release(&p->a);
    cJSON_Delete(p->schema);
    cJSON_Delete(p->messages);
}

static bool take_ops(struct planning *p, const cJSON *tree, whelk_op **out, int *count)
{
    whelk_op *ops = NULL;
    int n = 0;
    const char *not_done = cannot(tree);
    const cJSON *list = json_get(tree, "ops");
    if (cJSON_GetArraySize(list) == 0)
        return whelk_fail(p->err, WHELK_EUSAGE,
                          "the language model says that it cannot be done: %s", not_done);
    if (not_done)
        plan_notef(p, "warn", "A part of the change cannot be done: %s", not_done);
    if (!ops_read(list, "the operations", &ops, &n, p->err)) {
        whelk_ops_free(ops, n);
        return false;
    }
    *out = ops;
    *count = n;
    return true;
}

bool whelk_change_llm(const whelk_change_request *r, const whelk_listener *listen, whelk_op **out,
                      int *count, long *event, whelk_error *err)
{
    whelk_error own = {0};
    const whelk_plan_request how = {
        .chat = r->chat, .mends = r->mends, .replies_dir = r->replies_dir};
    struct planning p = {.r = &how, .stage = "plan", .listen = listen, .err = &own};
    cJSON *tree = NULL;
    bool done = false;
    chat_listen(r->chat, listen);
    if (begin(&p, r)) {
        struct question q = {.schema = p.schema,
                             .name = "film_change",
                             .purpose = "the change",
                             .judge = judge,
                             .ctx = r};
        tree = plan_ask(&p, &q);
        done = tree && take_ops(&p, tree, out, count);
    }
    if (done && event)
        *event = p.event;
    cJSON_Delete(tree);
    end(&p);
    if (!done && err)
        *err = own;
    return done;
}

char *whelk_change_llm_request(const whelk_change_request *r, whelk_error *err)
{
    whelk_error own = {0};
    const whelk_plan_request how = {.chat = r->chat};
    struct planning p = {.r = &how, .err = &own};
    char *text = NULL;
    if (begin(&p, r)) {
        cJSON *sent = brief_schema_sent(p.schema);
        struct chat_ask ask = {
            .messages = p.messages, .schema = sent, .schema_name = "film_change"};
        text = sent ? plan_request_text(p.r->chat, &ask) : NULL;
        if (!text)
            plan_no_memory(&p);
        cJSON_Delete(sent);
    }
    end(&p);
    if (!text && err)
        *err = own;
    return text;
}
