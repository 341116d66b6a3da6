/* Between model_json.c, which reads model.json, and model.c, which reads the weights: what a model
 * holds that nobody else sees. */
#ifndef WHELK_MODEL_JSON_H
#define WHELK_MODEL_JSON_H

#include <cjson/cJSON.h>
#include "model.h"

struct word {
    const char *text;
    int id;
};

struct model_store {
    cJSON *json; /* owns every text of the model but these */
    char *dir, *card;
    struct safetensors *st; /* names and shapes; the numbers are in `floats` */
    float *floats;
    const float **data; /* of safetensors_at(st, i) */
    const char **vocabulary;
    struct word *words;  /* sorted */
    const char **values; /* all slots' values, one after another */
};

/* Reads and checks the file into m, whose store is there and empty; one sentence with the path on
 * failure. What was read stays m's either way. */
bool model_read_json(struct model *m, const char *path, whelk_error *err);
/* A text of the file, owned by it. */
bool model_json_text(const cJSON *o, const char *name, const char **out, whelk_error *err);

#endif
