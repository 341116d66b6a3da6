/* One take of a shot: an orange cat runs along a beach at dusk, written as BASE.mkv,
 * BASE.latent.safetensors and BASE.json, then its first frame as BASE.png. Usage: shoot BASE [SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <whelk/generator.h>

static bool step(void *ctx, const char *stage, const char *shot, const char *what, double done,
                 double total, double left_s)
{
    (void)ctx, (void)stage, (void)shot;
    fprintf(stderr, "\r%s %.0f of %.0f, %.1f s left ", what, done, total, left_s > 0 ? left_s : 0);
    return true; /* false would cancel */
}

static bool first_frame(const char *base, whelk_error *err)
{
    char path[4096];
    whelk_clip_info info;
    snprintf(path, sizeof path, "%s.mkv", base);
    whelk_clip *clip = whelk_clip_open(path, &info, err);
    if (!clip)
        return false;
    uint8_t *rgb = malloc((size_t)info.width * (size_t)info.height * 3);
    snprintf(path, sizeof path, "%s.png", base);
    bool ok = rgb && whelk_clip_read(clip, rgb, err) &&
              whelk_picture_write(path, rgb, info.width, info.height, err);
    free(rgb);
    whelk_clip_close(clip);
    return ok;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: shoot BASE [SEED]\n");
        return WHELK_EUSAGE;
    }
    whelk_error err = {0};
    whelk_gen_slot slots[] = {
        {"subject", "cat"}, {"action", "run"},    {"place", "beach"},
        {"time", "dusk"},   {"colour", "orange"},
    };
    whelk_gen_request request = {
        .slots = slots,
        .slot_count = sizeof slots / sizeof *slots,
        .caption = "an orange cat runs along the beach at dusk",
        .seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1,
        .width = 640,
        .height = 360,
    };
    whelk_gen_figures f;
    whelk_generator *g = whelk_gen_open(&(whelk_gen_options){0}, &err);
    if (g && whelk_gen_take(g, &request, argv[1], &(whelk_listener){.progress = step}, &f, &err) &&
        first_frame(argv[1], &err))
        printf("\n%d frames in %.2f s: denoise %.2f, decode %.2f, compose %.2f, write %.2f\n",
               f.frames, f.wall_s, f.denoise_s, f.decode_s, f.compose_s, f.write_s);
    if (err.code)
        fprintf(stderr, "shoot: %s\n", err.text);
    whelk_gen_close(g);
    return err.code;
}
