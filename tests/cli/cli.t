#!/bin/sh
# The command line itself: help, wrong words, exit codes, where results go, and that every answer is one clear line.
. tests/cli/tap.sh
run() { "$whelk" "$@" >"$work/out" 2>"$work/err" </dev/null; }

run --version
is $? 0 "--version ends with 0"
grep -qE '^whelk [0-9]+\.[0-9]+' "$work/out"
ok $? "and names the version"
run help
is $? 0 "help ends with 0"
cp "$work/out" "$work/help"
for c in run plan shoot cut log status doctor model; do
    has "$work/help" "  $c " "help lists $c"
    run $c -h
    is $? 0 "$c -h ends with 0"
    is "$(sed -n 1p "$work/out" | cut -c 1-8)" "  whelk " "$c -h begins with an example"
done
run run --help
has "$work/out" "[WHELK_SECONDS]" "help names the variables"
run
is $? 2 "no command is a usage error"

refused 2 "did you mean run?" "a wrong command" rum
refused 2 "whelk help lists them" "a far-off command" xyzzy
refused 2 "did you mean --seconds?" "a wrong option" run --secnds 3 "a cat"
refused 2 "needs a value" "an option without its value" run "a cat" --seconds
refused 2 "1 to 900" "a value out of range" run "a cat" --seconds 1000
refused 2 "1280x720" "a size that is none" run "a cat" --size big
refused 2 "2.39:1" "a shape that is none" run "a cat" --ratio 5:4
refused 2 "quotes" "an unquoted prompt" run a cat runs
refused 2 "empty" "an empty prompt" run ""
refused 2 "given twice" "two prompts" run "a cat" --prompt-file /dev/null
refused 2 "NOT_SET" "a variable that is not set" run --prompt-env NOT_SET
refused 2 "no such reel" "a reel that is not there" run nowhere.reel
refused 2 "no such reel" "log of no reel" log nowhere.reel
refused 2 "needs a reel" "cut without a reel" cut
refused 2 "too many" "a word too many" cut a.reel b.reel
mkdir "$work/mine" && touch "$work/mine/letter"
refused 2 "is no reel" "a folder of other things" run "a cat" -o "$work/mine"
is "$(ls "$work/mine")" letter "and nothing is put into it"
WHELK_SECONDS=long refused 2 "WHELK_SECONDS" "a wrong variable" run "a cat"
WHELK_MODEL=/nowhere refused 1 "/nowhere" "a model that is not there" plan "a cat" -o "$work/m.reel" -q

mkdir -p "$work/config/whelk"
echo 'secnds = 5' >"$work/config/whelk/config"
refused 2 'did you mean "seconds"?' "a wrong key in the settings file" plan "a cat" -o "$work/s.reel"
echo 'seconds = 5' >"$work/config/whelk/config"

"$whelk" run --json --seconds 1000 "a cat" >"$work/out" 2>/dev/null
is $? 2 "with --json a refusal has the same exit code"
is "$(grep -c '"kind":"end"' "$work/out")" 1 "and exactly one end event"
has "$work/out" '"code":2' "with the code in it"

# A plan needs no network and no long computing.
run plan "a dog runs along the beach" -o "$work/dog.reel" --size 64x36
is $? 0 "plan ends with 0"
is "$(tail -n 1 "$work/out")" "$work/dog.reel/storyboard.json" "the result is on standard output"
grep -qE '"seconds":[[:space:]]*5' "$work/dog.reel/reel.json"
ok $? "a new reel takes its length from the settings file"
has "$work/err" "thought" "the reasoning on standard error"
grep -q "$(printf '\033')" "$work/err"
is $? 1 "without escapes where there is no terminal"
"$whelk" plan "$work/dog.reel" --seconds 9 --json >"$work/out" 2>"$work/err"
is $? 0 "plan --json ends with 0"
perl -MJSON::PP -ne '$e = decode_json($_); $ends++ if $e->{kind} eq "end"; $last = $e->{kind};
    $bad++ if $e->{why} && $e->{why} >= $e->{n}; END { exit !($ends == 1 && $last eq "end" && !$bad) }' "$work/out"
ok $? "every line is JSON, every why points back, one end event is the last"
test -s "$work/dog.reel/history/0002.json"
ok $? "the earlier storyboard is kept"

run status "$work/dog.reel"
is $? 0 "status ends with 0"
has "$work/out" "missing" "and tells what is missing"
test "$(wc -l <"$work/out")" -le 10
ok $? "in ten lines"
run log "$work/dog.reel"
has "$work/out" "a dog runs along the beach" "log tells the prompt"
run log "$work/dog.reel" --shot 0010
has "$work/out" "because" "log --shot tells why"
refused 2 "no shot 0099" "log of a shot that is not there" log "$work/dog.reel" --shot 0099
refused 1 "has no take yet" "cut before shooting" cut "$work/dog.reel" -q

refused 2 "--seed needs the shots" "a seed for no shot" shoot "$work/dog.reel" --seed 4
refused 2 "takes only" "a preview of several takes" shoot "$work/dog.reel" --preview --takes 3
refused 1 "shoot $work/dog.reel --preview makes it" "a cut of previews that are not there" cut "$work/dog.reel" --preview -q

printf '{"version":1,' >"$work/dog.reel/storyboard.json"
refused 1 "storyboard.json:1" "a broken storyboard" run "$work/dog.reel" -q
run doctor
has "$work/out" "soundfont" "doctor looks for a soundfont"
room=$( (ulimit -v 3000000; $whelk doctor 2>/dev/null) | awk '$2 == "memory" { print $3 < 3.1 ? "within" : $3 }')
is "$room" within "and tells of no more memory than ulimit -v leaves"

done_testing
