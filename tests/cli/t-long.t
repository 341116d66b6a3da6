#!/bin/sh
# Shots longer than a clip, end to end, with a tiny model whose actions go on: planned, made in parts, cut; broken off
# between two parts and taken up again; changed; and refused where what is done is over with a clip.
. tests/cli/tap.sh
tiny=$work/tiny
mkdir "$tiny" && cp tests/golden/whelk-tiny/whelk-tiny.safetensors "$tiny" &&
    perl -0pe 'BEGIN { local $/; open F, "<", "tests/golden/card.json"; $c = <F>;
                       $c =~ s/^\s*\{/{"goes_on": {"walk": "back", "sit": "stays"},/; $c =~ s/"clip": *[0-9.]+/"clip": 1.333/ }
               s/"card":\s*\{\}/"card": $c/' tests/golden/whelk-tiny/model.json >"$tiny/model.json"
ok $? "a tiny model is given words, and actions that go on"
small="--size 64x36 --fps 12"
"$whelk" model info "$tiny" >"$work/out"
has "$work/out" "shot         up to 5.33 seconds" "how long a shot may be is told"

# shots REEL: how many its storyboard has
shots() { "$whelk" shots "$1" --json | grep -o '"id":' | wc -l; }

# From the line to the film.
reel=$work/walk.reel
does "a film of one long shot" "film.mp4" run "A cat walks slowly along the beach" --shots 1 --seconds 4 -o "$reel" --model "$tiny" $small --steps 3
is "$(ffprobe -v error -select_streams v -count_frames -show_entries stream=nb_read_frames -of csv=p=0 "$reel/film.mp4")" 48 "has 48 frames"
is "$(shots "$reel")" 1 "of one shot"
"$whelk" log "$reel" | tr -s ' \n' '  ' >"$work/log"
has "$work/log" "go on beyond the 1.333 s of one clip" "the log says that it goes on"
has "$work/log" "the cat turns round and comes back" "and how"
has "$work/log" "12 steps in" "its four parts of three steps each are counted"
has "$reel/clips/0010-t01.json" '"parts":' "the record has its parts"
is "$("$whelk" shots "$reel" | awk '$1 == "0010" { print $5 }')" clean "the take stands"

# In the line itself.
does "wishes in the line" "storyboard.json" plan "A cat walks along the beach, 4 seconds, in one shot" -o "$work/line.reel" --model "$tiny" $small
"$whelk" log "$work/line.reel" | tr -s ' \n' '  ' >"$work/log"
has "$work/log" "The line asks for 1 shot." "are told"
is "$(shots "$work/line.reel")" 1 "and kept to"
does "where nothing is said of it" "storyboard.json" plan "A cat walks along the beach" -o "$work/usual.reel" --model "$tiny" $small
is "$(shots "$work/usual.reel")" 4 "there are four as ever"
does "another number of shots" "storyboard.json" plan "$work/usual.reel" --shots 2 --model "$tiny"
is "$(shots "$work/usual.reel")" 2 "plans anew"

# Killed between two parts it goes on with the next, to the same clip.
cold=$work/cold.reel calm=$work/calm.reel
"$whelk" plan "A cat walks along the beach" --shots 1 --seconds 5 -o "$cold" --model "$tiny" $small -q >/dev/null 2>&1 && cp -r "$cold" "$calm"
perl -e 'my ($file, @command) = @ARGV;
         my $pid = fork // die;
         if (!$pid) { open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null"; exec @command }
         for (my $tries = 0; !-e $file && $tries < 6000; $tries++) { select undef, undef, undef, 0.01 }
         kill "KILL", $pid;
         waitpid $pid, 0' "$cold/clips/0010-t01.latent.safetensors" "$whelk" shoot "$cold" --steps 200 --model "$tiny"
test -e "$cold/clips/0010-t01.latent.safetensors" && test ! -e "$cold/clips/0010-t01.json"
ok $? "killed after a part, its latents are there and no take"
does "the next run" "clips" shoot "$cold" --steps 200 --model "$tiny"
made=$("$whelk" log "$cold" | tr -s ' \n' '  ' | grep -o '[0-9]* steps in' | tail -1)
[ "${made%% *}" -lt 1000 ] && [ "${made%% *}" -ge 200 ] && [ $((${made%% *} % 200)) -eq 0 ]
ok $? "makes the parts that are missing ($made)"
"$whelk" shoot "$calm" --steps 200 --model "$tiny" -q >/dev/null 2>&1
cmp "$cold/clips/0010-t01.mkv" "$calm/clips/0010-t01.mkv" && cmp "$cold/clips/0010-t01.latent.safetensors" "$calm/clips/0010-t01.latent.safetensors"
ok $? "to the clip of a run that nobody disturbed"

# Changes.
export WHELK_MODEL="$tiny"
does "a shot made longer" "1 shot is to be made anew" shot "$reel" set 0010 --seconds 5
is "$("$whelk" shots "$reel" | awk '$1 == "0010" { print $5 }')" stale "needs another take"
refused 2 "5.333 s at most" "longer than the model makes" shot "$reel" set 0010 --seconds 6
refused 2 "the action launch is over after 1.333 s and does not go on" "a long walk that becomes a liftoff" \
    shot "$reel" set 0010 --prompt "a rocket launches on the beach"
"$whelk" plan "A rocket launches" --shots 1 --seconds 4 -o "$work/up.reel" $small >"$work/out" 2>"$work/err"
is $? 0 "a liftoff of 4 s is planned as long as it is"
"$whelk" log "$work/up.reel" | tr -s ' \n' '  ' >"$work/log"
has "$work/log" "4 s were asked for; the model makes no more of what is done in this 1 shot" "which is told"
refused 2 "the action launch is over after 1.333 s" "a liftoff made longer" shot "$work/up.reel" set 0010 --seconds 3
sed -i 's/"seconds": 1\.[0-9]*,/"seconds": 3,/' "$work/up.reel/storyboard.json"
"$whelk" shoot "$work/up.reel" >"$work/out" 2>"$work/err"
is $? 2 "one made longer by hand is refused: exit code 2"
has "$work/err" "shot 0010: the action launch is over after 1.333 s and does not go on, and 3 s are asked for" "with the sentence"
refused 2 "shots" "no number of shots" plan "A cat" --shots 0 -o "$work/no.reel"
done_testing
