/* The judge: a small convolutional network that names what is seen in a shot (subject, action,
 * place, ...), or "none" where nobody could tell. Trained on the world's own pictures and on
 * spoiled ones (train/judge.py); it knows nothing of what was asked for.
 *
 *     struct judge *j = judge_open("generator/eval/judge.safetensors", &err);
 *     judge_look(j, &glimpse, &verdict);
 *     const struct judge_attribute *a = judge_attribute(j, 0);
 *     printf("%s: %s\n", a->name, a->values[verdict.value[0]]);
 *
 * Four trunks of four 3x3 convolutions with stride 2 each see: single frames, all frames stacked,
 * single crops, all crops stacked (a stack shows motion). Each ends in a few features; every
 * attribute has one linear head over them. A judge is read only and may be used by several threads.
 */
#ifndef WHELK_JUDGE_H
#define WHELK_JUDGE_H

#include "glimpse.h"

enum { JUDGE_ATTRIBUTES = 24, JUDGE_VALUES = 24, JUDGE_FEATURES = 512 };

struct judge_attribute {
    char name[24]; /* "subject"; "subject_crop" is told from the crops alone */
    int slot;      /* the world's slot that it names */
    int count;     /* values; for some the last is "none" */
    char values[JUDGE_VALUES][24];
    bool none; /* there is a "none" */
    bool crop_only;
};

struct verdict {
    int value[JUDGE_ATTRIBUTES];
    float feature[JUDGE_FEATURES];
};

struct judge;
/* NULL and one sentence on failure. */
struct judge *judge_open(const char *path, whelk_error *err);
void judge_close(struct judge *j); /* NULL is fine */

int judge_attributes(const struct judge *j);
const struct judge_attribute *judge_attribute(const struct judge *j, int i);
int judge_features(const struct judge *j);
int judge_crops(
    const struct judge *j); /* from this feature on the actor's crops alone are told of */

/* False when memory runs out. */
bool judge_look(const struct judge *j, const struct glimpse *g, struct verdict *out,
                whelk_error *err);

#endif
