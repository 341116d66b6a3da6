/* A small whole storyboard as text, for the tests that edit it into nonsense. Each edit replaces
 * one piece of it. */
#ifndef WHELK_TESTS_STORY_SAMPLE_H
#define WHELK_TESTS_STORY_SAMPLE_H

#include <stdlib.h>
#include <string.h>

static const char story_sample[] =
    "{\n"
    "  \"version\": 1, \"title\": \"The Pool\", \"prompt\": \"a cat\", \"ratio\": \"16:9\",\n"
    "  \"width\": 1280, \"height\": 720, \"fps\": 24, \"seconds\": 5,\n"
    "  \"style\": {\"mood\": \"light\", \"grain\": 0.1250},\n"
    "  \"grade\": {\"exposure\": 0.5},\n"
    "  \"score\": {\"mood\": \"playful\", \"tempo_bpm\": 120},\n"
    "  \"titles\": [{\"text\": \"The Pool\", \"kind\": \"opening\", \"at_s\": 0.4, \"seconds\": "
    "2}],\n"
    "  \"characters\": [{\"id\": \"cat\", \"description\": \"an orange cat\", \"age\": "
    "12345678901234567890}],\n"
    "  \"places\": [{\"id\": \"pool\", \"description\": \"a pool\"}],\n"
    "  \"director\": {\"name\": \"X\", \"big\": 9007199254740993},\n"
    "  \"shots\": [\n"
    "    {\"id\": \"0010\", \"seconds\": 2.5, \"prompt\": \"a cat by a pool\", \"slots\": "
    "{\"subject\": \"cat\"},\n"
    "     \"characters\": [\"cat\"], \"place\": \"pool\", \"seed\": 18446744073709551615, "
    "\"take\": \"t01\",\n"
    "     \"trim\": {\"in_s\": 0.25, \"out_s\": 0}, \"transition\": {\"kind\": \"crossfade\", "
    "\"seconds\": 0.5},\n"
    "     \"mark\": \"red\"},\n"
    "    {\"id\": \"0020\", \"seconds\": 2.5, \"prompt\": \"the cat dives\", \"speed\": 2, "
    "\"first_frame\": \"previous\",\n"
    "     \"voice\": {\"text\": \"Splash!\", \"kind\": \"narration\"}}\n"
    "  ]\n"
    "}\n";

/* The sample with its first `from` replaced by `to`; the caller's to free. */
static inline char *story_sample_edit(const char *from, const char *to)
{
    const char *at = strstr(story_sample, from);
    char *text = at ? malloc(strlen(story_sample) + strlen(to) + 1) : NULL;
    if (!text)
        abort();
    memcpy(text, story_sample, (size_t)(at - story_sample));
    strcpy(text + (at - story_sample), to);
    strcat(text, at + strlen(from));
    return text;
}

#endif
