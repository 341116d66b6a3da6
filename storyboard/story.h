/* What the files of storyboard/ share with one another and nobody else: text helpers, the strict
 * JSON reader and the vocabulary of values (transitions, moods, kinds of title) that checks and
 * planners agree on. */
#ifndef WHELK_STORY_H
#define WHELK_STORY_H

#include <stdarg.h>
#include <cjson/cJSON.h>

#include "storyboard.h"
#include "../pipeline/base/bytes.h"
#include "../pipeline/base/text.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

/* --- story_text.c ----------------------------------------------------------------------------- */

/* What is wrong with a text, as words for a sentence ("holds bytes that are not UTF-8 at byte 12"),
 * or false when nothing is. Newlines and tabs are fine when `lines`. `out` is filled only when true
 * is returned. */
bool story_text_fault(const char *text, size_t size, bool lines, char *out, size_t out_size);
char *story_format(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));            /* caller's; NULL = no memory */
char *story_text_copy(const char *text, size_t size); /* caller's; NULL = no memory */
bool story_is_name(const char *text); /* a-z, 0-9 and single hyphens inside, 1..40 bytes */
int story_distance(const char *a, const char *b,
                   int limit); /* edits (swaps count one); limit + 1 = more than limit */
bool story_text_in(const char *text, const char *const *words);
/* "a, b or c", for error sentences; caller's to free. */
char *story_text_choices(const char *const *words);
uint64_t story_hash(const void *data, size_t size, uint64_t seed); /* FNV-1a, then mixed */
uint64_t story_mix(uint64_t x);                                    /* splitmix64's finaliser */

/* --- json_text.c ------------------------------------------------------------------------------ */

/* Parses strict JSON (RFC 8259): bad syntax, duplicate names, depth above 32, NUL characters and
 * bytes that are not UTF-8 are told by "name:line:column". Every number item keeps its own text in
 * `valuestring`, so that integers above 2^53 and unknown fields lose nothing; a number too large
 * for a double is refused. The caller's to cJSON_Delete. */
cJSON *story_json_parse(const char *text, const char *name, whelk_error *err);
/* The tree as text for people: two spaces a level, what fits on a line stays on it. The caller's;
 * NULL = no memory. */
char *story_json_print(const cJSON *item);
/* A copy of a parsed item whose numbers will be printed as they were written. */
cJSON *story_json_keep(const cJSON *item);

/* --- json_place.c ----------------------------------------------------------------------------- */

/* The value in well-formed JSON that a path such as "shots[2].transition.kind" (`size` bytes of it)
 * names, or the last part of it that is there; NULL = not even its first. */
const char *story_json_find(const char *json, const char *path, size_t size);
/* Lines and columns count from one; columns count characters, not bytes. */
void story_json_place(const char *json, const char *at, int *line, int *column);

/* --- story_check.c ---------------------------------------------------------------------------- */

extern const char *const story_transitions[]; /* those a shot may name; "cut" first */
extern const char *const story_moods[];       /* of the score */
extern const char *const story_title_kinds[];
extern const char *const story_voice_kinds[];

/* --- shot_length.c ---------------------------------------------------------------------------- */

/* The card as JSON. The longest shot of any action; 0 = its shots do not go on. */
double story_longest_seconds(const cJSON *card);
/* How an action goes on beyond one clip: "back" (turns round and comes back) or "stays"; NULL = it
 * is over with one. */
const char *story_goes_on(const cJSON *card, const char *action);
/* The most seconds that a shot of it may have; INFINITY where the card does not say. */
double story_longest_of(const cJSON *card, const char *action);
double story_longest(const cJSON *card, const whelk_shot *shot);
/* Why it may have no more, as half of a sentence: "the action launch is over after 2.667 s and does
 * not go on". The action may be NULL or "" = not said; out of 160 bytes or more. */
void story_why_over(const cJSON *card, const char *action, char *out, size_t size);

/* --- film.c ----------------------------------------------------------------------------------- */

/* True when the transition plays both shots at once, so that it shortens the film. */
bool story_overlaps(const char *transition);
double story_shot_length(const whelk_shot *shot); /* seconds on screen: trimmed and sped */
/* Makes a shot like another in all but its id, take and lock; false = no memory. */
bool story_shot_fill(whelk_shot *to, const whelk_shot *from);
/* After shots were removed or moved: the one that is now first follows nothing, the one that is now
 * last blends into nothing. */
void story_mend_ends(whelk_film *film);
/* Growth of an array of a film: room for one more, zeroed, its address; NULL = no memory. */
void *story_grow(void *array_address, int *count, size_t item_size);

#endif
