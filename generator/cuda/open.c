/* Finding and opening the CUDA module: beside the program or the library that this code lies in, as
 * the build tree and an installation lay them out, else where it was installed. */
#define _GNU_SOURCE /* dladdr */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

#ifndef WHELK_LIBDIR
#define WHELK_LIBDIR "/usr/local/lib"
#endif

enum { PATH_ROOM = 4096 };
#define MODULE "libwhelk-cuda.so"

static const char module_mark; /* lies in this program or library */

static bool beside(const char *file, char out[PATH_ROOM])
{
    static const char *const places[] = {"", "lib/", "../lib/", "../lib/whelk/"};
    const char *slash = strrchr(file, '/');
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++)
        if (snprintf(out, PATH_ROOM, "%.*s/%s" MODULE, (int)(slash - file), file, places[i]) <
                PATH_ROOM &&
            access(out, R_OK) == 0)
            return true;
    return false;
}

static bool find_module(char out[PATH_ROOM])
{
    char exe[PATH_ROOM];
    Dl_info here;
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    if (beside(exe, out))
        return true;
    char *path =
        dladdr(&module_mark, &here) && here.dli_fname ? realpath(here.dli_fname, NULL) : NULL;
    bool found = path && beside(path, out);
    free(path);
    snprintf(exe, sizeof exe, "%s", WHELK_LIBDIR "/whelk/.");
    return found || beside(exe, out);
}

struct device *device_open_cuda(whelk_error *err)
{
    char path[PATH_ROOM];
    device_entry *entry = NULL;
    if (!find_module(path)) {
        whelk_fail(err, WHELK_EFAIL,
                   "this build has no CUDA module (" MODULE
                   "): make builds it where CUDA's compiler "
                   "and cuDNN 9 are installed");
        return NULL;
    }
    /* never closed: its libraries keep threads and handlers of their own */
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (module)
        *(void **)&entry = dlsym(module, DEVICE_ENTRY);
    if (!entry) {
        whelk_fail(err, WHELK_EFAIL, "%s: cannot be loaded: %s", path, dlerror());
        return NULL;
    }
    return entry(DEVICE_VERSION, err);
}
