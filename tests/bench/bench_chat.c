/* What a streamed answer costs the client: CPU time of one chat_ask over loopback, from the request
 * to the reply, for 100 kB on the wire and for 100 kB of text in small pieces (a long plan with its
 * reasoning). The aim is 5 ms for the first; the rival is reading the same bytes with libcurl and
 * doing nothing. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../../pipeline/base/http.h"
#include "../../storyboard/chat.h"
#include "../unit/fake_server.h"

#define RUNS 20

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

/* A play of the same answer, twice RUNS times. */
static char *make_play(size_t text_bytes, int piece)
{
    char *play = NULL, *text = malloc(text_bytes + 1);
    size_t size = 0;
    for (size_t i = 0; i < text_bytes; i++)
        text[i] = "The cat walks to the edge, looks down and thinks. "[i % 50];
    text[text_bytes] = '\0';
    FILE *f = open_memstream(&play, &size);
    for (int i = 0; i < 2 * RUNS; i++)
        fprintf(f, "reply 200\npieces %d\nthink %s\ncontent {\"done\":true}\n", piece, text);
    fclose(f);
    free(text);
    return play;
}

static int by_cost(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool discard(void *ctx, const char *data, size_t size)
{
    (void)data;
    *(size_t *)ctx += size;
    return true;
}

static bool measure(const char *name, size_t text_bytes, int piece)
{
    double ours[RUNS], bare[RUNS];
    size_t wire = 0;
    whelk_error err = {0};
    char *play = make_play(text_bytes, piece);
    struct fake f = fake_start("", play, NULL);
    whelk_chat *chat = chat_new(&(whelk_llm){.url = f.url}, NULL, &err);
    cJSON *messages = cJSON_CreateArray();
    bool done = chat && messages && chat_say(messages, "user", "hello");
    for (int i = 0; done && i < RUNS; i++) {
        struct chat_reply reply;
        double began = cpu_s();
        done = chat_ask(chat, &(struct chat_ask){.messages = messages, .purpose = "x"}, &reply,
                        &err) &&
               strlen(reply.reasoning) == text_bytes;
        ours[i] = cpu_s() - began;
        chat_reply_release(&reply);
    }
    for (int i = 0; done && i < RUNS; i++) {
        struct http_reply reply;
        wire = 0;
        double began = cpu_s();
        done = http_send(
            &(struct http_request){
                .url = f.url, .body = "{}", .body_size = 2, .take = discard, .ctx = &wire},
            &reply, &err);
        bare[i] = cpu_s() - began;
        http_reply_release(&reply);
    }
    if (done) {
        qsort(ours, RUNS, sizeof *ours, by_cost);
        qsort(bare, RUNS, sizeof *bare, by_cost);
        printf("%-28s %8zu bytes on the wire: %6.2f ms of CPU, %.2f of them libcurl's\n", name,
               wire, 1e3 * ours[RUNS / 2], 1e3 * bare[RUNS / 2]);
    } else {
        fprintf(stderr, "bench_chat: %s\n", err.text);
    }
    chat_free(chat);
    cJSON_Delete(messages);
    fake_stop(&f);
    free(play);
    return done;
}

int main(void)
{
    return !(measure("a reply of 100 kB", 3900, 7) &&
             measure("100 kB of text, tokens of 4", 100000, 4));
}
