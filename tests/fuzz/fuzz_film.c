/* Any text as a storyboard.json edited by hand: no crash; a fault is told by the file's name and in
 * UTF-8; a film that is taken is one again when it is written and read. */
#include "../../pipeline/base/text.h"
#include "../../storyboard/storyboard.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char name[] = "cat.reel/storyboard.json:";
    whelk_error err = {0};
    char *text = fuzz_text(data, size);
    whelk_film *film = whelk_film_parse(text, "cat.reel/storyboard.json", &err);
    free(text);
    must((film != NULL) == (err.code == 0));
    must(film || strncmp(err.text, name, sizeof name - 1) == 0);
    must(text_is_utf8(err.text, strlen(err.text)));
    if (!film)
        return 0;
    char *json = whelk_film_json(film, &err);
    must(json);
    whelk_film *again = whelk_film_parse(json, "again", &err);
    must(again && again->shot_count == film->shot_count);
    free(json);
    whelk_film_free(again);
    whelk_film_free(film);
    return 0;
}
