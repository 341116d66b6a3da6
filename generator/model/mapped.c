/* Mapping files. */
#include "mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool mapped_open(struct mapped *m, const char *path, size_t least, const char *kind,
                 whelk_error *err)
{
    struct stat info;
    *m = (struct mapped){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot open: %s", path, strerror(errno));
    bool good = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && (size_t)info.st_size >= least;
    if (!good)
        whelk_fail(err, WHELK_EFAIL, "%s: is not %s, or is cut off", path, kind);
    void *at = good ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    close(fd);
    if (good && at == MAP_FAILED)
        return whelk_fail(err, WHELK_EFAIL, "%s: cannot map: %s", path, strerror(errno));
    if (good)
        *m = (struct mapped){at, (size_t)info.st_size, true};
    return good;
}

void mapped_close(struct mapped *m)
{
    if (m->own)
        munmap((void *)m->data, m->size);
    *m = (struct mapped){0};
}
