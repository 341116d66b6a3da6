#!/bin/sh
# Long films: a minute of many shots, of the length asked for; ten minutes cut from sixty takes, with all that a film can have, in
# bounded memory.
. tests/cli/tap.sh
$whelk run "A cat walks through the city at night, then a red car drives through the desert, then a boat sails at dusk" \
    -o "$work/long.reel" --seconds 60 --size 320x180 --fps 12 --steps 6 >"$work/out" 2>"$work/err"
is $? 0 "run ends with 0"
$frames "$work/long.reel/film.mp4" >"$work/frames"
awk '/^size/ { n = $6 } END { exit !(n >= 648 && n <= 792) }' "$work/frames"
ok $? "the film is a minute long, give or take a tenth"
awk '/mean/ { n++; if ($5 < 8) flat++ } END { exit !(n && flat <= n / 10) }' "$work/frames"
ok $? "its pictures are not flat"

# Three takes of 9.8 s, each in the film twenty-one times as a file of its own: wipes, crossfades and a dip by turns, two shots of
# three with a text that is spoken, captions, titles, a score.
three=$work/three.reel reel=$work/ten.reel
$whelk plan "A fox runs through the forest, then a cat walks on the beach, then a boat sails at night" \
    -o "$three" --seconds 30 --shots 3 --size 1280x720 --fps 12 -q >"$work/out" 2>"$work/err" &&
    $whelk shoot "$three" --steps 4 -q >"$work/out" 2>"$work/err"
is $? 0 "three long takes"
mkdir -p "$reel/clips" && cp "$three/prompt.txt" "$three/reel.json" "$reel"
perl -MJSON::PP -e '
    my ($from, $to) = @ARGV;
    sub slurp { local $/; open my $h, "<", shift or die; <$h> }
    sub spew { my ($name, $text) = @_; open my $h, ">", $name or die; print $h $text }
    my $film = decode_json(slurp("$from/storyboard.json"));
    my @joins = qw(wipe-left crossfade clock-cw12 crossfade iris-rect dip-black barndoor-v crossfade diagonal-tl wipe-down);
    my (@shots, $at);
    for my $i (0 .. 62) {
        my %shot = %{$film->{shots}[$i % 3]};
        my ($old, $new) = ("$shot{id}-t01", sprintf "%04d-t01", 10 * $i + 10);
        link "$from/clips/$old.mkv", "$to/clips/$new.mkv" or die;
        (my $record = slurp("$from/clips/$old.json")) =~ s/\Q$old\E/$new/g;
        spew("$to/clips/$new.json", $record);
        $shot{id} = sprintf "%04d", 10 * $i + 10;
        $shot{locked} = JSON::PP::true;
        $shot{transition} = $i < 62 ? {kind => $joins[$i % 10], seconds => 0.5} : {kind => "cut", seconds => 0};
        $shot{voice} = {text => "On it goes, past the last houses and the last trees.", kind => "narration"} if $i % 3 != 2;
        push @shots, \%shot;
        $at += $shot{seconds} - 0.5;
    }
    $film->{shots} = \@shots;
    $film->{seconds} = $at + 0.5;
    $film->{captions} = JSON::PP::true;
    $film->{titles} = [
        {text => "The Long Road", kind => "opening", at_s => 0.5, seconds => 3},
        {text => "Much later", kind => "lower-third", at_s => $at / 2, seconds => 4},
        {text => "The End", kind => "end", at_s => $at - 2, seconds => 2}];
    spew("$to/storyboard.json", encode_json($film))' "$three" "$reel"
is $? 0 "and a storyboard of sixty-three shots"
perl -e '
    my $pid = fork // die;
    exec @ARGV if !$pid;
    my ($most, $over) = (0, 0);
    while (!$over) { # what the kernel says was the most; of one that has ended it says nothing
        open my $h, "<", "/proc/$pid/status" or die;
        $most = $1 if join("", <$h>) =~ /VmHWM:\s+(\d+)/;
        $over = waitpid($pid, 1) == $pid;
        select undef, undef, undef, 0.05;
    }
    print $most * 1024 / 1e6, "\n";
    exit($? >> 8)' "$whelk" cut "$reel" -q >"$work/most" 2>"$work/err"
is $? 0 "are cut into a film"
most=$(tail -n 1 "$work/most")
awk "BEGIN { exit !($most > 50 && $most < 400) }"
ok $? "with less than 400 MB of memory ($most)"
probe() { ffprobe -v error -show_entries "$1" -of csv=p=0 "$reel/film.mp4"; }
awk "BEGIN { exit !($(probe format=duration) > 585) }"
ok $? "it lasts ten minutes"
is "$(probe stream=codec_type | paste -sd,)" video,audio,subtitle "with pictures, sound and captions"
is "$(ffmpeg -v error -i "$reel/film.mp4" -map 0:s -f srt - </dev/null | grep -c "On it goes")" 42 "every text that is spoken has one"
lufs=$(ffmpeg -hide_banner -nostats -i "$reel/film.mp4" -vn -af ebur128 -f null - </dev/null 2>&1 | awk '$1 == "I:" { i = $2 } END { print i }')
awk "BEGIN { exit !($lufs > -15 && $lufs < -13) }"
ok $? "at the loudness of films ($lufs LUFS)"
done_testing
