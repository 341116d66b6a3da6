#!/bin/sh
# A change in plain words at the command line: shown first, done after a yes, kept in the history, refused whole.
. tests/cli/tap.sh
. tests/cli/play.sh
reel=$work/race.reel
"$whelk" plan "A black cat and an orange dog run on the beach" -o "$reel" --size 128x72 -q >/dev/null
sum() { sha256sum "$reel/storyboard.json"; }
line="make the second shot slower, at night, and end on the dog"

before=$(sum)
"$whelk" edit "$reel" "$line" >"$work/out" 2>"$work/err" </dev/null
is $? 0 "without a yes edit ends with 0"
has "$work/out" "shot 0020: speed = 0.75" "the operations are shown"
has "$work/out" "at night" "each of them"
has "$work/out" "move shot 0020, after shot 0040" "in their order"
has "$work/out" "--yes does it" "and how to go on"
is "$(sum)" "$before" "nothing is changed"

"$whelk" edit "$reel" "$line" --yes >"$work/out" 2>"$work/err" </dev/null
is $? 0 "with --yes too"
perl -MJSON::PP -0ne '$f = decode_json($_); $s = $f->{shots};
    exit !(join(" ", map { $_->{id} } @$s) eq "0010 0030 0040 0020" && $s->[3]{speed} == 0.75
        && $s->[3]{slots}{time} eq "night" && $s->[3]{prompt} =~ /at night/ && $s->[0]{slots}{time} eq "day")' \
    "$reel/storyboard.json"
ok $? "the storyboard is as was said"
grep '"change"' "$reel/log.jsonl" | grep -qF "\"reason\":\"$line\""
ok $? "the log has the words as the reason"
perl -MJSON::PP -0ne '$f = decode_json($_); exit !($f->{shots}[2]{id} eq "0030")' "$reel/history/0001.json"
ok $? "the storyboard as it was is in the history"
has "$work/out" "whelk run makes those that are still to be made" "and how it goes on"

before=$(sum)
"$whelk" edit "$reel" "no music and make everybody sing" --yes >"$work/out" 2>"$work/err"
is $? 2 "what is not understood is a usage error"
has "$work/err" '"everybody"' "the word is named"
has "$work/err" "This is: slower, faster" "and what is understood"
is "$(sum)" "$before" "nothing of it is done"
"$whelk" edit "$reel" no music >"$work/out" 2>"$work/err"
is $? 2 "words without quotes are refused"
has "$work/err" "quotes" "and the cure is told"

"$whelk" edit "$reel" "no music" --json </dev/null >"$work/out" 2>/dev/null
is $? 0 "edit --json ends with 0"
has "$work/out" '{"kind":"op","op":{"op":"set","field":"score.off","value":"true"}}' "it tells operations as JSON"
is "$(grep -c '"kind":"end"' "$work/out")" 1 "and one end"
is "$(sum)" "$before" "and asks nobody"

# --- By a language model, played on loopback -------------------------------------------------------------------------

ask() { $whelk edit "$reel" "$@" --llm-url "$url" --llm-pause 0.001 --llm-tries 1 >"$work/out" 2>"$work/err" </dev/null; }
line="more tension before the end"
good='{"ops": [{"op": "set", "shot": "0020", "field": "seconds", "value": 2.5, "why": "Held breath."}, {"op": "set", "shot": "0020", "field": "camera", "value": "push-in", "why": "Nearer is tenser."}], "cannot": null}'
play <<X
reply 200
think Tension is slowness and nearness.
content {"ops": [{"op": "set", "shot": "0099", "field": "tension", "value": "more", "why": "It says so."}], "cannot": null}
reply 200
content Here you are: $good
X
$whelk edit "$reel" "$line" --llm-url "$url" --dry-run --json >"$work/dry" 2>"$work/err"
is $? 0 "a dry run ends with 0"
is "$(ls "$work/asked" | wc -l)" 0 "and asks nobody"
before=$(sum)
ask "$line"
is $? 0 "a language model puts any words into operations"
perl -0ne 's/^.*?"body"://s; s/\}\n$//; print' "$work/dry" >"$work/dry.body"
cmp -s "$work/dry.body" "$work/asked/1.body"
ok $? "the request was the one of the dry run, byte for byte"
has "$work/asked/1.body" '"json_schema"' "structured output is asked for"
has "$work/asked/2.body" "ops[0]: there is no shot 0099" "what cannot be done goes back with the complaint"
has "$work/out" "shot 0020: camera = push-in (Nearer is tenser.)" "the operations are shown with their reasons"
has "$reel/log.jsonl" "Tension is slowness and nearness." "the reasoning is in the log"
is "$(sum)" "$before" "and nothing is changed without a yes"
play <<X
reply 200
think Slow, then near.
content $good
X
ask "$line" --yes
is $? 0 "with --yes it is done"
perl -MJSON::PP -0ne '($s) = grep { $_->{id} eq "0020" } @{ decode_json($_)->{shots} }; exit !($s->{seconds} == 2.5 && $s->{camera} eq "push-in"
    && $s->{slots}{camera} eq "push-in")' "$reel/storyboard.json"
ok $? "all of it"
perl -MJSON::PP -ne '$e = decode_json($_); $by{$e->{n}} = $e; $c = $e if $e->{text} =~ /Nearer is tenser/ && $e->{kind} eq "choice";
    END { $x = $c; $x = $by{$x->{why}} until !$x || $x->{text} =~ /Slow, then near/; exit !($x && $c->{data}{asked} eq "'"$line"'"
        || $c->{asked} eq "'"$line"'" && $x) }' "$reel/log.jsonl"
ok $? "each change goes back to the thought that led to it, and to the words"
$whelk undo "$reel" >/dev/null 2>&1
perl -MJSON::PP -0ne 'exit !!grep { $_->{id} eq "0020" && $_->{camera} eq "push-in" } @{ decode_json($_)->{shots} }' "$reel/storyboard.json"
ok $? "one undo takes all of it back"

before=$(sum)
play <<X
reply 200
content {"ops": [], "cannot": "The model shows no lettering."}
X
ask "write my name on the sand" --yes
is $? 2 "what the model says cannot be done is a usage error"
has "$work/err" "The model shows no lettering" "with its reason"
play <<X
reply 200
content {"ops": [{"op": "set", "field": "score.file", "value": "/etc/hostname", "why": "Music."}], "cannot": null}
X
ask "other music" --yes --llm-mends 1
has "$reel/log.jsonl" "a file outside of the film cannot be named" "a model names no file of the machine"
play <<X
reply 200
content I would rather talk about it.
reply 200
content Let us talk.
X
ask "other music" --yes --llm-mends 1
is $? 1 "never any JSON is given up"
has "$work/err" "it is kept as replies/plan-" "the reply is kept"
is "$(sum)" "$before" "and nothing was changed"
play <<X
reply 500
X
ask "no music" --yes --fallback offline
is $? 0 "with --fallback offline the rules read the words"
has "$work/out" "score.off = true" "and do them"
has "$work/err" "as --fallback allows" "which is told"
done_testing
