/* Requests over the network: where a key may go, when a transfer ends, and that a certificate which
 * does not hold is not taken. */
#define _DEFAULT_SOURCE
#include <sys/stat.h>

#include "../../pipeline/base/file.h"
#include "../../pipeline/base/http.h"
#include "../tap.h"
#include "fake_server.h"

static char folder[] = "/tmp/whelk-http-XXXXXX";
static whelk_error err;
static struct http_reply reply;

static bool get(const char *url, const char *key)
{
    http_reply_release(&reply);
    err = (whelk_error){0};
    struct http_request ask = {.url = url, .key = key, .deadline_s = 60};
    return http_send(&ask, &reply, &err);
}

static void answers(void)
{
    struct fake f = fake_start("",
                               "reply 200\ntype Text/Plain; charset=utf-8\nheader Trace-Id: ab1\n"
                               "put hello\nreply 418\nput short and stout\n"
                               "reply 503\nheader Retry-After: 7\n"
                               "reply 503\nheader Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\n",
                               NULL);
    ok(get(f.url, NULL) && reply.status == 200, "an answer");
    is_str(reply.body, "hello", "its body");
    is_str(reply.type, "text/plain", "its type, in small letters");
    is_str(reply.trace, "ab1", "the server's name for it");
    ok(get(f.url, NULL) && reply.status == 418, "a refusal is an answer too");
    is_str(reply.body, "short and stout", "with its body");
    ok(reply.retry_after_s < 0, "and no pause");
    ok(get(f.url, NULL) && reply.retry_after_s == 7, "a pause in seconds");
    ok(get(f.url, NULL) && reply.retry_after_s == 0, "a date that is past");
    fake_stop(&f);
    ok(!get(f.url, NULL) && err.code == WHELK_ENETWORK, "nobody there");
    has_text(err.text, "is it running?", "told with the cure");
    static const char *const none[] = {"", "nonsense here", "ftp://h/x", "file:///etc/passwd",
                                       NULL};
    for (int i = 0; none[i]; i++)
        ok(!get(none[i], NULL) && err.code == WHELK_EUSAGE, "\"%s\" is no address", none[i]);
    ok(!get("http://me:secret@127.0.0.1:1/", NULL) && !strstr(err.text, "secret"),
       "an address with a secret is refused without telling it");
}

static const char *head(int n)
{
    static char text[4096];
    char path[64], *data = NULL;
    snprintf(path, sizeof path, "%s/%d.head", folder, n);
    text[0] = '\0';
    if (file_read(path, sizeof text - 1, &data, NULL, NULL))
        snprintf(text, sizeof text, "%s", data);
    free(data);
    return text;
}

/* localhost and 127.0.0.1 are two hosts to us, though one machine. */
static void redirects(void)
{
    char play[400], there[80];
    struct fake other = fake_start("", "reply 200\nput elsewhere\n", folder);
    snprintf(there, sizeof there, "http://localhost:%s", strrchr(other.url, ':') + 1);
    snprintf(play, sizeof play,
             "reply 302\nheader Location: %s/x\nreply 302\nheader Location: %s/x\n"
             "reply 307\nheader Location: /home\nreply 200\nput home\n",
             there, there);
    struct fake f = fake_start("", play, NULL);
    ok(!get(f.url, "secret") && err.code == WHELK_ENETWORK,
       "a redirect to another host is refused while there is a key");
    has_text(err.text, "localhost", "the host is told");
    ok(reply.hopeless, "and that another try is no use");
    is_str(head(1), "", "nothing was sent there");
    ok(get(f.url, NULL) && strcmp(reply.body, "elsewhere") == 0, "without a key it is followed");
    has_text(head(1), "GET /x", "there");
    ok(!strstr(head(1), "Authorization"), "and nothing is revealed");
    ok(get(f.url, "secret") && strcmp(reply.body, "home") == 0,
       "a redirect within a host is followed with the key");
    fake_stop(&f);
    char again[200];
    f = fake_start("",
                   "reply 302\nheader Location: /\nreply 302\nheader Location: /\nreply 302\n"
                   "header Location: /\nreply 302\nheader Location: /\nreply 302\n"
                   "header Location: /\nreply 302\nheader Location: /\nreply 200\n",
                   NULL);
    snprintf(again, sizeof again, "%s/", f.url);
    ok(!get(again, NULL) && err.code == WHELK_ENETWORK, "redirects in a circle end");
    fake_stop(&f);
    fake_stop(&other);
}

static void keep_length(void *ctx, const char *name, const char *value)
{
    if (strcmp(name, "x-linked-size") == 0)
        snprintf(ctx, 32, "%s", value);
}

/* For downloads: the file's bytes may lie with another host, which the key is not for. */
static void roaming(void)
{
    char play[400], said[32] = "";
    struct fake other = fake_start("", "reply 200\nput there\n", folder);
    snprintf(play, sizeof play,
             "reply 302\nheader X-Linked-Size: 12\nheader Location: http://localhost:%s/y\n"
             "reply 302\nheader Location: http://localhost:%s/y\n",
             strrchr(other.url, ':') + 1, strrchr(other.url, ':') + 1);
    struct fake f = fake_start("", play, NULL);
    struct http_request ask = {
        .url = f.url, .key = "secret", .head = true, .header = keep_length, .ctx = said};
    http_reply_release(&reply);
    ok(http_send(&ask, &reply, &err) && reply.status == 302,
       "to a HEAD a redirect to another host is the answer");
    is_str(said, "12", "its headers are passed on");
    ask = (struct http_request){.url = f.url, .key = "secret", .roams = true};
    ok(http_send(&ask, &reply, &err) && strcmp(reply.body, "there") == 0,
       "a request that roams follows it");
    has_text(head(1), "GET /y", "there");
    ok(!strstr(head(1), "secret") && !strstr(head(1), "Authorization"), "without the key");
    fake_stop(&f);
    fake_stop(&other);
}

static void limits(void)
{
    struct fake f = fake_start("", "reply 200\njunk 100000\nreply 200\nput a\nhold\n", NULL);
    http_reply_release(&reply);
    struct http_request small = {.url = f.url, .ceiling = 5000};
    ok(!http_send(&small, &reply, &err) && err.code == WHELK_EFAIL, "an answer over the ceiling");
    has_text(err.text, "5000 bytes allowed", "is told");
    http_reply_release(&reply);
    struct http_request quiet = {.url = f.url, .silence_s = 0.2};
    ok(!http_send(&quiet, &reply, &err) && err.code == WHELK_ETIMEOUT, "silence ends");
    fake_stop(&f);
}

/* A server of openssl's with a certificate nobody vouches for. */
static pid_t start_tls(int *port)
{
    char command[600], line[200];
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
             "-subj /CN=whelk -addext subjectAltName=IP:127.0.0.1 -keyout %s/key.pem "
             "-out %s/cert.pem 2>/dev/null",
             folder, folder);
    int ends[2];
    if (system(command) != 0 || pipe(ends) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        char key[64], cert[64];
        snprintf(key, sizeof key, "%s/key.pem", folder);
        snprintf(cert, sizeof cert, "%s/cert.pem", folder);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        alarm(120);
        execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-key", key,
               "-cert", cert, NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *in = fdopen(ends[0], "r");
    *port = 0;
    while (*port == 0 && fgets(line, sizeof line, in))
        sscanf(line, "ACCEPT 127.0.0.1:%d", port);
    return pid; /* the pipe stays open: the server goes on writing */
}

static void certificates(void)
{
    int port = 0;
    char url[64], cert[64];
    unsetenv("SSL_CERT_FILE");
    pid_t pid = start_tls(&port);
    ok(pid > 0 && port > 0, "a TLS server of our own");
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", port);
    ok(!get(url, "secret") && err.code == WHELK_ENETWORK, "its certificate is not taken");
    has_text(err.text, "certificate does not hold", "and that is told");
    snprintf(cert, sizeof cert, "%s/cert.pem", folder);
    setenv("SSL_CERT_FILE", cert, 1);
    ok(get(url, NULL) && reply.status == 200, "it is, once SSL_CERT_FILE vouches for it");
    snprintf(url, sizeof url, "https://localhost:%d/", port);
    ok(!get(url, NULL), "but not under another name");
    if (pid > 0) {
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
    }
}

static void hosts(void)
{
    char host[64];
    http_host("https://api.minimax.io/v1", host, sizeof host);
    is_str(host, "api.minimax.io", "a host");
    http_host("http://Box:8080/v1?x=1", host, sizeof host);
    is_str(host, "box:8080", "with its port where that is unusual");
    ok(http_is_local("http://127.0.0.1:1/") && http_is_local("http://localhost/") &&
           http_is_local("http://[::1]:8/") && !http_is_local("http://127.0.0.1.evil.example/"),
       "this machine is known");
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    answers();
    redirects();
    roaming();
    limits();
    certificates();
    hosts();
    http_reply_release(&reply);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ok(system(command) == 0, "cleared up");
    return done_testing();
}
