#!/bin/sh
# The engine against recorded numbers of the published Wan code, stage by stage: tests/golden/wan/README.md tells what
# they are and how closely they must agree.
. tests/cli/tap.sh

for folder in tests/golden/wan/*/; do
    build/tests/golden "$folder" >"$work/out" 2>&1
    code=$?
    lines=$(grep -c ' ok$' "$work/out")
    test "$code" -eq 0 && test "$lines" -gt 0
    ok $? "$(basename "$folder"): all $lines stages agree"
    grep -v ' ok$' "$work/out" | sed 's/^/# /' | head -20
done
# $1 a name, $2 how, the rest options of the runner: no stage may disagree.
agrees() {
    name=$1 how=$2
    shift 2
    build/tests/golden "$@" "tests/golden/wan/$name" >"$work/out" 2>&1
    code=$?
    why=$(sed -n 's/^- - .* skipped: //p' "$work/out" | head -1)
    if [ -z "$why" ]; then
        test "$code" -eq 0 && grep -q ' ok$' "$work/out"
        ok $? "$name: $how: $(grep -c ' ok$' "$work/out") stages"
    elif [ "$code" -eq 3 ] && ls /dev/nvidia[0-9]* >"$work/nodes" 2>&1; then
        ok 1 "$name: $how: the GPU is there but not opened: $why"
    else
        ok 0 "$name: $how # SKIP $why"
    fi
    grep -v ' ok$' "$work/out" | sed 's/^/# /' | head -20
}
for name in wan21-t2v-tiny wan22-ti2v-tiny clip-tiny; do
    agrees $name "products in bf16 stay within 1.5 %" --dtype bf16
done
# The pass that runs on a GPU: on the processor always, on the GPU with BACKEND=cuda (make gpu-check).
for backend in host ${BACKEND:-}; do
    for name in wan21-t2v-tiny wan22-ti2v-tiny wan21-i2v-tiny wan21-flf2v-tiny umt5-tiny clip-tiny \
        wan21-vae-tiny wan22-vae-tiny pipeline-wan21-t2v; do
        agrees $name "on the device '$backend' as the reference" --backend "$backend"
        agrees $name "on the device '$backend' in bf16 within 1.5 %" --backend "$backend" --dtype bf16
    done
done
cp tests/golden/wan/sampler/cases.json "$work/cases.json"
sed 's/"a": 0.7/"a": 0.7001/' "$work/cases.json" >"$work/bent.json"
mkdir "$work/bent"
cp tests/golden/wan/sampler/golden.safetensors "$work/bent/" && mv "$work/bent.json" "$work/bent/cases.json"
build/tests/golden "$work/bent" >"$work/out" 2>&1
is $? 1 "numbers that are a little off are found"
has "$work/out" "FAIL" "and named"
done_testing
