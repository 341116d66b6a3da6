/* What the parts of the golden runner share: an open folder, and the comparison that prints a line.
 *
 *     const float *want = golden_floats(g, "a.out", &count);     // NULL = there is no such tensor
 *     golden_check(g, "a", "out", got, count);                   // against "a.out" */
#ifndef WHELK_TESTS_GOLDEN_H
#define WHELK_TESTS_GOLDEN_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "generator/cuda/wan_device.h"
#include "generator/model/safetensors.h"

struct golden {
    const char *folder, *name; /* name: its last part */
    struct safetensors *st;    /* golden.safetensors, or NULL */
    cJSON *cases, *config;     /* cases.json, config.json, or NULL */
    double most, rms;      /* allowed: greatest error over max(1, greatest wanted); relative rms */
    bool bf16;             /* --dtype bf16 */
    bool cpu_bf16;         /* what runs on the processor is in bf16 */
    struct device *device; /* --backend cuda or host; NULL = the processor */
    struct wan_device_options on_device;
    int lines, failed;
};

/* Caller's to free; NULL = no such tensor. */
float *golden_floats(const struct golden *g, const char *name, long *count);
long long *golden_whole(const struct golden *g, const char *name, long *count);

/* STEM.ids where STEM.mask is not 0; their number. */
int golden_ids(const struct golden *g, const char *stem, int *ids, int room);

/* Compares with CASE.STAGE and prints a line. */
void golden_check(struct golden *g, const char *kase, const char *stage, const float *got,
                  long count);
/* Compares two given arrays. */
void golden_compare(struct golden *g, const char *kase, const char *stage, const float *got,
                    const float *want, long count);
/* A line for what is not a comparison of numbers. */
void golden_say(struct golden *g, const char *kase, const char *stage, bool good, const char *why);

/* Each takes a folder of its own family. */
void golden_flow(struct golden *g);
void golden_dit(struct golden *g);
void golden_umt5(struct golden *g);
void golden_vae(struct golden *g);
void golden_clip(struct golden *g);
void golden_pipeline(struct golden *g);
bool golden_tokenizer(struct golden *g); /* false = not of this family */

/* The text encoder's file in a folder of golden vectors; caller's, NULL = none. */
char *golden_umt5_file(const char *folder);
char *golden_vae_file(const char *folder);

#endif
