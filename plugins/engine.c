/* Finding and opening the engine's module: beside the plugin in the build tree, else where it was
 * installed. */
#define _GNU_SOURCE /* dladdr */
#include "engine.h"

#include <dlfcn.h>
#include <gst/gst.h>

#include "../pipeline/base/room.h"

#ifndef WHELK_LIBDIR
#define WHELK_LIBDIR "/usr/local/lib"
#endif

#define MODULE "libwhelk-engine.so"

static const char mark; /* lies in this plugin */

/* build/plugins/libgstwhelk.so finds build/lib/libwhelk-engine.so. */
static char *module_path(void)
{
    Dl_info plugin;
    if (dladdr(&mark, &plugin) && plugin.dli_fname) {
        char *folder = g_path_get_dirname(plugin.dli_fname);
        char *path = g_build_filename(folder, "..", "lib", MODULE, NULL);
        g_free(folder);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return path;
        g_free(path);
    }
    return g_build_filename(WHELK_LIBDIR, "whelk", MODULE, NULL);
}

struct opened {
    const struct engine *engine;
    whelk_error err;
};

/* The libraries take that much of the address space, and GLib ends the program where a thread of
 * theirs finds none left. */
#define ADDRESSES (448LL << 20)

static gboolean check_room(whelk_error *err)
{
    long long left = room_addresses();
    return left < 0 || left >= ADDRESSES ||
           whelk_fail(err, WHELK_EFAIL,
                      "too little memory: Whelk's engine needs %lld bytes of address space and "
                      "%lld are left; raise the limit (ulimit -v)",
                      ADDRESSES, left);
}

static gpointer open_once(gpointer unused)
{
    (void)unused;
    struct opened *o = g_new0(struct opened, 1);
    char *path = module_path();
    /* its own symbols stay its own, and it is never closed: its libraries keep threads */
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    engine_entry *entry = NULL;
    if (module)
        *(void **)&entry = dlsym(module, ENGINE_SYMBOL);
    if (entry)
        o->engine = entry();
    else
        whelk_fail(&o->err, WHELK_EFAIL,
                   "Whelk's engine cannot be loaded: %s; install Whelk again (make install), or "
                   "build build/lib/%s beside the plugin",
                   dlerror(), MODULE);
    g_free(path);
    return o;
}

const struct engine *engine_open(whelk_error *err)
{
    static GOnce once = G_ONCE_INIT;
    if (g_atomic_int_get((gint *)&once.status) != G_ONCE_STATUS_READY && !check_room(err))
        return NULL; /* another time there may be room */
    const struct opened *o = g_once(&once, open_once, NULL);
    if (!o->engine && err)
        *err = o->err;
    return o->engine;
}
