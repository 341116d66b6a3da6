#!/bin/sh
# --backend cuda with the shipped model, from the option to the pictures. The module is one made of this processor
# (tests/tool/host_module.c), laid beside a copy of the program; what NVIDIA's does is for `make gpu-check`.
. tests/cli/tap.sh
. tests/cli/tiny_wan.sh
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

# A model of whole frames under a budget that all its switches are needed for: what is left out is left out there, too.
model="$work/wan"
tiny_wan "$model" 128 128 10
export XDG_CACHE_HOME="$work/cache"
for backend in cpu cuda; do
    $on run "A red fox runs." --model "$model" --backend $backend --budget 0.2 --size 128x128 --seconds 1 -o "$work/wan-$backend.reel" >"$work/out" 2>"$work/err"
    is $? 0 "$backend: a Wan model's film under a budget"
    $on log "$work/wan-$backend.reel" | tr -s '\n ' '  ' >"$work/log"
    grep -o '10 steps in.*of its work' "$work/log" | sed 's/in [0-9.]* s//' >"$work/wan-$backend.said"
    $frames "$work/wan-$backend.reel/clips/0010-t01.mkv" | awk '/mean/ { print $3, $5 }' >"$work/wan-$backend.frames"
done
has "$work/wan-cuda.said" "near frames only, " "with near frames"
has "$work/wan-cuda.said" "tokens joined in the middle blocks, " "pairs of tokens"
has "$work/wan-cuda.said" "on half the size" "and half the size"
cmp "$work/wan-cpu.said" "$work/wan-cuda.said"
ok $? "as the processor does"
paste "$work/wan-cpu.frames" "$work/wan-cuda.frames" | awk '{ for (i = 1; i < 3; i++) { d = $i - $(i + 2); if (d < 0) d = -d; if (d > 0.1 || NF != 4) bad++ } } END { exit !(NR == 24 && !bad) }'
ok $? "and every frame is as bright and as lively as the processor's"

done_testing
