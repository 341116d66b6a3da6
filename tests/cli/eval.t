#!/bin/sh
# make eval's program: a report on the shipped model from a few shots, and what it refuses.
. tests/cli/tap.sh
build/eval --count 3 --out "$work/EVAL.md" --sheet "$work/sheet.png" >"$work/out" 2>"$work/err"
is $? 0 "three scenes are measured"
grep -q '^| subject | ' "$work/EVAL.md"
ok $? "the report has what the judge names"
awk -F'|' '/^\| rises and falls/ { split($3, w, " "); split($4, m, " "); good = w[1] == w[3] && m[3] == w[3] } END { exit !good }' "$work/EVAL.md"
ok $? "the world's divers all rise and fall, and the model was asked for as many"
awk -F'|' '/^\| acceleration/ { good = $3 > 1.1 && $3 < 1.4 } END { exit !good }' "$work/EVAL.md"
ok $? "and fall as the world's gravity has it"
[ "$(head -c 4 "$work/sheet.png" | tail -c 3)" = PNG ]
ok $? "frames are there to look at"
build/eval --model tests/golden/whelk-tiny --count 1 >"$work/out" 2>"$work/err"
is $? 2 "a model of another world is refused"
grep -q 'no slot of this world' "$work/err"
ok $? "and the reason told"
build/eval --judge generator/weights/whelk-mini.safetensors --count 1 >"$work/out" 2>"$work/err"
is $? 1 "other weights are no judge"
build/eval --worldgen /nowhere/worldgen --count 1 >"$work/out" 2>"$work/err"
is $? 1 "without the renderer there is nothing to compare with"
grep -q 'make build/worldgen' "$work/err"
ok $? "and the cure is told"
done_testing
