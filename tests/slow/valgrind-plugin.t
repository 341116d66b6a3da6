#!/bin/sh
# One pass of the plugin's elements under valgrind: reads of memory nobody wrote. Only errors are told, no leaks (the tracer of
# tests/plugins/pipelines.t does), so that GStreamer's own need no list; what the loader itself does is in valgrind.supp. The shots
# are made by a model that is tiny and knows what to make, being given the words of the shipped one; that one itself would take an hour.
. tests/cli/tap.sh
export GST_PLUGIN_PATH="$PWD/build/plugins" GST_REGISTRY="$work/registry.bin" GST_REGISTRY_FORK=no
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
clean() {
    what=$1
    shift
    timeout 3000 valgrind -q --fair-sched=yes --suppressions=tests/slow/valgrind.supp --error-exitcode=99 --leak-check=no \
        gst-launch-1.0 -q "$@" ! fakesink >"$work/out" 2>&1
    status=$?
    [ $status -eq 0 ] || head -n 20 "$work/out" | sed 's/^/#   /'
    is $status 0 "$what runs clean"
}
tiny=$work/tiny
mkdir "$tiny" && cp tests/golden/whelk-tiny/model.json tests/golden/whelk-tiny/whelk-tiny.safetensors "$tiny" &&
    perl -0pi -e 'BEGIN { local $/; open F, "<", "tests/golden/card.json"; $c = <F> } s/"card":\s*\{\}/"card": $c/' "$tiny/model.json"
ok $? "a tiny model is given words"
clean whelkscoresrc whelkscoresrc length=1
clean whelkslate videotestsrc num-buffers=3 ! video/x-raw,width=64,height=36 ! whelkslate
clean whelkshotsrc whelkshotsrc model="$tiny" steps=1 prompt=cat num-frames=2 ! video/x-raw,width=32,height=16,framerate=2/1
clean whelkactor videotestsrc num-buffers=2 ! video/x-raw,width=32,height=16,framerate=2/1 ! whelkactor model="$tiny" steps=1 prompt=cat
# A film of three frames: two shots, the transition between them, a title, and silence.
cat >"$work/film.json" <<'END'
{"version": 1, "title": "A", "prompt": "a cat", "language": "en", "ratio": "1:1", "width": 32, "height": 32, "fps": 2, "seconds": 1.5,
 "score": {"off": true}, "titles": [{"text": "A", "kind": "opening", "at_s": 0, "seconds": 1}],
 "shots": [{"id": "0010", "seconds": 1, "prompt": "a cat", "slots": {"subject": "cat"}, "camera": "static", "why": "a", "seed": 1,
            "transition": {"kind": "crossfade", "seconds": 0.5}},
           {"id": "0020", "seconds": 1, "prompt": "a cat", "slots": {"subject": "cat"}, "camera": "static", "why": "b", "seed": 2}]}
END
clean whelkfilmsrc whelkfilmsrc name=f model="$tiny" steps=1 storyboard="$work/film.json" reel="$work/film.reel" \
    f.video ! tee name=t ! queue ! multifilesink location="$work/frame%d" t. ! queue ! fakesink f.audio
is "$(cat "$work"/frame? | wc -c | tr -d ' ')" 4608 "to its third frame"
done_testing
