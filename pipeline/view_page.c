/* The page from top to bottom: title and line, the film, its timeline, the shots, how it came
 * about. Style and script are files of their own (view.css, view.js) that the build puts into the
 * program; the page is one file and asks no network for anything, which its own policy sees to. */
#define _DEFAULT_SOURCE
#include <string.h>

#include "cli.h"
#include "view.h"

extern const char view_css[], view_js[]; /* build/gen/ */

static void put_head(const struct view *v, FILE *out)
{
    const char *language = v->film->language;
    fputs("<!DOCTYPE html>\n<html lang=\"", out);
    html_text(out, language && *language ? language : "en");
    fputs("\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta name=\"generator\" content=\"whelk " WHELK_VERSION "\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "img-src data:; media-src 'self' file:; style-src 'unsafe-inline'; "
          "script-src 'unsafe-inline'\">\n<title>",
          out);
    html_text(out, v->film->title ? v->film->title : "A film");
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n", view_css);
}

static void put_title(const struct view *v, FILE *out)
{
    const whelk_film *f = v->film;
    fputs("<header>\n<h1>", out);
    html_text(out, f->title ? f->title : "Untitled");
    fputs("</h1>\n", out);
    if (f->logline) {
        fputs("<p class=\"logline\">", out);
        html_text(out, f->logline);
        fputs("</p>\n", out);
    }
    const char *prompt = v->reel->prompt ? v->reel->prompt : f->prompt;
    if (prompt) {
        fputs("<figure class=\"line\"><figcaption>The line it was made from</figcaption>\n"
              "<blockquote>",
              out);
        html_text(out, prompt);
        fputs("</blockquote></figure>\n", out);
    }
    fputs("</header>\n", out);
}

static void put_film(const struct view *v, FILE *out)
{
    const whelk_film *f = v->film;
    fprintf(out, "<section class=\"film wide\" aria-label=\"The film\" style=\"--ratio:%d/%d\">\n",
            f->width > 0 ? f->width : 16, f->height > 0 ? f->height : 9);
    if (v->film_name) {
        fprintf(out, "<video id=\"film\" src=\"%s\" controls playsinline preload=\"auto\"",
                v->film_name);
        if (v->poster) {
            fputs(" poster=\"", out);
            html_jpeg(out, v->poster);
            fputs("\"", out);
        }
        fputs(" aria-label=\"", out);
        html_text(out, f->title ? f->title : "The film");
        fprintf(out, "\"><a href=\"%s\">%s</a></video>\n", v->film_name, v->film_name);
    } else {
        fputs("<p class=\"missing\">The film is not cut yet. <code>whelk run</code> makes what is "
              "missing.</p>\n",
              out);
    }
    fputs("<p class=\"facts\">", out);
    html_seconds(out, v->seconds);
    fprintf(out, " <span>%d&#8239;×&#8239;%d</span> <span>%g frames a second</span> ", f->width,
            f->height, f->fps);
    fprintf(out, "<span>%d shot%s</span>", f->shot_count, f->shot_count == 1 ? "" : "s");
    fputs(" <span>planned by ", out);
    html_text(out, !f->planner                          ? "hand"
                   : strcmp(f->planner, "offline") == 0 ? "rules, offline"
                                                        : f->planner);
    fputs("</span></p>\n</section>\n", out);
}

void view_write(const struct view *v, FILE *out)
{
    put_head(v, out);
    fputs("<body>\n<main>\n", out);
    put_title(v, out);
    put_film(v, out);
    view_write_timeline(v, out);
    if (v->film->treatment) {
        fputs("<section class=\"treatment\" aria-labelledby=\"story\">\n<h2 id=\"story\">The "
              "story</h2>\n",
              out);
        html_paragraphs(out, v->film->treatment);
        fputs("</section>\n", out);
    }
    view_write_shots(v, out);
    view_write_story(v, out);
    fprintf(out,
            "</main>\n<footer><p>Made with Whelk %s. This page lies in the reel and needs nothing "
            "but it.</p>\n<p class=\"keys\">Keys: <kbd>space</kbd> plays and stops, <kbd>←</kbd> "
            "<kbd>→</kbd> go from shot to shot, <kbd>,</kbd> <kbd>.</kbd> from frame to "
            "frame.</p></footer>\n",
            WHELK_VERSION);
    fprintf(out, "<script>\n%s</script>\n</body>\n</html>\n", view_js);
}
