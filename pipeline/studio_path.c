/* Names of files at the prompt of whelk studio: which there are, and how they are typed. */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "studio.h"

static bool is_folder(const char *folder, const char *name)
{
    struct stat st;
    char *path = file_join(folder, name);
    bool is = path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    free(path);
    return is;
}

/* What cannot stand on a line is not offered; what begins with a point only where that was typed.
 */
static bool fits(const char *name, const char *begun)
{
    if (strncmp(name, begun, strlen(begun)) != 0 || !text_is_utf8(name, strlen(name)))
        return false;
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            return false;
    return name[0] != '.' || (begun[0] == '.' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
}

char *studio_paths(const char *begun, bool folders)
{
    const char *slash = strrchr(begun, '/'), *name = slash ? slash + 1 : begun;
    char *folder = slash ? strndup(begun, (size_t)(name - begun)) : strdup("./"), *text = NULL;
    size_t size = 0;
    struct dirent **entries = NULL;
    int count = folder ? scandir(folder, &entries, NULL, alphasort) : 0;
    FILE *f = open_memstream(&text, &size);
    for (int i = 0; i < count; i++) {
        const char *entry = entries[i]->d_name;
        bool inner = f && fits(entry, name) && is_folder(folder, entry);
        if (f && fits(entry, name) && (inner || !folders))
            fprintf(f, "%.*s%s%s\t\n", (int)(name - begun), begun, entry, inner ? "/" : "");
        free(entries[i]);
    }
    free(entries);
    free(folder);
    if (f)
        fclose(f);
    return text;
}

char *studio_quote(const char *text, char open_quote)
{
    const char *marked = open_quote == '"' ? "\"\\" : " \t'\"\\";
    char *out = malloc(4 * strlen(text) + 1), *w = out;
    for (; out && *text; text++) {
        if (open_quote == '\'' && *text == '\'') { /* out of the quotes and in again */
            w = stpcpy(w, "'\\''");
            continue;
        }
        if (open_quote != '\'' && strchr(marked, *text))
            *w++ = '\\';
        *w++ = *text;
    }
    if (out)
        *w = '\0';
    return out;
}
