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

for program in samples/*.c; do
    test "$(wc -l <"$program")" -le 80
    ok $? "$program is at most 80 lines"
done
done_testing
