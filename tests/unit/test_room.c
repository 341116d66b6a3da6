/* What is left in control groups of either version, the files lying as the kernel lays them. */
#include "tests/tap.h"

#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/room.h"

static char root[] = "/tmp/whelk-room-XXXXXX";

static void file(const char *path, const char *text)
{
    char command[700];
    snprintf(command, sizeof command,
             "mkdir -p \"$(dirname '%s/%s')\" && printf '%s' >'%s/%s'", root, path, text, root,
             path);
    if (system(command) != 0)
        printf("# %s cannot be written\n", path);
}

static void group(const char *dir, const char *const names[3], const char *limit, const char *used,
                  const char *stat)
{
    char path[200];
    const char *const texts[] = {limit, used, stat};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        file(path, texts[i]);
    }
}

static long long left(const char *groups)
{
    char path[100];
    file("groups", groups);
    snprintf(path, sizeof path, "%s/groups", root);
    return room_groups(path, root);
}

int main(void)
{
    static const char *const v2[] = {"memory.max", "memory.current", "memory.stat"};
    static const char *const v1[] = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                                     "memory.stat"};
    if (!mkdtemp(root))
        return 1;
    group("a/b", v2, "max\\n", "500\\n", "anon 1\\ninactive_file 7\\n");
    is_int(left("0::/a/b\\n"), -1, "no limit is none");
    group("a", v2, "1000\\n", "600\\n", "anon 1\\ninactive_file 50\\n");
    is_int(left("0::/a/b\\n"), 450, "the group above bounds it, less the pages that come back");
    group("a/b", v2, "700\\n", "500\\n", "anon 1\\ninactive_file 7\\n");
    is_int(left("0::/a/b\\n"), 207, "and so does its own, which is less");
    group("a/b", v2, "700\\n", "500\\n", "inactive_file 7\\nactive_file 30\\n");
    is_int(left("0::/a/b\\n"), 237, "pages of files that are in use come back, too");
    group("a/b", v2, "700\\n", "900\\n", "anon 1\\n");
    is_int(left("0::/a/b\\n"), 0, "over the limit nothing is left");
    group("memory", v1, "3000\\n", "1000\\n", "total_inactive_file 30\\n");
    is_int(left("9:cpu:/x\\n4:memory:/box/one\\n0::/none\\n"), 2030,
           "in version 1 too, where a container sees its own at the top");
    group("memory", v1, "9223372036854771712\\n", "1000\\n", "total_inactive_file 30\\n");
    is_int(left("4:memory:/\\n"), -1, "whose hugest number is no limit");
    is_int(left("nonsense\\n\\n0:\\n"), -1, "what cannot be read bounds nothing");
    ok(room_memory() > 0, "here there is memory");
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) ? 1 : done_testing();
}
