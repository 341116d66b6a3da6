#!/bin/sh
# Only what changed is made anew: the denoising steps of each run after each kind of edit are counted from the log.
. tests/cli/tap.sh
reel="$work/cat.reel"
"$whelk" plan "A cat dives into a pool" -o "$reel" --size 64x36 -q >/dev/null 2>&1
"$whelk" shoot "$reel" --steps 3 -q >/dev/null 2>&1
ok $? "a film of four shots, three steps each"

# steps: all denoising steps in the log so far
steps() { sed -n 's/.*"kind":"work".*"steps":\([0-9]*\).*/\1/p' "$reel/log.jsonl" | awk '{ n += $1 } END { print n + 0 }'; }
is "$(steps)" 12 "cost twelve steps"
before=$(steps)
# costs N NAME ARGS...: after the command the takes cost that many steps
costs() {
    want=$1 name=$2
    shift 2
    "$whelk" "$@" -q >"$work/out" 2>"$work/err" || { ok 1 "$name: the command"; cat "$work/err"; }
    "$whelk" shoot "$reel" -q >"$work/out" 2>"$work/err" || ok 1 "$name: the takes"
    is "$(($(steps) - before))" "$want" "$name: $want steps"
    before=$(steps)
}

costs 0 "nothing changed" shoot "$reel"
costs 0 "a transition" transition "$reel" 0010 crossfade --seconds 0.3
costs 0 "a title" title "$reel" add Later --at 3
costs 0 "a score" score "$reel" --mood calm
costs 0 "a grade" grade "$reel" --warmth 0.2
costs 0 "speed and a trim" shot "$reel" set 0020 --speed 1.5 --trim-in 0.2
costs 0 "narration" shot "$reel" set 0020 --narration "There she goes"
costs 3 "one prompt" shot "$reel" set 0020 --prompt "the orange cat jumps by the pool"
costs 3 "a seed" shot "$reel" set 0010 --seed 77
costs 3 "a camera" shot "$reel" set 0040 --camera static
costs 0 "the order" shot "$reel" move 0040 --after start
costs 0 "the order again" shot "$reel" move 0010 --after 0030
costs 0 "all of it taken back" history "$reel" back 1
costs 0 "and made again" history "$reel" back 7
costs 0 "a lock" shot "$reel" lock 0020
costs 0 "a locked shot's words" shot "$reel" set 0020 --prompt "the cat walks"
costs 3 "unlocked" shot "$reel" unlock 0020
costs 0 "a shot split" shot "$reel" split 0030 --at 1
costs 0 "and merged" shot "$reel" merge 0030
costs 0 "a shot removed" shot "$reel" remove 0040
costs 0 "and brought back" undo "$reel"
costs 3 "a shot added" shot "$reel" add "the cat sits" --after 0030
costs 0 "a take picked" take "$reel" pick 0020 t01
# 0030 makes the picture of the pool that three others hold; 0020 is locked to the take picked.
costs 12 "the picture that all hold" shot "$reel" set 0030 --seed 5
rm "$reel/clips/0030-"*.mkv
is "$("$whelk" shots "$reel" | awk '$1 == "0030" { print $5 }')" missing "a take removed by hand is missing"
"$whelk" shoot "$reel" -q >/dev/null 2>&1
ok $? "and made again from its latent"
is "$(($(steps) - before))" 0 "which costs no step"

# Where all shots need the place equally, the one planned first has it, wherever it stands.
reel="$work/dog.reel"
"$whelk" plan "A dog runs along the beach" -o "$reel" --size 64x36 -q >/dev/null 2>&1
"$whelk" shoot "$reel" --steps 3 -q >/dev/null 2>&1
before=$(steps)
first=$("$whelk" shots "$reel" | sed -n 2p | cut -c 1-4)
costs 0 "the first shot put last" shot "$reel" move "$first" --after end
costs 3 "a shot before all others" shot "$reel" add "the dog sits" --after start
costs 0 "an id that sorts first changes nothing" shoot "$reel"
second=$("$whelk" shots "$reel" | sed -n 3p | cut -c 1-4)
costs 0 "going on from the shot before, in the place it has" shot "$reel" set "$second" --from-previous
costs 3 "doing what that one does" shot "$reel" set "$second" --prompt "the dog sits"
tr '\n' ' ' <"$reel/log.jsonl" >"$work/log"
has "$work/log" "and so is the actor" "the same actor does it"
done_testing
