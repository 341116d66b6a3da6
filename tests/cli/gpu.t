#!/bin/sh
# --backend cuda with the shipped model, from the option to the pictures. The module is one made of this processor
# (tests/tool/host_module.c), laid beside a copy of the program; what NVIDIA's does is for `make gpu-check`.
. tests/cli/tap.sh
mkdir "$work/bin" && cp "$whelk" build/tests/host/libwhelk-cuda.so "$work/bin/"
on="$work/bin/whelk"
small="--steps 3 --budget 0.6"

$on doctor >"$work/out" 2>&1
has "$work/out" "host; used by --backend cuda" "the device is found"
for backend in cpu cuda; do
    $on plan "A cat dives into a pool" -o "$work/$backend.reel" --size 320x180 --fps 12 >"$work/out" 2>&1
    $on shoot "$work/$backend.reel" --backend $backend $small >"$work/out" 2>"$work/err"
    is $? 0 "$backend: the takes are made"
    $on log "$work/$backend.reel" | tr -s '\n ' '  ' >"$work/log"
    test $backend = cpu && on_what="on cpu, " || on_what="on cuda: host, "
    has "$work/log" "parameters) $on_what" "and the log says on what"
    for clip in "$work/$backend.reel"/clips/*.mkv; do
        $frames "$clip"
    done >"$work/$backend.frames"
done
# Shots hold the place of the first; the budget leaves tokens out and makes others coarse.
awk '/mean/ { if (FNR == NR) { mean[++n] = $3; spread[n] = $5 } }
     /mean/ && FNR != NR { m++; if ($3 - mean[m] > 0.02 || mean[m] - $3 > 0.02 || $5 - spread[m] > 0.02 || spread[m] - $5 > 0.02) bad++ }
     END { exit !(n > 48 && m == n && !bad) }' "$work/cpu.frames" "$work/cuda.frames"
ok $? "every frame has the brightness and the spread that the processor's has"
grep -h '"tokens":' "$work/cpu.reel"/clips/*.json >"$work/cpu.tokens"
grep -h '"tokens":' "$work/cuda.reel"/clips/*.json >"$work/cuda.tokens"
test -s "$work/cpu.tokens" && cmp -s "$work/cpu.tokens" "$work/cuda.tokens"
ok $? "by as many tokens, step by step"
grep -q '"device":	"host"' "$work"/cuda.reel/clips/*-t01.json && ! grep -q '"device"' "$work"/cpu.reel/clips/*-t01.json
ok $? "each record names its device"

$on shoot "$work/cuda.reel" --backend cuda --vram 10M --steps 2 >"$work/out" 2>"$work/err"
is $? 1 "too little of the GPU's memory is refused"
has "$work/err" "the model whelk-mini needs" "with how much it takes"
has "$work/err" "grant more (--vram)" "and the cure"
$on shoot "$work/cuda.reel" --backend cuda $small >"$work/out" 2>"$work/err"
is $? 0 "what is made is kept"
test "$(ls "$work/cuda.reel"/clips/*.mkv | wc -l)" = "$(ls "$work/cpu.reel"/clips/*.mkv | wc -l)"
ok $? "and not made again"

done_testing
