/* Clips in order to a film with a composed score: crossfades between them, a title at the start.
 * Usage: cut REEL TITLE clip.mkv ... (paths absolute or relative to the folder REEL, where film.mp4
 * appears) */
#include <stdio.h>
#include <whelk/editor.h>

int main(int argc, char **argv)
{
    enum { MOST = 32 };
    if (argc < 4 || argc - 3 > MOST) {
        fprintf(stderr, "usage: cut REEL TITLE CLIP... (at most %d clips)\n", MOST);
        return WHELK_EUSAGE;
    }
    whelk_edit_clip clips[MOST] = {{0}};
    int count = argc - 3;
    for (int i = 0; i < count; i++) {
        clips[i].path = argv[3 + i];
        clips[i].transition = i + 1 < count ? "crossfade" : NULL;
        clips[i].transition_s = i + 1 < count ? 0.5 : 0;
    }
    whelk_edit_title title = {.text = argv[2], .kind = "opening", .at_s = 0.3, .seconds = 1.8};
    whelk_edit edit = {
        .clips = clips,
        .clip_count = count,
        .titles = &title,
        .title_count = 1,
        .title = argv[2],
        .score_mood = "playful",
        .width = 640,
        .height = 360,
    };
    whelk_edit_figures f;
    whelk_error err = {0};
    if (!whelk_edit_film(&edit, argv[1], NULL, &f, &err)) {
        fprintf(stderr, "cut: %s\n", err.text);
        return err.code;
    }
    printf("%s/film.mp4: %.2f s, %d frames, %.1f LUFS, %.1f dBTP, %.1f bpm\n", argv[1], f.seconds,
           f.frames, f.loudness_lufs, f.true_peak_dbtp, f.tempo_bpm);
    return 0;
}
