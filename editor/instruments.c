/* Instruments by name: the 128 sounds of General MIDI level 1 and the short words people use for
 * them, and which part of the score each of them plays. */
#include "score.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/base/bytes.h"

#define DRUMS 128 /* beyond the programs: the drum set, and words for it */

/* Program n is the n-th name, in small letters and without brackets and hyphens. */
static const char *const programs[128] = {
    "acoustic grand piano",
    "bright acoustic piano",
    "electric grand piano",
    "honky tonk piano",
    "electric piano 1",
    "electric piano 2",
    "harpsichord",
    "clavinet",
    "celesta",
    "glockenspiel",
    "music box",
    "vibraphone",
    "marimba",
    "xylophone",
    "tubular bells",
    "dulcimer",
    "drawbar organ",
    "percussive organ",
    "rock organ",
    "church organ",
    "reed organ",
    "accordion",
    "harmonica",
    "tango accordion",
    "acoustic guitar nylon",
    "acoustic guitar steel",
    "electric guitar jazz",
    "electric guitar clean",
    "electric guitar muted",
    "overdriven guitar",
    "distortion guitar",
    "guitar harmonics",
    "acoustic bass",
    "electric bass finger",
    "electric bass pick",
    "fretless bass",
    "slap bass 1",
    "slap bass 2",
    "synth bass 1",
    "synth bass 2",
    "violin",
    "viola",
    "cello",
    "contrabass",
    "tremolo strings",
    "pizzicato strings",
    "orchestral harp",
    "timpani",
    "string ensemble 1",
    "string ensemble 2",
    "synth strings 1",
    "synth strings 2",
    "choir aahs",
    "voice oohs",
    "synth voice",
    "orchestra hit",
    "trumpet",
    "trombone",
    "tuba",
    "muted trumpet",
    "french horn",
    "brass section",
    "synth brass 1",
    "synth brass 2",
    "soprano sax",
    "alto sax",
    "tenor sax",
    "baritone sax",
    "oboe",
    "english horn",
    "bassoon",
    "clarinet",
    "piccolo",
    "flute",
    "recorder",
    "pan flute",
    "blown bottle",
    "shakuhachi",
    "whistle",
    "ocarina",
    "lead 1 square",
    "lead 2 sawtooth",
    "lead 3 calliope",
    "lead 4 chiff",
    "lead 5 charang",
    "lead 6 voice",
    "lead 7 fifths",
    "lead 8 bass and lead",
    "pad 1 new age",
    "pad 2 warm",
    "pad 3 polysynth",
    "pad 4 choir",
    "pad 5 bowed",
    "pad 6 metallic",
    "pad 7 halo",
    "pad 8 sweep",
    "fx 1 rain",
    "fx 2 soundtrack",
    "fx 3 crystal",
    "fx 4 atmosphere",
    "fx 5 brightness",
    "fx 6 goblins",
    "fx 7 echoes",
    "fx 8 sci fi",
    "sitar",
    "banjo",
    "shamisen",
    "koto",
    "kalimba",
    "bagpipe",
    "fiddle",
    "shanai",
    "tinkle bell",
    "agogo",
    "steel drums",
    "woodblock",
    "taiko drum",
    "melodic tom",
    "synth drum",
    "reverse cymbal",
    "guitar fret noise",
    "breath noise",
    "seashore",
    "bird tweet",
    "telephone ring",
    "helicopter",
    "applause",
    "gunshot",
};

static const struct {
    const char *word;
    unsigned char program;
} short_names[] = {
    {"piano", 0},
    {"grand piano", 0},
    {"electric piano", 4},
    {"rhodes", 4},
    {"bells", 14},
    {"chimes", 14},
    {"organ", 19},
    {"guitar", 24},
    {"acoustic guitar", 25},
    {"electric guitar", 27},
    {"ukulele", 24},
    {"bass", 32},
    {"double bass", 43},
    {"upright bass", 32},
    {"bass guitar", 33},
    {"synth bass", 38},
    {"pizzicato", 45},
    {"harp", 46},
    {"strings", 48},
    {"string section", 48},
    {"orchestra", 48},
    {"synth strings", 50},
    {"choir", 52},
    {"voice", 53},
    {"voices", 52},
    {"horn", 60},
    {"brass", 61},
    {"saxophone", 66},
    {"sax", 66},
    {"cor anglais", 69},
    {"woodwinds", 73},
    {"panpipes", 75},
    {"pan pipes", 75},
    {"synth", 89},
    {"synthesizer", 89},
    {"pad", 89},
    {"bagpipes", 109},
    {"steelpan", 114},
    {"drums", DRUMS},
    {"drum", DRUMS},
    {"drum kit", DRUMS},
    {"percussion", DRUMS},
    {"taiko", DRUMS},
    {"tambourine", DRUMS},
    {"shaker", DRUMS},
    {"claps", DRUMS},
};

#define WORD 64

/* Small letters, one space between words: "Acoustic Guitar (Nylon)" and "acoustic-guitar nylon"
 * are one name. */
static size_t tidy(char out[WORD], const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size && n + 1 < WORD; i++) {
        unsigned char c = (unsigned char)text[i];
        if (isalnum(c) || c >= 0x80)
            out[n++] = (char)tolower(c);
        else if (n > 0 && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return n;
}

static int exact(const char *name)
{
    for (int i = 0; i < 128; i++) {
        if (strcmp(programs[i], name) == 0)
            return i;
    }
    for (size_t i = 0; i < sizeof short_names / sizeof short_names[0]; i++) {
        if (strcmp(short_names[i].word, name) == 0)
            return short_names[i].program;
    }
    return -1;
}

/* The name, the name in the singular, then the same of its words without the first ones: "two
 * soft violins" is a violin. */
static int find(const char *text, size_t size)
{
    char word[WORD];
    size_t n = tidy(word, text, size);
    for (const char *p = word; p && *p; p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL) {
        int program = exact(p);
        if (program < 0 && n > 1 && word[n - 1] == 's') {
            word[n - 1] = '\0';
            program = exact(p);
            word[n - 1] = 's';
        }
        if (program >= 0)
            return program;
    }
    return -1;
}

/* The next name of a list: its start and size, or false at the end. */
static bool next_name(const char **list, const char **name, size_t *size)
{
    const char *p = *list ? *list : "";
    p += strspn(p, ",;/+\n\t ");
    *name = p;
    *size = strcspn(p, ",;/+\n");
    *list = p + *size;
    return *size > 0;
}

static bool is_bass(int program)
{
    return (program >= 32 && program <= 39) || program == 43 || program == 58;
}

bool score_orchestrate(struct score_part parts[SCORE_ROLES], const char *instruments)
{
    static const enum score_role order[] = {ROLE_LEAD, ROLE_COMP, ROLE_PAD, ROLE_DOUBLE};
    size_t used = 0, size;
    const char *name;
    bool drums = false;
    while (next_name(&instruments, &name, &size)) {
        int program = find(name, size);
        if (program == DRUMS)
            drums = true;
        else if (program >= 0 && is_bass(program))
            parts[ROLE_BASS].program = (unsigned char)program;
        else if (program >= 0 && used < sizeof order / sizeof order[0])
            parts[order[used++]].program = (unsigned char)program;
    }
    return drums;
}

char *score_unknown_instruments(const char *instruments)
{
    struct bytes b;
    bytes_init(&b, 1 << 16);
    const char *name;
    size_t size;
    while (next_name(&instruments, &name, &size)) {
        if (find(name, size) < 0)
            bytes_format(&b, "%s\"%.*s\"", b.size ? ", " : "", (int)size, name);
    }
    return b.size ? bytes_take(&b) : NULL;
}
