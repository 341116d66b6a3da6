#!/bin/sh
# Killed without warning at any moment, a run goes on to the same film: nothing half-written stays, and the clips are byte for byte
# those of a run that nobody disturbed.
. tests/cli/tap.sh
prompt="A dog runs along the beach at dusk"
small="--size 320x180 --fps 12 --steps 8"

$whelk run "$prompt" -o "$work/calm.reel" $small >"$work/out" 2>"$work/err"
is $? 0 "the undisturbed run ends with 0"

for i in 1 2 3 4 5 6 7 8; do
    perl -e '
        my ($after, @command) = @ARGV;
        my $pid = fork // die;
        if (!$pid) { open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null"; exec @command }
        select undef, undef, undef, $after;
        kill "KILL", $pid;
        waitpid $pid, 0;' "$(perl -e 'printf "%.3f", 0.05 + rand 2.5')" \
        $whelk run "$prompt" -o "$work/killed.reel" $small
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
done_testing
