/* Pictures in a terminal, after the kitty graphics protocol (its documentation, "Transferring pixel
 * data"), the VT340's sixels (ECMA-48 device control strings), and the upper half block of Unicode.
 */
#define _DEFAULT_SOURCE
#include "picture.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "show.h"

#define ANSWER_MS 300
#define CELL_PIXELS 8 /* width of a cell where the terminal does not tell it */
#define LEVELS 6      /* of each colour in a palette: 216 in all */

const char *const picture_ways[] = {"auto", "none", "blocks", "sixel", "kitty", NULL};

/* --- Which way -------------------------------------------------------------------------------- */

/* Asks for kitty's graphics and for what the terminal is; the second answer comes in any case and
 * is the last. Returns how much of the answer is in `text`. */
static size_t ask_terminal(int tty, char *text, size_t room)
{
    static const char question[] = "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\\033[c";
    struct termios before, raw;
    size_t size = 0;
    if (tcgetattr(tty, &before) != 0)
        return 0;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(tty, TCSANOW, &raw);
    if (write(tty, question, sizeof question - 1) == (ssize_t)sizeof question - 1) {
        struct pollfd wait = {.fd = tty, .events = POLLIN};
        while (size + 1 < room && poll(&wait, 1, ANSWER_MS) > 0) {
            ssize_t got = read(tty, text + size, room - size - 1);
            if (got <= 0)
                break;
            size += (size_t)got;
            text[size] = '\0';
            const char *last = strstr(text, "\033[?");
            if (last && strchr(last, 'c'))
                break;
        }
    }
    tcsetattr(tty, TCSANOW, &before);
    return size;
}

/* "ESC [ ? 62 ; 4 ; 22 c": 4 among the numbers means sixels. */
static bool tells_sixel(const char *text)
{
    const char *p = strstr(text, "\033[?");
    for (p = p ? p + 3 : NULL; p && *p && *p != 'c'; p += strspn(p, ";")) {
        size_t size = strcspn(p, ";c");
        if (size == 1 && *p == '4')
            return true;
        p += size;
    }
    return false;
}

static enum picture_way find_way(FILE *out)
{
    char answer[512] = "";
    if (!show_colour(out))
        return PICTURE_NONE;
    if (isatty(STDIN_FILENO) && ask_terminal(STDIN_FILENO, answer, sizeof answer)) {
        if (strstr(answer, "_Gi=31;OK"))
            return PICTURE_KITTY;
        if (tells_sixel(answer))
            return PICTURE_SIXEL;
    }
    return PICTURE_BLOCKS;
}

enum picture_way picture_way(FILE *out, const char *asked)
{
    static const enum picture_way ways[] = {PICTURE_NONE, PICTURE_NONE, PICTURE_BLOCKS,
                                            PICTURE_SIXEL, PICTURE_KITTY};
    for (int i = 1; asked && picture_ways[i]; i++)
        if (strcmp(asked, picture_ways[i]) == 0)
            return ways[i];
    return find_way(out);
}

int picture_line(FILE *out, enum picture_way way)
{
    struct winsize size = {0};
    ioctl(fileno(out), TIOCGWINSZ, &size);
    int columns = size.ws_col ? size.ws_col : 80;
    if (way == PICTURE_BLOCKS)
        return columns;
    return size.ws_xpixel > columns ? size.ws_xpixel : columns * CELL_PIXELS;
}

/* --- kitty ------------------------------------------------------------------------------------ */

/* Pixels are three bytes, four digits each, and 4096 digits a piece are allowed: nothing is left
 * over between pieces. */
static void draw_kitty(FILE *out, const uint8_t *rgb, int width, int height)
{
    const size_t piece = 3072, size = (size_t)width * (size_t)height * 3;
    for (size_t at = 0; at < size; at += piece) {
        size_t now = size - at < piece ? size - at : piece;
        if (at == 0)
            fprintf(out, "\033_Ga=T,f=24,s=%d,v=%d,q=2,m=%d;", width, height, now < size);
        else
            fprintf(out, "\033_Gm=%d;", at + now < size);
        text_base64(out, rgb + at, now);
        fputs("\033\\", out);
    }
    fputc('\n', out);
}

/* --- Palettes --------------------------------------------------------------------------------- */

/* The nearest of LEVELS, with the error spread over 4x4 pixels as a pattern (Bayer's). */
static int level(int value, int x, int y)
{
    static const int bayer[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
    int threshold = (2 * bayer[y & 3][x & 3] + 1) * 255 / 32; /* of a step's 255 parts */
    int n = (value * (LEVELS - 1) + threshold) / 255;
    return n < LEVELS ? n : LEVELS - 1;
}

static int colour_index(const uint8_t *p, int x, int y)
{
    return (level(p[0], x, y) * LEVELS + level(p[1], x, y)) * LEVELS + level(p[2], x, y);
}

/* --- Sixels ----------------------------------------------------------------------------------- */

static void put_run(FILE *out, int count, int bits)
{
    if (count > 3)
        fprintf(out, "!%d%c", count, 63 + bits);
    else
        while (count-- > 0)
            fputc(63 + bits, out);
}

/* One colour of a band of six rows. */
static void put_band_colour(FILE *out, const uint8_t *index, int width, int rows, int colour)
{
    int run = 0, before = -1;
    fprintf(out, "#%d", colour);
    for (int x = 0; x < width; x++) {
        int bits = 0;
        for (int y = 0; y < rows; y++)
            bits |= (index[y * width + x] == colour) << y;
        if (bits != before && run) {
            put_run(out, run, before);
            run = 0;
        }
        before = bits;
        run++;
    }
    if (before)
        put_run(out, run, before);
    fputc('$', out);
}

static void draw_sixel(FILE *out, const uint8_t *rgb, int width, int height)
{
    uint8_t *index = malloc((size_t)width * 6);
    fprintf(out, "\033Pq\"1;1;%d;%d", width, height);
    for (int i = 0; i < LEVELS * LEVELS * LEVELS; i++)
        fprintf(out, "#%d;2;%d;%d;%d", i, i / (LEVELS * LEVELS) * 100 / (LEVELS - 1),
                i / LEVELS % LEVELS * 100 / (LEVELS - 1), i % LEVELS * 100 / (LEVELS - 1));
    for (int top = 0; index && top < height; top += 6) {
        int rows = height - top < 6 ? height - top : 6;
        bool used[LEVELS * LEVELS * LEVELS] = {false};
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < width; x++) {
                size_t at = (size_t)(top + y) * (size_t)width + (size_t)x;
                int colour = colour_index(rgb + 3 * at, x, top + y);
                index[y * width + x] = (uint8_t)colour;
                used[colour] = true;
            }
        for (int i = 0; i < LEVELS * LEVELS * LEVELS; i++)
            if (used[i])
                put_band_colour(out, index, width, rows, i);
        fputc('-', out);
    }
    fputs("\033\\\n", out);
    free(index);
}

/* --- Half blocks ------------------------------------------------------------------------------ */

static bool has_all_colours(void)
{
    const char *colour = getenv("COLORTERM");
    return colour && (strcmp(colour, "truecolor") == 0 || strcmp(colour, "24bit") == 0);
}

/* 38 = the half block, 48 = the ground below it. */
static void put_colour(FILE *out, int what, const uint8_t *p, int x, int y, bool all)
{
    if (all)
        fprintf(out, "\033[%d;2;%d;%d;%dm", what, p[0], p[1], p[2]);
    else
        fprintf(out, "\033[%d;5;%dm", what, 16 + colour_index(p, x, y));
}

static void draw_blocks(FILE *out, const uint8_t *rgb, int width, int height)
{
    bool all = has_all_colours();
    for (int y = 0; y < height; y += 2) {
        for (int x = 0; x < width; x++) {
            const uint8_t *top = rgb + 3 * ((size_t)y * (size_t)width + (size_t)x);
            put_colour(out, 38, top, x, y, all);
            if (y + 1 < height)
                put_colour(out, 48, top + 3 * (size_t)width, x, y + 1, all);
            else
                fputs("\033[49m", out);
            fputs("▀", out);
        }
        fputs("\033[0m\n", out);
    }
}

void picture_draw(FILE *out, enum picture_way way, const uint8_t *rgb, int width, int height)
{
    if (way == PICTURE_KITTY)
        draw_kitty(out, rgb, width, height);
    else if (way == PICTURE_SIXEL)
        draw_sixel(out, rgb, width, height);
    else if (way == PICTURE_BLOCKS)
        draw_blocks(out, rgb, width, height);
}
