#!/bin/sh
# Narration, captions and music from the command line: texts in the storyboard are spoken and captioned, options stay with the
# reel, what is missing is told with its cure, and nothing is cut twice.
. tests/cli/tap.sh
reel=$work/cat.reel

$whelk plan "a cat sits by a pool" -o "$reel" --size 160x90 --fps 12 --seconds 6 >"$work/out" 2>"$work/err" &&
    $whelk shoot "$reel" --steps 4 >"$work/out" 2>"$work/err"
is $? 0 "a film is planned and shot"

# say SHOT-INDEX TEXT: what is said over a shot
say() {
    perl -MJSON::PP -e '
        my ($path, $i, $text) = @ARGV;
        local $/; open my $f, "<", $path or die; my $film = JSON::PP->new->utf8->decode(<$f>); close $f;
        $film->{shots}[$i]{voice} = {text => do { utf8::decode($text); $text }, kind => "narration"};
        open $f, ">", $path or die; print $f JSON::PP->new->utf8->canonical->encode($film);' "$reel/storyboard.json" "$1" "$2"
}
# field NAME...: a field of the storyboard
field() {
    perl -MJSON::PP -e 'my ($path, @names) = @ARGV; local $/; open my $f, "<", $path; my $x = decode_json(<$f>);
        $x = $x->{$_} for @names; print $x ? $x : 0' "$reel/storyboard.json" "$@"
}

say 0 "Die Katze sitzt."
say 1 "猫来了 & <玩>。"
$whelk cut "$reel" --captions >"$work/out" 2>"$work/err"
is $? 0 "it is cut with captions"
test -s "$reel/voice/0010.wav" && test -s "$reel/voice/0020.wav"
ok $? "both texts are spoken"
has "$reel/voice/0010.json" '"de"' "the German one by a German voice"
has "$reel/voice/0020.json" '"cmn-latn-pinyin"' "the Chinese one by a Chinese voice"
has "$reel/film.srt" "Die Katze sitzt." "the captions have the one"
has "$reel/film.srt" "猫来了 & <玩>。" "and the other"
has "$reel/film.vtt" "猫来了 &amp; &lt;玩>。" "which WebVTT writes in its own way"
is "$(ffmpeg -loglevel error -i "$reel/film.mp4" -map 0:s -f srt - | grep -c -e '-->')" 2 "the film has them as a track"
$whelk cut "$reel" --profile webm -q >"$work/out" 2>"$work/err"
is "$(ffmpeg -loglevel error -i "$reel/film.webm" -map 0:s -c copy -f webvtt - | grep -c 'Die Katze sitzt\|猫来了 &amp; &lt;玩>')" 2 "a WebM too"
is "$(ffprobe -v error -show_entries stream_tags=language -of csv=p=0 "$reel/film.webm" | paste -sd,)" ,deu,deu "and says in what language"
$whelk view "$reel" >"$work/out" 2>"$work/err"
has "$reel/view.html" '<video id="film" src="film.webm"' "the page shows the newest film"
is "$(field captions)" 1 "the storyboard keeps that captions were asked for"
$whelk cut "$reel" >"$work/out" 2>"$work/err"
has "$work/err" "nothing is cut" "nothing is cut anew while nothing changes"

ffmpeg -loglevel error -f lavfi -i "sine=440:duration=2" "$work/hum.ogg" </dev/null
$whelk cut "$reel" --music "$work/hum.ogg" --voice off >"$work/out" 2>"$work/err"
is $? 0 "music of one's own, and nobody speaks"
has "$work/err" "no bar to loop on" "music without a beat is told"
test -s "$reel/film.srt"
ok $? "the captions stay"
ffmpeg -loglevel error -i "$reel/film.mp4" -f s16le -ac 1 "$work/pcm" </dev/null
perl -e 'local $/; open my $f, "<", $ARGV[0]; my @s = unpack "s<*", <$f>; my $n = 0;
    for my $i (1 .. $#s) { $n++ if ($s[$i - 1] < 0) != ($s[$i] < 0) } my $hz = $n / 2 / (@s / 48000);
    exit !(@s > 48000 * 4 && abs($hz - 440) < 12)' "$work/pcm"
ok $? "the whole film hums at 440 Hz"

# Nine beats at 120 a minute after 0.7 s of silence. The storyboard has another tempo, that of a composed score.
ffmpeg -loglevel error -f lavfi -i "aevalsrc='0.5*sin(2*PI*220*t)*exp(-30*mod(t,0.5))':d=4.7,adelay=700" "$work/beat.wav" </dev/null
$whelk cut "$reel" --music "$work/beat.wav" >"$work/out" 2>"$work/err"
is $? 0 "music with a beat, shorter than the film"
grep -q 'looped every 2 bars, 4\.00 s at 1\(19\.9\|20\.[01]\) beats a minute as measured' "$work/err"
ok $? "is looped at its own tempo: $(grep -o 'it is looped.*' "$work/err")"
ffmpeg -loglevel error -y -i "$reel/film.mp4" -f s16le -ac 1 "$work/pcm" </dev/null
perl -e 'local $/; open my $f, "<", $ARGV[0]; my @s = unpack "s<*", <$f>; my ($last, $worst, $n) = (-1, 0, 0);
    for (my $i = 480; $i + 480 < @s - 72000; $i += 240) {
        my ($before, $now) = (0, 0);
        $before += $s[$i - $_] ** 2, $now += $s[$i + $_ - 1] ** 2 for 1 .. 240;
        next if $now < 9 * $before || $now < 240 * 2e6 || ($last >= 0 && $i - $last < 4800);
        my $off = $last < 0 ? 0 : abs(($i - $last) / 48000 - 0.5);
        $worst = $off if $off > $worst; $last = $i; $n++;
    }
    print "# $n strokes, $worst s off at most\n"; exit !($n >= 6 && $worst < 0.02)' "$work/pcm"
ok $? "and its strokes stay half a second apart over the seam"

$whelk cut "$reel" --no-score >"$work/out" 2>"$work/err"
is $? 0 "no score"
is "$(field score off)" 1 "which the storyboard keeps"
ffmpeg -hide_banner -i "$reel/film.mp4" -af volumedetect -f null - </dev/null 2>&1 | grep -q 'max_volume: -91'
ok $? "and the film is silent"

$whelk cut "$reel" --music "$work/none.ogg" >"$work/out" 2>"$work/err"
is $? 2 "music that is not there is refused"
has "$work/err" "none.ogg" "by name"
$whelk cut "$reel" --voice xx-nobody >"$work/out" 2>"$work/err"
is $? 1 "a voice there is not is refused"
has "$work/err" "espeak-ng --voices" "with where to look"
$whelk cut "$reel" --voice auto --music "$work/hum.ogg" --loudness -23 >"$work/out" 2>"$work/err"
is $? 0 "both come back, at a broadcaster's level"
lufs=$(ffmpeg -hide_banner -nostats -i "$reel/film.mp4" -af ebur128 -f null - </dev/null 2>&1 | awk '$1 == "I:" { i = $2 } END { print i }')
awk -v i="$lufs" 'BEGIN { exit !(i > -23.5 && i < -22.5) }'
ok $? "which ffmpeg measures too ($lufs LUFS)"
ffmpeg -v error -f lavfi -i anoisesrc=color=white:amplitude=0.3:duration=8:sample_rate=48000 "$work/rain.wav" </dev/null
cp -R "$reel" "$work/rain.reel"
$whelk shot "$work/rain.reel" set 0010 --sound "$work/rain.wav" -q >"$work/out" 2>"$work/err" &&
    $whelk cut "$work/rain.reel" --no-score --voice off >"$work/out" 2>"$work/err"
is $? 0 "white noise, of which AAC keeps less than of other sounds, is cut"
say 0 "One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen, fifteen, sixteen, seventeen, eighteen, nineteen, twenty, and many more than anybody could say in this time."
cp "$reel/film.mp4" "$work/before.mp4"
$whelk cut "$reel" >"$work/out" 2>"$work/err"
is $? 1 "a text longer than the film is refused"
has "$work/err" '"seconds" in storyboard.json' "with the cure"
cmp -s "$reel/film.mp4" "$work/before.mp4"
ok $? "and the earlier film stays"

# The reel's own music.
cp "$work/hum.ogg" "$work/again.ogg"
program=$(realpath "$whelk")
(cd "$work" && "$program" voice cat.reel 0010 --none -q && "$program" score cat.reel --file again.ogg -q && rm again.ogg &&
    "$program" cut cat.reel -q) >"$work/out" 2>"$work/err"
is $? 0 "music that was copied into a reel is found, wherever one stands"
done_testing
