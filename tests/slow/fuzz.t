#!/bin/sh
# Each fuzz target under libFuzzer with sanitizers, from its corpus, a fixed number of inputs.
. tests/cli/tap.sh
for f in $FUZZERS; do
    name=$(basename "$f")
    mkdir -p "$work/$name"
    cp tests/fuzz/corpus/"$name"/* "$work/$name"
    "$f" -runs=60000 -seed=1 -max_len=4096 -timeout=60 -artifact_prefix="$work/" "$work/$name" >"$work/out" 2>&1
    ok $? "$name takes 60000 inputs"
    grep -E 'ERROR|SUMMARY|does not hold|runtime error' "$work/out" | sed 's/^/#   /'
done
done_testing
