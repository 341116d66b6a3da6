/* The line-editing prompt of whelk studio: libedit, its history and its completion. */
#ifndef WHELK_STUDIO_H
#define WHELK_STUDIO_H

#include <stdbool.h>
#include <stddef.h>

/* Words of a line as a shell cuts them: quotes, a backslash before any character, "~/" for HOME.
 * The last word may be unfinished: *open_quote is the quote that was not closed, else 0. Words are
 * malloc'd, the array ends with NULL. NULL = no memory. */
char **studio_split(const char *line, int *count, char *open_quote);
void studio_free_words(char **words);

/* A line's words as a command line: ["set", "0020"] becomes ["shot", REEL, "set", "0020"]. Words
 * are borrowed. False = it is no command: `out` holds nothing. `room` words are in `out`, the last
 * NULL. */
bool studio_command(const char *reel, int count, char **words, char **out, int room,
                    int *out_count);

/* studio_path.c: files, or folders alone, whose paths begin so, as complete_words prints words; a
 * folder's ends with a slash. Caller's; NULL = no memory. */
char *studio_paths(const char *begun, bool folders);
/* Text as it is typed behind an open quote (0 = none) so that studio_split gives it back. Caller's.
 */
char *studio_quote(const char *text, char open_quote);

struct studio_line;
/* NULL = no memory. Where standard input is no terminal, lines are read as they are. */
struct studio_line *studio_line_open(const char *reel);
/* The next line, without its newline; borrowed until the next call. NULL = the end. */
const char *studio_line_read(struct studio_line *s);
void studio_line_close(struct studio_line *s);

#endif
