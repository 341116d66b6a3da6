#!/bin/sh
# Each public header compiles alone, as C11 and as C++17, in the layout in which it is installed, and none shows cJSON.
n=0
failed=0
check() {
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}
set -- build/include/whelk/*.h
[ $# -eq 6 ]
check $? "the six public headers are laid out as they are installed (make check does it)"
for h; do
    name=$(basename "$h")
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c "$h"
    check $? "$name compiles alone as C"
    ${CXX:-c++} -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ "$h"
    check $? "$name compiles alone as C++"
    ! grep -q '#include <\(cjson\|cJSON\|gst\|ges\|libav\|dnnl\|curl\)' "$h"
    check $? "$name shows no outside library"
done
echo "1..$n"
exit $failed
