/* whelk shots: the table of shots, fitted to the terminal. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"

static const struct opt_row rows[] = {
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true,
     .kept = true, .help = "folder of another model, or the name of a pulled one"},
    {0, "json", OPT_FLAG, NULL, CLI_AT(json), .help = "as one JSON object"},
    {0},
};

static double on_screen(const whelk_shot *s)
{
    return (s->seconds - s->trim_in_s - s->trim_out_s) / (s->speed > 0 ? s->speed : 1);
}

static void print_prompt(const char *prompt, int room)
{
    if (room > 3) {
        putchar(' ');
        print_cell(prompt, room, false);
    }
    putchar('\n');
}

/* id, seconds, take, state: 27 columns, and 11 for the camera unless the terminal is narrow; the
 * prompt has the rest. Where even that does not fit there are no seconds. */
static void print_table(const struct reading *r)
{
    const whelk_film *f = r->film;
    int width = print_width(), clean = 0;
    int camera = width < 64 ? 0 : 10, room = width - 28 - (camera ? camera + 1 : 0);
    bool seconds = room >= 0;
    printf(seconds ? "%-5s %5s  " : "%-5s ", "shot", "s");
    printf("%-*s%-5s %-7s", camera ? camera + 1 : 0, camera ? "camera" : "", "take", "state");
    print_prompt("prompt", room);
    for (int i = 0; i < f->shot_count; i++) {
        const whelk_shot *s = &f->shots[i];
        printf(seconds ? "%-5s %5.2f  " : "%-5s ", s->id, on_screen(s));
        print_cell(s->camera ? s->camera : "-", camera, true);
        printf("%s%-5s %-7s", camera ? " " : "", s->take ? s->take : "-", reading_state(r, i));
        print_prompt(s->prompt, room);
        clean += r->states && (r->states[i] == SHOT_CLEAN || shot_is_kept(s, r->states[i]));
    }
    const char *s = f->shot_count == 1 ? "" : "s";
    if (r->states)
        print_row(0, "", "%d shot%s, %.4g s; %d of them stand", f->shot_count, s,
                  whelk_film_cut_seconds(f), clean);
    else
        print_row(0, "", "%d shot%s, %.4g s; how they stand cannot be told: %s", f->shot_count, s,
                  whelk_film_cut_seconds(f), r->state_fault.text);
}

static void add_text(cJSON *o, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(o, name, text);
}

static cJSON *shot_json(const struct reading *r, int i)
{
    const whelk_shot *s = &r->film->shots[i];
    cJSON *o = cJSON_CreateObject();
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)s->seed);
    add_text(o, "id", s->id);
    cJSON_AddNumberToObject(o, "seconds", on_screen(s));
    add_text(o, "camera", s->camera);
    add_text(o, "prompt", s->prompt);
    add_text(o, "take", s->take);
    add_text(o, "state", reading_state(r, i));
    cJSON_AddBoolToObject(o, "locked", s->locked);
    cJSON_AddRawToObject(o, "seed", seed);
    add_text(o, "transition", s->transition);
    return o;
}

static void print_json(const struct reading *r)
{
    cJSON *o = cJSON_CreateObject(), *shots = cJSON_AddArrayToObject(o, "shots");
    for (int i = 0; i < r->film->shot_count; i++)
        cJSON_AddItemToArray(shots, shot_json(r, i));
    cJSON_AddNumberToObject(o, "seconds", whelk_film_cut_seconds(r->film));
    if (!r->states)
        add_text(o, "takes_fault", r->state_fault.text);
    cli_print_json(o);
}

static int run(struct call *call)
{
    whelk_error err = {0};
    struct reading reading;
    bool json = call->v.json;
    call->show.mode = SHOW_PLAIN;
    if (!cli_one_reel(call, 1, &err) || !reading_open(&reading, call, &err))
        return cli_fail(call, &err);
    if (json)
        print_json(&reading);
    else
        print_table(&reading);
    reading_close(&reading);
    return fflush(stdout) == 0 ? WHELK_OK : WHELK_EFAIL;
}

const struct command cmd_shots = {
    .name = "shots",
    .summary = "the table of shots and how each stands",
    .words = "REEL",
    .examples = "  whelk shots cat.reel\n",
    .rows = rows,
    .run = run,
};
