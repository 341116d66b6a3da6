#!/bin/sh
# A film of a minute: many shots, one after another, in bounded memory and of the length asked for.
. tests/cli/tap.sh
$whelk run "A cat walks through the city at night, then a red car drives through the desert, then a boat sails at dusk" \
    -o "$work/long.reel" --seconds 60 --size 320x180 --fps 12 --steps 6 >"$work/out" 2>"$work/err"
is $? 0 "run ends with 0"
$frames "$work/long.reel/film.mp4" >"$work/frames"
awk '/^size/ { n = $6 } END { exit !(n >= 648 && n <= 792) }' "$work/frames"
ok $? "the film is a minute long, give or take a tenth"
awk '/mean/ { n++; if ($5 < 8) flat++ } END { exit !(n && flat <= n / 10) }' "$work/frames"
ok $? "its pictures are not flat"
done_testing
