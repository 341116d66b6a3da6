/* How much memory this process may still take, for those who ask before they begin.
 *
 *     long long there = room_memory();
 *     if (there >= 0 && there < needed)
 *         return whelk_fail(err, WHELK_EFAIL, "%lld bytes are needed and %lld are free", ...);
 */
#ifndef WHELK_ROOM_H
#define WHELK_ROOM_H

/* What the machine has free, or what is left of the process's address space (ulimit -v) where that
 * is less; bytes, -1 = cannot tell. A control group's limit is not looked at. */
long long room_memory(void);

/* What is left of the address space alone; -1 = it is not limited, or cannot be told. */
long long room_addresses(void);

#endif
