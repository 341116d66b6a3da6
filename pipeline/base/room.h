/* How much memory this process may still take, for those who ask before they begin.
 *
 *     long long there = room_memory();
 *     if (there >= 0 && there < needed)
 *         return whelk_fail(err, WHELK_EFAIL, "%lld bytes are needed and %lld are free", ...);
 */
#ifndef WHELK_ROOM_H
#define WHELK_ROOM_H

/* The least of what the machine has free, what is left of the process's address space (ulimit -v)
 * and what is left in its control groups (a container's limit); bytes, -1 = cannot tell. */
long long room_memory(void);

/* What is left of the address space alone; -1 = it is not limited, or cannot be told. */
long long room_addresses(void);

/* What is left in the control groups that `groups` (/proc/self/cgroup) names and in those above
 * them, their files lying under `root` (/sys/fs/cgroup), in version 1 or 2; -1 = no limit. Pages of
 * files that the kernel would give back count as free. */
long long room_groups(const char *groups, const char *root);

#endif
