/* The journal: whole lines, numbers that go on, a torn end cut off, and the chain back to the
 * prompt. */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../pipeline/base/file.h"
#include "../../pipeline/base/journal.h"
#include "../tap.h"

static char root[] = "/tmp/whelk-journal-XXXXXX";
static char path[64];

static long put(struct journal *j, const char *kind, const char *shot, long why, const char *text)
{
    return journal_write(
        j, &(whelk_note){.stage = "plan", .kind = kind, .shot = shot, .why = why, .text = text});
}

static void writes_lines(void)
{
    whelk_error err = {0};
    struct journal *j = journal_open(path, &err);
    ok(j != NULL, "a journal is made where there is none");
    is_int(put(j, "prompt", NULL, 0, "a \"cat\"\n$5"), 1, "the first line is number 1");
    is_int(put(j, "thought", "0010", 1, "hm"), 2, "the next is 2");
    cJSON *o = cJSON_Parse(journal_line(j));
    is_str(cJSON_GetStringValue(cJSON_GetObjectItem(o, "shot")), "0010", "a line is JSON");
    is_int(cJSON_GetObjectItem(o, "why")->valuedouble, 1, "it names its cause");
    cJSON_Delete(o);
    long n = journal_write(
        j, &(whelk_note){.stage = "shoot",
                         .kind = "artifact",
                         .why = 2,
                         .text = "x",
                         .data_json =
                             "{\"file\":\"clips/0010-t01.mkv\",\"n\":99,\"kind\":\"false\"}"});
    is_int(n, 3, "data does not replace the number");
    const struct journal_entry *e = journal_last(j, NULL, "artifact", NULL, "clips/0010-t01.mkv");
    ok(e && e->n == 3, "an artifact is found by its file");
    is_str(journal_find(j, 1)->text, "a \"cat\"\n$5", "text passes unharmed");
    journal_close(j);
}

static void goes_on(void)
{
    whelk_error err = {0};
    struct journal *j = journal_open(path, &err);
    is_int(journal_count(j), 3, "the earlier lines are there");
    is_int(put(j, "work", NULL, 1, "again"), 4, "numbers go on in the next run");
    journal_close(j);

    FILE *f = fopen(path, "a");
    fputs("{\"n\":5,\"kind\":\"torn", f);
    fclose(f);
    j = journal_read(path, &err);
    is_int(journal_count(j), 4, "a reader passes over a torn last line");
    is_int(journal_write(j, &(whelk_note){.kind = "work", .text = "x"}), 0,
           "a reader cannot write");
    journal_close(j);
    j = journal_open(path, &err);
    is_int(put(j, "work", NULL, 1, "after the tear"), 5, "a writer cuts it off and goes on");
    journal_close(j);
    j = journal_read(path, &err);
    is_int(journal_count(j), 5, "every line is whole again");
    is_str(journal_at(j, 4)->text, "after the tear", "the last is the new one");
    journal_close(j);
}

static void damaged(void)
{
    whelk_error err = {0};
    const char *lines =
        "{\"n\":1,\"kind\":\"prompt\"}\n\n\x01garbage\n[1]\n"
        "{\"n\":7,\"kind\":\"work\",\"why\":1}\n{\"n\":8,\"why\":9}\n{\"n\":9,\"why\":8}\n";
    ok(file_write(path, lines, strlen(lines), &err), "a journal with bad lines");
    struct journal *j = journal_open(path, &err);
    is_int(journal_count(j), 4, "bad lines in the middle are passed over");
    is_int(put(j, "work", NULL, 7, "\xff bad"), 10, "numbers go on from the greatest");
    is_str(journal_find(j, 10)->text, "\xEF\xBF\xBD bad", "bytes that are not UTF-8 are replaced");
    const struct journal_entry *chain[8];
    is_int(journal_chain(j, 10, chain, 8), 3, "the chain leads to the prompt");
    is_str(chain[2]->kind, "prompt", "and ends there");
    is_int(journal_chain(j, 9, chain, 8), 2, "a why that points forward ends the chain");
    is_int(journal_chain(j, 99, chain, 8), 0, "no such line, no chain");
    journal_close(j);
}

static void no_room(void)
{
    whelk_error err = {0};
    if (access("/dev/full", W_OK) != 0)
        return;
    unlink(path);
    ok(symlink("/dev/full", path) == 0, "a disk without room");
    struct journal *j = journal_open(path, &err);
    if (j) {
        is_int(put(j, "work", NULL, 0, "x"), 0, "a line that cannot be written has no number");
        ok(!journal_check(j, &err), "and is told");
    }
    has_text(err.text, path, "by the file's name");
    journal_close(j);
}

int main(void)
{
    if (!mkdtemp(root))
        return 1;
    snprintf(path, sizeof path, "%s/log.jsonl", root);
    writes_lines();
    goes_on();
    damaged();
    no_room();
    unlink(path);
    rmdir(root);
    return done_testing();
}
