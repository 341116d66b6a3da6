/* Completion: what could stand in the last word's place, found in the tables of commands and
 * options, and the scripts by which bash, zsh and fish ask for it. A script knows nothing but how
 * to ask, so it never grows old. */
#define _DEFAULT_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../editor/editor.h"
#include "base/text.h"
#include "catalogue.h"
#include "cli.h"
#include "reading.h"

const char *const cli_shells[] = {"bash", "zsh", "fish", NULL};

/* --- The words -------------------------------------------------------------------------------- */

struct place {
    FILE *out;
    const char *begun; /* the word to complete */
    int ahead;         /* bytes before it that are answered with it: of "--option=" */
    const char *reel;  /* the word where the command takes its reel, or NULL */
    const char *shot;  /* and its shot */
};

static void offer(const struct place *p, const char *word, const char *about)
{
    if (strncmp(word, p->begun, strlen(p->begun)) == 0)
        fprintf(p->out, "%.*s%s\t%s\n", p->ahead, p->begun - p->ahead, word, about);
}

static void offer_shots(const struct place *p)
{
    whelk_reel *reel = p->reel ? whelk_reel_open(p->reel, WHELK_REEL_READ, NULL) : NULL;
    whelk_film *film = reel ? reel_load_film(reel, NULL) : NULL;
    for (int i = 0; film && i < film->shot_count; i++) {
        char about[72];
        const char *prompt = film->shots[i].prompt ? film->shots[i].prompt : "";
        snprintf(about, sizeof about, "%.*s", text_fit(prompt, (int)sizeof about - 1), prompt);
        about[strcspn(about, "\n")] = '\0';
        offer(p, film->shots[i].id, about);
    }
    whelk_film_free(film);
    if (reel)
        whelk_reel_close(reel);
}

static void offer_takes(const struct place *p)
{
    struct reading r = {0};
    if (p->reel && p->shot)
        r.reel = whelk_reel_open(p->reel, WHELK_REEL_READ, NULL);
    int count = 0, *takes = r.reel ? reading_takes(&r, p->shot, &count) : NULL;
    for (int i = 0; i < count; i++) {
        char name[8];
        snprintf(name, sizeof name, "t%02d", takes[i] % 1000);
        offer(p, name, "");
    }
    free(takes);
    if (r.reel)
        reading_close(&r);
}

static void offer_words(const struct place *p, const char *const *words)
{
    for (; *words; words++)
        offer(p, *words, "");
}

static void offer_models(const struct place *p)
{
    struct catalogue c;
    if (!catalogue_open(&c, NULL))
        return;
    for (int i = 0; i < c.count; i++)
        offer(p, c.models[i].name, c.models[i].about);
    catalogue_release(&c);
}

/* A placeholder such as REEL or FILE, or a word that is meant literally. */
static void offer_named(const struct place *p, const char *name)
{
    if (strcmp(name, "REEL") == 0 || strcmp(name, "DIR") == 0)
        fputs(":folders\n", p->out);
    else if (strcmp(name, "FILE") == 0)
        fputs(":files\n", p->out);
    else if (strcmp(name, "SHOT") == 0)
        offer_shots(p);
    else if (strcmp(name, "TAKE") == 0)
        offer_takes(p);
    else if (strcmp(name, "MODEL") == 0)
        offer_models(p);
    else if (strcmp(name, "KIND") == 0)
        offer_words(p, whelk_edit_transitions());
    else if (strcmp(name, "COMMAND") == 0)
        for (const struct command_row *row = cli_commands; row->command; row++)
            offer(p, row->command->name, row->command->summary);
    else if (islower((unsigned char)name[0]))
        offer(p, name, "");
}

static void offer_value(const struct place *p, const struct opt_row *row)
{
    if (!row->choices)
        offer_named(p, row->arg);
    else
        offer_words(p, row->choices);
}

static void offer_options(const struct place *p, const struct opt_row *rows)
{
    for (; rows->name; rows++) {
        char word[64];
        snprintf(word, sizeof word, "--%s", rows->name);
        offer(p, word, rows->help);
    }
    offer(p, "--help", "what the command does and takes");
}

/* The next word of a command's `words` such as "PROMPT | REEL" or "REEL [SHOT...]" into `name`;
 * tells whether it repeats. Returns what follows, or NULL at the end. */
static const char *next_name(const char *words, char name[32], bool *repeats)
{
    words += strspn(words, " []|");
    size_t size = strcspn(words, " []|."), used = 0;
    if (!size)
        return NULL;
    for (; used < size && used < 31; used++)
        name[used] = words[used];
    name[used] = '\0';
    words += size;
    *repeats = strncmp(words, "...", 3) == 0;
    return words + (*repeats ? 3 : 0);
}

/* Calls offer_named for each alternative at the place `index`; with `find`, only tells whether one
 * of them is called so. */
static bool at_place(const struct place *p, const char *words, int index, const char *find)
{
    char name[32];
    bool repeats = false, found = false;
    for (int i = 0; (words = next_name(words, name, &repeats));) {
        bool here = i == index || (repeats && i < index);
        if (here && find)
            found = found || strcmp(name, find) == 0;
        else if (here)
            offer_named(p, name);
        words += strspn(words, " ");
        i += *words != '|';
    }
    return found;
}

/* Goes over the words before the last, then offers what its place calls for. */
static void complete_call(struct place *p, const struct command *c, int count, char **words)
{
    int index = 0;
    bool options = true;
    const struct opt_row *awaits = NULL;
    for (int i = 0; i < count - 1; i++) {
        const char *value = NULL;
        if (awaits) {
            awaits = NULL;
        } else if (options && words[i][0] == '-' && words[i][1]) {
            options = strcmp(words[i], "--") != 0;
            awaits = opts_row(c->rows, words[i], &value);
            if (awaits && (value || awaits->kind == OPT_FLAG))
                awaits = NULL;
        } else {
            if (at_place(p, c->words, index, "REEL"))
                p->reel = words[i];
            if (at_place(p, c->words, index, "SHOT"))
                p->shot = words[i];
            index++;
        }
    }
    const char *value = NULL;
    const struct opt_row *own =
        options && p->begun[0] == '-' ? opts_row(c->rows, p->begun, &value) : NULL;
    if (awaits) {
        offer_value(p, awaits);
    } else if (own && value && own->kind != OPT_FLAG) {
        p->ahead = (int)(value - p->begun);
        p->begun = value;
        offer_value(p, own);
    } else if (options && p->begun[0] == '-') {
        offer_options(p, c->rows);
    } else {
        at_place(p, c->words, index, NULL);
    }
}

/* The verb is not there yet: the last word is it, or one that stands before it in all verbs. */
static void offer_verbs(const struct place *p, const struct command *command, int count,
                        char **words)
{
    if (cli_verb_index(command, count, words) == count) {
        at_place(p, command->verbs[0]->words, 0, NULL);
        return;
    }
    for (int i = 0; command->verbs[i]; i++)
        offer(p, command->verbs[i]->name, command->verbs[i]->summary);
}

void complete_words(FILE *out, int count, char **words)
{
    struct place p = {.out = out, .begun = count ? words[count - 1] : ""};
    if (count <= 1) {
        offer_named(&p, "COMMAND");
        offer(&p, "--version", "which whelk this is");
        return;
    }
    const struct command *command = cli_find_command(words[0], NULL);
    if (!command)
        return;
    const struct command *c = command;
    if (command->verbs) {
        int at = cli_verb_index(command, count - 1, words);
        if (at < count - 1)
            c = cli_find_verb(command, words[at], NULL);
        else if (p.begun[0] == '-')
            c = command->verbs[0];
        else {
            offer_verbs(&p, command, count, words);
            return;
        }
    }
    if (c)
        complete_call(&p, c, count - 1, words + 1);
}

/* --- The scripts ------------------------------------------------------------------------------ */

/* Bash cuts words at = and : too: they are put together for the question, and what stands before
 * the last cut is taken off the answers. */
static const char bash[] =
    "# Completion of whelk's words in bash. Printed by: whelk help --completion bash\n"
    "_whelk()\n"
    "{\n"
    "    local word words=() joint= before answer\n"
    "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD}\"; do\n"
    "        if [[ ${#words[@]} -gt 0 && ( $word == [=:] || -n $joint ) ]]; then\n"
    "            words[${#words[@]}-1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "        if [[ $word == [=:] ]]; then joint=yes; else joint=; fi\n"
    "    done\n"
    "    word=${words[${#words[@]}-1]}\n"
    "    before=${word%\"${word##*[=:]}\"}\n"
    "    COMPREPLY=()\n"
    "    while IFS=$'\\t' read -r answer _; do\n"
    "        case $answer in\n"
    "        :files) compopt -o default ;;\n"
    "        :folders) compopt -o dirnames ;;\n"
    "        *) COMPREPLY+=(\"${answer#\"$before\"}\") ;;\n"
    "        esac\n"
    "    done < <(\"$1\" help --complete -- \"${words[@]}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _whelk whelk\n";

static const char zsh[] =
    "#compdef whelk\n"
    "# Completion of whelk's words in zsh. Printed by: whelk help --completion zsh\n"
    "local -a answers\n"
    "local line kind=\n"
    "for line in \"${(@f)$(\"$words[1]\" help --complete -- \"${(@)words[2,CURRENT]}\" "
    "2>/dev/null)}\"; do\n"
    "    case $line in\n"
    "    (:files|:folders) kind=$line ;;\n"
    "    (?*) answers+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
    "    esac\n"
    "done\n"
    "[[ -n $kind && $PREFIX == -*=* ]] && compset -P '*='\n"
    "case $kind in\n"
    "(:files) _files ;;\n"
    "(:folders) _files -/ ;;\n"
    "(*) _describe whelk answers ;;\n"
    "esac\n";

static const char fish[] =
    "# Completion of whelk's words in fish. Printed by: whelk help --completion fish\n"
    "function __whelk_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l last (commandline -ct)\n"
    "    for line in ($words[1] help --complete -- $words[2..] \"$last\" 2>/dev/null)\n"
    "        switch $line\n"
    "            case ':files'\n"
    "                __fish_complete_path $last\n"
    "            case ':folders'\n"
    "                __fish_complete_directories $last\n"
    "            case '*'\n"
    "                echo $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c whelk -f -a '(__whelk_complete)'\n";

void complete_script(FILE *out, const char *shell)
{
    fputs(strcmp(shell, "bash") == 0 ? bash : strcmp(shell, "zsh") == 0 ? zsh : fish, out);
}
