/* Too little memory: at every bound of the address space a shot is either made or refused with the
 * cause, and the process that was refused goes on and makes it once it may. A child of this program
 * for each bound, since what a crash takes down must not be the test. And memory that runs out
 * while a shot is made: each single request of the engine's own code is refused in turn. */
#define _GNU_SOURCE /* dl_iterate_phdr */
#include "plugin_test.h"

#include <link.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { MADE = 0, REFUSED = 10, FAILED = 11 };

/* --- Refusing memory -----------------------------------------------------------------------------
 * Every allocation of the process passes here, with the address it was asked from. */

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
static uintptr_t engine_from, engine_to; /* the module's code */
static atomic_long asked, refuse_at;     /* requests of the engine; 0 = none is refused */

static bool refused(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    return at >= engine_from && at < engine_to && ++asked == refuse_at;
}

#pragma GCC visibility push(default)
void *malloc(size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}
#pragma GCC visibility pop

static int find_engine(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size, (void)data;
    if (!strstr(info->dlpi_name, "libwhelk-engine.so"))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        if (h->p_type == PT_LOAD && h->p_flags & PF_X) {
            engine_from = info->dlpi_addr + h->p_vaddr;
            engine_to = engine_from + h->p_memsz;
        }
    }
    return 1;
}

static void bound(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_AS, &limit);
}

static char *shot(void)
{
    GstElement *p = pipeline("whelkshotsrc steps=2 prompt=cat num-frames=2 ! "
                             "video/x-raw,width=64,height=36 ! fakesink");
    char *fault = play(p);
    end_pipeline(p);
    return fault;
}

static int child(int argc, char **argv)
{
    bound((rlim_t)atoi(argv[2]) << 20);
    gst_init(&argc, &argv);
    char *fault = shot();
    if (!fault)
        return MADE;
    fprintf(stderr, "# at %s MB: %s\n", argv[2], fault);
    bool told = strstr(fault, "too little memory") || strstr(fault, "out of memory");
    g_free(fault);
    bound(RLIM_INFINITY);
    fault = shot();
    if (fault)
        fprintf(stderr, "# then: %s\n", fault);
    return told && !fault ? REFUSED : FAILED;
}

/* A shot of a tiny model, which is given the words of the shipped one. */
static char *tiny_model(void)
{
    char *dir = in_dir("tiny"), command[600];
    snprintf(command, sizeof command,
             "mkdir '%s' && cp " TINY "/whelk-tiny.safetensors '%s' && "
             "perl -0pe 'BEGIN { local $/; open F, \"<\", \"tests/golden/card.json\"; "
             "$c = <F> } s/\"card\":\\s*\\{\\}/\"card\": $c/' " TINY "/model.json >'%s/model.json'",
             dir, dir, dir);
    ok(system(command) == 0, "a tiny model is given words");
    return dir;
}

static char *tiny_shot(const char *model, int *made)
{
    GstElement *p = pipeline("whelkshotsrc model=%s steps=1 prompt=\"a cat, static camera\" "
                             "num-frames=2 ! video/x-raw,width=32,height=16 ! fakesink name=k",
                             model);
    char *fault = play(p);
    end_pipeline(p);
    *made += !fault;
    return fault;
}

static int child_without(int argc, char **argv)
{
    int made = 0, told = 0, others = 0;
    gst_init(&argc, &argv);
    char *fault = tiny_shot(argv[2], &made);
    dl_iterate_phdr(find_engine, NULL);
    asked = 0;
    fault = fault ? fault : tiny_shot(argv[2], &made);
    long all = asked;
    for (long n = 1; !fault && n <= all; n++) {
        asked = 0;
        refuse_at = n;
        char *f = tiny_shot(argv[2], &made);
        told += f && strstr(f, "memory") != NULL;
        others += f && !strstr(f, "memory");
        if (f && !strstr(f, "memory"))
            fprintf(stderr, "# request %ld: %s\n", n, f);
        g_free(f);
    }
    refuse_at = 0;
    if (fault)
        fprintf(stderr, "# %s\n", fault);
    g_free(fault);
    fault = tiny_shot(argv[2], &made);
    fprintf(stderr, "# of %ld requests %d were told, %d did without, %d said another thing\n", all,
            told, made - 3, others);
    return all > 50 && told > 50 && !others && !fault ? MADE : FAILED;
}

static void memory_runs_out(const char *self)
{
    char command[300], *model = tiny_model();
    snprintf(command, sizeof command, "ulimit -c 0; OMP_NUM_THREADS=2 %s without %s", self, model);
    int status = system(command);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == MADE,
       "memory that runs out at any request of a shot is told, and the process goes on");
    g_free(model);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "without") == 0)
        return child_without(argc, argv);
    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child(argc, argv);
    plugin_begin(&argc, &argv, (const char *const[]){"coreelements", NULL});
    int too_little = 0, made = 0;
    for (int megabytes = 250; megabytes < 4000 && made < 2; megabytes += 75) {
        char command[300];
        snprintf(command, sizeof command, "ulimit -c 0; OMP_NUM_THREADS=2 %s child %d", argv[0],
                 megabytes);
        int status = system(command);
        int how = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        too_little += how == REFUSED;
        made += how == MADE;
        ok(how == REFUSED || how == MADE, "%d MB of addresses: %s", megabytes,
           how == MADE      ? "made"
           : how == REFUSED ? "refused with the cause, then made"
                            : "broken off");
    }
    memory_runs_out(argv[0]);
    ok(too_little >= 3 && made == 2, "too little is refused (%d times), enough is not", too_little);
    return plugin_end();
}
