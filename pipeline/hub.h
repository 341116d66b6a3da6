/* The model hub, and the folder in which programs of many makers keep what came from it.
 *
 *     struct hub hub;
 *     if (!hub_open(&hub, &err)) ...
 *     char *dir = hub_snapshot(&hub, model);                    // NULL = nothing of it is here
 *     struct hub_file f;
 *     if (!hub_ask(&hub, model, 0, &watch, &f, &err)) ...       // what does the hub say of file 0?
 *     if (!hub_fetch(&hub, model, &f, &watch, &err)) ...        // it comes, is checked and linked
 *     hub_release(&hub);
 *
 * Settings are those of the Hugging Face tools: HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE;
 * HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub. So is the layout:
 *
 *     models--OWNER--NAME/blobs/ETAG               a file; ETAG.incomplete while it comes
 *     models--OWNER--NAME/snapshots/COMMIT/PATH    a relative link to it
 *     models--OWNER--NAME/refs/REVISION            the commit that a name stands for
 *     .locks/models--OWNER--NAME/ETAG.lock         held by who is loading it
 *
 * A file whose digest the hub or the catalogue tells gets its name under blobs/ only when it has
 * that digest: the hub's SHA-256 of large files, git's SHA-1 of small ones, the catalogue's
 * SHA-256. The key goes to HF_ENDPOINT's host only (http.h). Threads: one hub a thread. */
#ifndef WHELK_HUB_H
#define WHELK_HUB_H

#include "catalogue.h"

struct hub {
    char *endpoint, *cache; /* owned; the endpoint without a slash at its end */
    const char *key;        /* of the environment; NULL = none */
    bool offline;
};

struct hub_file { /* what the hub says of one file */
    const struct catalogue_file *what;
    char etag[65];        /* its name under blobs/ */
    char commit[65];      /* of the snapshot it belongs to */
    long long size, part; /* bytes in all; of them in an unfinished one */
    bool here;            /* under blobs/, whole */
};

/* How a transfer is watched; every field but ctx may be NULL. */
struct hub_watch {
    void (*came)(void *ctx, long long size);   /* bytes of the file that are here by now */
    void (*note)(void *ctx, const char *text); /* a sentence: tried again, begun anew */
    bool (*goes_on)(void *ctx);                /* false = WHELK_EINTERRUPTED */
    void *ctx;
};

struct hub_state { /* how much of a model is in its snapshot */
    int files;
    long long bytes, unfinished;
    bool whole;
};

bool hub_open(struct hub *hub, whelk_error *err);
void hub_release(struct hub *hub);
char *hub_folder(const struct hub *hub,
                 const struct catalogue_model *m); /* models--...; caller's */
/* The snapshot that the model's revision stands for; caller's; NULL where it is not here. */
char *hub_snapshot(const struct hub *hub, const struct catalogue_model *m);
struct hub_state hub_state(const struct hub *hub, const struct catalogue_model *m);
/* The model's name in the catalogue as its folder; caller's. *err stays 0 and NULL comes back where
 * it is no name of the catalogue; with *err set it is one and not (wholly) here. */
char *hub_model_dir(const char *name, whelk_error *err);

/* hub_fetch.c. False: WHELK_ECREDENTIALS, WHELK_EQUOTA, WHELK_ENETWORK, WHELK_ETIMEOUT,
 * WHELK_EINTERRUPTED, WHELK_EFAIL (not there, another size or digest, the disk). What came before a
 * failure stays and is gone on with, unless its digest was wrong. */
bool hub_ask(const struct hub *hub, const struct catalogue_model *m, int index,
             const struct hub_watch *watch, struct hub_file *out, whelk_error *err);
bool hub_fetch(const struct hub *hub, const struct catalogue_model *m, const struct hub_file *file,
               const struct hub_watch *watch, whelk_error *err);
/* Before the first file: a revision that is a name gets its ref. */
bool hub_begin(const struct hub *hub, const struct catalogue_model *m, const char *commit,
               whelk_error *err);

/* hub_remove.c: what of a model can go: its links, the blobs that no other snapshot needs, parts.
 */
struct hub_waste {
    struct hub_scrap {
        char *path;
        long long bytes;
    } * all;
    int count, room;
    long long bytes;
};
bool hub_waste_find(struct hub_waste *w, const struct hub *hub, const struct catalogue_model *m,
                    whelk_error *err);
bool hub_waste_remove(const struct hub_waste *w, const struct hub *hub,
                      const struct catalogue_model *m, whelk_error *err);
void hub_waste_release(struct hub_waste *w);

#endif
