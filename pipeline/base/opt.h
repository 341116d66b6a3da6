/* Options of a subcommand as a table of rows: the parser, the help text, the man page, the
 * completions and the settings file all read it.
 *
 *     struct values { double seconds; bool json; };
 *     static const struct opt_row rows[] = {
 *         {'s', "seconds", OPT_REAL, "N", offsetof(struct values, seconds), .min = 1, .max = 60,
 *          .env = "WHELK_SECONDS", .setting = true, .help = "length of the film"},
 *         {0, "json", OPT_FLAG, NULL, offsetof(struct values, json), .help = "events as JSON
 * lines"}, {0},
 *     };
 *     struct values v = {0};
 *     struct opts o = {.rows = rows, .values = &v};
 *     if (!opts_parse(&o, argc, argv, &err) || !opts_environment(&o, &err) || ...)
 *     opts_release(&o);
 *
 * What is given first wins: call opts_parse, then opts_environment, then opts_file. Options may
 * stand before or after other words; "--" ends them. Names are never abbreviated; a wrong one is
 * answered with the nearest right one. All refusals are WHELK_EUSAGE. */
#ifndef WHELK_OPT_H
#define WHELK_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"

enum opt_kind {
    OPT_FLAG, /* bool; takes no value */
    OPT_TEXT, /* const char *, not empty; lives as long as argv or the opts */
    OPT_WORD, /* the same, one of `choices` */
    OPT_INT,  /* int, min..max */
    OPT_REAL, /* double, min..max */
    OPT_SEED, /* uint64_t */
    OPT_SIZE  /* struct opt_size, both even and min..max */
};

struct opt_size {
    int width, height;
};

struct opt_row {
    char letter;      /* 0 = none */
    const char *name; /* without dashes; NULL ends the table */
    enum opt_kind kind;
    const char *arg; /* what the value is called in the help; FILE, DIR, REEL, SHOT and KIND (of a
                      * transition) complete */
    size_t offset;   /* of the field in the values */
    double min, max;
    const char *env; /* variable that gives it too, or NULL */
    const char *const *choices; /* of OPT_WORD; of others what is offered; NULL-terminated */
    bool setting;    /* may stand in the settings file */
    bool kept;       /* a reel keeps it: the settings file is for new reels only */
    const char *help;
};

struct opts {
    const struct opt_row *rows;
    void *values;
    uint64_t given; /* bit i: row i has its value */
    char **words;   /* what is no option, in order; point into argv */
    int word_count;
    char *file_text; /* what OPT_TEXT values from the file point into */
    bool help;       /* -h or --help was there; parsing ended there */
};

bool opts_parse(struct opts *o, int argc, char **argv, whelk_error *err); /* argv[0] is skipped */
bool opts_environment(struct opts *o, whelk_error *err); /* an empty variable is none */

/* "key = value" lines, # comments; no file is fine. `all` is the table of every key there is, so
 * that a word wrong for every command is refused and one meant for another command is passed over.
 * Rows that are `kept` are left out when `existing_reel`. */
bool opts_file(struct opts *o, const char *path, const struct opt_row *all, bool existing_reel,
               whelk_error *err);
void opts_release(struct opts *o);

/* The row that a word such as "--size", "--size=64x36" or "-o" names, or NULL. `own_value` (may be
 * NULL) is set to where its value begins in the same word, or NULL. */
const struct opt_row *opts_row(const struct opt_row *rows, const char *word,
                               const char **own_value);

/* One line or more an option: what it is called, what it does, the variable that gives it too. */
void opts_print(FILE *out, const struct opt_row *rows, int width);

#endif
