/* How much memory this process may still take; see room.h. */
#include "room.h"

#include <stdio.h>
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

long long room_memory(void)
{
    long long there = free_of_machine(), left = room_addresses();
    return left >= 0 && (there < 0 || left < there) ? left : there;
}
