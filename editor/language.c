/* Which language a text is in, for the voice that reads it: by the script of its letters where that
 * tells, by what the storyboard says, and among languages of Latin letters by their small words. */
#include <string.h>

#include "../pipeline/base/text.h"
#include "speech.h"

static const struct {
    unsigned from, to;
    const char *language;
} scripts[] = {
    {0x0370, 0x03FF, "el"}, {0x0400, 0x04FF, "ru"}, {0x0590, 0x05FF, "he"},
    {0x0600, 0x06FF, "ar"}, {0x0900, 0x097F, "hi"}, {0x0E00, 0x0E7F, "th"},
    {0x3040, 0x30FF, "ja"}, {0x4E00, 0x9FFF, "zh"}, {0xAC00, 0xD7AF, "ko"},
};

/* Code, English name, and the code of ISO 639-2 that containers use. */
static const struct {
    const char *code, *name, *code3;
} names[] = {
    {"en", "english", "eng"},    {"de", "german", "deu"},     {"fr", "french", "fra"},
    {"es", "spanish", "spa"},    {"it", "italian", "ita"},    {"pt", "portuguese", "por"},
    {"nl", "dutch", "nld"},      {"pl", "polish", "pol"},     {"sv", "swedish", "swe"},
    {"da", "danish", "dan"},     {"fi", "finnish", "fin"},    {"tr", "turkish", "tur"},
    {"cs", "czech", "ces"},      {"ro", "romanian", "ron"},   {"hu", "hungarian", "hun"},
    {"vi", "vietnamese", "vie"}, {"id", "indonesian", "ind"}, {"zh", "chinese", "zho"},
    {"ja", "japanese", "jpn"},   {"ko", "korean", "kor"},     {"ru", "russian", "rus"},
    {"uk", "ukrainian", "ukr"},  {"el", "greek", "ell"},      {"ar", "arabic", "ara"},
    {"he", "hebrew", "heb"},     {"th", "thai", "tha"},       {"hi", "hindi", "hin"},
    {"zh", "mandarin", "zho"},   {"yue", "cantonese", "yue"},
};

static const struct {
    const char *language, *words; /* with a space on both sides of each */
} small_words[] = {
    {"en", " the a an and of to in is it that over with into on at "},
    {"de", " der die das und ein eine einen in im ist es von mit auf den dem über nicht "},
    {"fr", " le la les un une et de des du dans est il elle sur avec au "},
    {"es", " el la los las un una y de en es que con por del al "},
    {"it", " il lo la gli un una e di in è che con per del nel sulla "},
    {"pt", " o a os as um uma e de em é que com por do da no na "},
    {"nl", " de het een en van in is op met naar dat niet over "},
};

static const char *by_script(const char *text)
{
    int counts[sizeof scripts / sizeof scripts[0]] = {0}, letters = 0;
    size_t best = 0;
    unsigned code;
    for (int n; *text && (n = text_next(text, &code)) > 0; text += n) {
        letters += code > 0x40;
        for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
            counts[i] += code >= scripts[i].from && code <= scripts[i].to;
    }
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        if (strcmp(scripts[i].language, "ja") == 0 && counts[i] > 0)
            return "ja"; /* kana among Chinese characters are Japanese */
        if (counts[i] > counts[best])
            best = i;
    }
    return counts[best] * 2 > letters ? scripts[best].language : NULL;
}

static const char *by_name(const char *told)
{
    size_t n = told ? strcspn(told, "-_ ") : 0;
    for (size_t i = 0; n > 0 && i < sizeof names / sizeof names[0]; i++) {
        if ((strlen(names[i].code) == n && g_ascii_strncasecmp(told, names[i].code, n) == 0) ||
            g_ascii_strncasecmp(told, names[i].name, strlen(names[i].name)) == 0)
            return names[i].code;
    }
    return NULL;
}

static const char *by_small_words(const char *text)
{
    char *low = g_utf8_strdown(text, -1);
    char **words = g_strsplit_set(low, " ,.;:!?\n\t\"()", -1);
    const char *best = NULL;
    int most = 0;
    for (size_t i = 0; i < sizeof small_words / sizeof small_words[0]; i++) {
        int count = 0;
        for (char **w = words; *w; w++) {
            char *spaced = g_strconcat(" ", *w, " ", NULL);
            count += **w && strstr(small_words[i].words, spaced) != NULL;
            g_free(spaced);
        }
        if (count > most) {
            most = count;
            best = small_words[i].language;
        }
    }
    g_strfreev(words);
    g_free(low);
    return best;
}

/* Letters that tell one language may still be another's that is written alike: Ukrainian is told
 * apart from Russian only by being said. */
static bool same_letters(const char *script, const char *told)
{
    return (strcmp(script, "ru") == 0 && strcmp(told, "uk") == 0) ||
           (strcmp(script, "zh") == 0 && (strcmp(told, "ja") == 0 || strcmp(told, "yue") == 0));
}

const char *speech_language(const char *text, const char *told)
{
    const char *script = by_script(text), *said = by_name(told);
    if (script)
        return said && same_letters(script, said) ? said : script;
    for (size_t i = 0; said && i < sizeof scripts / sizeof scripts[0]; i++) {
        if (strcmp(scripts[i].language, said) == 0)
            said = NULL; /* a film told to be Chinese, a text in Latin letters */
    }
    const char *words = said && strcmp(said, "en") != 0 ? NULL : by_small_words(text);
    return words ? words : said ? said : "en";
}

const char *speech_voice(const char *language)
{
    /* espeak-ng 1.51 reads its own spelling of Mandarin as English unless told that it is pinyin */
    if (strcmp(language, "zh") == 0)
        return "cmn-latn-pinyin";
    return strcmp(language, "en") == 0 ? "en-us" : language;
}

const char *speech_code3(const char *language)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].code, language) == 0)
            return names[i].code3;
    }
    return "und";
}
