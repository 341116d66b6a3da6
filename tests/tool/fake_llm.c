/* A language model's server that only plays: every request is answered by the next reply of a play
 * file, well or badly as it says. Loopback only, one request at a time, ends by itself.
 *
 *     fake_llm PLAY [RECORDS]      prints "PORT\n"; with RECORDS each request is kept there as
 *                                  1.head and 1.body, 2.head ...
 *
 * A play is lines; each reply begins with `reply STATUS`:
 *
 *     type TEXT            content type, else text/event-stream
 *     header NAME: VALUE
 *     think TEXT           reasoning; lines of it and of `content` are joined by newlines
 *     content TEXT         the answer
 *     file PATH            the answer from a file
 *     call NAME JSON       a call of a tool
 *     field NAME           where reasoning goes: reasoning_content, reasoning, reasoning_details,
 *                          thinking, tags
 *     pieces N             bytes a piece, else 7
 *     cumulative           each piece repeats all before
 *     whole                not streamed: one object
 *     finish WORD          else stop or tool_calls
 *     usage IN OUT
 *     cut                  nothing after the last piece
 *     raw TEXT             text and a newline as they are; \n \r \\ and \xHH are read
 *     put TEXT             the same without a newline
 *     junk N               N bytes of noise
 *     writes N             N bytes a write
 *     drip SECONDS         between writes
 *     hold                 keep the connection, say nothing more
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CALLS 32
#define LIFE_S 300

struct reply {
    int status, pieces, calls;
    long writes, tokens_in, tokens_out;
    double drip;
    bool cumulative, whole, cut, hold, says;
    const char *type, *field, *finish;
    char *headers, *think, *content, *raw;
    size_t raw_size;
    char *names[CALLS], *arguments[CALLS];
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static char *slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0;
    if (!f)
        die(path);
    ssize_t got = getdelim(&text, &size, EOF, f);
    fclose(f);
    return got < 0 ? strdup("") : text;
}

/* Adds text to a string, on a line of its own. */
static void add_line(char **to, const char *text)
{
    char *all = NULL;
    if (asprintf(&all, "%s%s%s", *to ? *to : "", *to ? "\n" : "", text) < 0)
        die("memory");
    free(*to);
    *to = all;
}

static void add_raw(struct reply *r, const char *text, bool newline)
{
    char *out = realloc(r->raw, r->raw_size + strlen(text) + 2);
    if (!out)
        die("memory");
    r->raw = out;
    out += r->raw_size;
    for (; *text; text++) {
        unsigned hex;
        if (text[0] != '\\')
            *out++ = *text;
        else if (*++text == 'x' && sscanf(text + 1, "%2x", &hex) == 1)
            *out++ = (char)hex, text += 2;
        else
            *out++ = *text == 'n' ? '\n' : *text == 'r' ? '\r' : *text;
    }
    if (newline)
        *out++ = '\n';
    r->raw_size = (size_t)(out - r->raw);
}

static void add_junk(struct reply *r, long size)
{
    char *out = realloc(r->raw, r->raw_size + (size_t)size + 1);
    if (!out)
        die("memory");
    r->raw = out;
    for (long i = 0; i < size; i++)
        out[r->raw_size + (size_t)i] = "junk and more junk "[i % 19];
    r->raw_size += (size_t)size;
}

static void add_call(struct reply *r, char *text)
{
    char *space = strchr(text, ' ');
    if (space)
        *space = '\0';
    r->names[r->calls] = strdup(text);
    r->arguments[r->calls++] = strdup(space ? space + 1 : "{}");
    r->says = true;
}

static void read_line(struct reply *r, char *word, char *rest)
{
    bool says = !strcmp(word, "think") || !strcmp(word, "content") || !strcmp(word, "file");
    r->says = r->says || says;
    if (!strcmp(word, "type"))
        r->type = strdup(rest);
    else if (!strcmp(word, "header"))
        add_line(&r->headers, rest);
    else if (!strcmp(word, "think"))
        add_line(&r->think, rest);
    else if (!strcmp(word, "content"))
        add_line(&r->content, rest);
    else if (!strcmp(word, "file"))
        add_line(&r->content, slurp(rest));
    else if (!strcmp(word, "call") && r->calls < CALLS)
        add_call(r, rest);
    else if (!strcmp(word, "field"))
        r->field = strdup(rest);
    else if (!strcmp(word, "pieces"))
        r->pieces = atoi(rest);
    else if (!strcmp(word, "cumulative"))
        r->cumulative = true;
    else if (!strcmp(word, "whole"))
        r->whole = true;
    else if (!strcmp(word, "finish"))
        r->finish = strdup(rest);
    else if (!strcmp(word, "usage"))
        sscanf(rest, "%ld %ld", &r->tokens_in, &r->tokens_out);
    else if (!strcmp(word, "cut"))
        r->cut = true;
    else if (!strcmp(word, "raw") || !strcmp(word, "put"))
        add_raw(r, rest, word[0] == 'r');
    else if (!strcmp(word, "junk"))
        add_junk(r, atol(rest));
    else if (!strcmp(word, "writes"))
        r->writes = atol(rest);
    else if (!strcmp(word, "drip"))
        r->drip = atof(rest);
    else if (!strcmp(word, "hold"))
        r->hold = true;
    else {
        fprintf(stderr, "fake_llm: what is \"%s\"?\n", word);
        exit(1);
    }
}

static struct reply *read_play(const char *path, int *count)
{
    struct reply *replies = NULL;
    char *text = slurp(path);
    *count = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *rest = line + strcspn(line, " ");
        if (*line == '#')
            continue;
        if (*rest)
            *rest++ = '\0';
        if (!strcmp(line, "reply")) {
            replies = realloc(replies, sizeof *replies * (size_t)(*count + 1));
            if (!replies)
                die("memory");
            replies[(*count)++] = (struct reply){
                .status = atoi(rest), .pieces = 7, .tokens_in = -1, .field = "reasoning_content"};
        } else if (*count) {
            read_line(&replies[*count - 1], line, rest);
        }
    }
    return replies;
}

/* --- Saying it ------------------------------------------------------------------------------- */

static void put_string(FILE *out, const char *text, size_t size)
{
    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void put_delta(FILE *out, const char *body, size_t size)
{
    fprintf(out,
            "data: {\"id\":\"fake\",\"object\":\"chat.completion.chunk\",\"model\":\"fake-1\","
            "\"choices\":[{\"index\":0,\"delta\":%.*s,\"finish_reason\":null}]}\n\n",
            (int)size, body);
}

static void put_text(FILE *out, const struct reply *r, const char *field, const char *text)
{
    size_t size = strlen(text), at = 0;
    while (at < size) {
        size_t n = (size_t)r->pieces < size - at ? (size_t)r->pieces : size - at;
        while (n < size - at && ((unsigned char)text[at + n] & 0xC0) == 0x80)
            n++; /* never half a character */
        char *delta = NULL;
        size_t delta_size = 0;
        FILE *f = open_memstream(&delta, &delta_size);
        bool details = !strcmp(field, "reasoning_details");
        fprintf(f, "{\"%s\":%s", field, details ? "[{\"type\":\"reasoning.text\",\"text\":" : "");
        if (r->cumulative)
            put_string(f, text, at + n);
        else
            put_string(f, text + at, n);
        fputs(details ? "}]}" : "}", f);
        fclose(f);
        put_delta(out, delta, delta_size);
        free(delta);
        at += n;
    }
}

static void put_calls(FILE *out, const struct reply *r)
{
    for (int i = 0; i < r->calls; i++) {
        char *delta = NULL;
        size_t delta_size = 0, size = strlen(r->arguments[i]);
        FILE *f = open_memstream(&delta, &delta_size);
        fprintf(f,
                "{\"tool_calls\":[{\"index\":%d,\"id\":\"call_%d_%s\",\"type\":\"function\","
                "\"function\":{\"name\":\"%s\",\"arguments\":\"\"}}]}",
                i, i, r->names[i], r->names[i]);
        fclose(f);
        put_delta(out, delta, delta_size);
        free(delta);
        for (size_t at = 0; at < size; at += (size_t)r->pieces) {
            size_t n = (size_t)r->pieces < size - at ? (size_t)r->pieces : size - at;
            f = open_memstream(&delta, &delta_size);
            fprintf(f, "{\"tool_calls\":[{\"index\":%d,\"function\":{\"arguments\":", i);
            put_string(f, r->arguments[i] + at, n);
            fputs("}}]}", f);
            fclose(f);
            put_delta(out, delta, delta_size);
            free(delta);
        }
    }
}

static const char *finish_of(const struct reply *r)
{
    return r->finish ? r->finish : r->calls ? "tool_calls" : "stop";
}

static void put_usage(FILE *out, const struct reply *r)
{
    if (r->tokens_in >= 0)
        fprintf(out, "\"usage\":{\"prompt_tokens\":%ld,\"completion_tokens\":%ld},", r->tokens_in,
                r->tokens_out);
}

static void put_stream(FILE *out, const struct reply *r)
{
    bool tags = !strcmp(r->field, "tags");
    char *text = NULL;
    if (asprintf(&text, "%s%s%s%s", tags && r->think ? "<think>" : "",
                 tags && r->think ? r->think : "", tags && r->think ? "</think>\n\n" : "",
                 r->content ? r->content : "") < 0)
        die("memory");
    if (r->think && !tags)
        put_text(out, r, r->field, r->think);
    put_text(out, r, "content", text);
    free(text);
    put_calls(out, r);
    if (r->cut)
        return;
    fprintf(out,
            "data: {\"model\":\"fake-1\",\"choices\":[{\"index\":0,\"delta\":{},"
            "\"finish_reason\":\"%s\"}]}\n\n: a comment\n\n",
            finish_of(r));
    if (r->tokens_in >= 0) {
        fputs("data: {\"model\":\"fake-1\",", out);
        put_usage(out, r);
        fputs("\"choices\":[]}\n\n", out);
    }
    fputs("data: [DONE]\n\n", out);
}

static void put_whole(FILE *out, const struct reply *r)
{
    fputs("{\"object\":\"chat.completion\",\"model\":\"fake-1\",", out);
    put_usage(out, r);
    fputs("\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":", out);
    put_string(out, r->content ? r->content : "", r->content ? strlen(r->content) : 0);
    if (r->think) {
        fprintf(out, ",\"%s\":", r->field);
        put_string(out, r->think, strlen(r->think));
    }
    for (int i = 0; i < r->calls; i++) {
        fprintf(out,
                "%s{\"id\":\"call_%d\",\"type\":\"function\",\"function\":{\"name\":\"%s\","
                "\"arguments\":",
                i ? "," : ",\"tool_calls\":[", i, r->names[i]);
        put_string(out, r->arguments[i], strlen(r->arguments[i]));
        fputs("}}", out);
    }
    fprintf(out, "%s},\"finish_reason\":\"%s\"}]}", r->calls ? "]" : "", finish_of(r));
}

/* Waits, or until the other side has gone. */
static bool wait_s(int fd, double seconds)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLRDHUP};
    char byte;
    int got = poll(&p, 1, (int)(seconds * 1000));
    return got == 0 || (got > 0 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0);
}

static void send_all(int fd, const struct reply *r, const char *data, size_t size)
{
    size_t step = r->writes > 0 ? (size_t)r->writes : size;
    for (size_t at = 0; at < size;) {
        size_t n = step < size - at ? step : size - at;
        ssize_t sent = send(fd, data + at, n, MSG_NOSIGNAL);
        if (sent <= 0 || (r->drip > 0 && !wait_s(fd, r->drip)))
            return;
        at += (size_t)sent;
    }
}

static void play(int fd, const struct reply *r)
{
    char *head = NULL, *body = NULL;
    size_t head_size, body_size;
    FILE *f = open_memstream(&head, &head_size);
    fprintf(f, "HTTP/1.1 %d Played\r\nConnection: close\r\nContent-Type: %s\r\n", r->status,
            r->type    ? r->type
            : r->whole ? "application/json"
                       : "text/event-stream");
    for (char *line = r->headers ? strtok(strdup(r->headers), "\n") : NULL; line;
         line = strtok(NULL, "\n"))
        fprintf(f, "%s\r\n", line);
    fputs("\r\n", f);
    fclose(f);
    f = open_memstream(&body, &body_size);
    if (r->says && r->whole)
        put_whole(f, r);
    else if (r->says)
        put_stream(f, r);
    fwrite(r->raw ? r->raw : "", 1, r->raw_size, f);
    fclose(f);
    struct reply plain = {0};
    send_all(fd, &plain, head, head_size);
    send_all(fd, r, body, body_size);
    if (r->hold)
        wait_s(fd, LIFE_S);
    free(head);
    free(body);
}

/* --- Listening ------------------------------------------------------------------------------- */

static void keep(const char *folder, int n, const char *end, const char *data, size_t size)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%d.%s", folder, n, end);
    FILE *f = fopen(path, "wb");
    if (!f)
        die(path);
    fwrite(data, 1, size, f);
    fclose(f);
}

/* Reads one request whole; false when the other side went before. */
static bool take_request(int fd, const char *folder, int n)
{
    size_t room = 1 << 16, size = 0, body = 0, want = SIZE_MAX;
    char *data = malloc(room + 1);
    while (data && size < want) {
        if (size == room)
            data = realloc(data, (room *= 2) + 1);
        ssize_t got = data ? recv(fd, data + size, room - size, 0) : 0;
        if (got <= 0)
            break;
        size += (size_t)got;
        data[size] = '\0';
        char *end = body ? NULL : strstr(data, "\r\n\r\n");
        if (end) {
            char *length = strcasestr(data, "\r\ncontent-length:");
            body = (size_t)(end - data) + 4;
            want = body + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
        }
    }
    bool whole = data && size >= want;
    if (whole && folder) {
        keep(folder, n, "head", data, body);
        keep(folder, n, "body", data + body, size - body);
    }
    free(data);
    return whole;
}

static int listen_here(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) || listen(fd, 8) ||
        getsockname(fd, (struct sockaddr *)&at, &size))
        die("listen");
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    int count = 0;
    if (argc < 2) {
        fputs("fake_llm PLAY [RECORDS]\n", stderr);
        return 2;
    }
    struct reply *replies = read_play(argv[1], &count);
    struct reply over = {.status = 500, .type = "application/json"};
    add_raw(&over, "{\"error\":{\"message\":\"the play is over\"}}", false);
    alarm(LIFE_S);
    signal(SIGPIPE, SIG_IGN);
    int at = listen_here(), on = 1;
    for (int n = 0;;) {
        int fd = accept(at, NULL, NULL);
        if (fd < 0)
            die("accept");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (take_request(fd, argc > 2 ? argv[2] : NULL, n + 1)) {
            play(fd, n < count ? &replies[n] : &over);
            n++;
        }
        shutdown(fd, SHUT_WR);
        close(fd);
    }
}
