#!/bin/sh
# A change in plain words at the command line: shown first, done after a yes, kept in the history, refused whole.
. tests/cli/tap.sh
reel=$work/race.reel
"$whelk" plan "A black cat and an orange dog run on the beach" -o "$reel" --size 128x72 -q >/dev/null
sum() { sha256sum "$reel/storyboard.json"; }
line="make the second shot slower, at night, and end on the cat"

before=$(sum)
"$whelk" edit "$reel" "$line" >"$work/out" 2>"$work/err" </dev/null
is $? 0 "without a yes edit ends with 0"
has "$work/out" "shot 0020: speed = 0.75" "the operations are shown"
has "$work/out" "at night" "each of them"
has "$work/out" "move shot 0030, after shot 0040" "in their order"
has "$work/out" "--yes does it" "and how to go on"
is "$(sum)" "$before" "nothing is changed"

"$whelk" edit "$reel" "$line" --yes >"$work/out" 2>"$work/err" </dev/null
is $? 0 "with --yes too"
perl -MJSON::PP -0ne '$f = decode_json($_); $s = $f->{shots};
    exit !(join(" ", map { $_->{id} } @$s) eq "0010 0020 0040 0030" && $s->[1]{speed} == 0.75
        && $s->[1]{slots}{time} eq "night" && $s->[1]{prompt} =~ /at night/ && $s->[0]{slots}{time} eq "day")' \
    "$reel/storyboard.json"
ok $? "the storyboard is as was said"
grep '"change"' "$reel/log.jsonl" | grep -qF "\"reason\":\"$line\""
ok $? "the log has the words as the reason"
perl -MJSON::PP -0ne '$f = decode_json($_); exit !($f->{shots}[2]{id} eq "0030")' "$reel/history/0001.json"
ok $? "the storyboard as it was is in the history"
has "$work/out" "to be made: 0010, 0020, 0040, 0030" "what is to be made anew is told"

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
done_testing
