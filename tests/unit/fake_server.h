/* Starts tests/tool/fake_llm.c over a play and stops it again. Include in one test program. */
#ifndef WHELK_TESTS_FAKE_SERVER_H
#define WHELK_TESTS_FAKE_SERVER_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct fake {
    pid_t pid;
    char url[64]; /* "http://127.0.0.1:PORT" */
};

/* A play from tests/plays/, or with `text` the play itself. `records` may be NULL. */
static inline struct fake fake_start(const char *play, const char *text, const char *records)
{
    struct fake f = {.pid = -1};
    char path[256], port[16] = "";
    int ends[2];
    snprintf(path, sizeof path, "tests/plays/%s.play", play);
    if (text) {
        snprintf(path, sizeof path, "/tmp/whelk-play-%ld", (long)getpid());
        FILE *out = fopen(path, "w");
        fputs(text, out);
        fclose(out);
    }
    if (pipe(ends) != 0)
        return f;
    f.pid = fork();
    if (f.pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execl("build/tests/fake_llm", "fake_llm", path, records, NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *in = fdopen(ends[0], "r");
    if (!fgets(port, sizeof port, in))
        fprintf(stderr, "# the fake server does not start\n");
    fclose(in);
    if (text)
        unlink(path);
    snprintf(f.url, sizeof f.url, "http://127.0.0.1:%d", atoi(port));
    return f;
}

static inline void fake_stop(struct fake *f)
{
    if (f->pid > 0) {
        kill(f->pid, SIGTERM);
        waitpid(f->pid, NULL, 0);
    }
    f->pid = -1;
}

#endif
