#!/bin/sh
# Killed without warning at any moment, a run goes on to the same film: nothing half-written stays, and the clips are byte for byte
# those of a run that nobody disturbed. So it is with the commands that change a reel.
. tests/cli/tap.sh
prompt="A dog runs along the beach at dusk"
small="--size 320x180 --fps 12 --steps 8"

$whelk run "$prompt" -o "$work/calm.reel" $small >"$work/out" 2>"$work/err"
is $? 0 "the undisturbed run ends with 0"

# decoded FILM: digests of all its pictures and all its sound, decoded
decoded() { ffmpeg -v error -i "$1" -map 0:v -map 0:a -f streamhash -hash sha256 - </dev/null; }
decoded "$work/calm.reel/film.mp4" >"$work/calm.film"
is "$(wc -l <"$work/calm.film")" 2 "its film has pictures and sound"

# killed SECONDS COMMAND...: ends it without warning after up to that many seconds
killed() {
    perl -e '
        my ($most, @command) = @ARGV;
        my $pid = fork // die;
        if (!$pid) { open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null"; exec @command }
        select undef, undef, undef, 0.02 + rand $most;
        kill "KILL", $pid;
        waitpid $pid, 0;' "$@"
}

for i in $(seq 20); do
    [ -e "$work/killed.reel/film.mp4" ] && rm -r "$work/killed.reel" # done: nothing is left to kill
    killed 2.5 $whelk run "$prompt" -o "$work/killed.reel" $small
    bad=0
    for json in $(find "$work/killed.reel" -name '*.json' ! -name '*.part'); do
        perl -MJSON::PP -0777 -ne 'decode_json($_)' "$json" || bad=1
    done
    ok $bad "after kill $i every JSON file in the reel is whole"
done

$whelk run "$prompt" -o "$work/killed.reel" $small >"$work/out" 2>"$work/err"
is $? 0 "the run after the kills ends with 0"
(cd "$work/calm.reel/clips" && sha256sum *.mkv) >"$work/calm"
(cd "$work/killed.reel/clips" && sha256sum $(sed 's/.* //' "$work/calm")) >"$work/killed"
cmp -s "$work/calm" "$work/killed"
ok $? "its clips are those of the undisturbed run"
test -z "$(find "$work/killed.reel" -name '*.part')"
ok $? "no part of a file is left"
perl -MJSON::PP -ne 'my $e = decode_json($_); die if $e->{n} <= $last; $last = $e->{n}' "$work/killed.reel/log.jsonl"
ok $? "the journal reads to its end, its numbers rising"
decoded "$work/killed.reel/film.mp4" >"$work/killed.film"
cmp "$work/calm.film" "$work/killed.film"
ok $? "its film is the same in decoded pictures and sound"

bad=0
for i in $(seq 10); do
    killed 0.4 $whelk shot "$work/killed.reel" set 0010 --seed "$i" --camera static
    killed 0.4 $whelk undo "$work/killed.reel"
    killed 0.4 $whelk shot "$work/killed.reel" split 0010 --at 1
    killed 0.4 $whelk grade "$work/killed.reel" --warmth "0.$i"
    $whelk shots "$work/killed.reel" >"$work/out" 2>&1 || bad=1
    $whelk history "$work/killed.reel" >"$work/out" 2>&1 || bad=1
done
ok $bad "after forty killed changes the reel can be read each time"
$whelk history "$work/killed.reel" back 1 -q 2>"$work/err"
ok $? "and taken back to how it was"
$whelk run "$work/killed.reel" >"$work/out" 2>"$work/err"
is $? 0 "the run after them ends with 0"
decoded "$work/killed.reel/film.mp4" >"$work/killed.film"
cmp "$work/calm.film" "$work/killed.film"
ok $? "its film is the one it was"
done_testing
