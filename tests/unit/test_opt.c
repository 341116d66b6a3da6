/* Options: every kind of value, every way to write it, which source wins, and answers to wrong
 * words. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "../../pipeline/base/file.h"
#include "../../pipeline/base/opt.h"
#include "../../pipeline/base/text.h"
#include "../tap.h"

struct values {
    double seconds;
    int steps;
    uint64_t seed;
    struct opt_size size;
    const char *out, *mood;
    bool json;
};

#define AT(name) offsetof(struct values, name)
static const char *const moods[] = {"grey", "warm", "bright", NULL};
static const struct opt_row rows[] = {
    {'o', "output", OPT_TEXT, "REEL", AT(out), .help = "where"},
    {0, "seconds", OPT_REAL, "N", AT(seconds), .min = 1, .max = 60, .env = "WHELK_T_SECONDS",
     .setting = true, .kept = true, .help = "length"},
    {0, "steps", OPT_INT, "N", AT(steps), .min = 1, .max = 200, .setting = true, .help = "passes"},
    {0, "seed", OPT_SEED, "N", AT(seed), .help = "seed"},
    {0, "size", OPT_SIZE, "WxH", AT(size), .min = 16, .max = 4096, .help = "size"},
    {0, "mood", OPT_WORD, "M", AT(mood), .choices = moods, .help = "mood"},
    {0, "json", OPT_FLAG, NULL, AT(json), .help = "JSON"},
    {0},
};

static struct values v;
static struct opts o;
static whelk_error err;

/* Parses words up to NULL. */
static bool parse(char **argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    opts_release(&o);
    v = (struct values){0};
    o = (struct opts){.rows = rows, .values = &v};
    err = (whelk_error){0};
    return opts_parse(&o, argc, argv, &err);
}
#define PARSE(...) parse((char *[]){"whelk", __VA_ARGS__, NULL})

static void values_are_read(void)
{
    ok(PARSE("--seconds", "2.5", "a cat", "--steps=8", "-o", "x.reel", "--json", "--size", "64x32",
             "--seed", "18446744073709551615", "--", "--json"),
       "every kind is read");
    is_near(v.seconds, 2.5, 0, "real");
    is_int(v.steps, 8, "int after =");
    is_str(v.out, "x.reel", "text after a letter");
    ok(v.json, "flag");
    ok(v.size.width == 64 && v.size.height == 32, "size");
    ok(v.seed == UINT64_MAX, "the greatest seed");
    is_int(o.word_count, 2, "two words are no options");
    is_str(o.words[0], "a cat", "the first");
    is_str(o.words[1], "--json", "after -- a dash means nothing");
    ok(PARSE("-ox.reel", "-"), "a value may follow its letter at once");
    is_str(v.out, "x.reel", "and is taken");
    is_str(o.words[0], "-", "a single dash is a word");
    ok(PARSE("--seconds", "-h") == false, "an option's value is never an option");
    ok(PARSE("-h", "--nonsense") && o.help, "help comes before complaints");
}

static void wrong_ones_are_told(void)
{
    static const struct {
        const char *option, *value, *said;
    } wrong[] = {
        {"--secnds", "3", "--seconds"},
        {"--step", "3", "--steps"},
        {"--zzzzzzz", "3", "-h lists"},
        {"-x", "3", "-x"},
        {"--seconds", "0", "1 to 60"},
        {"--seconds", "nan", "number"},
        {"--seconds", "3s", "number"},
        {"--seconds", "", "number"},
        {"--steps", "2.5", "whole"},
        {"--steps", "201", "1 to 200"},
        {"--seed", "-1", "whole"},
        {"--size", "64", "1280x720"},
        {"--seed", "18446744073709551616", "whole"},
        {"--size", "63x64", "even"},
        {"--size", "64x64x", "1280x720"},
        {"--output", "", "empty"},
        {"--json=1", "x", "no value"},
        {"--mood", "gray", "did you mean grey?"},
        {"--mood", "xylophone", "there are grey, warm and bright"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        bool passed = PARSE((char *)wrong[i].option, (char *)wrong[i].value);
        ok(!passed && err.code == WHELK_EUSAGE, "%s %s is refused", wrong[i].option,
           wrong[i].value);
        has_text(err.text, wrong[i].said, "and the sentence says %s", wrong[i].said);
    }
    ok(!PARSE("--steps"), "a value left out is refused");
    has_text(err.text, "needs a value", "and told");
}

static void sources_rank(void)
{
    char path[] = "/tmp/whelk-opt-XXXXXX";
    close(mkstemp(path));
    const char *text = "# mine\n\nseconds = 30\n steps=12 \n";
    file_write(path, text, strlen(text), NULL);
    setenv("WHELK_T_SECONDS", "20", 1);
    PARSE("x");
    ok(opts_environment(&o, &err) && opts_file(&o, path, rows, false, &err),
       "all sources are read");
    ok(v.seconds == 20 && v.steps == 12, "environment goes before the file");
    PARSE("--seconds", "10");
    ok(opts_environment(&o, &err) && v.seconds == 10, "an option goes before the environment");
    setenv("WHELK_T_SECONDS", "long", 1);
    PARSE("x");
    ok(!opts_environment(&o, &err), "a wrong variable is refused");
    has_text(err.text, "WHELK_T_SECONDS", "by its name");
    setenv("WHELK_T_SECONDS", "", 1);
    PARSE("x");
    ok(opts_environment(&o, &err) && opts_file(&o, path, rows, true, &err), "an empty one is none");
    ok(v.seconds == 0 && v.steps == 12, "what a reel keeps is not taken from the file");

    text = "steps = 3\nsecnds = 3\n";
    file_write(path, text, strlen(text), NULL);
    PARSE("x");
    ok(!opts_file(&o, path, rows, false, &err), "a wrong key is refused");
    has_text(err.text, ":2: there is no setting \"secnds\"; did you mean \"seconds\"",
             "by its line");
    file_write(path, "json = yes\n", 11, NULL);
    ok(!opts_file(&o, path, rows, false, &err), "an option that is no setting is refused");
    file_write(path, "steps\n", 6, NULL);
    ok(!opts_file(&o, path, rows, false, &err), "a line without = is refused");
    unlink(path);
    ok(opts_file(&o, path, rows, false, &err), "no file is fine");
}

static void texts(void)
{
    const char *words[] = {"run", "plan", "shoot", "cut", NULL};
    is_str(text_nearest("paln", words), "plan", "letters in the wrong order");
    is_str(text_nearest("shot", words), "shoot", "a letter left out");
    static const char *const close[] = {"shoot", "shot", "shots", NULL};
    is_str(text_nearest("shott", close), "shot", "of two as near the one that begins alike");
    is_int(text_fit("a\xE7\x8C\xAB", 3), 1, "a text is cut between characters");
    is_int(text_fit("a\xE7\x8C\xAB", 4), 4, "and whole where it fits");
    char longest[1000] = "";
    memset(longest, 'x', sizeof longest - 1);
    ok(text_nearest(longest, words) == NULL, "nothing is near a very long word");
    ok(text_nearest("doctor", words) == NULL, "nothing near is no answer");
    ok(text_is_utf8("a\xC3\xA9\xE7\x8C\xAB", 6), "good UTF-8");
    ok(!text_is_utf8("\xC0\x80", 2) && !text_is_utf8("\xED\xA0\x80", 3) &&
           !text_is_utf8("\xE7\x8C", 2),
       "overlong, surrogate and cut-off are not");
    is_int(text_width("a\xE7\x8C\xAB"
                      "e\xCC\x81"),
           4, "columns of wide and combining characters");
    char *clean = text_clean("a\x1B[2Jb\nc", true);
    is_str(clean, "a [2Jb\nc", "a prompt cannot drive the terminal");
    free(clean);
    char *got = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&got, &size);
    text_wrap(f, "one two  three\nfour", 2, 9);
    fclose(f);
    is_str(got, "one two\n  three\n  four\n", "words are wrapped under their indent");
    free(got);
    f = open_memstream(&got, &size);
    for (size_t n = 0; n <= 3; n++)
        text_base64(f, "\xFF\x00z", n);
    fclose(f);
    is_str(got, "/w==/wA=/wB6", "bytes as base64, padded");
    free(got);
    f = open_memstream(&got, &size);
    opts_print(f, rows, 80);
    fclose(f);
    has_text(got, "  -o, --output REEL", "the table prints");
    has_text(got, "length [WHELK_T_SECONDS]", "with its variables");
    free(got);
}

int main(void)
{
    values_are_read();
    wrong_ones_are_told();
    sources_rank();
    texts();
    opts_release(&o);
    return done_testing();
}
