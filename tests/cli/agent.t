#!/bin/sh
# A language model plans and directs, played by a server on loopback: a whole film from its plan to its last take, and every way
# in which such a model can fail, each with its stated end and nothing lost.
. tests/cli/tap.sh
. tests/cli/play.sh
line="a cat dives into a pool at dusk"
small="--size 160x90 --fps 12 --steps 2"
ask() { $whelk "$@" --llm-url "$url" --llm-pause 0.001 >"$work/out" 2>"$work/err"; }

# --- A whole session -------------------------------------------------------------------------------------------------

play film-good
export WHELK_LLM_KEY=sk-5d41402abc4b2a76b971
ask run "$line" --seconds 8 -o "$work/cat.reel" $small
is $? 0 "a language model plans and directs a film"
is "$(tail -n 1 "$work/out")" "$work/cat.reel/film.mp4" "the film's path is the last line"
is "$(asked)" 8 "in eight requests"
perl -MJSON::PP -e '
    local $/; open F, "<", "$ARGV[0]/storyboard.json"; my $f = decode_json(<F>); my %s = map { $_->{id} => $_ } @{$f->{shots}};
    exit !($f->{planner} eq "fake-1" && $f->{title} eq "Milo Dives" && $f->{score}{mood} eq "calm" && @{$f->{shots}} == 4
        && $s{"0030"}{take} eq "t02" && $s{"0030"}{transition}{kind} eq "crossfade" && $s{"0030"}{slots}{size} eq "close"
        && $s{"0020"}{camera} eq "truck-right" && $s{"0020"}{slots}{camera} eq "pan-right")' "$work/cat.reel"
ok $? "the storyboard is the model's, with what it changed while directing"
has "$work/cat.reel/log.jsonl" "Four shots: wide, close, the dive, the calm after it." "its reasoning is in the log"
has "$work/err" "The camera move \"truck-right\" is not among those the model knows" "a camera move that was mapped is told"
$whelk log "$work/cat.reel" --shot 0020 >"$work/log"
for words in "Comes close, so that the fear can be seen" "The prompt: $line" "hesitates on the board" "The director calls render_shot" \
    "Take t01 of shot 0020" "Looked at it"; do
    tr '\n' ' ' <"$work/log" | tr -s ' ' | grep -qF "$words"
    ok $? "the log of shot 0020 holds: $words"
done
perl -MJSON::PP -ne '
    my $e = decode_json($_); $by{$e->{n}} = $e;
    END { for my $e (grep { $_->{kind} eq "artifact" } values %by) { my $x = $e;
            $x = $by{$x->{why}} while $x->{why}; $n++; $bad++ if $x->{kind} ne "prompt" } exit !($n > 6 && !$bad) }' "$work/cat.reel/log.jsonl"
ok $? "every artifact leads back to the prompt"
! grep -rqF "$WHELK_LLM_KEY" "$work/cat.reel" "$work/out" "$work/err"
ok $? "the key is in no file and no output"
has "$work/asked/1.head" "Authorization: Bearer $WHELK_LLM_KEY" "it went to the server"
before=$(asked)
ask run "$work/cat.reel" $small
is $? 0 "run on the finished reel ends with 0"
is "$(asked)" "$before" "and asks nobody"
unset WHELK_LLM_KEY

# --- What would be sent ----------------------------------------------------------------------------------------------

play plan-good
$whelk plan "$line" --seconds 8 --llm-url "$url/" --dry-run --json >"$work/dry" 2>"$work/err"
is $? 0 "a dry run ends with 0"
is "$(asked)" 0 "and asks nobody"
test ! -e a-cat-dives-into-a-pool-at-dusk.reel
ok $? "and makes no reel"
ask plan "$line" --seconds 8 -o "$work/plan.reel"
is $? 0 "planning ends with 0"
# same N: request N is the one that a dry run printed into $work/dry, byte for byte, and every header is there
same() {
    perl -0ne 's/^.*?"body"://s; s/\}\n$//; print' "$work/dry" >"$work/dry.body"
    cmp -s "$work/dry.body" "$work/asked/$1.body" && perl -MJSON::PP -0e '
        open D, "<", "$ARGV[0]/dry"; my $d = decode_json(<D>); open H, "<", "$ARGV[0]/asked/$ARGV[1].head"; my $h = <H>;
        my ($host, $path) = $d->{url} =~ m{^http://([^/]*)(/.*)$} or exit 1;
        my %want = (%{$d->{headers}}, Host => $host); delete $want{Authorization};
        my %sent = $h =~ /^([\w-]+): (.*?)\r?$/mg; delete @sent{qw(Content-Length Authorization)};
        exit !($h =~ /^$d->{method} $path HTTP/ && join("|", map { "$_ $want{$_}" } sort keys %want) eq join("|", map { "$_ $sent{$_}" } sort keys %sent))' \
        "$work" "$1"
}
same 1
ok $? "the first request is the one of the dry run, byte for byte, headers and address too"
perl -MJSON::PP -0e 'my @b = map { open F, "<", "$ARGV[0]/$_.body"; decode_json(scalar <F>) } 1 .. 3; my $json = JSON::PP->new->canonical;
    for my $b (@b) { exit 1 if $json->encode([@{$b->{messages}}[0, 1]]) ne $json->encode($b[0]{messages}) || $b->{model} ne $b[0]{model}; }
    exit !($json->encode($b[1]{tools}) eq $json->encode($b[0]{tools}) && @{$b[2]{messages}} == 4)' "$work/asked"
ok $? "those that follow open with the same messages and add the answers"
$whelk run "$line" --seconds 8 --llm-url "$url" --dry-run --json >"$work/dry2" 2>"$work/err"
cmp -s "$work/dry" "$work/dry2"
ok $? "whelk run would send the same"
$whelk run "$line" --llm-url "$url" --dry-run --price-in 2 --json </dev/null >"$work/out" 2>"$work/err"
is $? 0 "a dry run asks nobody whether it may cost"
has "$work/err" "a film of four shots costs about" "and tells the price"
play - <<'X'
reply 500
X
$whelk run "$work/plan.reel" --llm-url "$url" --dry-run --json >"$work/dry" 2>"$work/err"
has "$work/dry" 'render_shot' "with a plan that is there the directing is next"
ask run "$work/plan.reel" $small --llm-tries 1
same 1
ok $? "its request, too, is the one of the dry run"
$whelk run "$work/plan.reel" $small --llm-url "$url" --dry-run --json >"$work/dry" 2>"$work/err"
perl -MJSON::PP -0e 'my $d = decode_json(<STDIN>); exit !($d->{takes} == 0 && $d->{planner} eq "fake-1" && !grep { $_->{made} } @{$d->{shots}})' <"$work/dry"
ok $? "of a finished film nothing would be made"
$whelk shoot "$work/plan.reel" 0020 --takes 2 --dry-run --json >"$work/dry" 2>"$work/err"
is "$(perl -MJSON::PP -0ne '$d = decode_json($_); print "$d->{takes}:", map { $_->{id} } grep { $_->{made} } @{$d->{shots}}' "$work/dry")" 2:0020 \
    "whelk shoot tells which takes it would make"
$whelk shoot "$work/plan.reel" 0099 --dry-run >"$work/out" 2>"$work/err"
is $? 2 "and of which shot there is none"
reels=$(ls -d *.reel 2>/dev/null)
$whelk run "a dog runs" --dry-run >"$work/out" 2>"$work/err"
has "$work/out" "planned by offline; 4 takes would be made" "without a language model the offline plan is told"
is "$(ls -d *.reel 2>/dev/null)" "$reels" "and no reel is made beside those there were"
play plan-good
ask plan "$line" --seconds 8 -o "$work/j.reel" --json
perl -MJSON::PP -ne 'decode_json($_)' "$work/out"
ok $? "with --json every line is an object"

# --- Whose key goes where --------------------------------------------------------------------------------------------

play plan-good
OPENAI_API_KEY=sk-theirs MINIMAX_API_KEY=mm-theirs OPENAI_MODEL=x ask plan "$line" --seconds 8 -o "$work/k1.reel"
is $? 0 "a server named by --llm-url is asked"
! grep -q -e theirs -e Authorization "$work"/asked/*.head
ok $? "and gets no key that was given for others"
play plan-good
OPENAI_BASE_URL=$url OPENAI_API_KEY=sk-theirs OPENAI_MODEL=some-model $whelk plan "$line" --seconds 8 -o "$work/k2.reel" >"$work/out" 2>"$work/err"
is $? 0 "OpenAI's variables name a server too"
has "$work/asked/1.head" "Authorization: Bearer sk-theirs" "with their own key"
has "$work/asked/1.body" '"model":"some-model"' "and model"
play plan-good
OPENAI_BASE_URL=$url OPENAI_API_KEY=sk-theirs $whelk plan "$line" --seconds 8 -o "$work/k3.reel" >"$work/out" 2>"$work/err"
has "$work/err" "No language model was used" "without a model's name they are left to other programs"

# --- Bad plans -------------------------------------------------------------------------------------------------------

# kept REEL: the reel is whole and can be taken up again
kept() {
    test "$(cat "$1/prompt.txt")" = "$line" && perl -MJSON::PP -ne 'decode_json($_)' "$1/log.jsonl" && $whelk log "$1" >/dev/null
    ok $? "$2: the reel is whole"
}

play plan-mended
ask plan "$line" --seconds 8 -o "$work/m.reel"
is $? 0 "prose and fences around the plan, and a trailing comma, are mended"
has "$work/err" "mended in the answer: prose around it, a trailing comma" "and told"
play plan-bad-then-good
ask plan "$line" --seconds 8 -o "$work/b.reel"
is $? 0 "a plan with faults goes back and comes again"
has "$work/asked/4.body" "shots[2].seconds is 99; at most 10 is allowed" "the model is told what is wrong"
has "$work/asked/4.body" "shots[1].camera is \\\"dolly\\\"" "all of it"
test -s "$work/b.reel/replies/plan-001.txt"
ok $? "the plan of no use is kept"
play plan-over-every-limit
ask plan "$line" --seconds 8 -o "$work/o.reel"
is $? 1 "a storyboard over every limit, four times, is given up"
has "$work/err" "could not be used after 4 tries" "and told so"
is "$(ls "$work/o.reel/replies" | wc -l)" 4 "all four are kept"
kept "$work/o.reel" "over every limit"
play plan-good
ask plan "$work/o.reel" --seconds 8
is $? 0 "the same reel is planned by a better answer"
play plan-over-every-limit
ask plan "$line" --seconds 8 -o "$work/f.reel" --fallback offline
is $? 0 "with --fallback offline there is a plan all the same"
has "$work/err" "The offline planner plans instead" "and the log says whose"
has "$work/f.reel/storyboard.json" '"planner": "offline"' "as the storyboard does"
play plan-prose
ask plan "$line" --seconds 8 -o "$work/p.reel" --llm-mends 1
is $? 1 "never any JSON is given up"
has "$work/err" "no JSON object" "and told so"
play plan-cut
ask plan "$line" --seconds 8 -o "$work/c.reel"
is $? 1 "a plan cut off on every try is given up"
has "$work/err" "breaks off before its end" "and told so"
kept "$work/c.reel" "cut off"

# --- Servers that are odd, and do all the same -------------------------------------------------------------------------

# does_plan NAME: a good plan as it comes over the play in $work/odd
good=tests/plays/plan-good.play
does_plan() {
    play - <"$work/odd"
    rm -rf "$work/y.reel"
    ask plan "$line" --seconds 8 -o "$work/y.reel"
    is $? 0 "$1: the film is planned"
    has "$work/y.reel/log.jsonl" "Four shots: wide, close, the dive, the calm after it." "$1: with the reasoning"
    has "$work/y.reel/storyboard.json" '"Milo Dives"' "$1: and the storyboard"
}
sed 's/^reply 200/reply 200\nfield tags\npieces 3/' $good >"$work/odd"
does_plan "tags cut across chunks"
sed 's/^reply 200/reply 200\ncumulative/' $good >"$work/odd"
does_plan "cumulative deltas"
{ printf 'reply 429\nheader Retry-After: 0\nraw {}\n'; cat $good; } >"$work/odd"
does_plan "429 with Retry-After"
{ printf 'reply 500\nreply 500\nreply 500\n'; cat $good; } >"$work/odd"
does_plan "500 three times"
{ printf 'reply 200\nput data: {"choices":[{"delta":{"content":"Mi\n'; cat $good; } >"$work/odd"
does_plan "a stream cut inside its JSON"
{ sed -n '1,/^usage 900/p' $good; printf 'reply 200\nraw data: {"choices":[{"delta":{"content":"Milo \\xff dives."},"finish_reason":"stop"}]}\n'
    printf 'raw \nraw data: [DONE]\n'; sed '1,/^usage 1400/d' $good; } >"$work/odd"
does_plan "bytes that are not UTF-8"

# --- Bad servers: exit codes -----------------------------------------------------------------------------------------

# fails CODE NAME OPTIONS...: over the play on standard input
fails() {
    code=$1 name=$2
    shift 2
    play - </dev/stdin
    rm -rf "$work/x.reel"
    ask plan "$line" -o "$work/x.reel" "$@"
    is $? "$code" "$name ends with $code"
    is "$(wc -l <"$work/err" | awk '{ print ($1 > 0) }')" 1 "$name is told"
    kept "$work/x.reel" "$name"
}
fails 3 "a refused key" <<'X'
reply 401
raw {"error":{"message":"bad key"}}
X
fails 4 "an empty balance under status 200" <<'X'
reply 200
raw {"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}
X
fails 2 "a model that is not there" <<'X'
reply 404
raw {"error":{"message":"model 'default' not found"}}
X
has "$work/err" "--llm-model names a model" "and the cure is told"
fails 10 "refused content" <<'X'
reply 200
raw {"base_resp":{"status_code":1026}}
X
fails 5 "a server that says nothing" --llm-timeout 0.5 <<'X'
reply 200
hold
X
fails 5 "a byte at a time" --llm-timeout 0.5 <<'X'
reply 200
think a very long thought
writes 1
drip 0.05
X
fails 6 "500 without end" <<'X'
reply 500
X
fails 6 "a web page" <<'X'
reply 200
type text/html
raw <html><title>Login</title></html>
X
fails 6 "a redirect to another host" <<'X'
reply 302
header Location: http://localhost:9/v1/chat/completions
X
fails 6 "10 MB of junk" <<'X'
reply 200
junk 10000000
X
play plan-good
ask plan "$line" --seconds 8 -o "$work/t.reel" --max-turns 2
is $? 4 "the bound of turns ends with 4"
has "$work/err" "--max-turns" "and names the option"
$whelk plan "$line" -o "$work/u.reel" --llm-url "$url" --max-cost 1 >"$work/out" 2>"$work/err"
is $? 2 "a bound of money without prices is a usage error"
test ! -e "$work/u.reel"
ok $? "and nothing is made"

# --- What costs is agreed to -----------------------------------------------------------------------------------------

play plan-good
ask plan "$line" --seconds 8 -o "$work/paid.reel" --price-in 2 --price-out 10 </dev/null
is $? 2 "a model that costs is not asked where nobody agrees"
has "$work/err" 'a film of four shots about $0.1 by the prices given' "the price is told"
has "$work/err" "--yes does" "and the cure"
is "$(asked)" 0 "nothing was sent"
printf 'wait Go on\?\ntype n\\n\n' | perl tests/tool/terminal.pl "$work/tty" "$whelk plan '$work/paid.reel' --llm-url $url --seconds 8 --price-in 2"
is $? 2 "a no on a terminal is a no"
is "$(asked)" 0 "nothing was sent"
printf 'type y\\n\nwait Go on\?\ntype n\\n\n' | perl tests/tool/terminal.pl "$work/tty" "$whelk plan '$work/paid.reel' --llm-url $url --seconds 8 --price-in 2"
is $? 2 "a yes that was typed before the question is none"
is "$(asked)" 0 "nothing was sent"
printf 'wait Go on\?\ntype y\\n\n' | perl tests/tool/terminal.pl "$work/tty" "$whelk plan '$work/paid.reel' --llm-url $url --seconds 8 --price-in 2"
is $? 0 "a yes a yes"
is "$(asked)" 3 "and the plan is made"
play plan-good
ask plan "$line" --seconds 8 -o "$work/paid2.reel" --price-in 2 --yes
is $? 0 "--yes agrees beforehand"
play plan-good
ask plan "$line" --seconds 8 -o "$work/paid3.reel" --price-in 2 --max-cost 0.001
is $? 4 "a bound agrees, and bounds"
has "$work/err" "--max-cost" "it is named"
$whelk plan "$line" -o "$work/n.reel" --planner llm >"$work/out" 2>"$work/err"
is $? 2 "a language model wanted but not named is a usage error"
WHELK_LLM_URL=$url $whelk plan "$line" -o "$work/off.reel" --planner offline >"$work/out" 2>"$work/err"
is $? 0 "offline is offline, whatever is set"
has "$work/err" "No language model was used" "and said"

play - <<'X'
reply 200
put data: {"choices":[{"delta":{"reasoning":"hm"}}]}
hold
X
$whelk plan "$line" -o "$work/int.reel" --llm-url "$url" >"$work/out" 2>"$work/err" &
planning=$!
for i in $(seq 200); do [ -e "$work/asked/1.body" ] && break; sleep 0.05; done
kill -INT $planning
wait $planning
is $? 130 "Ctrl-C while the model is silent ends with 130"
kept "$work/int.reel" "Ctrl-C"

# --- Directing that stops half way, pauses, scripts ------------------------------------------------------------------

play plan-good
ask run "$line" --seconds 8 -o "$work/half.reel" $small --llm-tries 1
is $? 0 "a director that fails costs no film"
has "$work/err" "directs no further" "and the log says that it failed"
test -s "$work/half.reel/film.mp4"
ok $? "the film is there"
play plan-good
ask run "$line" --seconds 8 -o "$work/w.reel" $small --pause-at plan </dev/null
is $? 0 "a run that is to pause at the plan ends with 0"
is "$(tail -n 1 "$work/out")" "$work/w.reel/storyboard.json" "it names the storyboard"
test ! -e "$work/w.reel/clips" && test ! -e "$work/w.reel/film.mp4"
ok $? "and has made no take"
has "$work/err" "go on with: whelk run $work/w.reel" "and how to go on"
$whelk run "$work/w.reel" $small >"$work/out" 2>"$work/err"
is $? 0 "running it again is the approval"
test -s "$work/w.reel/film.mp4"
ok $? "the film is there"
paused="$whelk run 'a dog runs' -o '$work/v.reel' $small --seconds 4 --pause-at takes"
printf 'wait paused at the takes[^?]*Go on\?\ntype n\\n\n' | perl tests/tool/terminal.pl "$work/tty" "$paused"
is $? 0 "on a terminal a pause asks"
test ! -e "$work/v.reel/film.mp4" && ! grep -q "done after" "$work/tty" && grep -q "$work/v.reel/clips" "$work/tty"
ok $? "and a no leaves it at the takes"
printf 'wait Go on\?\ntype y\\n\n' | perl tests/tool/terminal.pl "$work/tty" "$paused"
test -s "$work/v.reel/film.mp4"
ok $? "a yes goes on"

# A script of 30 kB: three pieces are read, then two scenes planned.
perl -e 'print "# The Pool\n\n"; for (1 .. 300) { print "INT. POOL - DUSK\n\nMilo, a small orange cat, waits. He looks at the water ($_).\n\n" }' >"$work/script.txt"
play script
ask plan --script "$work/script.txt" --seconds 8 -o "$work/script.reel"
is $? 0 "a script is planned"
is "$(asked)" 8 "in three pieces, a treatment, the scenes and their shots, one of them twice"
is "$(cat "$work/script.reel/prompt.txt")" "The Pool" "its first line stands for the prompt"
cmp -s "$work/script.txt" "$work/script.reel/script.txt"
ok $? "the reel keeps it"
has "$work/asked/4.body" "Notes of piece 3" "the treatment knows what was read"
has "$work/asked/8.body" "the shots are 2.5 s in all; 4.5 s are asked for" "a scene too short goes back"
perl -MJSON::PP -e 'local $/; open F, "<", $ARGV[0]; my $f = decode_json(<F>);
    exit !(join(" ", map { $_->{id} } @{$f->{shots}}) eq "0010 0020 0030 0040" && $f->{seconds} == 8)' "$work/script.reel/storyboard.json"
ok $? "the shots of both scenes make one film"
play script
ask plan --script "$work/script.txt" --seconds 8 --shots 6 -o "$work/six.reel"
is $? 0 "a number of shots may be asked for"
has "$work/asked/4.body" "that is to be in 6 shots" "the model is told it"
has "$work/six.reel/log.jsonl" "6 shots were asked for; planned scene by scene, the film has 4 of them." "that it is not kept to is told"
perl -e 'print "# The Pool\n\n"; for ($n = 40; ; $n += length $s) { $s = "INT. POOL - DUSK\n\nMilo waits ($n).\n\n"; last if $n > 199900; print $s }' >"$work/long.txt"
{
    for i in $(seq 17); do printf 'reply 200\ncontent Notes of piece %d: Milo and the pool.\n' $i; done
    sed '1,/^content Notes of piece 3/d' tests/plays/script.play
} >"$work/long.play"
play - <"$work/long.play"
ask plan --script "$work/long.txt" --seconds 8 -o "$work/long.reel"
is "$? $(asked)" "0 22" "one of 200 kB ($(wc -c <"$work/long.txt") bytes), in seventeen"
$whelk plan --script "$work/script.txt" -o "$work/none.reel" --planner offline >"$work/out" 2>"$work/err"
is $? 2 "without a language model a script is a usage error"
head -c 200001 /dev/zero | tr '\0' a >"$work/long.txt"
$whelk plan --script "$work/long.txt" -o "$work/none.reel" --llm-url "$url" >"$work/out" 2>"$work/err"
is $? 2 "and so is one of more than 200 kB"

done_testing
