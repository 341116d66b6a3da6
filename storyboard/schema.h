/* A JSON value held against a JSON Schema, with complaints a writer can act on: the path of the
 * field, what is there, what is allowed.
 *
 *     struct complaints c;
 *     complaints_init(&c);
 *     if (schema_check(schema, plan, &c) && ...) ...      // else c.text has one complaint a line
 *     complaints_release(&c);
 *
 * Of JSON Schema it knows what our own schemas use: type, enum, const, anyOf, properties, required,
 * additionalProperties, maxProperties, items, minItems, maxItems, minLength, maxLength, minimum,
 * maximum, multipleOf, pattern and $ref into $defs. The schema is trusted, the value is not. */
#ifndef WHELK_SCHEMA_H
#define WHELK_SCHEMA_H

#include "story.h"

#define COMPLAINTS_MAX 24 /* told; more are only counted */

struct complaints {
    struct bytes text; /* one a line, each "- path what" */
    int count;
};

void complaints_init(struct complaints *c);
void complaints_release(struct complaints *c);
void complain(struct complaints *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* All of them, the number of those not told included; "" = none. Borrowed. */
const char *complaints_text(struct complaints *c);

/* A word of the schema that is none of these and no remark (title, description, default ...): what
 * it asks for would not be checked. NULL = all are known. Borrowed from the schema. */
const char *schema_unknown_word(const cJSON *schema);

/* True when there is nothing to complain of; an unknown word of the schema is complained of too. A
 * field that may be null may also be left out. */
bool schema_check(const cJSON *schema, const cJSON *value, struct complaints *c);

/* plan.schema.json and ops.schema.json as they were when the program was built. */
extern const char plan_schema_json[], ops_schema_json[];

#endif
