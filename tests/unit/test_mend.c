/* The mender: each kind of damage that language models do to JSON, what becomes of it, and what is
 * left alone. */
#include <stdlib.h>

#include "../../storyboard/mend.h"
#include "../tap.h"

static void damage(void)
{
    static const struct {
        const char *text, *json, *told;
    } cases[] = {
        {"{\"a\":1}", "{\"a\":1}", ""},
        {" \n{ \"a\" : [ 1 , 2 ] }\n", "{\"a\":[1,2]}", ""},
        {"```json\n{\"a\":1}\n```", "{\"a\":1}", "prose around it"},
        {"Sure! Here it is:\n\n{\"a\":1}\n\nShall I go on?", "{\"a\":1}", "prose around it"},
        {"{\"a\":[1,2,],}", "{\"a\":[1,2]}", "a trailing comma"},
        {"{\"a\":[{\"b\":1} {\"b\":2}]}", "{\"a\":[{\"b\":1},{\"b\":2}]}", "a missing comma"},
        {"{\"a\":1, // one\n/* two */ \"b\":2}", "{\"a\":1,\"b\":2}", "a comment"},
        {"{\"a\":True,\"b\":None}", "{\"a\":true,\"b\":null}", "a word like None"},
        {"{\"a\":.5,\"b\":+3,\"c\":2.}", "{\"a\":0.5,\"b\":3,\"c\":2}", "a number"},
        {"{\"a\":\"x\ny\"}", "{\"a\":\"x\\ny\"}", "a text's escaping"},
        {"{\"a\":\"it\\'s\"}", "{\"a\":\"it's\"}", "a text's escaping"},
        {"{\"a\":\"caf\xC3\"}", "{\"a\":\"caf\xEF\xBF\xBD\"}", ""},
        {"{\"a\":\"\\ud83d\"}", "{\"a\":\"\xEF\xBF\xBD\"}", "a text's escaping"},
        {"{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\\ud83d\\ude00\"}", ""},
        {"{\"shots\":[{\"id\":\"0010\",\"why\":\"beca",
         "{\"shots\":[{\"id\":\"0010\",\"why\":\"beca\"}]}", "a cut-off end"},
        {"{\"shots\":[{\"id\":\"0010\",\"wh", "{\"shots\":[{\"id\":\"0010\"}]}", "a cut-off end"},
        {"{\"shots\":[{\"id\":\"0010\",\"seconds\":", "{\"shots\":[{\"id\":\"0010\"}]}",
         "a cut-off end"},
        {"{\"shots\":[{\"id\":\"0010\"},", "{\"shots\":[{\"id\":\"0010\"}]}", "a cut-off end"},
        {"{\"a\":tru", "{}", "a cut-off end"},
        {"{\"a\":\"b\\", "{\"a\":\"b\"}", "a text's escaping, a cut-off end"},
        {"a {small} {\"one\":1} and {\"large\":[1,2,3]}", "{\"large\":[1,2,3]}", "prose around it"},
        {"[{\"a\":1}]", "{\"a\":1}", "prose around it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mending m;
        char *json = mend_json(cases[i].text, &m);
        is_str(json, cases[i].json, "case %zu is mended", i);
        is_str(m.told, cases[i].told, "and what was done is told");
        free(json);
    }
}

static void hopeless(void)
{
    static const char *const texts[] = {"",        "I cannot do that.", "{cat}",     "{'a':1}",
                                        "[1,2,3]", "{\"a\" 1}",         "{\"a\":[}", NULL};
    for (int i = 0; texts[i]; i++) {
        struct mending m;
        char *json = mend_json(texts[i], &m);
        ok(json == NULL && m.count == 0, "\"%s\" is left alone", texts[i]);
        free(json);
    }
    char deep[2001];
    memset(deep, '[', 2000);
    memcpy(deep, "{\"a\":", 5);
    deep[2000] = '\0';
    char *json = mend_json(deep, NULL);
    ok(json == NULL, "brackets without end are left alone");
    free(json);
}

int main(void)
{
    damage();
    hopeless();
    return done_testing();
}
