/* The error type that every public call of Whelk reports through.
 *
 *     whelk_error err = {0};
 *     whelk_film *film = whelk_film_load("cat.reel/storyboard.json", &err);
 *     if (!film) {
 *         fprintf(stderr, "%s\n", err.text);      // one sentence: what, where, the cure
 *         return err.code;                        // already an exit code
 *     }
 *
 * `err` may be NULL wherever one is asked for. A failing call fills it once, with the sentence
 * made where the cause is known; callers above may put a few words in front with
 * whelk_error_prefix. Plain data: no thread rules, nothing to free. */
#ifndef WHELK_ERROR_H
#define WHELK_ERROR_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What went wrong, as the exit code of a command that ends with it. */
enum whelk_code {
    WHELK_OK = 0,
    WHELK_EFAIL = 1,            /* input or output, memory, a damaged file: anything not below */
    WHELK_EUSAGE = 2,           /* the request itself makes no sense */
    WHELK_ECREDENTIALS = 3,
    WHELK_EQUOTA = 4,
    WHELK_ETIMEOUT = 5,
    WHELK_ENETWORK = 6,
    WHELK_EREFUSED = 10,        /* a service refused the content */
    WHELK_EINTERRUPTED = 130
};

typedef struct whelk_error {
    int code;                   /* enum whelk_code; 0 = none */
    char text[1024];            /* UTF-8, no newline at the end */
} whelk_error;

/* Fills *err (if not NULL) and returns false, so that a refusal is one line. Text that does not
 * fit is cut between characters. */
bool whelk_fail(whelk_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts words and ": " before the text of an error that is already there. */
void whelk_error_prefix(whelk_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif
#endif
