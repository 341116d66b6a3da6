#!/bin/sh
# A run as it is seen: bars on a terminal, plain lines elsewhere, nothing but the result when quiet, one end event in JSON, and
# a Ctrl-C that says what is kept and how to go on.
. tests/cli/tap.sh
esc=$(printf '\033')
small="--size 64x36 --fps 12 --steps 2 --seconds 4"
# on_terminal FILE COMMAND...: runs on a terminal of its own, its output into FILE
on_terminal() {
    file=$1
    shift
    script -qec "stty rows 30 cols ${columns:-100}; exec $*" "$file" >/dev/null 2>&1 </dev/null
}
unset NO_COLOR
export LC_ALL=C.UTF-8 TERM=xterm

on_terminal "$work/tty" "$whelk run 'a dog runs along the beach' -o '$work/the dog.reel' $small"
is $? 0 "a run on a terminal ends with 0"
has "$work/tty" "$work/the dog.reel/film.mp4" "and tells where the film is"
grep -q "$esc\[[0-9]*A" "$work/tty"
ok $? "a block of bars is painted over itself"
# What stands on the terminal at the end: the last painting of each row.
rows=$(tr -d '\r' <"$work/tty" | sed "s/$esc\[[0-9;]*[A-Za-z]//g" | grep -E '^ +(0[0-9]{3}|cut|film) ' | tail -n 6)
shots=$(grep -c '"why":' "$work/the dog.reel/storyboard.json")
is "$(echo "$rows" | grep -cE '^ +0[0-9]{3} +━{24}  [0-9]+ frames in')" "$shots" "every shot's bar is full, with what it took"
echo "$rows" | grep -qE '^ +cut +━{24} '
ok $? "and the cut's"
echo "$rows" | grep -qE '^ +film +━{24}  done after [0-9.]+ s'
ok $? "and the film's"
widest=$(grep -v '^Script' "$work/tty" | tr -d '\r' | sed "s/$esc\[[0-9;]*[A-Za-z]//g" | wc -L)
test "$widest" -le 100
ok $? "no line is wider than the terminal ($widest)"

columns=20 on_terminal "$work/tty" "$whelk run '$work/the dog.reel' --seed 2"
widest=$(tr -d '\r' <"$work/tty" | sed "s/$esc\[[0-9;]*[A-Za-z]//g" | grep -E '^ +(0[0-9]{3}|cut|film) ' | wc -L)
test "$widest" -gt 10 -a "$widest" -lt 20
ok $? "nor is a row of the bars on one of 20 columns ($widest)"

export NO_COLOR=1
on_terminal "$work/tty" "$whelk run '$work/the dog.reel' --seed 3"
grep -q "$esc\[[0-9;]*m" "$work/tty"
is $? 1 "NO_COLOR takes the colours away"
LC_ALL=C on_terminal "$work/tty" "$whelk run '$work/the dog.reel' --seed 4"
LC_ALL=C grep -q '[^ -~[:cntrl:]]' "$work/tty"
is $? 1 "where letters are ASCII, so are the bars"
TERM=dumb on_terminal "$work/tty" "$whelk run '$work/the dog.reel' --seed 5"
grep -q "$esc" "$work/tty"
is $? 1 "a dumb terminal gets plain lines"

$whelk run "$work/the dog.reel" --seed 6 >"$work/out" 2>"$work/err"
grep -q "$esc" "$work/err"
is $? 1 "what is no terminal gets plain lines"
is "$(cat "$work/out")" "$work/the dog.reel/film.mp4" "and the result alone on standard output"
grep -qE '^shoot +artifact 0010 ' "$work/err"
ok $? "each event is one line"
$whelk run "$work/the dog.reel" --seed 7 -q >"$work/out" 2>"$work/err"
is "$(cat "$work/out" "$work/err")" "$work/the dog.reel/film.mp4" "--quiet says the result and nothing else"

$whelk run "$work/the dog.reel" --seed 8 --json >"$work/out" 2>"$work/err"
perl -MJSON::PP -ne '$e = decode_json($_); $kinds{$e->{kind}}++; $last = $e->{kind};
    if ($e->{kind} eq "progress") { $bad++ unless $e->{total} >= 0 && length $e->{what} && (!defined $e->{left_s} || $e->{left_s} >= 0);
        $film = $e->{done} / $e->{total} if $e->{what} eq "film" && $e->{total} }
    END { exit !($kinds{end} == 1 && $last eq "end" && $kinds{progress} > 5 && !$bad && $film > 0.5) }' "$work/out"
ok $? "--json tells progress of shots and film, and ends with its one end event"

# Ctrl-C: the process is known to be at work by its own events.
mkfifo "$work/pipe"
# interrupted NAME STAGE WHAT ARGS...: whelk is sent SIGINT once it tells of WHAT in STAGE for the third time
interrupted() {
    name=$1 stage=$2 what=$3
    shift 3
    "$whelk" "$@" --json >"$work/pipe" 2>"$work/err" &
    pid=$!
    perl -MJSON::PP -ne 'BEGIN { ($pid, $stage, $what) = splice @ARGV, 0, 3 } $e = decode_json($_); push @ends, $e if $e->{kind} eq "end";
        if ($e->{kind} eq "progress" && $e->{stage} eq $stage && $e->{what} eq $what && $e->{done} > 2 && !$sent++) { kill "INT", $pid }
        END { exit !($sent && @ends == 1 && $ends[0]{code} == 130) }' $pid $stage $what "$work/pipe"
    ok $? "$name: the events end with one end of code 130"
    wait $pid
    is $? 130 "$name: and the exit code is 130"
}
way_on() { eval "$(tail -n 1 "$work/err" | sed "s/.*go on with: whelk/$(echo "$whelk" | sed 's|/|\\/|g')/") $*" >"$work/out" 2>"$work/err"; }
interrupted "Ctrl-C in a run" shoot step run "a bird flies over a meadow" -o "$work/it's.reel" --size 640x360 --steps 40
tail -n 1 "$work/err" | grep -qF "go on with: whelk run '$work/it'\\''s.reel'"
ok $? "the way on is told as a shell takes it"
way_on --steps 2 -q
is $? 0 "and works"
interrupted "in shoot" shoot step shoot "$work/it's.reel" --steps 41
has "$work/err" "go on with: whelk shoot" "tells the way on"
way_on --steps 2 -q
is $? 0 "which works"
interrupted "in a take that was asked for" shoot frame shoot "$work/it's.reel" 0010
has "$work/err" "it'\\''s.reel' 0010" "tells all of the way on"
"$whelk" shots "$work/it's.reel" >"$work/out"
is "$(grep -c ' t01  *clean ' "$work/out")" "$(grep -c '"why":' "$work/it's.reel/storyboard.json")" "and what stood stands"
cp "$work/it's.reel/film.mp4" "$work/before.mp4"
interrupted "in cut" cut frame cut "$work/it's.reel" --no-score
has "$work/err" "go on with: whelk cut" "tells the way on"
cmp -s "$work/it's.reel/film.mp4" "$work/before.mp4"
ok $? "the film there was is kept"
way_on -q
is $? 0 "and the way on works"
test ! -e "$work/it's.reel/film.mp4.part"
ok $? "no half film is left"

# A language model that says nothing: who waits is told for how long, on a terminal and in events, and may stop.
. tests/cli/play.sh
play <<'END'
reply 200
hold
END
interrupted "while a language model plans" plan wait plan "a dog runs" -o "$work/silent.reel" --llm-url "$url"
has "$work/err" "go on with: whelk plan" "tells the way on"
play <<'END'
reply 200
hold
END
cat >"$work/steps" <<'END'
wait waiting for the language model, ([2-9]|\d\d+) s
type \003
wait go on with: whelk plan
END
perl tests/tool/terminal.pl "$work/tty" "$whelk plan 'a dog runs' -o '$work/mute.reel' --llm-url $url" <"$work/steps"
is $? 130 "a terminal tells how long it has been, and Ctrl-C stops"

done_testing
