/* Any JSON against the plan's schema: no crash, complaints that are text, and a verdict that agrees
 * with them. */
#include "../../storyboard/schema.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cJSON *schema;
    if (!schema)
        schema = cJSON_Parse(plan_schema_json);
    must(schema);
    char *text = fuzz_text(data, size);
    cJSON *value = story_json_parse(text, "any", NULL);
    free(text);
    if (!value)
        return 0;
    struct complaints c;
    complaints_init(&c);
    bool fine = schema_check(schema, value, &c);
    const char *said = complaints_text(&c);
    must(fine == (said[0] == '\0'));
    must(text_is_utf8(said, strlen(said)));
    complaints_release(&c);
    cJSON_Delete(value);
    return 0;
}
