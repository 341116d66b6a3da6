#!/bin/sh
# A cut that is stopped (SIGINT) at any moment ends as interrupted, leaves the earlier film as it was and no part of another,
# and does little before it ends: at most half a second of processor time, which a busy machine does not stretch.
. tests/cli/tap.sh
reel=$work/stop.reel
$whelk run "A dog runs along the beach, then a boat sails at dusk" -o "$reel" --size 640x360 --fps 24 --steps 2 --seconds 5 -q \
    >"$work/out" 2>"$work/err"
is $? 0 "a small film"
stale() { $whelk grade "$reel" --exposure "$1" -q >"$work/out" 2>"$work/err"; } # so that there is something to cut

# stopped SECONDS COMMAND...: stops it once it has used so much processor time; tells its exit code and what it used after that
stopped() {
    perl -e '
        my ($at, @command) = @ARGV;
        my $pid = fork // die;
        if (!$pid) { open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null"; exec @command }
        my ($used, $state) = (0, "");
        while ($used < $at && $state ne "Z") { # a zombie: over before its time came
            open my $h, "<", "/proc/$pid/stat" or die;
            (my $line = <$h>) =~ s/.*\) //;
            my @field = split / /, $line;
            ($state, $used) = ($field[0], ($field[11] + $field[12]) / 100);
            select undef, undef, undef, 0.002;
        }
        kill "INT", $pid;
        waitpid $pid, 0;
        my $code = $? & 127 ? "signal-" . ($? & 127) : $? >> 8;
        my ($user, $system) = (times)[2, 3];
        printf "%s %.2f\n", $code, $user + $system - ($state eq "Z" ? $user + $system : $used);' "$@"
}

stale 0.5
whole=$(perl -e '
    open my $tell, ">&", STDOUT; open STDOUT, ">", "/dev/null";
    system(@ARGV) == 0 or die;
    my ($user, $system) = (times)[2, 3];
    print $tell $user + $system' $whelk cut "$reel" -q)
echo "# the whole cut takes $whole s of processor time"
film=$(stat -c %i "$reel/film.mp4")
for i in $(seq 40); do
    stale "-0.$i"
    stopped "$(awk "BEGIN { print $whole * $i / 41 }")" $whelk cut "$reel" -q >>"$work/stops"
    # a run quicker than the first may end before it is stopped
    [ "$(tail -n 1 "$work/stops")" = "0 0.00" ] && film=$(stat -c %i "$reel/film.mp4")
    [ "$(stat -c %i "$reel/film.mp4")" = "$film" ] || echo moved >>"$work/moved"
    find "$reel" -name '*.part' >>"$work/parts"
done
sort -k 2 -n "$work/stops" | tail -n 3 | sed 's/^/# exit code and seconds: /'
is "$(grep -c '^130 ' "$work/stops")" "$((40 - $(grep -c '^0 0.00' "$work/stops")))" "each of forty cuts ends as interrupted"
awk '/^130/ { n++ } END { exit !(n >= 30) }' "$work/stops"
ok $? "and hardly one of them before it is stopped"
awk '$2 > 0.5 { late = 1 } END { exit late }' "$work/stops"
ok $? "none does more than half a second of work after it"
test ! -e "$work/moved"
ok $? "the earlier film stays"
is "$(wc -l <"$work/parts")" 0 "and no part of another"
done_testing
