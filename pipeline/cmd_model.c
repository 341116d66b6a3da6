/* whelk model: the models there are on this machine, and what one of them has learned; pull and
 * remove are in cmd_model_pull.c. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "../generator/generator.h"
#include "base/bytes.h"
#include "base/file.h"
#include "cli.h"

#ifndef WHELK_DATADIR
#define WHELK_DATADIR "/usr/local/share/whelk"
#endif

static const struct opt_row list_rows[] = {{0}};
static const struct opt_row info_rows[] = {
    {0, "json", OPT_FLAG, NULL, CLI_AT(json), .help = "the capability card as it is"},
    {0},
};

/* A model that cannot be opened is told of too, unless `err` takes the reason. */
static bool print_line(const char *dir, const char *label, whelk_error *err)
{
    whelk_error own = {0};
    whelk_generator *g = whelk_gen_open(&(whelk_gen_options){.model_dir = dir}, &own);
    if (!g) {
        if (err)
            *err = own;
        else
            printf("%s\n", own.text);
        return !err;
    }
    whelk_gen_info info;
    whelk_gen_get_info(g, &info);
    printf("%-14s %5.1f M parameters, clips of %.1f s, %d steps  %s\n", info.name,
           (double)info.parameters / 1e6, info.seconds, info.default_steps, label);
    whelk_gen_close(g);
    return true;
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
            count += print_line(path, path, NULL);
        }
        free(path);
    }
    if (dir)
        closedir(dir);
    return count;
}

/* The one asked for by the environment, the one a run takes otherwise, and those installed. */
static int list(struct call *call)
{
    const char *chosen = getenv("WHELK_MODEL");
    int count = 0;
    whelk_error err = {0};
    call->v.model = chosen && *chosen ? chosen : NULL;
    if (!cli_model(call, &err))
        printf("%s\n", err.text);
    else if (call->v.model)
        count += print_line(call->v.model, call->v.model, NULL);
    unsetenv("WHELK_MODEL");
    err = (whelk_error){0};
    count += print_line(NULL, "the shipped one", &err);
    count += list_below(WHELK_DATADIR "/models");
    model_list_published();
    return count ? WHELK_OK : cli_fail(call, &err);
}

/* A value, or words with commas between, as text; caller's to free. */
static char *line_of(const cJSON *item)
{
    struct bytes b;
    bytes_init(&b, 1 << 16);
    if (cJSON_IsString(item))
        bytes_text(&b, item->valuestring);
    else if (cJSON_IsNumber(item))
        bytes_format(&b, "%g", item->valuedouble);
    else if (cJSON_IsBool(item))
        bytes_text(&b, cJSON_IsTrue(item) ? "yes" : "no");
    for (const cJSON *word = cJSON_IsArray(item) ? item->child : NULL; word; word = word->next)
        if (cJSON_IsString(word))
            bytes_format(&b, "%s%s", b.size ? ", " : "", word->valuestring);
    return bytes_take(&b);
}

/* Arrays of words as lines, objects below one another: the card as people read it. */
static void print_card(const cJSON *item, int depth)
{
    for (const cJSON *child = item ? item->child : NULL; child; child = child->next) {
        const char *name = child->string;
        bool words = cJSON_IsArray(child) && cJSON_IsString(child->child);
        if (child->child && !words) {
            if (name)
                printf("%*s%s\n", 2 * depth, "", name);
            print_card(child, depth + (name != NULL));
            continue;
        }
        char *line = line_of(child);
        printf("%*s%-12s ", 2 * depth, "", name ? name : "");
        show_text(stdout, line ? line : "", 2 * depth + 13, show_width(stdout));
        free(line);
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
        printf("name         %s\nparameters   %.1f million\n", i.name, (double)i.parameters / 1e6);
        printf("clip         up to %.2f seconds\n", i.seconds);
        if (i.longest_s > i.seconds)
            printf("shot         up to %.2f seconds, of an actor whose action goes on\n",
                   i.longest_s);
        printf("steps        %d\n", i.default_steps);
        printf("device       %s, %d threads\n", i.backend, i.threads);
        printf("weights      SHA-256 %s\n\nWhat it has learned\n", i.digest);
        cJSON *card = cJSON_Parse(i.card_json);
        print_card(card, 1);
        cJSON_Delete(card);
    }
    whelk_gen_close(g);
    return WHELK_OK;
}

static int run_list(struct call *call)
{
    whelk_error err = {0};
    call->show.mode = SHOW_PLAIN;
    if (call->opts.word_count == 0)
        return list(call);
    whelk_fail(&err, WHELK_EUSAGE, "\"%s\" is one word too many: whelk model list",
               call->opts.words[0]);
    return cli_fail(call, &err);
}

static int run_info(struct call *call)
{
    whelk_error err = {0};
    call->show.mode = SHOW_PLAIN;
    if (call->opts.word_count <= 1) {
        call->v.model = call->opts.word_count ? call->opts.words[0] : NULL;
        return cli_model(call, &err) ? info(call, call->v.model) : cli_fail(call, &err);
    }
    whelk_fail(&err, WHELK_EUSAGE, "\"%s\" is one word too many: whelk model info [DIR]",
               call->opts.words[1]);
    return cli_fail(call, &err);
}

static int run_verify(struct call *call)
{
    whelk_error err = {0};
    call->show.mode = SHOW_PLAIN;
    if (call->opts.word_count > 1) {
        whelk_fail(&err, WHELK_EUSAGE, "\"%s\" is one word too many: whelk model verify [DIR]",
                   call->opts.words[1]);
        return cli_fail(call, &err);
    }
    call->v.model = call->opts.word_count ? call->opts.words[0] : NULL;
    if (!cli_model(call, &err))
        return cli_fail(call, &err);
    whelk_generator *g = whelk_gen_open(&(whelk_gen_options){.model_dir = call->v.model}, &err);
    bool good = g && whelk_gen_verify(g, &err);
    if (good) {
        whelk_gen_info i;
        whelk_gen_get_info(g, &i);
        printf("%s is whole: %.1f million weights, each of them a number\n", i.name,
               (double)i.parameters / 1e6);
    }
    whelk_gen_close(g);
    return good ? WHELK_OK : cli_fail(call, &err);
}

/* The name with .safetensors for its own ending; caller's. */
static char *safetensors_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t n = dot && (!slash || dot > slash) ? (size_t)(dot - path) : strlen(path);
    char *out = malloc(n + sizeof ".safetensors");
    if (out) {
        memcpy(out, path, n);
        strcpy(out + n, ".safetensors");
    }
    return out;
}

static int convert(struct call *call, const char *from, const char *to)
{
    whelk_error err = {0};
    char *made = to ? NULL : safetensors_name(from);
    const char *path = to ? to : made;
    bool good = path || whelk_fail(&err, WHELK_EFAIL, "out of memory");
    if (good && file_exists(path))
        good = whelk_fail(&err, WHELK_EUSAGE,
                          "%s: is there already; move it away, or name another file", path);
    good = good && whelk_weights_convert(from, path, &err);
    if (good)
        puts(path);
    free(made);
    return good ? WHELK_OK : cli_fail(call, &err);
}

static int run_convert(struct call *call)
{
    whelk_error err = {0};
    int words = call->opts.word_count;
    call->show.mode = SHOW_PLAIN;
    if (words == 1 || words == 2)
        return convert(call, call->opts.words[0], words == 2 ? call->opts.words[1] : NULL);
    whelk_fail(&err, WHELK_EUSAGE, "whelk model convert FILE [TO] takes one or two files");
    return cli_fail(call, &err);
}

static const struct command verb_list = {
    .name = "list",
    .summary = "the models on this machine, and the published ones there are",
    .words = "list",
    .rows = list_rows,
    .run = run_list,
};

static const struct command verb_info = {
    .name = "info",
    .summary = "what one model can show, the shipped one where none is named",
    .words = "info [DIR]",
    .rows = info_rows,
    .run = run_info,
};

static const struct command verb_verify = {
    .name = "verify",
    .summary = "read every weight of a model and say whether all are numbers",
    .words = "verify [DIR]",
    .rows = list_rows,
    .run = run_verify,
};

static const struct command verb_convert = {
    .name = "convert",
    .summary = "turn a checkpoint of PyTorch (.pth) into safetensors, executing nothing of it",
    .words = "convert FILE [TO]",
    .rows = list_rows,
    .run = run_convert,
};

static const struct command *const verbs[] = {&verb_list,   &verb_info,    &verb_model_pull,
                                              &verb_verify, &verb_convert, &verb_model_remove,
                                              NULL};

const struct command cmd_model = {
    .name = "model",
    .summary = "models: what they can show, are they whole, published ones, other formats",
    .words = "list | info [DIR] | pull MODEL | verify [DIR] | convert FILE [TO] | remove MODEL",
    .examples = "  whelk model list\n"
                "  whelk model info                      what the shipped model can show\n"
                "  whelk model pull wan2.1-t2v-1.3b      29 GB, asked about first\n"
                "  whelk run \"A red fox runs\" --model wan2.1-t2v-1.3b\n",
    .verbs = verbs,
};
