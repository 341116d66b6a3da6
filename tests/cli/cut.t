#!/bin/sh
# The cut as a user sees it: every profile with its streams, tags and frames, the label, a moved reel, another program's
# render of the timeline, a full disk, a kill in the middle.
. tests/cli/tap.sh
reel=$work/dive.reel
$whelk run "A cat dives from a springboard into a pool" -o "$reel" --size 320x180 --fps 12 --steps 2 --seconds 4 -q >"$work/out" 2>"$work/err"
is $? 0 "a small film"

# probe FILE WHAT: one field of the first stream that has it
probe() { ffprobe -v error -count_packets -show_entries "$2" -of default=nw=1:nk=1 "$1" | head -n 1; }

for row in mp4:film.mp4:h264:aac webm:film.webm:vp9:opus mkv:film.mkv:ffv1:flac prores:film.mov:prores:pcm_s24le \
    preview:preview.mp4:h264:aac; do
    IFS=: read -r profile file video audio <<ROW
$row
ROW
    $whelk cut "$reel" --profile $profile -q >"$work/out" 2>"$work/err"
    is $? 0 "$profile is cut"
    is "$(tail -n 1 "$work/out")" "$reel/$file" "$profile: the last line is its path"
    is "$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$reel/$file" | paste -sd,)" "$video,$audio" "$profile: its streams"
    is "$(probe "$reel/$file" stream=nb_read_packets)" 48 "$profile: every frame"
    is "$(ffprobe -v error -select_streams v -show_entries packet=pts -of csv=p=0 -read_intervals %+#1 "$reel/$file" | head -n 1)" 0 \
        "$profile: its pictures begin at 0"
    is "$(ffprobe -v error -select_streams v -show_entries stream=color_range,color_space,color_transfer,color_primaries \
        -of csv=p=0 "$reel/$file")" tv,bt709,bt709,bt709 "$profile: bt709, limited range"
    ffprobe -v error -show_entries format_tags -of json "$reel/$file" >"$work/tags"
    grep -q 'AIGC.*Label.*1.*trainedAlgorithmicMedia.*A cat dives' "$work/tags"
    ok $? "$profile: says that a machine made it, and from what"
    case $file in *.mp4 | *.mov)
        grep -aqF '<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia<' "$reel/$file"
        ok $? "$profile: in XMP too" ;;
    esac
done
is "$(ffprobe -v error -show_chapters -of csv=p=0 "$reel/film.mkv" | wc -l)" "$(ls "$reel"/clips/*.mkv | wc -l)" \
    "the master has a chapter a shot"
has "$reel/log.jsonl" "codes the pictures of the film.webm" "the log names the encoder"
$whelk cut "$reel" --profile avi >"$work/out" 2>"$work/err"
is $? 2 "a profile there is not"
has "$work/err" "prores" "is answered with those there are"

# The label lies over the first two seconds and nowhere else.
ffmpeg -v error -i "$reel/film.mp4" -f rawvideo -pix_fmt gray "$work/plain.gray"
$whelk cut "$reel" --label --json >"$work/out" 2>"$work/err"
is $? 0 "a cut with the label"
grep -m 1 '"what":"film"' "$work/out" | grep -q '"left_s":\([1-9]\|0\.[1-9]\)'
ok $? "says from its beginning on how long it will take"
ffmpeg -v error -i "$reel/film.mp4" -f rawvideo -pix_fmt gray "$work/label.gray"
perl -e '
    my @f = map { open my $h, "<:raw", $_ or die; local $/; <$h> } @ARGV;
    my $size = 320 * 180;
    my @high = map {
        my $n = $_;
        my $most = 0;
        for my $y (4 .. 30) { for my $x (20 .. 120) {
            my $i = $n * $size + $y * 320 + $x;
            my $d = abs(ord(substr $f[0], $i, 1) - ord(substr $f[1], $i, 1));
            $most = $d if $d > $most;
        } }
        $most;
    } 0, 12, 23, 24, 30;
    print "# differences of frames 0 12 23 24 30: @high\n";
    exit !($high[0] > 60 && $high[1] > 60 && $high[2] > 60 && $high[3] < 30 && $high[4] < 30);
' "$work/plain.gray" "$work/label.gray"
ok $? "it is there for 24 frames and then gone"
$whelk cut "$reel" -q >"$work/out" 2>"$work/err"
has "$reel/reel.json" '"label"' "the reel keeps it"
$whelk cut "$reel" --no-label -q >"$work/out" 2>"$work/err"
ffmpeg -v error -i "$reel/film.mp4" -f rawvideo -pix_fmt gray "$work/again.gray"
cmp -s "$work/plain.gray" "$work/again.gray"
ok $? "and is taken off again"

# Moved: the film stands, the timeline names its new place, the others never named one.
mv "$reel" "$work/moved.reel"
reel=$work/moved.reel
sum=$(sha256sum <"$reel/film.mp4")
$whelk cut "$reel" -q >"$work/out" 2>"$work/err"
is $? 0 "a moved reel is cut"
is "$(sha256sum <"$reel/film.mp4")" "$sum" "its film stands"
has "$reel/timeline.xges" "$work/moved.reel/clips" "its timeline names the new place"
grep -q "$work/dive.reel" "$reel/timeline.xges"
is $? 1 "and no more the old one"
grep -q "$work" "$reel/timeline.otio" "$reel/timeline.edl"
is $? 1 "other editors get paths from the reel on"
if /usr/bin/python3 -c 'import opentimelineio' 2>/dev/null; then
    /usr/bin/python3 -c '
import sys, opentimelineio as otio
t = otio.adapters.read_from_file(sys.argv[1])
assert t.duration().value == 48, t.duration()
' "$reel/timeline.otio"
    ok $? "OpenTimelineIO reads timeline.otio"
else
    ok 0 "OpenTimelineIO reads timeline.otio # SKIP it is not installed; test_interchange checks the schema"
fi

# Another program renders the same pictures and samples (ges-launch adds a frame at the end).
timeout 120 ges-launch-1.0 --load "$reel/timeline.xges" -o "$work/other.mkv" \
    --format 'video/x-matroska:video/x-ffv,ffvversion=1:audio/x-flac' >"$work/out" 2>&1
is $? 0 "ges-launch-1.0 renders timeline.xges"
$whelk cut "$reel" --profile mkv -q >"$work/out" 2>"$work/err"
md5() { ffmpeg -v error -i "$1" -map 0:$2 -frames:$2 $3 -f md5 -; }
is "$(md5 "$work/other.mkv" v 48)" "$(md5 "$reel/film.mkv" v 48)" "to the same pictures"
is "$(md5 "$work/other.mkv" a 40)" "$(md5 "$reel/film.mkv" a 40)" "and the same samples"

# Killed in the middle: the earlier film is there, the next cut goes through.
cp "$reel/film.mp4" "$work/earlier.mp4"
perl -0pi -e 's/"grade":\s*\{[^}]*\}/"grade": {"saturation": 0.3}/ or die' "$reel/storyboard.json"
$whelk cut "$reel" -q >"$work/out" 2>"$work/err" &
cutter=$!
for i in $(seq 400); do [ -e "$reel/film.mp4.part" ] && break; sleep 0.05; done
kill -KILL $cutter
wait $cutter 2>/dev/null
cmp -s "$reel/film.mp4" "$work/earlier.mp4"
ok $? "a cut that is killed leaves the earlier film"
$whelk cut "$reel" -q >"$work/out" 2>"$work/err"
is $? 0 "the next one goes through"
is "$(probe "$reel/film.mp4" stream=nb_read_packets)" 48 "with every frame"
is "$(find "$reel" -name '*.part*' | wc -l)" 0 "and half files are gone"

# Takes that are damaged, cut short or gone are refused by name, with the command that makes them again.
take=$(ls "$reel"/clips/*.mkv | head -n 1)
shot=$(basename "$take" | cut -c1-4)
cp "$take" "$work/take.mkv"
cp "$reel/film.mp4" "$work/earlier.mp4"
bad_take() {
    $whelk cut "$reel" -q >"$work/out" 2>"$work/err"
    is $? 1 "$1 is refused"
    grep -q "shot $shot" "$work/err" && grep -q "whelk shoot $reel" "$work/err"
    ok $? "$1: $(sed "s,$work/,,g" "$work/err")"
    cmp -s "$reel/film.mp4" "$work/earlier.mp4"
    ok $? "$1: the earlier film stays"
}
perl -e 'open my $f, "+<:raw", $ARGV[0] or die; seek $f, -s($f) / 2, 0; read $f, my $b, 1; seek $f, -1, 1; print $f chr(255 & ~ord $b)' "$take"
bad_take "a damaged take"
head -c 20000 "$work/take.mkv" >"$take"
bad_take "a take cut short"
head -c 20000 /dev/zero >"$take"
bad_take "a take of zeros"
ffmpeg -v error -y -i "$work/take.mkv" -frames:v 5 -c:v ffv1 -level 3 -slicecrc 1 "$take" </dev/null
bad_take "a take of too few frames"
rm "$take" && mkfifo "$take"
bad_take "a pipe in its place"
perl -e 'local $/; open my $f, "<:raw", $ARGV[0]; my $b = <$f>; substr($b, length($b) / 2, 1) ^= "\1"; print $b' "$work/take.mkv" >"$work/flip"
mv "$work/flip" "$take"
$whelk cut "$reel" --only "$shot-$shot" -q >"$work/out" 2>"$work/err"
is $? 1 "a part of the film is not cut from a damaged take either"
$whelk shot "$reel" lock "$shot" -q >"$work/out" 2>&1
$whelk cut "$reel" -q >"$work/out" 2>"$work/err"
has "$work/err" "whelk shot $reel unlock $shot, then whelk shoot $reel" "of a locked shot it is told how to make the take again"
$whelk shot "$reel" unlock "$shot" -q >"$work/out" 2>&1
ffmpeg -v error -y -i "$work/take.mkv" -s 128x72 -c:v ffv1 -level 3 -slicecrc 1 "$take" </dev/null
$whelk cut "$reel" --only "$shot-$shot" >"$work/out" 2>"$work/err"
is $? 0 "another whole clip in its place is used"
has "$work/err" "is not the take that its record tells of" "and told"
rm "$take"
bad_take "a missing take"
$whelk shoot "$reel" -q >"$work/out" 2>"$work/err"
cmp -s "$take" "$work/take.mkv"
ok $? "that command makes it again, byte for byte"
$whelk cut "$reel" -q >"$work/out" 2>"$work/err"
is $? 0 "and the film is cut"

# A full disk: one sentence, exit code 1, nothing lost.
mkdir "$work/small"
room=$(($(du -sk "$reel" | cut -f1) + $(du -sk "$reel/score" | cut -f1) + 200))
if mount -t tmpfs -o size=${room}k tmpfs "$work/small" 2>/dev/null; then
    trap 'umount "$work/small"; rm -rf "$work"' EXIT
    cp -r "$reel" "$work/small/full.reel"
    cp "$reel/film.mp4" "$work/earlier.mp4"
    rm -f "$work/small/full.reel/film.mkv"
    head -c 100M /dev/zero >"$work/small/fill" 2>/dev/null
    $whelk cut "$work/small/full.reel" --profile prores --letterbox 2:1 -q >"$work/out" 2>"$work/err"
    is $? 1 "a full disk fails the cut"
    grep -qiE 'disk is full|no space' "$work/err"
    ok $? "$(cat "$work/err" | tail -n 1 | sed "s,$work,,g")"
    cmp -s "$work/small/full.reel/film.mp4" "$work/earlier.mp4"
    ok $? "the earlier film stays"
    rm "$work/small/fill"
else
    ok 0 "a full disk # SKIP a small file system cannot be mounted here"
fi

done_testing
