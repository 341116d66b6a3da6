/* The whole way: one line of text to a finished film. Called again on the same reel it goes on
 * where it stopped. Usage: film REEL "a cat dives into a pool" */
#include <stdio.h>
#include <whelk/director.h>

static long tell(void *ctx, const whelk_note *note)
{
    long *count = ctx;
    fprintf(stderr, "%s %s: %s\n", note->stage ? note->stage : "", note->kind,
            note->text ? note->text : "");
    return ++*count;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: film REEL PROMPT\n");
        return WHELK_EUSAGE;
    }
    whelk_error err = {0};
    long notes = 0;
    whelk_reel *reel = whelk_reel_open(argv[1], WHELK_REEL_CREATE, &err);
    if (reel &&
        whelk_run(reel,
                  &(whelk_run_options){
                      .prompt = argv[2], .width = 320, .height = 180, .fps = 12, .steps = 8},
                  &(whelk_listener){.note = tell, .ctx = &notes}, &err))
        puts(whelk_reel_film_path(reel));
    if (err.code)
        fprintf(stderr, "film: %s\n", err.text);
    whelk_reel_close(reel);
    return err.code;
}
