/* What servers mean when they refuse. Each speaks its own dialect: MiniMax answers 200 and puts a
 * number into base_resp, OpenAI an object `error`, others a text or a web page. All become one
 * sentence, an exit code, and whether another try may help. */
#define _GNU_SOURCE /* strcasestr */
#include "chat_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/json.h"

/* One line, without control characters, cut where it is too long. */
static void put_line(char *out, size_t size, const char *text)
{
    char *clean = text_clean(text ? text : "", true);
    size_t n = 0;
    bool space = false;
    for (const char *p = clean ? clean : ""; *p && n + 5 < size; p++) {
        if (*p == ' ' || *p == '\n') {
            space = n > 0;
            continue;
        }
        if (space)
            out[n++] = ' ';
        space = false;
        out[n++] = *p;
    }
    while (n > 0 && n + 5 >= size && ((unsigned char)out[n - 1] & 0x80)) /* not half a character */
        n--;
    out[n] = '\0';
    free(clean);
}

/* MiniMax's numbers (its error code page). */
static const struct minimax {
    int number, code;
    bool again;
    const char *meaning;
} minimax_codes[] = {
    {1000, WHELK_ENETWORK, true, "unknown fault"},
    {1001, WHELK_ETIMEOUT, true, "it took too long"},
    {1002, WHELK_EQUOTA, true, "too many requests"},
    {1004, WHELK_ECREDENTIALS, false, "the key is refused; keys are good in their own region only"},
    {1008, WHELK_EQUOTA, false, "the balance is used up"},
    {1013, WHELK_ENETWORK, true, "internal fault"},
    {1024, WHELK_ENETWORK, true, "internal fault"},
    {1026, WHELK_EREFUSED, false, "the request was judged sensitive"},
    {1027, WHELK_EREFUSED, false, "the answer was judged sensitive"},
    {1028, WHELK_EQUOTA, false, "the quota is used up"},
    {1030, WHELK_EQUOTA, false, "the quota is used up"},
    {1033, WHELK_ENETWORK, true, "internal fault"},
    {1039, WHELK_EQUOTA, true, "too many tokens a minute"},
    {1041, WHELK_EQUOTA, true, "too many connections"},
    {1042, WHELK_EFAIL, false, "the text holds too many invisible characters"},
    {2013, WHELK_EFAIL, false, "a parameter is wrong"},
    {2038, WHELK_ECREDENTIALS, false, "the account's identity is not verified"},
    {2045, WHELK_EQUOTA, true, "the rate grows too fast"},
    {2049, WHELK_ECREDENTIALS, false,
     "the key is not valid; keys are good in their own region only"},
    {2056, WHELK_EQUOTA, false, "the plan's share for now is used up"},
    {2061, WHELK_EQUOTA, false, "the plan does not include this model"},
};

static void fault_of_minimax(int number, const char *message, struct chat_fault *fault)
{
    char said[300];
    put_line(said, sizeof said, message);
    *fault = (struct chat_fault){.code = WHELK_EFAIL, .form = number == 2013};
    const char *meaning = "refused";
    for (int i = 0; i < COUNT(minimax_codes); i++)
        if (minimax_codes[i].number == number) {
            fault->code = minimax_codes[i].code;
            fault->again = minimax_codes[i].again;
            meaning = minimax_codes[i].meaning;
        }
    snprintf(fault->text, sizeof fault->text, "%s (code %d%s%s)", meaning, number,
             *said ? ": " : "", said);
}

/* What a status means by itself. */
static void fault_of_status(int status, struct chat_fault *fault)
{
    *fault = (struct chat_fault){.code = WHELK_EFAIL};
    if (status == 401 || status == 403)
        fault->code = WHELK_ECREDENTIALS;
    else if (status == 402)
        fault->code = WHELK_EQUOTA;
    else if (status == 404 || status == 405)
        fault->code = WHELK_EUSAGE;
    else if (status == 408 || status == 504)
        fault->code = WHELK_ETIMEOUT;
    else if (status == 429)
        fault->code = WHELK_EQUOTA;
    else if (status == 409 || status >= 500 || status < 300)
        fault->code = WHELK_ENETWORK;
    fault->again = status == 408 || status == 409 || status == 429 || status >= 500;
    fault->form = status == 400 || status == 422;
}

/* OpenAI's words for what a number leaves open; they decide over the status. */
static void fault_of_word(const char *word, struct chat_fault *fault)
{
    static const struct {
        const char *word;
        int code;
        bool again;
    } words[] = {
        {"insufficient_quota", WHELK_EQUOTA, false},
        {"billing_hard_limit_reached", WHELK_EQUOTA, false},
        {"invalid_api_key", WHELK_ECREDENTIALS, false},
        {"authentication_error", WHELK_ECREDENTIALS, false},
        {"authorized_error", WHELK_ECREDENTIALS, false},
        {"permission_error", WHELK_ECREDENTIALS, false},
        {"model_not_found", WHELK_EUSAGE, false},
        {"not_found_error", WHELK_EUSAGE, false},
        {"context_length_exceeded", WHELK_EFAIL, false},
        {"content_filter", WHELK_EREFUSED, false},
        {"content_policy_violation", WHELK_EREFUSED, false},
        {"rate_limit_exceeded", WHELK_EQUOTA, true},
        {"rate_limit_error", WHELK_EQUOTA, true},
        {"overloaded_error", WHELK_ENETWORK, true},
        {"server_error", WHELK_ENETWORK, true},
    };
    for (int i = 0; word && i < COUNT(words); i++)
        if (strcmp(word, words[i].word) == 0) {
            fault->code = words[i].code;
            fault->again = words[i].again;
            fault->form = false;
        }
}

static int number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (cJSON_IsNumber(item))
        return item->valueint;
    return cJSON_IsString(item) ? atoi(item->valuestring) : 0;
}

static void fault_of_error(const cJSON *error, int status, struct chat_fault *fault)
{
    int number = number_of(error, "code");
    if (!number)
        number = number_of(error, "http_code");
    bool told = status >= 300 || (number >= 300 && number < 600);
    fault_of_status(status >= 300 ? status : told ? number : 500, fault);
    fault_of_word(json_text(error, "type"), fault);
    fault_of_word(json_text(error, "code"), fault);
    const char *message = cJSON_IsString(error) ? error->valuestring : json_text(error, "message");
    put_line(fault->text, sizeof fault->text,
             message && *message ? message : "refused, no reason given");
}

bool chat_fault_in(const cJSON *body, int status, struct chat_fault *fault)
{
    const cJSON *base = cJSON_GetObjectItemCaseSensitive(body, "base_resp");
    int number = number_of(base, "status_code");
    if (number) {
        fault_of_minimax(number, json_text(base, "status_msg"), fault);
        return true;
    }
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(body, "error");
    if (cJSON_IsObject(error) || cJSON_IsString(error)) {
        fault_of_error(error, status, fault);
        return true;
    }
    if (status < 300)
        return false;
    static const char *const names[] = {"message", "detail", "msg"};
    fault_of_status(status, fault);
    snprintf(fault->text, sizeof fault->text, "refused with status %d", status);
    for (int i = 0; i < COUNT(names); i++)
        if (json_text(body, names[i]))
            put_line(fault->text, sizeof fault->text, json_text(body, names[i]));
    return true;
}

/* The title of a web page, or what can be read of it. */
static void title_of(const char *page, char *out, size_t size)
{
    const char *title = strcasestr(page, "<title>");
    char raw[160];
    snprintf(raw, sizeof raw, "%.*s", title ? (int)strcspn(title + 7, "<") : 0,
             title ? title + 7 : "");
    put_line(out, size, raw);
}

void chat_fault_of(int status, const char *type, const char *body, struct chat_fault *fault)
{
    const char *text = body ? body + strspn(body, " \t\r\n") : "";
    fault_of_status(status, fault);
    if (strcmp(type, "text/html") == 0 || *text == '<') {
        char title[100];
        title_of(text, title, sizeof title);
        snprintf(fault->text, sizeof fault->text,
                 "a web page came back (status %d%s%s%s) and no answer of a language model; is the "
                 "address right?",
                 status, *title ? ", titled \"" : "", title, *title ? "\"" : "");
        return;
    }
    char said[300];
    put_line(said, sizeof said, text);
    fault->again = fault->again || (status < 300 && !*said);
    if (status < 300)
        snprintf(fault->text, sizeof fault->text, "%s%s%s",
                 *said ? "what came back is no answer of a language model: \""
                       : "an empty answer came back",
                 said, *said ? "\"" : "");
    else
        snprintf(fault->text, sizeof fault->text, "refused with status %d%s%s", status,
                 *said ? ": " : "", said);
}
