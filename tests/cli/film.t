#!/bin/sh
# The main command from end to end at its smallest settings: a film is made, its pictures and its sound are there, the log tells
# why, and what is already made is not made again.
. tests/cli/tap.sh
reel=$work/dive.reel
small="--size 320x180 --fps 12 --steps 6"
prompt="A cat dives from a springboard into a pool"

$whelk run "$prompt" -o "$reel" $small >"$work/out" 2>"$work/err"
is $? 0 "run ends with 0"
is "$(tail -n 1 "$work/out")" "$reel/film.mp4" "the last line is the film's path"
for f in prompt.txt storyboard.json log.jsonl timeline.xges film.mp4 score/score.mid; do
    test -s "$reel/$f"
    ok $? "the reel has $f"
done
test ! -e "$reel/lock" || ! fuser "$reel/lock" >/dev/null 2>&1
ok $? "the lock is given back"

# Pictures: neither black nor flat nor frozen, and as many as the storyboard asks for.
$frames "$reel/film.mp4" >"$work/frames"
is $? 0 "the film decodes"
grep -q '^size 320x180 fps 12.000 ' "$work/frames"
ok $? "the film has the size and rate asked for"
awk '/mean/ { n++; if ($5 < 8) flat++ } END { exit !(n > 48 && flat <= n / 10) }' "$work/frames"
ok $? "its pictures are not flat"
awk '/mean/ && $1 > 0 { n++; if ($7 < 0.02) still++ } END { exit !(still <= n / 4) }' "$work/frames"
ok $? "its pictures move"

# The chain of reasons: every artifact leads back to the prompt.
perl -MJSON::PP -ne '
    my $e = decode_json($_); $by{$e->{n}} = $e;
    END {
        my $bad = 0; my $artifacts = 0;
        for my $e (grep { $_->{kind} eq "artifact" } values %by) {
            $artifacts++;
            my ($x, $hops) = ($e, 0);
            $x = $by{$x->{why}} while $x && $x->{kind} ne "prompt" && $x->{why} && $hops++ < 1000;
            $bad++ unless $x && $x->{kind} eq "prompt";
        }
        exit !($artifacts >= 4 && !$bad);
    }' "$reel/log.jsonl"
ok $? "from every artifact the log leads to the prompt"
test "$(grep -c '"kind":"choice"' "$reel/log.jsonl")" -ge 3
ok $? "the log tells choices"

# Again: nothing is made anew.
sha256sum "$reel"/clips/*.mkv >"$work/clips.before"
stat -c '%Y %i' "$reel"/clips/*.mkv "$reel/film.mp4" >"$work/stat.before"
$whelk run "$reel" $small >"$work/out" 2>"$work/err"
is $? 0 "run on the finished reel ends with 0"
stat -c '%Y %i' "$reel"/clips/*.mkv "$reel/film.mp4" >"$work/stat.after"
cmp -s "$work/stat.before" "$work/stat.after"
ok $? "and makes nothing anew"

# -o FILE.mp4: the reel beside it is taken, and the film copied.
$whelk run "$prompt" -o "$work/dive.mp4" $small >"$work/out" 2>"$work/err"
is $? 0 "run -o with a film's name ends with 0"
is "$(tail -n 1 "$work/out")" "$work/dive.mp4" "the last line is the copy"
cmp -s "$reel/film.mp4" "$work/dive.mp4"
ok $? "which holds the film of the reel of that name"
$whelk run "$reel" -o "$work/again.mp4" --json >"$work/out" 2>"$work/err"
cmp -s "$reel/film.mp4" "$work/again.mp4"
ok $? "a reel's film is copied under any name"
has "$work/out" "\"result\":\"$work/again.mp4\"" "and the end event tells it"
stat -c '%Y %i' "$reel"/clips/*.mkv "$reel/film.mp4" | cmp -s "$work/stat.before" -
ok $? "nothing is made anew for it"

# One clip lost: that one is made again, to the same bytes.
lost=$(ls "$reel"/clips/*.mkv | head -n 1)
rm "$lost"
$whelk run "$reel" $small >"$work/out" 2>"$work/err"
is $? 0 "run after a clip was lost ends with 0"
sha256sum "$reel"/clips/*.mkv >"$work/clips.after"
cmp -s "$work/clips.before" "$work/clips.after"
ok $? "the clip is there again, byte for byte"

# A second writer is kept out, with the holder's pid.
$whelk run "a bird flies over a meadow" -o "$work/busy.reel" --size 640x360 --steps 60 >/dev/null 2>&1 &
holder=$!
for i in $(seq 100); do [ -s "$work/busy.reel/lock" ] && break; sleep 0.05; done
$whelk run "$work/busy.reel" >"$work/out" 2>"$work/err"
is $? 1 "a reel in use is refused"
has "$work/err" "$holder" "and the holder's pid is told"

# Ctrl-C: exit code 130, and the next run goes on.
kill -INT $holder
wait $holder
is $? 130 "an interrupted run ends with 130"

done_testing
