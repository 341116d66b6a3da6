/* How much memory this process may still take; see room.h. */
#include "room.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static long long free_of_machine(void)
{
    long long there = -1, kib;
    char line[128];
    FILE *f = fopen("/proc/meminfo", "re");
    while (f && there < 0 && fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %lld", &kib) == 1)
            there = kib * 1024;
    if (f)
        fclose(f);
    return there;
}

long long room_addresses(void)
{
    struct rlimit limit;
    long long pages;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return -1;
    FILE *f = fopen("/proc/self/statm", "re");
    int read = f ? fscanf(f, "%lld", &pages) : 0;
    if (f)
        fclose(f);
    if (read != 1)
        return -1;
    long long left = (long long)limit.rlim_cur - pages * sysconf(_SC_PAGESIZE);
    return left > 0 ? left : 0;
}

/* --- Control groups --------------------------------------------------------------------------- */

static const struct version {
    const char *controller, *folder, *limit, *used;
    const char *cache[2]; /* words of memory.stat: files' pages, given back when needed */
} versions[] = {
    {"", "", "memory.max", "memory.current", {"inactive_file", "active_file"}},
    {"memory",
     "/memory",
     "memory.limit_in_bytes",
     "memory.usage_in_bytes",
     {"total_inactive_file", "total_active_file"}},
};

/* The number behind `word`, or the file's only one; -1 = none, as in "max". */
static long long number_in(const char *dir, const char *file, const char *word)
{
    char path[4200], line[128];
    long long number = -1;
    snprintf(path, sizeof path, "%s/%s", dir, file);
    FILE *f = fopen(path, "re");
    size_t n = strlen(word);
    while (f && number < 0 && fgets(line, sizeof line, f))
        if (strncmp(line, word, n) == 0 && (n == 0 || line[n] == ' '))
            sscanf(line + n, "%lld", &number);
    if (f)
        fclose(f);
    return number;
}

static long long lesser(long long a, long long b)
{
    return b >= 0 && (a < 0 || b < a) ? b : a;
}

static long long left_in(const struct version *v, const char *dir)
{
    long long limit = number_in(dir, v->limit, ""), used = number_in(dir, v->used, "");
    if (limit < 0 || limit > 1LL << 60 || used < 0) /* version 1 says "none" by a huge one */
        return -1;
    long long left = limit - used;
    for (int i = 0; i < 2; i++) {
        long long cache = number_in(dir, "memory.stat", v->cache[i]);
        left += cache > 0 ? cache : 0;
    }
    return left > 0 ? left : 0;
}

/* In the group and in every one above it: inside a container, the topmost is the container's. */
static long long left_above(const struct version *v, const char *root, const char *group)
{
    char dir[4096];
    long long left = -1;
    int head = snprintf(dir, sizeof dir, "%s%s", root, v->folder);
    if (snprintf(dir, sizeof dir, "%s%s%s", root, v->folder, group) >= (int)sizeof dir)
        return -1;
    for (char *slash; (slash = strrchr(dir, '/')) && slash - dir >= head; *slash = '\0')
        left = lesser(left, left_in(v, dir));
    return lesser(left, left_in(v, dir));
}

long long room_groups(const char *groups, const char *root)
{
    long long left = -1;
    char line[4096];
    FILE *f = fopen(groups, "re");
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *controller = strchr(line, ':');
        char *group = controller ? strchr(controller + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
            if (strcmp(controller + 1, versions[i].controller) == 0)
                left = lesser(left, left_above(&versions[i], root, group));
    }
    if (f)
        fclose(f);
    return left;
}

long long room_memory(void)
{
    return lesser(lesser(free_of_machine(), room_addresses()),
                  room_groups("/proc/self/cgroup", "/sys/fs/cgroup"));
}
