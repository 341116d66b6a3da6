#!/bin/sh
# A prompt reaches the reel unharmed through make, the shell and the program, whatever is in it.
. tests/cli/tap.sh

try() { # NAME PROMPT
    rm -rf "$work/p.reel"
    make -s film NO_APT=1 PROMPT="$2" ARGS="-o $work/p.reel --size 160x90 --fps 6 --steps 1" >"$work/out" 2>"$work/err"
    is $? 0 "$1: make film ends with 0"
    printf '%s' "$2" >"$work/want"
    cmp -s "$work/want" "$work/p.reel/prompt.txt"
    ok $? "$1: the prompt is in the reel as typed"
    test -s "$work/p.reel/film.mp4"
    ok $? "$1: there is a film"
}
try "dollars" 'a cat with $5 and $(shell touch pwned) and ${HOME} runs'
try "quotes and backslashes" 'a "cat" that'\''s \ running \n `id`'
try "newline" 'a cat runs
over a meadow'
test ! -e pwned
ok $? "nothing in a prompt is executed"

$whelk run "" -o "$work/e.reel" >"$work/out" 2>"$work/err"
is $? 2 "an empty prompt is a usage error"
head -c 100000 /dev/zero | tr '\0' a >"$work/long"
$whelk run --prompt-file "$work/long" -o "$work/l.reel" >"$work/out" 2>"$work/err"
is $? 2 "a prompt of 100 kB is a usage error"
is "$(wc -l <"$work/err")" 1 "told in one line"
$whelk run "qwxz vrrbl" -o "$work/n.reel" --size 160x90 --fps 6 --steps 1 >"$work/out" 2>"$work/err"
is $? 0 "a prompt of unknown words still makes a film"
has "$work/n.reel/log.jsonl" "qwxz" "and the log says what was not understood"

done_testing
