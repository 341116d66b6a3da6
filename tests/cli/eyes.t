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
