#!/bin/sh
# The pipelines of plugins/README.md, as they stand there, in small sizes and with few steps; what they write is looked at.
. tests/cli/tap.sh
export GST_PLUGIN_PATH="$PWD/build/plugins" GST_REGISTRY="$work/registry.bin"
root=$PWD
frames=$root/build/tests/frames

# Block N of the chapter: its lines joined, made small, no windows, and in this test's folder.
pipeline() {
    awk -v want="$1" '
        /^## / { inside = /Ten pipelines/ }
        inside && /^    [^ ]/ { n++ }
        inside && /^    / && n == want { sub(/^ +/, ""); printf "%s ", $0 }
    ' "$root/plugins/README.md" | sed -e 's/width=1280,height=720/width=160,height=90/g' -e 's/width=640,height=360/width=160,height=90/g' \
        -e 's/auto\(video\|audio\)sink/fakesink/g' -e 's/whelkshotsrc /whelkshotsrc steps=2 /g' -e 's/whelkactor /whelkactor steps=2 /g' \
        -e "s/port=5004/port=$port/" -e 's/\(gst-launch-1.0\) /\1 -q /' \
        -e 's/gst-play-1.0 /gst-play-1.0 --no-interactive --videosink=fakesink --audiosink=fakesink /' \
        -e 's/?seconds=5/?seconds=5\&steps=2/'
}
# TRIES (1) of so many seconds (200): for what GStreamer itself may leave hanging.
run() {
    pipeline "$1" >"$work/line"
    tries=${3:-1}
    while :; do
        (cd "$work" && timeout "${4:-200}" sh -c "$(cat line)") >"$work/out" 2>&1
        status=$?
        tries=$((tries - 1))
        [ $status -eq 124 ] && [ $tries -gt 0 ] || break
    done
    [ $status -eq 0 ] || sed 's/^/#   /' "$work/out" | tail -5
    is $status 0 "$2"
    grep -q '^gst-launch' "$work/line" || return 0
    ! grep . "$work/out" | sed 's/^/#   /' | grep .
    ok $? "without a word on stdout or stderr"
}
# A pipeline without an end is run beside a reader, which ends after so many buffers.
beside() {
    pipeline "$1" >"$work/line"
    (cd "$work" && exec sh -c "exec $(cat line)") >"$work/out" 2>&1 &
    sender=$!
    timeout 100 sh -c "$3" >"$work/read" 2>&1
    status=$?
    kill $sender 2>/dev/null
    wait $sender 2>/dev/null
    [ $status -eq 0 ] || sed 's/^/#   /' "$work/out" "$work/read" | tail -5
    is $status 0 "$2"
}
frames_of() { "$frames" "$1" | grep -c mean; }
port=$((20000 + $$ % 20000))

run 1 "to mp4"
is "$(frames_of "$work/cat.mp4")" 64 "all frames are in the file"
grep -qa 'AIGC={"Label":"1"' "$work/cat.mp4" && grep -qa "a cat jumps on the beach" "$work/cat.mp4"
ok $? "with the prompt, and the label that a machine made it"
run 2 "to HLS"
has "$work/boat.m3u8" "#EXTINF" "with a playlist"
test "$(ls "$work"/boat*.ts | wc -l)" -ge 2
ok $? "of several parts"
run 3 "an actor into a compositor"
run 4 "an actor over a recorded film"
is "$(frames_of "$work/bird.mp4")" 64 "frame for frame"
"$frames" "$work/cat.mp4" >"$work/a"; "$frames" "$work/bird.mp4" >"$work/b"
cmp -s "$work/a" "$work/b"
test $? -eq 1
ok $? "which it changes"
run 5 "with a slate and words"
beside 6 "to RTP and back" "gst-launch-1.0 -q udpsrc port=$port caps='application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000' ! rtph264depay ! h264parse ! avdec_h264 ! identity eos-after=10 ! fakesink"
run 7 "in parts" 8 25
is "$(ls "$work"/horse*.mp4 | wc -l | tr -d ' ')" 3 "three of them"
run 8 "in a GES timeline"
is "$(frames_of "$work/cut.mp4")" 48 "two seconds of it"
beside 9 "through shared memory" "until test -S '$work/whelk.sock'; do :; done; gst-launch-1.0 -q shmsrc socket-path='$work/whelk.sock' num-buffers=10 ! fakesink"
run 10 "thumbnails"
is "$(ls "$work"/balloon*.png | wc -l | tr -d ' ')" 3 "three of them"
run 11 "a whole film in a player"
has "$work/out" "Reached end of play list" "to its end"

# GStreamer's own tracer names every object that outlives its pipeline.
for elements in "whelkshotsrc steps=2 prompt=cat num-frames=5 ! video/x-raw,width=64,height=36" \
        "videotestsrc num-buffers=5 ! video/x-raw,width=64,height=36 ! whelkactor steps=2 prompt=cat ! whelkslate" \
        "whelkscoresrc length=3"; do
    GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1 gst-launch-1.0 -q $elements ! fakesink >"$work/out" 2>"$work/leaks"
    has "$work/leaks" "object-alive" "the leaks tracer watches ${elements%% prompt*}"
    ! grep -v 'build_format' "$work/leaks" | grep -q 'object-alive'
    ok $? "and finds nothing"
    ! grep -v '^0:' "$work/leaks" | sed 's/^/#   /' | grep .
    ok $? "nobody else prints"
done

# A film of many shots, with a title, in a program with a main loop of its own: to its end, and broken off.
"$root/build/whelk" plan "a cat dives into a pool" --seconds 12 --planner offline --size 128x72 -o "$work/many.reel" >"$work/out" 2>&1
has "$work/many.reel/storyboard.json" '"kind": "opening"' "a film with a title"
for sinks in "f.video ! video/x-raw,width=128,height=72 ! fakesink f.audio ! fakesink" \
        "f.video ! video/x-raw,width=128,height=72 ! fakesink num-buffers=70"; do
    GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1 timeout 200 gst-launch-1.0 -q whelkfilmsrc name=f steps=2 \
        reel="$work/many.reel" $sinks >"$work/out" 2>"$work/leaks"
    is $? 0 "a film of many shots: ${sinks##*/}"
    has "$work/leaks" "object-alive" "the leaks tracer watches whelkfilmsrc"
    ! grep -v 'build_format' "$work/leaks" | grep -q 'object-alive'
    ok $? "and finds nothing"
    ! grep -v '^0:' "$work/leaks" | sed 's/^/#   /' | grep .
    ok $? "nobody else prints"
done
test "$(ls "$work"/many.reel/clips/*.mkv | wc -l)" -ge 4
ok $? "of four shots or more"

gst-inspect-1.0 whelk >"$work/out" 2>&1
for e in whelkactor whelkfilmsrc whelkscoresrc whelkshotsrc whelkslate; do
    has "$work/out" "  $e: " "gst-inspect lists $e"
    gst-inspect-1.0 $e >"$work/inspect"
    awk '/^Element Properties/ { p = 1; next } /^[A-Z]/ { p = 0 } p && /^  [a-z]/ { n++; if ($0 !~ /: [A-Z]/) bad = $0 } p && /flags:/ { f++ }
        END { if (bad) print "#   " bad; exit !(n > 2 && f >= n && !bad) }' "$work/inspect"
    ok $? "and all its properties have words and flags"
done
done_testing
