/* A TAP producer in one header: each check prints one line that prove(1) reads. Include it in one
 * test program's only source file; end main with `return done_testing();`. */
#ifndef WHELK_TESTS_TAP_H
#define WHELK_TESTS_TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

static inline bool tap_line(bool pass, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static inline bool tap_line(bool pass, const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    printf("%sok %d - ", pass ? "" : "not ", ++tap_count);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    if (!pass) {
        tap_failed++;
        printf("#   at %s line %d\n", file, line);
    }
    fflush(stdout);
    return pass;
}

#define ok(cond, ...) tap_line((cond), __FILE__, __LINE__, __VA_ARGS__)

#define is_int(got, want, ...)                                                                     \
    do {                                                                                           \
        long long tap_g = (long long)(got), tap_w = (long long)(want);                             \
        if (!tap_line(tap_g == tap_w, __FILE__, __LINE__, __VA_ARGS__))                            \
            printf("#   got %lld, wanted %lld\n", tap_g, tap_w);                                   \
    } while (0)

#define is_str(got, want, ...)                                                                     \
    do {                                                                                           \
        const char *tap_g = (got), *tap_w = (want);                                                \
        if (!tap_line(tap_g && tap_w && strcmp(tap_g, tap_w) == 0, __FILE__, __LINE__,             \
                      __VA_ARGS__))                                                                \
            printf("#   got \"%s\", wanted \"%s\"\n", tap_g ? tap_g : "(null)",                    \
                   tap_w ? tap_w : "(null)");                                                      \
    } while (0)

#define is_near(got, want, tolerance, ...)                                                         \
    do {                                                                                           \
        double tap_g = (double)(got), tap_w = (double)(want);                                      \
        if (!tap_line(fabs(tap_g - tap_w) <= (tolerance), __FILE__, __LINE__, __VA_ARGS__))        \
            printf("#   got %.9g, wanted %.9g within %g\n", tap_g, tap_w, (double)(tolerance));    \
    } while (0)

#define has_text(haystack, needle, ...)                                                            \
    do {                                                                                           \
        const char *tap_h = (haystack);                                                            \
        if (!tap_line(tap_h && strstr(tap_h, (needle)) != NULL, __FILE__, __LINE__, __VA_ARGS__))  \
            printf("#   \"%s\" is not in \"%s\"\n", (needle), tap_h ? tap_h : "(null)");           \
    } while (0)

static inline void skip_all(const char *why)
{
    printf("1..0 # SKIP %s\n", why);
}

static inline int done_testing(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed > 0;
}

#endif
