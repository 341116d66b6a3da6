/* The chat client against a server that plays well and badly: every dialect ends in the same
 * answer, every hostile reply in its stated outcome, and no key comes out anywhere. */
#define _DEFAULT_SOURCE
#include <sys/stat.h>

#include "../../pipeline/base/file.h"
#include "../../storyboard/chat.h"
#include "../tap.h"
#include "fake_server.h"

#define KEY "sk-test-5d41402abc4b2a76"

static char live[8192], notes[65536], warns[8192], call_data[4096];
static int asked, stop_at;
static whelk_error err;
static struct chat_reply reply;

static long take_note(void *ctx, const whelk_note *note)
{
    (void)ctx;
    size_t n = strlen(notes);
    snprintf(notes + n, sizeof notes - n, "%s|%s|%s\n", note->kind, note->text,
             note->data_json ? note->data_json : "");
    if (strcmp(note->kind, "warn") == 0 || strcmp(note->kind, "choice") == 0)
        snprintf(warns + strlen(warns), sizeof warns - strlen(warns), "%s\n", note->text);
    if (strcmp(note->kind, "call") == 0)
        snprintf(call_data, sizeof call_data, "%s", note->data_json);
    return 7;
}

static bool take_progress(void *ctx, const char *stage, const char *shot, const char *what,
                          double done, double total, double left_s)
{
    (void)ctx, (void)stage, (void)shot, (void)what, (void)done, (void)total, (void)left_s;
    return ++asked != stop_at;
}

static void take_live(void *ctx, const char *stage, const char *text, size_t size)
{
    (void)ctx, (void)stage;
    size_t n = strlen(live);
    if (n + size < sizeof live)
        memcpy(live + n, text, size), live[n + size] = '\0';
}

static const whelk_listener listener = {
    .note = take_note, .progress = take_progress, .live = take_live};

static whelk_llm settings(const struct fake *f)
{
    return (whelk_llm){
        .url = f->url, .model = "fake", .key = KEY, .pause_s = 0.01, .timeout_s = 60};
}

static void clear(void)
{
    chat_reply_release(&reply);
    err = (whelk_error){0};
    live[0] = notes[0] = warns[0] = call_data[0] = '\0';
    asked = stop_at = 0;
}

/* One question over a play, with these settings; the chat is closed again. */
static bool ask_with(const char *play, const whelk_llm *change, bool schema)
{
    struct fake f = fake_start("", play, NULL);
    whelk_llm llm = settings(&f);
    if (change) {
        llm.tries = change->tries;
        llm.timeout_s = change->timeout_s > 0 ? change->timeout_s : llm.timeout_s;
        llm.silence_s = change->silence_s;
        llm.reply_bytes = change->reply_bytes;
    }
    int stop = stop_at;
    clear();
    stop_at = stop;
    whelk_chat *chat = chat_new(&llm, &listener, &err);
    cJSON *messages = cJSON_CreateArray(), *form = cJSON_Parse("{\"type\":\"object\"}");
    chat_say(messages, "user", "hello");
    struct chat_ask ask = {.messages = messages,
                           .schema = schema ? form : NULL,
                           .schema_name = "x",
                           .purpose = "a test"};
    bool done = chat_ask(chat, &ask, &reply, &err);
    cJSON_Delete(messages);
    cJSON_Delete(form);
    chat_free(chat);
    fake_stop(&f);
    stop_at = 0;
    ok(!strstr(err.text, KEY) && !strstr(notes, KEY), "no key is told");
    return done;
}

static bool ask(const char *play)
{
    return ask_with(play, NULL, false);
}

/* --- Good ones -------------------------------------------------------------------------------- */

#define THOUGHT "think First the pool, then the cat.\nthink It must be dusk.\n"
#define THOUGHT_TEXT "First the pool, then the cat.\nIt must be dusk."
#define ANSWER "content {\"title\":\"A cat's dive \xE7\x8C\xAB\"}\n"
#define ANSWER_TEXT "{\"title\":\"A cat's dive \xE7\x8C\xAB\"}"

static void reasoning_in_every_form(void)
{
    static const char *const fields[] = {"reasoning_content", "reasoning", "reasoning_details",
                                         "thinking", "tags"};
    for (int i = 0; i < COUNT(fields); i++)
        for (int cumulative = 0; cumulative < 2; cumulative++)
            for (int pieces = 1; pieces <= 64; pieces = pieces * 3 + 1) {
                char play[1000];
                snprintf(play, sizeof play,
                         "reply 200\nfield %s\n" THOUGHT ANSWER "pieces %d\nusage 120 30\n%s",
                         fields[i], pieces, cumulative ? "cumulative\n" : "");
                bool done = ask(play);
                bool same = done && strcmp(reply.content, ANSWER_TEXT) == 0 &&
                            strcmp(reply.reasoning, THOUGHT_TEXT) == 0;
                ok(same, "reasoning in %s, %s pieces of %d", fields[i],
                   cumulative ? "growing" : "separate", pieces);
                if (!same)
                    printf("#   %d %s | %s | %s\n", done, err.text, reply.content, reply.reasoning);
                ok(strcmp(live, THOUGHT_TEXT) == 0, "and shown as it comes");
            }
    has_text(notes, "thought|" THOUGHT_TEXT, "reasoning becomes an event");
    has_text(call_data, "\"tokens_in\":120,\"tokens_out\":30", "and the call another");
    has_text(call_data, "/v1/chat/completions", "with the address that was really called");
    has_text(call_data, "\"model\":\"fake-1\"", "and the model that really answered");
}

static void answers_in_other_shapes(void)
{
    ok(ask("reply 200\nwhole\n" THOUGHT ANSWER), "an answer that is not streamed");
    is_str(reply.content, ANSWER_TEXT, "is read");
    is_str(reply.reasoning, THOUGHT_TEXT, "with its reasoning");
    ok(ask("reply 200\nwrites 1\n" THOUGHT ANSWER), "a stream byte by byte");
    is_str(reply.content, ANSWER_TEXT, "is read");
    ok(ask("reply 200\ncontent the template opened the tag</think> {\"a\":1}\n"),
       "reasoning whose opening tag is missing");
    is_str(reply.content, "{\"a\":1}", "is parted from the answer");
    is_str(reply.reasoning, "the template opened the tag", "by its closing tag");
    ok(ask("reply 200\nraw data: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"thinking\","
           "\"thinking\":[{\"type\":\"text\",\"text\":\"hm\"}]},{\"type\":\"text\",\"text\":"
           "\"yes\"}]},\"finish_reason\":\"stop\"}]}\n"),
       "content as a list of parts");
    is_str(reply.content, "yes", "its text");
    is_str(reply.reasoning, "hm", "its thinking");
    ok(ask("reply 200\nraw data: {\"choices\":[{\"delta\":{\"content\":\"Hello \"}}]}\\n\n"
           "raw data: {\"choices\":[{\"delta\":{\"content\":\"you\"}}]}\\n\n"
           "raw data: {\"choices\":[{\"message\":{\"content\":\"Hello you\"},\"finish_reason\":"
           "\"stop\"}],\"base_resp\":{\"status_code\":0}}\\n\n"),
       "a stream whose end repeats the whole");
    is_str(reply.content, "Hello you", "is not doubled");
    ok(ask("reply 200\nraw data: {\"choices\":[{\"delta\":{\"reasoning\":\"a b\","
           "\"reasoning_content\":\"a b\"}}]}\\n\nraw data: {\"choices\":[{\"delta\":{\"content\":"
           "\"c\"},\"finish_reason\":\"stop\"}]}\\n\n"),
       "reasoning under two names at once");
    is_str(reply.reasoning, "a b", "is taken once");
    ok(ask("reply 200\nraw data: {\"choices\":[{\"delta\":{\"content\":\"caf\\xc3 \\xff\"},"
           "\"finish_reason\":\"stop\"}]}\\n\n"),
       "invalid UTF-8 in the answer");
    is_str(reply.content, "caf\xEF\xBF\xBD \xEF\xBF\xBD", "becomes replacement characters");
    ok(ask("reply 200\ncontent cut short\nfinish length\n"), "an answer at the server's limit");
    is_int(reply.end, CHAT_LENGTH, "is marked so");
}

static void tool_calls(void)
{
    ok(ask("reply 200\nfield reasoning_content\nthink I must look.\n"
           "call render_shot {\"shot\":\"0010\"}\ncall finish {}\npieces 3\n"),
       "calls in pieces");
    is_int(reply.call_count, 2, "two of them");
    is_str(reply.calls[0].name, "render_shot", "the name");
    is_str(reply.calls[0].arguments, "{\"shot\":\"0010\"}", "the arguments");
    is_str(reply.calls[1].id, "call_1_finish", "the id");
    char *message = cJSON_PrintUnformatted(reply.message);
    has_text(message, "\"reasoning_content\":\"I must look.\"", "reasoning goes back with calls");
    has_text(message, "\"arguments\":\"{\\\"shot\\\":\\\"0010\\\"}\"", "and the calls themselves");
    free(message);
    ok(ask("reply 200\nfield reasoning_details\nthink Look.\ncall finish {}\n"), "as details");
    message = cJSON_PrintUnformatted(reply.message);
    has_text(message, "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"Look.\"}]",
             "they go back as details");
    free(message);
    ok(ask("reply 200\nraw data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":"
           "\"a\",\"function\":{\"name\":\"one\",\"arguments\":{\"x\":1}}},{\"index\":0,\"id\":"
           "\"b\",\"function\":{\"name\":\"two\",\"arguments\":\"{}\"}}]},\"finish_reason\":"
           "\"tool_calls\"}]}\n"),
       "whole calls that share an index");
    is_int(reply.call_count, 2, "are two by their ids");
    is_str(reply.calls[0].arguments, "{\"x\":1}", "arguments as an object are taken too");
    ok(ask("reply 200\nfield tags\nthink Hm.\ncall finish {}\n"), "reasoning between tags");
    is_str(cJSON_GetStringValue(cJSON_GetObjectItem(reply.message, "content")),
           "<think>Hm.</think>\n\n", "goes back as it came");
}

/* --- Faults that pass ------------------------------------------------------------------------- */

static void faults_that_pass(void)
{
    ok(ask("reply 429\nheader Retry-After: 0\nraw {\"error\":{\"message\":\"slow down\"}}\n"
           "reply 200\n" ANSWER),
       "429 with Retry-After, then an answer");
    is_str(reply.content, ANSWER_TEXT, "the answer is there");
    has_text(warns, "slow down", "and the log says why it took two tries");
    has_text(call_data, "\"tries\":2", "and how many");
    ok(ask("reply 500\nreply 503\ntype text/html\nraw <title>Down</title>\nreply 200\n" ANSWER),
       "500, a page with 503, then an answer");
    ok(ask("reply 500\nreply 500\nreply 500\nreply 200\n" ANSWER),
       "500 three times, then an answer");
    has_text(call_data, "\"tries\":4", "at the fourth try");
    ok(!ask("reply 500\nraw oops\nreply 500\nreply 500\nraw last oops\nreply 500\nraw fourth\n"
            "reply 200\n" ANSWER) &&
           err.code == WHELK_ENETWORK,
       "500 four times is the end: network");
    has_text(err.text, "status 500: fourth", "told with the server's words");
    ok(ask("reply 200\nput data: {\"choices\":[{\"delta\":{\"content\":\"{\\\\\"ti\nreply "
           "200\n" ANSWER),
       "a stream cut in the middle of JSON is asked for again");
    is_str(reply.content, ANSWER_TEXT, "and the second answer counts");
    ok(ask("reply 200\n" ANSWER "cut\nreply 200\n" ANSWER "cut\nreply 200\n" ANSWER "cut\n"
           "reply 200\n" ANSWER "cut\n"),
       "a stream without an end on every try");
    is_int(reply.end, CHAT_CUT, "gives what came, marked as cut");
    ok(ask("reply 200\nheader Content-Length: 99999\n" ANSWER "cut\nreply 200\n" ANSWER),
       "a connection that breaks off is tried again");
    is_int(reply.end, CHAT_DONE, "and the whole answer counts");
    ok(ask("reply 200\ntype application/json\nraw {\"base_resp\":{\"status_code\":1002,"
           "\"status_msg\":\"rate limit\"}}\nreply 200\n" ANSWER),
       "200 with MiniMax's rate limit inside is tried again");
    whelk_llm once = {.tries = 1};
    ok(!ask_with("reply 429\nraw {}\nreply 200\n" ANSWER, &once, false) && err.code == WHELK_EQUOTA,
       "with one try allowed, 429 is a quota error");
    whelk_llm brief = {.timeout_s = 5};
    ok(!ask_with("reply 429\nheader Retry-After: 3600\nraw {}\nreply 200\n" ANSWER, &brief,
                 false) &&
           err.code == WHELK_EQUOTA,
       "a pause longer than the time allowed is not begun");
    has_text(err.text, "--llm-timeout", "and the cure is told");
}

/* --- Faults that stay ------------------------------------------------------------------------- */

static void faults_that_stay(void)
{
    static const struct {
        const char *play;
        int code;
        const char *says, *name;
    } cases[] = {
        {"reply 401\nraw {\"error\":{\"message\":\"Incorrect API key provided: " KEY
         "\",\"code\":\"invalid_api_key\"}}\n",
         WHELK_ECREDENTIALS, "Incorrect API key", "401"},
        {"reply 429\nraw {\"error\":{\"message\":\"no money\",\"type\":\"insufficient_quota\"}}\n",
         WHELK_EQUOTA, "no money", "429 for want of money"},
        {"reply 200\nwhole\ntype application/json\nraw {\"base_resp\":{\"status_code\":1004,"
         "\"status_msg\":\"login fail\"}}\n",
         WHELK_ECREDENTIALS, "region", "200 with MiniMax's credential error inside"},
        {"reply 200\nraw {\"base_resp\":{\"status_code\":1008,\"status_msg\":\"x\"}}\n",
         WHELK_EQUOTA, "balance", "200 with MiniMax's empty balance inside"},
        {"reply 200\nraw {\"base_resp\":{\"status_code\":1027}}\n", WHELK_EREFUSED, "sensitive",
         "200 with MiniMax's content refusal inside"},
        {"reply 200\nraw data: {\"error\":{\"message\":\"bad key\",\"code\":401}}\\n\n",
         WHELK_ECREDENTIALS, "bad key", "an error in the middle of the stream"},
        {"reply 200\ntype text/html\nraw <html><head><title>Welcome to nginx!</title></head></html>"
         "\n",
         WHELK_ENETWORK, "Welcome to nginx!", "a web page with status 200"},
        {"reply 404\ntype application/json\nraw {\"error\":{\"message\":\"model 'fake' not "
         "found\"}}"
         "\n",
         WHELK_EUSAGE, "model 'fake' not found", "a model that is not there"},
        {"reply 200\ntype text/plain\nraw Hello, I am a chatty proxy.\n", WHELK_ENETWORK,
         "chatty proxy", "prose instead of an answer"},
        {"reply 200\ncontent no\nfinish content_filter\n", WHELK_EREFUSED, "content filter",
         "an answer held back by the filter"},
        {"reply 307\nheader Location: http://localhost:1/v1/chat/completions\n", WHELK_ENETWORK,
         "localhost:1", "a redirect to another host"},
        {"reply 200\njunk 10000000\n", WHELK_ENETWORK, "no answer of a language model",
         "10 MB of junk"},
        {"reply 200\nput {\njunk 10000000\n", WHELK_EFAIL, "bytes allowed",
         "10 MB of junk that begins as an object"},
        {"reply 200\nput data: \njunk 10000000\n", WHELK_EFAIL, "bytes allowed",
         "10 MB of junk in one event"},
    };
    for (int i = 0; i < COUNT(cases); i++) {
        char play[1000];
        /* a second try would find an answer */
        snprintf(play, sizeof play, "%sreply 200\n" ANSWER, cases[i].play);
        ok(!ask(play) && err.code == cases[i].code, "%s ends with %d", cases[i].name,
           cases[i].code);
        has_text(err.text, cases[i].says, "and says so");
    }
    ok(!ask("reply 200\nreply 200\nreply 200\nreply 200\n") && err.code == WHELK_ENETWORK,
       "an empty answer four times is a network error");
    whelk_llm small = {.reply_bytes = 3000};
    ok(!ask_with("reply 200\n" ANSWER ANSWER ANSWER ANSWER "pieces 1\n", &small, false) &&
           err.code == WHELK_EFAIL,
       "an answer over --llm-bytes is refused");
    whelk_chat *chat =
        chat_new(&(whelk_llm){.url = "http://u:p@127.0.0.1:1", .model = "m"}, NULL, &err);
    cJSON *messages = cJSON_CreateArray();
    ok(!chat_ask(chat, &(struct chat_ask){.messages = messages, .purpose = "x"}, &reply, &err) &&
           err.code == WHELK_EUSAGE,
       "an address with a password in it is refused");
    chat_free(chat);
    cJSON_Delete(messages);
}

static void slow_servers(void)
{
    whelk_llm brief = {.timeout_s = 0.6};
    ok(!ask_with("reply 200\nwrites 1\ndrip 0.05\n" THOUGHT ANSWER, &brief, false) &&
           err.code == WHELK_ETIMEOUT,
       "a byte at a time ends at the deadline");
    has_text(err.text, "not complete after", "and says so");
    ok(!ask_with("reply 200\nhold\n", &brief, false) && err.code == WHELK_ETIMEOUT,
       "silence ends at the deadline");
    whelk_llm quiet = {.silence_s = 0.3};
    ok(!ask_with("reply 200\nput data: {\nhold\n", &quiet, false) && err.code == WHELK_ETIMEOUT,
       "silence ends before it where a limit is set");
    has_text(err.text, "nothing was heard for 0.3 s", "and says so");
    stop_at = 3;
    ok(!ask_with("reply 200\nhold\n", NULL, false) && err.code == WHELK_EINTERRUPTED,
       "a request can be cancelled while the server is silent");
    stop_at = 3;
    ok(!ask_with("reply 503\nheader Retry-After: 30\n", NULL, false) &&
           err.code == WHELK_EINTERRUPTED,
       "and during a pause");
}

/* --- What is learned -------------------------------------------------------------------------- */

static char records[64];

/* The n-th request's part as the server got it; static. */
static const char *record(int n, const char *part)
{
    static char text[65536];
    char path[128], *data = NULL;
    snprintf(path, sizeof path, "%s/%d.%s", records, n, part);
    text[0] = '\0';
    if (file_read(path, sizeof text - 1, &data, NULL, NULL))
        snprintf(text, sizeof text, "%s", data);
    free(data);
    return text;
}

static void structured_output_is_learned(void)
{
    struct fake f =
        fake_start("",
                   "reply 400\nraw {\"error\":{\"message\":\"This response_format "
                   "type is unavailable now\"}}\nreply 200\n" ANSWER "reply 200\n" ANSWER,
                   records);
    whelk_llm llm = settings(&f);
    clear();
    whelk_chat *chat = chat_new(&llm, &listener, &err);
    cJSON *messages = cJSON_CreateArray(), *schema = cJSON_Parse("{\"type\":\"object\"}");
    chat_say(messages, "user", "hello");
    struct chat_ask q = {
        .messages = messages, .schema = schema, .schema_name = "plan", .purpose = "a test"};
    char *first = chat_body(chat, &q);
    ok(chat_ask(chat, &q, &reply, &err), "a server without json_schema answers in the end");
    chat_reply_release(&reply);
    ok(chat_ask(chat, &q, &reply, &err), "and the next time");
    is_str(record(1, "body"), first, "the first request is the one foretold, byte for byte");
    has_text(first, "\"json_schema\":{\"name\":\"plan\",\"strict\":true,\"schema\":{\"type\":",
             "with the schema");
    has_text(record(2, "body"), "{\"type\":\"json_object\"}", "the second asks for any object");
    has_text(record(3, "body"), "{\"type\":\"json_object\"}", "the third remembers");
    has_text(record(1, "head"), "Authorization: Bearer " KEY, "the key is in its header");
    ok(!strstr(record(1, "body"), KEY), "and nowhere else");
    has_text(warns, "takes no json_schema", "the log says what was learned");
    free(first);
    cJSON_Delete(messages);
    cJSON_Delete(schema);
    chat_free(chat);
    fake_stop(&f);
}

static void addresses(void)
{
    static const struct {
        const char *url, *called;
    } cases[] = {
        {"http://h:1", "http://h:1/v1/chat/completions"},
        {"http://h:1/", "http://h:1/v1/chat/completions"},
        {"http://h:1/v1", "http://h:1/v1/chat/completions"},
        {"http://h:1/v1/", "http://h:1/v1/chat/completions"},
        {"http://h/api", "http://h/api/v1/chat/completions"},
        {"https://g/v1beta/openai/", "https://g/v1beta/openai/chat/completions"},
        {"https://z/api/paas/v4", "https://z/api/paas/v4/chat/completions"},
        {"https://h/x/chat/completions", "https://h/x/chat/completions"},
    };
    for (int i = 0; i < COUNT(cases); i++) {
        whelk_chat *chat = chat_new(&(whelk_llm){.url = cases[i].url, .model = "m"}, NULL, &err);
        char *url = chat_address(chat);
        is_str(url, cases[i].called, "%s", cases[i].url);
        free(url);
        chat_free(chat);
    }
    ok(ask("reply 404\nraw {\"detail\":\"Not Found\"}\nreply 200\n" ANSWER),
       "a server without /v1 is found");
    ok(strstr(call_data, "/chat/completions") && !strstr(call_data, "/v1/"),
       "and the log says what was called");
    ok(!chat_new(&(whelk_llm){.model = "m"}, NULL, &err) && err.code == WHELK_EUSAGE,
       "no address is a usage error");
    ok(!chat_new(&(whelk_llm){.url = "nonsense here"}, NULL, &err) && err.code == WHELK_EUSAGE,
       "and so is one that is none");
}

static void bounds(void)
{
    struct fake f = fake_start("", "reply 200\n" ANSWER "usage 900 100\nreply 200\n" ANSWER, NULL);
    whelk_llm llm = settings(&f);
    llm.max_tokens = 1000;
    clear();
    whelk_chat *chat = chat_new(&llm, &listener, &err);
    cJSON *messages = cJSON_CreateArray();
    struct chat_ask q = {.messages = messages, .purpose = "a test"};
    ok(chat_ask(chat, &q, &reply, &err), "within the bounds");
    chat_reply_release(&reply);
    ok(!chat_ask(chat, &q, &reply, &err) && err.code == WHELK_EQUOTA, "tokens used up");
    has_text(err.text, "--max-tokens", "the option is told");
    chat_free(chat);
    fake_stop(&f);
    f = fake_start("", "reply 200\n" ANSWER "usage 1000000 100\n", NULL);
    llm = settings(&f);
    llm.max_cost = 1.5;
    llm.price_in = 2;
    llm.max_tokens = 10000000;
    chat = chat_new(&llm, &listener, &err);
    ok(chat_ask(chat, &q, &reply, &err), "before money is spent");
    has_text(call_data, "\"cost\":2", "the cost is in the log");
    chat_reply_release(&reply);
    ok(!chat_ask(chat, &q, &reply, &err) && err.code == WHELK_EQUOTA, "money used up");
    has_text(err.text, "--max-cost", "the option is told");
    chat_free(chat);
    fake_stop(&f);
    cJSON_Delete(messages);
}

/* A take is looked at: a verdict, a verdict that comes in a mess, and a server without eyes. */
static void looks(void)
{
    static const char *const jpegs[] = {"AAAA", "BBBB"};
    whelk_shot dog = {.seconds = 2, .prompt = (char *)"a dog runs"};
    static const struct {
        const char *play, *fault, *name;
        bool done, sees;
    } rows[] = {
        {"reply 200\ncontent {\"seen\":\"A dog.\",\"subject\":true,\"action\":true,\"place\":true,"
         "\"fault\":null}\n",
         NULL, "a take that will do", true, true},
        {"reply 200\ncontent Well: {\"seen\":\"A cat.\",\"subject\":false,\"action\":true,"
         "\"place\":true,\"fault\":\"a cat\",}\n",
         "a cat", "one that will not, told in prose", true, true},
        {"reply 400\nraw {\"error\":{\"message\":\"unknown variant `image_url`, expected "
         "`text`\"}}\n",
         NULL, "a server that takes no pictures", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake f = fake_start("", rows[i].play, NULL);
        whelk_error why = {0};
        whelk_llm llm = {.url = f.url, .sees = true, .tries = 1};
        whelk_see_request ask_for = {
            .chat = whelk_chat_open(&llm, &why), .shot = &dog, .jpegs = jpegs, .jpeg_count = 2};
        whelk_seen seen = {0};
        ok(whelk_see_llm(&ask_for, NULL, &seen, &why) == rows[i].done, "%s: %s", rows[i].name,
           why.text);
        ok(whelk_chat_sees(ask_for.chat) == rows[i].sees, "%s: what is learned", rows[i].name);
        ok(!seen.fault == !rows[i].fault && (!seen.fault || !strcmp(seen.fault, rows[i].fault)),
           "%s: the fault", rows[i].name);
        free(seen.seen);
        free(seen.fault);
        whelk_chat_close(ask_for.chat);
        fake_stop(&f);
    }
}

int main(void)
{
    snprintf(records, sizeof records, "/tmp/whelk-chat-XXXXXX");
    if (!mkdtemp(records))
        return 1;
    reasoning_in_every_form();
    answers_in_other_shapes();
    tool_calls();
    faults_that_pass();
    faults_that_stay();
    slow_servers();
    structured_output_is_learned();
    addresses();
    bounds();
    clear();
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", records);
    ok(system(command) == 0, "cleared up");
    looks();
    return done_testing();
}
