/* The reel: its name, its one prompt, its lock against living and dead writers, its state and its
 * history. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../pipeline/base/file.h"
#include "../../pipeline/reel.h"
#include "../tap.h"

static char root[] = "/tmp/whelk-reel-XXXXXX";
static whelk_error err;

static char *in_root(const char *name)
{
    return file_join(root, name);
}

static void is_slug(const char *prompt, const char *want)
{
    char *got = reel_default_path("", prompt, &err);
    is_str(got, want, "a name is made: %s", want);
    free(got);
}

static void names(void)
{
    is_slug("A cat dives into a pool!", "a-cat-dives-into-a-pool.reel");
    is_slug("  The dog's $5 -- day\n", "the-dogs-5-day.reel");
    is_slug("\xE7\x8C\xAB", "film.reel");
    is_slug("../../etc/passwd", "etc-passwd.reel");
    is_slug("a very long line about a cat that dives into a pool",
            "a-very-long-line-about-a-cat-that-dives.reel");
    is_slug("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeee",
            "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd.reel");
}

static void one_prompt(void)
{
    char *first = reel_default_path(root, "a cat", &err);
    whelk_reel *reel = whelk_reel_open(first, WHELK_REEL_CREATE, &err);
    ok(reel != NULL, "a reel is made");
    ok(reel_set_prompt(reel, "a cat", &err), "it takes a prompt");
    ok(!reel_set_prompt(reel, "a dog", &err), "and no other");
    is_int(err.code, WHELK_EUSAGE, "which is the caller's mistake");
    ok(reel_set_prompt(reel, "a cat", &err), "the same one is fine");
    whelk_reel_close(reel);

    char *again = reel_default_path(root, "a cat", &err),
         *other = reel_default_path(root, "A cat?", &err);
    is_str(again, first, "the same prompt gets the same folder");
    has_text(other, "/a-cat-2.reel", "another prompt of the same name gets a number");
    free(again);
    free(other);

    reel = whelk_reel_open(first, WHELK_REEL_READ, &err);
    is_str(reel->prompt, "a cat", "the prompt is read back");
    whelk_reel_close(reel);
    free(first);
}

static void refuses_bad_prompts(void)
{
    char *path = in_root("prompt.reel");
    whelk_reel *reel = whelk_reel_open(path, WHELK_REEL_CREATE, &err);
    char *long_one = calloc(1, 100001);
    memset(long_one, 'a', 100000);
    const char *bad[] = {"", " \n\t", "\xff\xfe", long_one};
    for (int i = 0; i < 4; i++) {
        err = (whelk_error){0};
        ok(!reel_set_prompt(reel, bad[i], &err) && err.code == WHELK_EUSAGE,
           "bad prompt %d is refused", i);
    }
    const char *odd = "a \"cat\" \\ $5 $(x) `y`\n'z'\n";
    ok(reel_set_prompt(reel, odd, &err), "an odd one is taken");
    char *file = reel_file(reel, "prompt.txt"), *text = NULL;
    file_read(file, 1000, &text, NULL, &err);
    is_str(text, odd, "byte for byte");
    free(text);
    free(file);
    free(long_one);
    whelk_reel_close(reel);
    free(path);
}

static void foreign_folders(void)
{
    char *path = in_root("mine"), *file = in_root("mine/letter.txt"), *none = in_root("none");
    mkdir(path, 0777);
    file_write(file, "x", 1, &err);
    ok(!whelk_reel_open(path, WHELK_REEL_CREATE, &err), "a folder of other things is left alone");
    has_text(err.text, "is no reel", "and told");
    ok(!whelk_reel_open(none, WHELK_REEL_WRITE, &err),
       "a reel that is not there cannot be gone on with");
    ok(!file_exists(none), "and is not made");
    free(path);
    free(file);
    free(none);
}

/* A child opens the reel and waits on the pipe; with `wild` it leaves without closing. */
static pid_t holder(const char *path, int pipes[2], bool wild)
{
    int ready[2];
    if (pipe(ready) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        char c = 0;
        whelk_reel *reel = whelk_reel_open(path, WHELK_REEL_CREATE, NULL);
        close(pipes[1]);
        if (write(ready[1], reel ? "y" : "n", 1) != 1 || read(pipes[0], &c, 1) < 0)
            _exit(1);
        if (!wild)
            whelk_reel_close(reel);
        _exit(0);
    }
    char c = 0;
    ok(read(ready[0], &c, 1) == 1 && c == 'y', "a process holds the reel");
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void locks(void)
{
    char *path = in_root("lock.reel"), *file = in_root("lock.reel/lock"), pid_text[32];
    for (int wild = 0; wild < 2; wild++) {
        int pipes[2];
        if (pipe(pipes) != 0)
            return;
        pid_t pid = holder(path, pipes, wild);
        ok(!whelk_reel_open(path, WHELK_REEL_WRITE, &err), "a second writer is kept out");
        snprintf(pid_text, sizeof pid_text, "process %ld", (long)pid);
        has_text(err.text, pid_text, "the sentence names the holder");
        whelk_reel *reader = whelk_reel_open(path, WHELK_REEL_READ, &err);
        ok(reader != NULL, "a reader is let in");
        whelk_reel_close(reader);
        close(pipes[0]);
        close(pipes[1]);
        waitpid(pid, NULL, 0);
        ok(file_exists(file) == (wild == 1),
           wild ? "a dead holder leaves its lock" : "the lock is gone");
        char *part = in_root("lock.reel/film.mp4.part");
        file_write(part, "half", 4, &err);
        whelk_reel *reel = whelk_reel_open(path, WHELK_REEL_WRITE, &err);
        ok(reel && reel->dead_holder == (wild ? pid : 0),
           wild ? "it is taken over" : "the next may write");
        whelk_reel_close(reel);
        ok(!file_exists(file), "and given back");
        ok(file_exists(part) == (wild == 0), "what a dead holder left half-written is removed");
        unlink(part);
        free(part);
        char *log = in_root("lock.reel/prompt.txt");
        file_write(log, "p", 1, &err);
        free(log);
    }
    free(path);
    free(file);
}

static void state_and_history(void)
{
    char *path = in_root("state.reel");
    whelk_reel *reel = whelk_reel_open(path, WHELK_REEL_CREATE, &err);
    reel_set_prompt(reel, "a cat", &err);
    cJSON_AddNumberToObject(reel_state(reel, "shoot"), "steps", 8);
    ok(reel_save_state(reel, &err), "the state is saved");
    char *story = reel_file(reel, "storyboard.json");
    const char *versions[] = {"{1}", "{1}", "{2}"};
    for (int i = 0; i < 3; i++) {
        file_write(story, versions[i], 3, &err);
        ok(reel_keep_history(reel, "a change", &err), "storyboard %d is kept", i);
    }
    ok(reel_has(reel, "history/0001.json") && reel_has(reel, "history/0002.json") &&
           !reel_has(reel, "history/0003.json"),
       "one copy for each change");
    whelk_reel_close(reel);

    reel = whelk_reel_open(path, WHELK_REEL_WRITE, &err);
    is_int(cJSON_GetObjectItem(reel_state(reel, "shoot"), "steps")->valuedouble, 8,
           "the state is read");
    char *file = reel_file(reel, "reel.json");
    file_write(file, "{nonsense", 9, &err);
    whelk_reel_close(reel);
    reel = whelk_reel_open(path, WHELK_REEL_WRITE, &err);
    ok(reel && reel_state(reel, "plan"), "a damaged state reads as none");
    whelk_reel_close(reel);
    free(file);
    free(story);
    free(path);
}

int main(void)
{
    if (!mkdtemp(root))
        return 1;
    names();
    one_prompt();
    refuses_bad_prompts();
    foreign_folders();
    locks();
    state_and_history();
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command) == 0 ? done_testing() : 1;
}
