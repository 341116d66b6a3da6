/* whelk doctor: what films need on this machine, what of it is there, and the line that cures what
 * is not. Looks at files and the running system only; changes nothing. */
#define _GNU_SOURCE /* dladdr, sched_getaffinity */
#include <dirent.h>
#include <dlfcn.h>
#include <glob.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../generator/generator.h"
#include "../storyboard/storyboard.h"
#include "base/file.h"
#include "base/http.h"
#include "base/room.h"
#include "cli.h"

static const struct opt_row rows[] = {
    {0, "model", OPT_TEXT, "DIR", CLI_AT(model), .env = "WHELK_MODEL", .setting = true,
     .help = "folder of another model, or the name of a pulled one"},
    CLI_ROWS_SERVER,
    {0},
};

struct exam {
    int missing;         /* of what is needed */
    char packages[1024]; /* that cure it */
};

static void told(const char *what, const char *state, const char *detail)
{
    printf("%-9s %-22s %s\n", state, what, detail);
}

static void lacking(struct exam *x, const char *what, const char *package, const char *detail)
{
    told(what, "MISSING", detail);
    x->missing++;
    if (!package || strstr(x->packages, package))
        return;
    size_t used = strlen(x->packages);
    snprintf(x->packages + used, sizeof x->packages - used, " %s", package);
}

/* --- GStreamer ------------------------------------------------------------------------------- */

/* The folder of GStreamer's plugins: beside the library this program is linked with. */
static bool plugin_folder(char *out, size_t size)
{
    const char *asked = getenv("GST_PLUGIN_SYSTEM_PATH");
    void *symbol = dlsym(RTLD_DEFAULT, "gst_init_check");
    Dl_info where;
    if (asked && *asked) {
        snprintf(out, size, "%.*s", (int)strcspn(asked, ":"), asked);
        return true;
    }
    if (!symbol || !dladdr(symbol, &where) || !where.dli_fname)
        return false;
    char *file = realpath(where.dli_fname, NULL);
    char *slash = file ? strrchr(file, '/') : NULL;
    if (slash)
        snprintf(out, size, "%.*s/gstreamer-1.0", (int)(slash - file), file);
    free(file);
    return slash != NULL;
}

/* Each element the editor cannot do without, the plugin file it comes in, and that file's package.
 */
static const struct plugin {
    const char *element, *file, *package;
} plugins[] = {
    {"compositor", "libgstcompositor.so", "gstreamer1.0-plugins-base"},
    {"parsebin, encodebin", "libgstplayback.so", "gstreamer1.0-plugins-base"},
    {"videoconvert", "libgstvideoconvertscale.so", "gstreamer1.0-plugins-base"},
    {"matroskademux", "libgstmatroska.so", "gstreamer1.0-plugins-good"},
    {"mp4mux", "libgstisomp4.so", "gstreamer1.0-plugins-good"},
    {"imagefreeze", "libgstimagefreeze.so", "gstreamer1.0-plugins-good"},
    {"h264parse", "libgstvideoparsersbad.so", "gstreamer1.0-plugins-bad"},
    {"x264enc", "libgstx264.so", "gstreamer1.0-plugins-ugly"},
    {"avenc_aac, avdec_ffv1", "libgstlibav.so", "gstreamer1.0-libav"},
    {"timelines (GES)", "libgstnle.so", "libges-1.0-0"},
};

static void examine_plugins(struct exam *x)
{
    char folder[512], path[640];
    if (!plugin_folder(folder, sizeof folder)) {
        lacking(x, "GStreamer", "libges-1.0-0", "the library is not there");
        return;
    }
    for (size_t i = 0; i < sizeof plugins / sizeof plugins[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, plugins[i].file);
        if (file_exists(path))
            told(plugins[i].element, "there", plugins[i].package);
        else
            lacking(x, plugins[i].element, plugins[i].package, "GStreamer plugin");
    }
}

/* --- Files: soundfont, voice, fonts --- */

/* The first file that one of the patterns (NULL-terminated) finds. */
static bool find_file(const char *const *patterns, char *out, size_t size)
{
    bool found = false;
    for (; *patterns && !found; patterns++) {
        glob_t g;
        if (glob(*patterns, 0, NULL, &g) == 0 && g.gl_pathc > 0) {
            snprintf(out, size, "%s", g.gl_pathv[0]);
            found = true;
        }
        globfree(&g);
    }
    return found;
}

static void examine_files(struct exam *x)
{
    static const struct {
        const char *what, *package;
        const char *patterns[5];
    } files[] = {
        {"soundfont (score)",
         "fluidr3mono-gm-soundfont",
         {"/usr/share/sounds/sf3/*.sf3", "/usr/share/sounds/sf2/*.sf2",
          "/usr/share/soundfonts/*.sf[23]", NULL}},
        {"espeak-ng (voice)",
         "espeak-ng",
         {"/usr/bin/espeak-ng", "/usr/local/bin/espeak-ng", NULL}},
        {"font (titles)",
         "fonts-quicksand",
         {"/usr/share/fonts/truetype/quicksand/Quicksand-Regular.ttf",
          "/usr/share/fonts/*/*/*.[to]tf", NULL}},
        {"font (Chinese etc.)",
         "fonts-wqy-microhei",
         {"/usr/share/fonts/*/wqy/*", "/usr/share/fonts/*/noto/*CJK*", "/usr/share/fonts/*/*/*CJK*",
          NULL}},
    };
    const char *own = getenv("WHELK_SOUNDFONT");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[512];
        if (i == 0 && own && file_exists(own))
            told(files[i].what, "there", own);
        else if (find_file(files[i].patterns, path, sizeof path))
            told(files[i].what, "there", path);
        else
            lacking(x, files[i].what, files[i].package, "no file found");
    }
}

/* --- The machine ----------------------------------------------------------------------------- */

static void examine_machine(struct exam *x)
{
    char text[1200], gpu[256];
    cpu_set_t set;
    int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    snprintf(text, sizeof text, "%d for this process", cores);
    told("cores", "there", text);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        told("AVX2 and FMA", "there", "");
    else
        lacking(x, "AVX2 and FMA", NULL, "the engine needs a processor of 2013 or later");
#endif
    long long memory = room_memory(), space = file_space(".");
    snprintf(text, sizeof text, "%.1f GB free%s", (double)memory / 1e9,
             memory < 1000000000 ? "; a film needs about 1" : "");
    told("memory", memory < 1000000000 ? "LOW" : "there", text);
    snprintf(text, sizeof text, "%.1f GB free in this folder%s", (double)space / 1e9,
             space < 1000000000 ? "; a film's takes need about 0.1 to 1" : "");
    told("disk", space < 1000000000 ? "LOW" : "there", text);
    whelk_error why = {0};
    if (whelk_gen_has_cuda(gpu, &why))
        snprintf(text, sizeof text, "%s; used by --backend cuda", gpu);
    else
        snprintf(text, sizeof text, "not needed, the processor does the work: %s", why.text);
    told("CUDA", why.code ? "none" : "there", text);
}

static void examine_model(struct exam *x, const char *dir)
{
    whelk_error err = {0};
    whelk_generator *g = whelk_gen_open(&(whelk_gen_options){.model_dir = dir}, &err);
    if (!g) {
        lacking(x, "model", NULL, err.text);
        return;
    }
    whelk_gen_info info;
    whelk_gen_get_info(g, &info);
    char text[256];
    snprintf(text, sizeof text, "%s, %.1f million parameters, on %s", info.name,
             (double)info.parameters / 1e6, info.backend);
    told("model", "there", text);
    whelk_gen_close(g);
}

/* Which one is meant, and does its server answer anything at all? Nothing secret is sent. */
static bool examine_language_model(struct call *call, whelk_error *err)
{
    char host[300], text[2000];
    if (!cli_llm(call, err))
        return false;
    const whelk_llm *llm = call->llm;
    if (!llm) {
        told("language model", "none", "not needed: the offline planner writes the storyboard");
        return true;
    }
    whelk_error why = {0};
    struct http_reply reply = {0};
    bool answers =
        http_send(&(struct http_request){.url = llm->url, .deadline_s = 5}, &reply, &why);
    http_host(llm->url, host, sizeof host);
    snprintf(text, sizeof text, "%.300s%s%s, %s key: %s", llm->model ? llm->model : "",
             llm->model ? " at " : "", host, llm->key ? "with a" : "no",
             answers ? "the server answers" : why.text);
    told("language model", answers ? "there" : "silent", text);
    http_reply_release(&reply);
    return true;
}

static int run(struct call *call)
{
    whelk_error err = {0};
    struct exam x = {0};
    if (call->opts.word_count) {
        whelk_fail(&err, WHELK_EUSAGE, "whelk doctor takes no words");
        return cli_fail(call, &err);
    }
    if (!cli_settings(call, false, &err))
        return cli_fail(call, &err);
    examine_machine(&x);
    examine_model(&x, call->v.model);
    examine_plugins(&x);
    examine_files(&x);
    if (!examine_language_model(call, &err))
        return cli_fail(call, &err);
    if (!x.missing) {
        puts("\nEverything a film needs is there.");
        return WHELK_OK;
    }
    printf("\n%d thing%s missing.\n", x.missing, x.missing > 1 ? "s are" : " is");
    if (x.packages[0])
        printf("The cure: apt-get install --no-install-recommends%s\n", x.packages);
    return WHELK_EFAIL;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .summary = "what this machine has and lacks for making films",
    .words = "",
    .examples = "  whelk doctor\n",
    .rows = rows,
    .run = run,
};
