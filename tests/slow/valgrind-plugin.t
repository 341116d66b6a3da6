#!/bin/sh
# One pass of the plugin's elements under valgrind: reads of memory nobody wrote. Only errors are told, no leaks (the tracer of
# tests/plugins/pipelines.t does), so that GStreamer's own need no list; what the loader itself does is in valgrind.supp. The shots are made by a model that is tiny and knows what to
# make, being given the words of the shipped one; that one itself would take an hour.
. tests/cli/tap.sh
export GST_PLUGIN_PATH="$PWD/build/plugins" GST_REGISTRY="$work/registry.bin" GST_REGISTRY_FORK=no
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
clean() {
    what=$1
    shift
    timeout 3000 valgrind -q --fair-sched=yes --suppressions=tests/slow/valgrind.supp --error-exitcode=99 --leak-check=no gst-launch-1.0 -q "$@" ! fakesink >"$work/out" 2>&1
    status=$?
    [ $status -eq 0 ] || head -n 20 "$work/out" | sed 's/^/#   /'
    is $status 0 "$what runs clean"
}
tiny=$work/tiny
mkdir "$tiny" && cp tests/golden/whelk-tiny/model.json tests/golden/whelk-tiny/whelk-tiny.safetensors "$tiny" &&
    perl -0pi -e 'BEGIN { local $/; open F, "<", "generator/weights/card.json"; $c = <F> } s/"card":\s*\{\}/"card": $c/' "$tiny/model.json"
ok $? "a tiny model is given words"
clean whelkscoresrc whelkscoresrc length=1
clean whelkslate videotestsrc num-buffers=3 ! video/x-raw,width=64,height=36 ! whelkslate
clean whelkshotsrc whelkshotsrc model="$tiny" steps=1 prompt=cat num-frames=2 ! video/x-raw,width=32,height=16,framerate=2/1
clean whelkactor videotestsrc num-buffers=2 ! video/x-raw,width=32,height=16,framerate=2/1 ! whelkactor model="$tiny" steps=1 prompt=cat
done_testing
