#!/bin/sh
# Many films from a file: each line one, faults told before work begins, failures passed by, and a second call goes on.
. tests/cli/tap.sh
small="--size 64x36 --fps 12 --steps 2 --seconds 2"

cat >"$work/films.jsonl" <<'END'
"a cat walks in the forest"
{"prompt": "a \"dog\" jumps", "output": "the dog", "size": "48x32", "seed": 7}

{"prompt": "a fish swims", "model": "/nowhere"}
{"prompt": "a bird flies over the sea"}
END
$whelk run --batch "$work/films.jsonl" -o "$work/films" $small >"$work/out" 2>"$work/err"
is $? 1 "a batch of which one fails ends with 1"
is "$(cat "$work/out")" "$work/films/a-cat-walks-in-the-forest.reel/film.mp4
$work/films/the dog/film.mp4
$work/films/a-bird-flies-over-the-sea.reel/film.mp4" "the films that are made are told, one a line"
for f in "a-cat-walks-in-the-forest.reel" "the dog" "a-bird-flies-over-the-sea.reel"; do
    test -s "$work/films/$f/film.mp4"
    ok $? "$f is there"
done
has "$work/err" "3 of 4 films are made" "a summary counts"
has "$work/err" "line 4, $work/films/a-fish-swims.reel: /nowhere" "and says which failed and why"
$frames "$work/films/the dog/film.mp4" | grep -q '^size 48x32 '
ok $? "a line's own options go before those of the command"
$frames "$work/films/a-cat-walks-in-the-forest.reel/film.mp4" | grep -q '^size 64x36 '
ok $? "which hold for the others"

stat -c '%Y %i' "$work"/films/*/film.mp4 >"$work/before"
sed -i 's|, "model": "/nowhere"||' "$work/films.jsonl"
$whelk run --batch "$work/films.jsonl" -o "$work/films" $small --json >"$work/out" 2>"$work/err"
is $? 0 "the same call again goes on with what failed"
is "$(stat -c '%Y %i' "$work"/films/*/film.mp4 | grep -cFf "$work/before")" 3 "and leaves the others as they are"
perl -MJSON::PP -ne '$e = decode_json($_); $n{$e->{kind}}++; $last = $e;
    END { exit !($n{film} == 4 && $n{end} == 1 && $last->{kind} eq "end" && $last->{made} == 4 && !@{$last->{failed}}) }' "$work/out"
ok $? "with --json each film has its event and the one end event counts them"

# bad_line LINES TEXT NAME: these lines are refused before anything is made
bad_line() {
    printf "$1" >"$work/bad.jsonl"
    shift
    $whelk run --batch "$work/bad.jsonl" -o "$work/none" $small >"$work/out" 2>"$work/err"
    is $? 2 "$2: exit code 2"
    has "$work/err" "$1" "$2: says $1"
}
bad_line '"a cat"\n{"prompt": "a dog", "secnds": 3}\n' "bad.jsonl:2: there is no option --secnds; did you mean --seconds?" "a wrong field"
bad_line '"a cat"\n{"prompt": "a dog", "seconds": 3000}\n' "bad.jsonl:2: --seconds is 3000; 1 to 900" "a wrong value"
bad_line '"a cat"\n{"prompt": "a dog", "json": true}\n' "bad.jsonl:2: a film has no field json" "a field that is no setting"
bad_line '"a cat"\n{"prompt":\n' "bad.jsonl:2:" "a line that is not JSON"
bad_line '{"seconds": 3}\n' "needs a prompt" "a film without a prompt"
bad_line '"a cat"\n"a cat"\n' "share a reel with line 1" "two films in one place"
bad_line '{"prompt": "a cat", "output": "../x"}\n' "inside the folder" "a place outside the folder"
bad_line '\n' "holds no film" "an empty file"
test ! -e "$work/none"
ok $? "nothing is made of a refused file"
$whelk run --batch "$work/films.jsonl" >"$work/out" 2>"$work/err"
has "$work/err" "needs -o DIR" "a batch without a folder is refused"

done_testing
