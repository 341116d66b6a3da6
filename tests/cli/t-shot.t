#!/bin/sh
# Work on a reel shot by shot: the table, every change of a shot, what becomes stale by it, and the way back.
. tests/cli/tap.sh
reel="$work/the cat's \"reel\".reel"
"$whelk" plan "A cat dives into a pool" -o "$reel" --size 64x36 -q >/dev/null 2>&1 &&
    "$whelk" shoot "$reel" --steps 2 -q >/dev/null 2>&1
ok $? "takes to work on"

# state ID: the word of the table
state() { "$whelk" shots "$reel" | awk -v id="$1" '$1 == id { print $5 }'; }
# field ID NAME: of a shot as it stands in the file
field() { "$whelk" shot "$reel" show "$1" --json | sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1; }
# wrong TEXT NAME ARGS...: refused with exit code 2 in one line, and the storyboard is as it was
wrong() {
    text=$1 name=$2
    shift 2
    cp "$reel/storyboard.json" "$work/before.json"
    refused 2 "$text" "$name" "$@"
    cmp -s "$reel/storyboard.json" "$work/before.json"
    ok $? "$name: nothing is changed"
}

# The table.
"$whelk" shots "$reel" >"$work/out"
is "$(grep -c ' clean ' "$work/out")" 4 "four shots, all clean"
has "$work/out" "4 shots, 9.375 s; 4 of them stand" "and the film's length"
is "$("$whelk" shots "$reel" --json | grep -o '"state":"clean"' | wc -l)" 4 "the same as JSON"
script -qec "stty cols 60; '$whelk' shots \"$work/\"*.reel" /dev/null 2>/dev/null | tr -d '\r' >"$work/out"
is "$(awk 'length > 60' "$work/out")" "" "in a terminal of 60 columns no line is longer"
grep -q '\.\.\.$' "$work/out"
ok $? "what does not fit ends in dots"

# A prompt makes one shot stale, and its slots follow.
does "a new prompt" "1 shot is to be made anew: 0020" shot "$reel" set 0020 --prompt "the orange cat jumps by the pool" -m "more haste"
has "$work/out" "(more haste)" "with the reason"
has "$work/out" "action jump instead of run" "and what it means to the model"
is "$(state 0020)" stale "that shot is stale"
is "$(state 0030)" clean "another is not"
"$whelk" log "$reel" --shot 0020 >"$work/log"
has "$work/log" "more haste" "the log tells the reason"
is "$(field 0020 why)" "more haste" "it is why the shot is so now"
does "undo" "No take became stale" undo "$reel"
is "$(state 0020)" clean "and its take stands again"
does "redo" "0020" redo "$reel"
is "$(state 0020)" stale "and is stale again"
wrong "nothing to redo" "redo at the end" redo "$reel"
does "a change after an undo" "0040" shot "$reel" set 0040 --camera static
"$whelk" undo "$reel" -q && "$whelk" undo "$reel" -q
is "$(state 0020)" clean "two steps back"
does "the history" "camera = static" history "$reel" list
is "$("$whelk" history "$reel" list --json | wc -l)" 3 "names every version"
"$whelk" history "$reel" show 2 | cmp -s - "$reel/history/0002.json"
ok $? "and shows each as it was"
does "back to one of them" "version 3" history "$reel" back 3
is "$(field 0040 camera)" static "its changes are there"
"$whelk" history "$reel" back 1 -q
is "$(field 0040 camera)" push-in "back to the first"
wrong "no version 99" "a version there is not" history "$reel" back 99

# Each thing that can be set.
does "seconds" "seconds = 1.5" shot "$reel" set 0010 --seconds 1.5
is "$("$whelk" shots "$reel" | awk '$1 == "0010" { print $2 }')" 1.50 "are set"
does "a seed" "seed = 18446744073709551615" shot "$reel" set 0010 --seed 18446744073709551615
is "$(field 0010 seed)" 18446744073709551615 "keeps all its digits"
does "a slot" "slots.time = night" shot "$reel" set 0010 --slot time=night
does "speed and trims" "speed = 2" shot "$reel" set 0010 --speed 2 --trim-in 0.25 --trim-out 0.25
is "$("$whelk" shots "$reel" | awk '$1 == "0010" { print $2 }')" 0.50 "count on screen"
does "narration" "voice.text = Look" shot "$reel" set 0010 --narration Look
does "several shots at once" "Shot 0030: locked = true" shot "$reel" lock 0020 0030
is "$(state 0030)" locked "is shown to be"
is "$("$whelk" shot "$reel" set 0030 --seed 5 >/dev/null; state 0030)" locked "a locked shot keeps its take"
does "unlock" "to be made anew: 0030" shot "$reel" unlock 0030
does "a picture to begin with" "first_frame" shot "$reel" set 0040 --first-frame samples/strip.png
is "$(field 0040 first_frame)" pictures/strip.png "is copied into the reel"
cmp -s "$reel/pictures/strip.png" samples/strip.png
ok $? "whole"
does "going on from the shot before" "first_frame = previous" shot "$reel" set 0040 --from-previous
"$whelk" history "$reel" back 1 -q
does "a picture to end on" "last_frame" shot "$reel" set 0040 --last-frame samples/strip.png
is "$(field 0040 last_frame)" pictures/strip.png "is copied, too"
"$whelk" shoot "$reel" 0040 -q >"$work/out" 2>&1
is $? 2 "a model that cannot end on one refuses the shot"
has "$work/out" "cannot end on a picture" "and says why"
does "taken away again" "last_frame" shot "$reel" set 0040 --no-last-frame
refused 2 "exclude each other" "both at once" shot "$reel" set 0040 --no-last-frame --last-frame samples/strip.png

# A sound.
head -c 2000 /dev/urandom >"$work/splash.wav"
does "a sound to be heard with it" "No take became stale" shot "$reel" set 0040 --sound "$work/splash.wav"
is "$(field 0040 effect_sound)" effects/splash.wav "is copied into the reel"
cmp -s "$reel/effects/splash.wav" "$work/splash.wav"
ok $? "whole"
"$whelk" cut "$reel" -q >"$work/out" 2>&1
is $? 1 "one that is noise in a file fails the cut"
has "$work/out" "shot 0040" "and names the shot"
does "taken away again" "effect_sound" shot "$reel" set 0040 --no-sound
refused 2 "exclude each other" "both at once" shot "$reel" set 0040 --no-sound --sound "$work/splash.wav"
refused 2 "cannot be read" "a sound there is not" shot "$reel" set 0040 --sound "$work/none.wav"

# Shots added, moved, split, merged, removed.
does "a shot added" "1 shot is to be made anew: 0035" shot "$reel" add "the cat sleeps" --after 0030 --camera push-in -m "a rest"
is "$(field 0035 why)" "a rest" "has its reason"
is "$(state 0035)" missing "and no take yet"
does "a shot added first" "first" shot "$reel" add "the pool at day" --before 0010
is "$("$whelk" shots "$reel" | sed -n 2p | cut -c 1-4)" 0005 "is first"
does "a shot moved" "No take became stale" shot "$reel" move 0040 --after start
is "$("$whelk" shots "$reel" | sed -n 2p | cut -c 1-4)" 0040 "is there"
does "a shot split" "No take became stale" shot "$reel" split 0030 --at 1.2
is "$(state 0032)" clean "both halves show the take there is"
does "merged again" "No take became stale" shot "$reel" merge 0030
is "$(field 0030 trim | tr -d '{')" "$(field 0010 trim | tr -d '{')" "as before"
does "a shot removed" "Remove shot 0035" shot "$reel" remove 0035
test -s "$reel/clips/0030-t01.mkv"
ok $? "takes stay"
"$whelk" history "$reel" back 1 -q

# What is refused.
wrong "there is no shot 0099" "a shot there is not" shot "$reel" set 0099 --seconds 2
wrong "seconds cannot be \"long\"" "no number" shot "$reel" set 0010 --seconds long
wrong "the model makes 10 s at most" "too long" shot "$reel" set 0010 --seconds 99
wrong "it knows static" "a camera the model has not" shot "$reel" set 0010 --camera dutch
wrong "did you mean" "a misspelt transition" shot "$reel" set 0010 --transition crosfade
wrong "write it like time=night" "a slot without a value" shot "$reel" set 0010 --slot night
wrong "cannot be read" "a picture there is not" shot "$reel" set 0010 --first-frame "$work/none.png"
wrong "no shot comes before the first" "the first going on" shot "$reel" set 0010 --from-previous
wrong "nothing is asked for" "nothing to set" shot "$reel" set 0010
wrong "did you mean remove" "a misspelt verb" shot "$reel" remvoe 0010
wrong "can be split from" "a split outside" shot "$reel" split 0010 --at 9
wrong "is the last" "the last merged" shot "$reel" merge 0040
wrong "there is no such reel" "a reel there is not" shots "$work/none.reel"
done_testing
