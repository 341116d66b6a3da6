#!/bin/sh
# A language model that takes pictures looks at takes: its verdicts count as the measures do, and a server that takes none costs
# nothing but a sentence.
. tests/cli/tap.sh
. tests/cli/play.sh
reel=$work/run.reel
small="--steps 2"
"$whelk" plan "a dog runs in the meadow" -o "$reel" --size 160x90 --fps 12 -q >/dev/null
look() { $whelk shoot "$reel" "$@" $small --llm-url "$url" --llm-sees --llm-pause 0.001 >"$work/out" 2>"$work/err" </dev/null; }
good='{"seen": "A dog runs over grass.", "subject": true, "action": true, "place": true, "fault": null}'

play <<X
reply 200
think The dog stands in all four frames.
content {"seen": "A dog stands.", "subject": true, "action": false, "place": true, "fault": null}
reply 200
content {"seen": "A dog stands.", "subject": true, "action": false, "place": true, "fault": "the dog does not run"}
reply 200
content $good
X
look 0010
is $? 0 "a take is made, looked at, and made anew"
perl -MJSON::PP -MMIME::Base64 -0ne '$c = decode_json($_)->{messages}[1]{content}; @u = map { $_->{image_url}{url} } @$c[1 .. 4];
    for (@u) { s/^data:image\/jpeg;base64,// or exit 1; $j = decode_base64($_); exit 1 if substr($j, 0, 3) ne "\xff\xd8\xff"; $n{$j}++ }
    exit !(@$c == 5 && $c->[0]{text} =~ /dog/ && keys %n == 4)' "$work/asked/1.body"
ok $? "the model is shown the prompt and four JPEGs, each another"
has "$work/asked/2.body" "fault does not say what" "a verdict that does not fit together goes back"
perl -MJSON::PP -ne '$e = decode_json($_); next unless $e->{kind} eq "review"; push @r, $e;
    END { ($eyes, $all) = @r; $d = $eyes->{data} // $eyes; $m = $all->{data} // $all;
        exit !(@r == 4 && $d->{by} eq "language model" && !$d->{good} && $d->{faults}[0] eq "the dog does not run"
            && $d->{take} eq "t01" && $m->{faults}[0] eq "the dog does not run" && $all->{why} >= $eyes->{n}) }' "$reel/log.jsonl"
ok $? "its verdict is a review of its own, and among the faults of the measured one"
has "$work/err" "Another take, from seed" "another seed is tried for it"
grep -q '"take": "t02"' "$reel/storyboard.json"
ok $? "and the take it found good is used"

play <<X
reply 500
raw {"error":{"code":500,"message":"image input is not supported - hint: if this is unexpected, you may need to provide the mmproj","type":"server_error"}}
reply 200
content $good
X
look
is $? 0 "a server that takes no pictures costs no take"
is "$(asked)" 1 "it is asked once"
has "$work/err" "its server takes no pictures" "which is told"
is "$(grep -c '"take": "t' "$reel/storyboard.json")" "$(grep -c '"take":' "$reel/storyboard.json")" "every shot has a take"

# A shot that no take of its length makes good, in a reel of its own. tried SHOT VERDICTS NEIGHBOUR NAME: verdicts are y and n, a
# neighbour that is named is short.
bad='{"seen": "A dog stands.", "subject": true, "action": false, "place": true, "fault": "the dog does not run"}'
"$whelk" plan "a dog runs in the meadow" -o "$work/new.reel" --size 160x90 --fps 12 -q >/dev/null
"$whelk" shoot "$work/new.reel" 0010 $small -q >/dev/null 2>&1 # whose place the others hold
tried() {
    reel=$work/tried.reel
    rm -rf "$reel"
    cp -r "$work/new.reel" "$reel"
    [ -z "$3" ] || "$whelk" shot "$reel" set "$3" --seconds 1.25 -q >/dev/null
    for verdict in $2; do [ "$verdict" = y ] && v=$good || v=$bad; printf 'reply 200\ncontent %s\n' "$v"; done >"$work/verdicts"
    play - <"$work/verdicts"
    look "$1"
    is $? 0 "$4"
}
# shots TEXT NAME: id and seconds of every shot
shots() {
    is "$("$whelk" shots "$reel" | perl -lane 'push @s, "$F[0] $F[1]" if /^\d{4} /; END { print join ", ", @s }')" "$1" "$2"
}
tried 0030 "n n n y y" "" "a shot that is too long to be made well is tried shorter"
shots "0010 2.33, 0020 1.83, 0030 1.25, 0035 1.25, 0040 2.00" "a new shot has its other half"
has "$work/err" "Shot 0030 is tried shorter, since no take of 2.5 s was good: 1.25 s; shot 0035, which is new, goes on from it for 1.25 s." "which is told"
is "$("$whelk" shots "$reel" | grep -c ' clean ')" 3 "both have a good take"
tr '\n' ' ' <"$reel/storyboard.json" | grep -q '"0035".*"Goes on where shot 0030 ends'
ok $? "the new one says why it is there"
"$whelk" undo "$reel" >"$work/out" 2>"$work/err"
shots "0010 2.33, 0020 1.83, 0030 2.50, 0040 2.00" "undo takes it back"
tried 0030 "n n n y n n n" "" "a new shot that is not good either"
shots "0010 2.33, 0020 1.83, 0030 2.50, 0040 2.00" "is given up, and the plan is as it was"
has "$work/err" "Shot 0030 has failed: none of 4 takes is good" "the shot has failed"
tried 0030 "n n n y" 0040 "a shot whose neighbour has room and is still to be made"
shots "0010 2.33, 0020 1.83, 0030 1.25, 0040 2.50" "gives it what it cannot use"
tried 0030 "n n n n" 0040 "one that is not good at any length"
shots "0010 2.33, 0020 1.83, 0030 2.50, 0040 1.25" "takes its time back"
printf 'reply 200\ncontent %s\n' "$bad" "$bad" "$bad" "$bad" >"$work/verdicts"
play - <"$work/verdicts"
printf 'wait 0030-t[0-9]+.mkv[^?]*accepted\?[^]]*N\]\ntype y\\n\n' |
    perl tests/tool/terminal.pl "$work/tty" "$whelk shoot '$reel' 0030 $small --llm-url $url --llm-sees --llm-pause 0.001"
is $? 0 "on a terminal somebody is asked, and told which clip it is"
"$whelk" shot "$reel" show 0030 | grep -q locked
ok $? "a yes locks it"
tried 0020 "n n n y" "" "of a short shot in a long film"
shots "0010 2.33, 0020 1.00, 0030 2.50, 0040 2.00" "a little is left out"
has "$work/err" "the film is 0.833 s shorter" "which is told"
tried 0040 "n n n" 0040 "one too short to be parted"
has "$work/err" "Shot 0040 has failed: none of 3 takes is good" "is not tried shorter"
reel=$work/run.reel

"$whelk" shoot "$reel" 0010 $small >/dev/null 2>&1
play <<X
reply 200
content no idea
reply 200
content no idea
X
look 0010 --llm-mends 1
is $? 0 "a verdict of no use costs no take either"
has "$work/err" "They are judged by what is measured" "which is told"
is "$(ls "$reel/replies" | wc -l)" 3 "and the answers are kept"
done_testing
