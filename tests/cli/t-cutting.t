#!/bin/sh
# What is decided in the cutting room: takes chosen, transitions, titles, music, grade, voice; none of it costs a take.
. tests/cli/tap.sh
reel="$work/cat.reel"
"$whelk" run "A cat dives into a pool" -o "$reel" --size 64x36 --steps 2 -q >/dev/null 2>&1
ok $? "a film to work on"


# Takes.
"$whelk" shoot "$reel" 0020 -q >/dev/null 2>&1
is "$("$whelk" take "$reel" list 0020 | wc -l)" 2 "another take: two in the list"
is "$("$whelk" take "$reel" list 0020 | grep '\*' | cut -c 7-9)" t02 "the newest is in use"
does "the first one picked" "No take became stale" take "$reel" pick 0020 t01
is "$("$whelk" shots "$reel" | awk '$1 == "0020" { print $4, $5 }')" "t01 clean" "is in use, and clean"
"$whelk" run "$reel" -q >/dev/null 2>&1
is "$("$whelk" take "$reel" list 0020 | grep '\*' | cut -c 7-9)" t01 "and stays so after a run"
refused 2 "has no take t09" "a take there is not" take "$reel" pick 0020 t09
refused 2 "is in use" "the one in use dropped" take "$reel" drop 0020 t01
"$whelk" shot "$reel" set 0040 --prompt "the cat runs" -q
"$whelk" run "$reel" -q >/dev/null 2>&1
does "a take of other words picked" "the shot is locked to it" take "$reel" pick 0040 t01
is "$("$whelk" shots "$reel" | awk '$1 == "0040" { print $5 }')" locked "is locked"
does "a take dropped" "is dropped" take "$reel" drop 0020 t02
test ! -e "$reel/clips/0020-t02.mkv" -a ! -e "$reel/clips/0020-t02.json"
ok $? "is gone"
"$whelk" log "$reel" >"$work/log"
has "$work/log" "Removed clips/0020-t02.mkv" "and the log tells it"

# Transitions.
does "a film without the picked take" "of an earlier storyboard" status "$reel"
"$whelk" cut "$reel" -q >/dev/null 2>&1
does "once it is cut" "nothing is left to do" status "$reel"
does "a crossfade" "No take became stale" transition "$reel" 0010 crossfade --seconds 0.4
does "the status" "whelk cut puts into the film what was changed since" status "$reel"
"$whelk" undo "$reel" -q
does "taken back" "nothing is left to do" status "$reel"
"$whelk" redo "$reel" -q
"$whelk" run "$reel" -q >/dev/null 2>&1
ok $? "is cut"
does "then" "nothing is left to do" status "$reel"
"$whelk" shot "$reel" lock 0010 -q
does "a shot locked, which no cut shows" "nothing is left to do" status "$reel"
"$whelk" undo "$reel" -q
"$whelk" transition "$reel" 0020 wipe-left --seconds 0.5 -q
does "the list" "0010   crossfade, 0.4 s" transition "$reel"
has "$work/out" "0020   wipe-left, 0.5 s" "of all of them"
has "$work/out" "dip-black, dip-white, wipe-left, wipe-right, wipe-up" "and of the names there are"
does "as JSON" '{"shot":"0020","kind":"wipe-left","seconds":0.5}' transition "$reel" --json
"$whelk" undo "$reel" -q
does "one after the last shot" "is the last" transition "$reel" 0040 dip-black
"$whelk" undo "$reel" -q
refused 2 "shot 0010: transition.kind is \"crosfade\"; did you mean \"crossfade\"" "a transition there is not" transition "$reel" 0010 crosfade
refused 2 "more than half" "one longer than it may be" transition "$reel" 0010 crossfade --seconds 2

# A part of the film.
cp "$reel/film.mp4" "$work/whole.mp4"
is "$("$whelk" cut "$reel" --only 0020-0030 -q 2>/dev/null)" "$reel/part/film.mp4" "two shots alone are cut"
want=$("$whelk" shots "$reel" --json | tr '{' '\n' | sed -n 's/.*"id":"00[23]0","seconds":\([0-9.]*\).*/\1/p' |
    awk '{ n += $1 } END { printf "%d", n * 24 + 0.5 }')
over=$(($("$frames" "$reel/part/film.mp4" | wc -l) - want))
test $over -ge -1 -a $over -le 1
ok $? "and are as long as they are, to a frame"
cmp -s "$reel/film.mp4" "$work/whole.mp4"
ok $? "the film is as it was"
refused 2 "names a shot there is not" "a part there is not" cut "$reel" --only 0020-0099 -q
refused 2 "ends before it begins" "a part the wrong way round" cut "$reel" --only 0030-0010 -q

# Titles.
does "a title" "No take became stale" title "$reel" add "Later" --at 3 --seconds 1
does "the list" "Later" title "$reel" list
does "the film's name" "The Dive" title "$reel" rename "The Dive"
"$whelk" title "$reel" >"$work/out"
is "$(grep -c "The Dive" "$work/out")" 2 "on its opening card too"
does "a title away" "Later" title "$reel" remove Later
refused 2 "no such title" "twice" title "$reel" remove Later

# Music, grade, voice.
does "a mood and a tempo" "score.mood = calm" score "$reel" --mood calm --tempo 80
does "as it is" "calm" score "$reel"
"$whelk" score "$reel" --none -q
is "$("$whelk" score "$reel")" none "no music"
printf 'RIFF' >"$work/my tune.wav"
does "a file" "music/my tune.wav" score "$reel" --file "$work/my tune.wav"
is "$("$whelk" score "$reel" | cut -c 14-)" "music/my tune.wav" "is copied into the reel"
refused 2 "did you mean" "a mood there is not" score "$reel" --mood playfull
refused 2 "exclude each other" "music and none" score "$reel" --none --mood calm
does "a grade" "grade.warmth = -0.5" grade "$reel" --warmth -0.5 --contrast 0.25
is "$("$whelk" grade "$reel" | awk '$1 == "warmth" { print $2 }')" -0.5 "is told"
does "taken back" "grade.warmth" grade "$reel" --reset --contrast 0.25
is "$("$whelk" grade "$reel" | awk '{ printf "%s ", $2 }')" "0 0.25 0 0 " "but for what is given"
refused 2 "at most 1" "too much" grade "$reel" --warmth 9
does "words over a shot" "voice.text = And in she goes" voice "$reel" 0020 "And in she goes" --speaker alto
does "captions" "captions = yes" voice "$reel" --captions yes
"$whelk" cut "$reel" --burn-captions -q >/dev/null 2>&1
"$whelk" voice "$reel" >"$work/out"
has "$work/out" "And in she goes" "are told"
has "$work/out" "in the picture" "and that they are burnt in"
does "captions" "burn_captions = no" voice "$reel" --captions no
is "$("$whelk" voice "$reel" --json | grep -c '"captions":false,"burn_captions":false')" 1 "are taken off again, from the picture too"
"$whelk" voice "$reel" 0020 --none -q
"$whelk" voice "$reel" | grep -q "And in"
is $? 1 "and taken away"
refused 2 "what shot 0020 is to say" "a shot without words" voice "$reel" 0020

# JSON: exactly one end.
"$whelk" grade "$reel" --warmth 0.1 --json >"$work/out"
is "$(grep -c '"kind":"end"' "$work/out")" 1 "one end event"
is "$(tail -1 "$work/out" | grep -c '"code":0')" 1 "the last line, with the code"
"$whelk" grade "$reel" --warmth 9 --json >"$work/out" 2>/dev/null
is "$(tail -1 "$work/out" | grep -c '"code":2')" 1 "and of a refusal too"

# What is read may be read by programs.
"$whelk" score "$reel" --mood calm -q >/dev/null 2>&1
"$whelk" voice "$reel" 0020 "Look there" -q >/dev/null 2>&1
does "the score as JSON" '"off":false,"mood":"calm"' score "$reel" --json
does "the grade" '"contrast":' grade "$reel" --json
does "what is said" '{"shot":"0020","text":"Look there"}' voice "$reel" --json
done_testing
