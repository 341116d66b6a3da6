#!/bin/sh
# Every sample does what it says, run one after another as a reader would.
. tests/cli/tap.sh
s=build/samples

$s/plan "a red car drives through the city at night" "$work/storyboard.json" >"$work/out" 2>&1
is $? 0 "plan ends with 0"
test -s "$work/storyboard.json"
ok $? "plan writes a storyboard"
has "$work/out" "0010" "plan prints the shots"

mkdir -p "$work/reel/clips"
for seed in 1 2; do
    $s/shoot "$work/reel/clips/00${seed}0-t01" $seed >"$work/out" 2>&1
    is $? 0 "shoot ends with 0 (seed $seed)"
    $frames "$work/reel/clips/00${seed}0-t01.mkv" >"$work/frames"
    awk '/mean/ { n++; if ($5 > 8) good++ } END { exit !(n > 20 && good == n) }' "$work/frames"
    ok $? "its clip has pictures (seed $seed)"
    test -s "$work/reel/clips/00${seed}0-t01.png"
    ok $? "and its first frame is a PNG"
done
cmp -s "$work/reel/clips/0010-t01.mkv" "$work/reel/clips/0020-t01.mkv"
test $? -eq 1
ok $? "another seed makes another clip"

$s/cut "$work/reel" "Two Runs" clips/0010-t01.mkv clips/0020-t01.mkv >"$work/out" 2>&1
is $? 0 "cut ends with 0"
$frames "$work/reel/film.mp4" | tail -n 1 | grep -q '^size 640x360 fps 24.000'
ok $? "cut makes a film of the size asked for"

$s/film "$work/whole.reel" "a cat dives into a pool" >"$work/out" 2>"$work/err"
is $? 0 "film ends with 0"
test -s "$(tail -n 1 "$work/out")"
ok $? "film prints the path of a film that is there"

export GST_PLUGIN_PATH="$PWD/build/plugins" GST_REGISTRY="$work/registry.bin"
$s/gst_shot "a cat jumps on the beach" "$work/shot.mp4" >"$work/out" 2>&1
is $? 0 "gst_shot ends with 0"
has "$work/out" "step 8 of 8" "having told its steps"
$s/gst_actor "$work/shot.mp4" "$work/actor.mp4" "a dog runs" >"$work/out" 2>&1
is $? 0 "gst_actor ends with 0"
is "$($frames "$work/actor.mp4" | grep -c mean)" 64 "and keeps every frame"
$s/gst_score playful 4 "$work/score.wav" >"$work/out" 2>&1
is $? 0 "gst_score ends with 0"
test "$(wc -c <"$work/score.wav")" -ge 768044
ok $? "and writes four seconds of sound"
$s/gst_slate "a cat runs" "$work" >"$work/out" 2>&1
is $? 0 "gst_slate ends with 0"
has "$work/out" "shot 0010, take t01" "having read the meta"
test -s "$work/10.png"
ok $? "and written pictures"
$s/gst_film "a cat runs?seconds=4" fakesink fakesink >"$work/out" 2>&1
is $? 0 "gst_film ends with 0"
has "$work/out" "0010: " "having told why each shot is there"

for program in samples/*.c; do
    test "$(wc -l <"$program")" -le 80
    ok $? "$program is at most 80 lines"
done
done_testing
