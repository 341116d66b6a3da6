/* Too little memory: at every bound of the address space a shot is either made or refused with the
 * cause, and the process that was refused goes on and makes it once it may. A child of this program
 * for each bound, since what a crash takes down must not be the test. */
#include "plugin_test.h"

#include <sys/resource.h>
#include <sys/wait.h>

enum { MADE = 0, REFUSED = 10, FAILED = 11 };

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
    bool told = strstr(fault, "too little memory") != NULL;
    g_free(fault);
    bound(RLIM_INFINITY);
    fault = shot();
    if (fault)
        fprintf(stderr, "# then: %s\n", fault);
    return told && !fault ? REFUSED : FAILED;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child(argc, argv);
    plugin_begin(&argc, &argv, (const char *const[]){"coreelements", NULL});
    int refused = 0, made = 0;
    for (int megabytes = 250; megabytes < 4000 && made < 2; megabytes += 75) {
        char command[300];
        snprintf(command, sizeof command, "ulimit -c 0; OMP_NUM_THREADS=2 %s child %d", argv[0],
                 megabytes);
        int status = system(command);
        int how = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        refused += how == REFUSED;
        made += how == MADE;
        ok(how == REFUSED || how == MADE, "%d MB of addresses: %s", megabytes,
           how == MADE      ? "made"
           : how == REFUSED ? "refused with the cause, then made"
                            : "broken off");
    }
    ok(refused >= 3 && made == 2, "too little is refused (%d times), enough is not", refused);
    return plugin_end();
}
