/* From a line of text to a storyboard: plans a film for what a model can show, prints the reasoning
 * and the shots, and saves the file. Usage: plan "a cat dives into a pool" storyboard.json */
#include <stdio.h>
#include <whelk/generator.h>
#include <whelk/storyboard.h>

static long tell(void *ctx, const whelk_note *note)
{
    long *count = ctx;
    printf("%s%s%s: %s\n", note->kind, note->shot ? " " : "", note->shot ? note->shot : "",
           note->text);
    return ++*count;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: plan PROMPT FILE.json\n");
        return WHELK_EUSAGE;
    }
    whelk_error err = {0};
    long notes = 0;
    whelk_listener listen = {.note = tell, .ctx = &notes};
    whelk_film *film = NULL;
    whelk_gen_info model;

    whelk_generator *generator = whelk_gen_open(&(whelk_gen_options){0}, &err);
    if (!generator)
        goto out;
    whelk_gen_get_info(generator, &model);

    film = whelk_plan_offline(
        &(whelk_plan_request){.prompt = argv[1], .card_json = model.card_json}, &listen, &err);
    if (!film || !whelk_film_save(film, argv[2], &err))
        goto out;
    for (int i = 0; i < film->shot_count; i++)
        printf("%s  %.2f s  %s\n", film->shots[i].id, film->shots[i].seconds,
               film->shots[i].prompt);
out:
    if (err.code)
        fprintf(stderr, "plan: %s\n", err.text);
    whelk_film_free(film);
    whelk_gen_close(generator);
    return err.code;
}
