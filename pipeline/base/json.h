/* Members of JSON objects, where what is missing or of another kind is as good as nothing. */
#ifndef WHELK_JSON_H
#define WHELK_JSON_H

#include <cjson/cJSON.h>

/* The text of a member, the object's; NULL where it is no text. A NULL object has no members. */
const char *json_text(const cJSON *object, const char *name);
/* The number of a member; 0 where it is none. */
double json_number(const cJSON *object, const char *name);

#endif
