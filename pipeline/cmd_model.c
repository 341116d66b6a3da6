/* whelk model: the models there are on this machine, and what one of them has learned. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "../generator/generator.h"
#include "base/file.h"
#include "cli.h"

#ifndef WHELK_DATADIR
#define WHELK_DATADIR "/usr/local/share/whelk"
#endif

static const struct opt_row rows[] = {
    {0, "json", OPT_FLAG, NULL, CLI_AT(json), .help = "info: the capability card as it is"},
    {0},
};

static void print_line(const char *dir)
{
    whelk_error err = {0};
    whelk_generator *g = whelk_gen_open(&(whelk_gen_options){.model_dir = dir}, &err);
    if (!g) {
        printf("%s: %s\n", dir, err.text);
        return;
    }
    whelk_gen_info info;
    whelk_gen_get_info(g, &info);
    printf("%-14s %5.1f M parameters, clips of %.1f s, %d steps  %s\n", info.name,
           (double)info.parameters / 1e6, info.seconds, info.default_steps, dir);
    whelk_gen_close(g);
}

static bool has_model(const char *dir)
{
    char *path = file_join(dir, "model.json");
    bool there = path && file_exists(path);
    free(path);
    return there;
}

/* Every folder below `root` that holds a model. */
static int list_below(const char *root)
{
    int count = 0;
    DIR *dir = opendir(root);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char *path = entry->d_name[0] == '.' ? NULL : file_join(root, entry->d_name);
        if (path && has_model(path)) {
            print_line(path);
            count++;
        }
        free(path);
    }
    if (dir)
        closedir(dir);
    return count;
}

static int list(struct call *call)
{
    const char *chosen = getenv("WHELK_MODEL");
    int count = 0;
    if (chosen && *chosen) {
        print_line(chosen);
        count++;
    }
    if (has_model("generator/weights")) {
        print_line("generator/weights");
        count++;
    }
    count += list_below(WHELK_DATADIR "/models");
    if (count)
        return WHELK_OK;
    whelk_error err = {0};
    whelk_fail(&err, WHELK_EFAIL, "there is no model here; WHELK_MODEL names the folder of one");
    return cli_fail(call, &err);
}

/* Arrays of words as lines, objects below one another: the card as people read it. */
static void print_card(const cJSON *item, int depth)
{
    const cJSON *child;
    cJSON_ArrayForEach(child, item) {
        if (cJSON_IsObject(child) || (cJSON_IsArray(child) && !cJSON_IsString(child->child))) {
            const char *name = child->string;
            if (name)
                printf("%*s%s\n", 2 * depth, "", name);
            print_card(child, depth + (name != NULL));
            continue;
        }
        char line[4096] = "";
        size_t used = 0;
        const cJSON *word;
        if (cJSON_IsString(child))
            snprintf(line, sizeof line, "%s", child->valuestring);
        else if (cJSON_IsNumber(child))
            snprintf(line, sizeof line, "%g", child->valuedouble);
        else if (cJSON_IsBool(child))
            snprintf(line, sizeof line, "%s", cJSON_IsTrue(child) ? "yes" : "no");
        else
            cJSON_ArrayForEach(word, child)
                if (cJSON_IsString(word) && used < sizeof line)
                    used += (size_t)snprintf(line + used, sizeof line - used, "%s%s", used ? ", " : "",
                                             word->valuestring);
        printf("%*s%-12s ", 2 * depth, "", child->string ? child->string : "");
        show_text(stdout, line, 2 * depth + 13, show_width(stdout));
    }
}

static int info(struct call *call, const char *dir)
{
    whelk_error err = {0};
    whelk_generator *g = whelk_gen_open(&(whelk_gen_options){.model_dir = dir}, &err);
    if (!g)
        return cli_fail(call, &err);
    whelk_gen_info i;
    whelk_gen_get_info(g, &i);
    if (call->v.json) {
        puts(i.card_json);
    } else {
        printf("name         %s\nparameters   %.1f million\nclip         up to %.2f seconds\nsteps        %d\n"
               "device       %s, %d threads\nweights      SHA-256 %s\n\nWhat it has learned\n", i.name,
               (double)i.parameters / 1e6, i.seconds, i.default_steps, i.backend, i.threads, i.digest);
        cJSON *card = cJSON_Parse(i.card_json);
        print_card(card, 1);
        cJSON_Delete(card);
    }
    whelk_gen_close(g);
    return WHELK_OK;
}

static int run(struct call *call)
{
    whelk_error err = {0};
    const char *verb = call->opts.word_count ? call->opts.words[0] : "list";
    call->show.mode = SHOW_PLAIN;
    if (strcmp(verb, "list") == 0 && call->opts.word_count <= 1)
        return list(call);
    if (strcmp(verb, "info") == 0 && call->opts.word_count <= 2)
        return info(call, call->opts.word_count > 1 ? call->opts.words[1] : NULL);
    whelk_fail(&err, WHELK_EUSAGE, "whelk model knows list and info [DIR], not \"%s\"", verb);
    return cli_fail(call, &err);
}

const struct command cmd_model = {
    .name = "model", .summary = "the models on this machine, and what one has learned", .words = "list | info [DIR]",
    .examples = "  whelk model list\n  whelk model info                      what the shipped model can show\n",
    .rows = rows, .run = run,
};
