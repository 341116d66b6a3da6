#!/bin/sh
# The unit tests that need neither GStreamer nor much computing once more under valgrind: reads of memory nobody wrote, which the sanitizers do not see.
. tests/cli/tap.sh
for test in ${VALGRIND_TESTS:?the Makefile names them}; do
    OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive valgrind -q --error-exitcode=99 --leak-check=no "$test" >"$work/out" 2>"$work/err"
    status=$?
    ok $status "$(basename "$test") runs clean"
    [ $status -eq 0 ] || { grep '^not ok' "$work/out"; head -n 20 "$work/err"; } | sed 's/^/#   /'
done
done_testing
