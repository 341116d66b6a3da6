/* The reel from inside pipeline/: the folder of one film, its lock, its journal, and the small
 * state file that lets a stage know what it was last given. The public face is director.h.
 *
 * reel.json is ours alone: {"version":1, "plan":{...}, "shoot":{...}, "cut":{...}}, each what that
 * stage was last asked for. Losing it loses nothing but time: the stage then looks at the files
 * themselves. */
#ifndef WHELK_REEL_H
#define WHELK_REEL_H

#include <stddef.h>

#include "base/journal.h"
#include "director.h"
#include "../storyboard/storyboard.h"

struct whelk_reel {
    char *path; /* as the caller gave it, without a slash at the end */
    const char *film; /* its name in the reel, by the profile; static */
    char *film_path;
    char *prompt; /* of prompt.txt; NULL = none yet */
    struct journal *journal;
    struct cJSON *state; /* reel.json */
    enum whelk_reel_mode mode;
    bool only_looks;  /* no take is made: records are believed about their clips */
    int lock_fd;      /* -1 = no lock held */
    int lines_before; /* journal lines of earlier runs */
    long dead_holder; /* pid of a writer that ended without giving the lock back; 0 = none */
};

bool reel_is_one(const char *path); /* is there a reel at path? */

/* The reel's folder for a prompt that comes without one: a slug in `dir` ("" = here), numbered when
 * another prompt has the name. A folder that already belongs to this prompt is given again.
 * Caller's to free. */
char *reel_default_path(const char *dir, const char *prompt, whelk_error *err);

/* Refuses what no planner could take: empty, too long, not UTF-8. */
bool reel_check_prompt(const char *prompt, whelk_error *err);

/* Gives the reel its prompt, byte for byte; another one than it has is refused. */
bool reel_set_prompt(whelk_reel *reel, const char *prompt, whelk_error *err);

/* The reel's film is this file from now on; the name is kept as it is, not copied. */
bool reel_set_film(whelk_reel *reel, const char *film, whelk_error *err);

char *reel_file(const whelk_reel *reel,
                const char *name); /* path of a file in it; caller's; NULL = no memory */
bool reel_has(const whelk_reel *reel, const char *name);

/* Writes storyboard.json; `keep`, what was changed in a line, makes it a version of history/ too
 * (NULL for mere notes of takes). */
bool reel_save_film(whelk_reel *reel, const whelk_film *film, const char *keep, whelk_error *err);
whelk_film *reel_load_film(const whelk_reel *reel, whelk_error *err);
/* history.c: storyboard.json becomes a version, unless the one in use is the same. */
bool reel_keep_history(whelk_reel *reel, const char *what, whelk_error *err);

struct cJSON *
reel_state(whelk_reel *reel,
           const char *stage); /* that stage's object, made if absent; NULL = no memory */
bool reel_save_state(whelk_reel *reel, whelk_error *err);

#endif
