/* The mender over any text: what it gives is strict JSON that mends to itself. */
#include "../../storyboard/mend.h"
#include "../../storyboard/story.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mending m, again;
    char *text = fuzz_text(data, size), *json = mend_json(text, &m);
    free(text);
    if (!json)
        return 0;
    whelk_error err = {0};
    cJSON *tree = story_json_parse(json, "mended", &err);
    must(tree || strstr(err.text, "twice") || strstr(err.text, "too many") ||
         strstr(err.text, "control character"));
    char *same = mend_json(json, &again);
    must(same && strcmp(same, json) == 0 && again.count == 0);
    cJSON_Delete(tree);
    free(same);
    free(json);
    return 0;
}
