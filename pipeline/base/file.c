/* Whole-file reading and writing, and the few folder and path helpers. A write goes to
 * "<path>.part", is synced, and only then takes the place of the old file; the folder is synced
 * too, so that a power cut cannot bring the old name back. */
#define _DEFAULT_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "bytes.h"

static bool read_all(int fd, struct bytes *b, const char *path, whelk_error *err)
{
    char block[65536];
    for (;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return whelk_fail(err, WHELK_EFAIL, "%s: cannot read: %s", path, strerror(errno));
        if (got == 0)
            return true;
        if ((size_t)got > b->ceiling - b->size)
            return whelk_fail(err, WHELK_EFAIL, "%s: is larger than the %zu bytes allowed", path,
                              b->ceiling);
        if (!bytes_append(b, block, (size_t)got))
            return whelk_fail(err, WHELK_EFAIL, "%s: no memory to read it", path);
    }
}

/* Those that the shell hands over are there to be read: "-", <(...). */
static bool is_handed_over(const char *path)
{
    return strncmp(path, "/dev/", 5) == 0;
}

bool file_is_plain(const char *path, whelk_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
        return true; /* who opens it says what is wrong */
    return whelk_fail(err, WHELK_EFAIL, "%s: is %s, no file", path,
                      S_ISDIR(st.st_mode) ? "a folder" : "a pipe or device");
}

bool file_read(const char *path, size_t ceiling, char **data, size_t *size, whelk_error *err)
{
    if (!is_handed_over(path) && !file_is_plain(path, err))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot open: %s", path, strerror(errno));
    struct bytes b;
    bytes_init(&b, ceiling);
    bool done = read_all(fd, &b, path, err);
    close(fd);
    size_t got = b.size;
    if (!done) {
        bytes_release(&b);
        return false;
    }
    char *taken = bytes_take(&b);
    if (!taken)
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory to read it", path);
    *data = taken;
    if (size)
        *size = got;
    return true;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, data, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        data += put;
        size -= (size_t)put;
    }
    return true;
}

/* Syncs the folder that holds path. Some file systems cannot; the file itself is safe by then, so
 * that is no error. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(dir);
}

/* What a new file is filled with: memory, or another file from where it stands. */
struct content {
    const char *data;
    size_t size;
    int fd; /* >= 0: this file instead */
};

static bool fill(int fd, const struct content *c)
{
    if (c->fd < 0)
        return write_all(fd, c->data, c->size);
    char block[65536];
    for (;;) {
        ssize_t got = read(c->fd, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        if (!write_all(fd, block, (size_t)got))
            return false;
    }
}

static bool replace_file(const char *path, const struct content *c, whelk_error *err)
{
    size_t length = strlen(path);
    char *part = malloc(length + sizeof ".part");
    if (!part)
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory to write it", path);
    memcpy(part, path, length);
    memcpy(part + length, ".part", sizeof ".part");

    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool done = fd >= 0 && fill(fd, c) && fsync(fd) == 0;
    int why = done ? 0 : errno;
    if (fd >= 0 && close(fd) != 0 && done) {
        why = errno;
        done = false;
    }
    if (done && rename(part, path) != 0) {
        why = errno;
        done = false;
    }
    if (done)
        sync_folder(path);
    else if (fd >= 0)
        unlink(part);
    free(part);
    return done || whelk_fail(err, WHELK_EFAIL, "%s: cannot write: %s", path, strerror(why));
}

bool file_write(const char *path, const void *data, size_t size, whelk_error *err)
{
    return replace_file(path, &(struct content){.data = data, .size = size, .fd = -1}, err);
}

bool file_copy(const char *from, const char *to, whelk_error *err)
{
    struct stat a, b;
    if (stat(from, &a) == 0 && stat(to, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return true;
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot open: %s", from, strerror(errno));
    bool done = replace_file(to, &(struct content){.fd = fd}, err);
    close(fd);
    return done;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

static bool make_dir(const char *path, whelk_error *err)
{
    struct stat st;
    if (mkdir(path, 0777) == 0)
        return true;
    int why = errno;
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return true;
        why = ENOTDIR;
    }
    return whelk_fail(err, WHELK_EFAIL, "%s: cannot make the folder: %s", path, strerror(why));
}

bool file_make_dirs(const char *path, whelk_error *err)
{
    char *work = strdup(path);
    if (!work)
        return whelk_fail(err, WHELK_EFAIL, "%s: no memory to make the folder", path);
    bool done = true;
    for (char *p = work + 1; done && work[0] && *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        done = make_dir(work, err);
        *p = '/';
    }
    done = done && make_dir(work, err);
    free(work);
    return done;
}

char *file_join(const char *dir, const char *name)
{
    if (name[0] == '/' || dir[0] == '\0')
        return strdup(name);
    size_t dir_size = strlen(dir), name_size = strlen(name);
    bool slash = dir[dir_size - 1] != '/';
    char *path = malloc(dir_size + slash + name_size + 1);
    if (!path)
        return NULL;
    memcpy(path, dir, dir_size);
    if (slash)
        path[dir_size] = '/';
    memcpy(path + dir_size + slash, name, name_size + 1);
    return path;
}

long long file_space(const char *path)
{
    struct statvfs fs;
    char *work = strdup(path);
    long long space = -1;
    while (work) {
        if (statvfs(work[0] ? work : ".", &fs) == 0) {
            space = (long long)fs.f_bavail * (long long)fs.f_frsize;
            break;
        }
        char *slash = strrchr(work, '/');
        if (errno != ENOENT || work[0] == '\0' || strcmp(work, "/") == 0)
            break;
        if (slash == work)
            work[1] = '\0';
        else if (slash)
            *slash = '\0';
        else
            work[0] = '\0';
    }
    free(work);
    return space;
}
