#!/bin/sh
# What needs an NVIDIA GPU, on a machine that has one and neither a compiler nor Whelk's libraries: `make gpu-kit` lays
# this script, the programs, the module and their libraries into build/gpu-kit/; copy that folder and run
#
#     sh gpu-kit/run.sh [bench]
#
# Libraries of CUDA 13 and cuDNN 9 are taken from wherever they lie. TAP lines that are not ok, notes and the sums are
# printed; the whole is in run.log beside this script. Exit 1 where anything failed, 2 where there is no GPU.
cd "$(dirname "$0")" || exit 1
export BACKEND=cuda LD_LIBRARY_PATH="$PWD/lib:$LD_LIBRARY_PATH"
for name in libcudnn.so.9 libcublasLt.so.13; do
    ldconfig -p 2>/dev/null | grep -q "$name" && continue
    file=$(find / -name "$name" -not -path '/proc/*' 2>/dev/null | head -n 1)
    [ -z "$file" ] || LD_LIBRARY_PATH="$LD_LIBRARY_PATH:$(dirname "$file")"
done
failed=0
: >run.log
for test in test_*; do
    case $test in *.log) continue ;; esac
    echo "== $test"
    ./$test >"$test.log" 2>&1 || failed=1
    cat "$test.log" >>run.log
    grep -E '^not ok|^#|SKIP' "$test.log"
    echo "$(grep -c '^ok' "$test.log") ok, $(grep -c '^not ok' "$test.log") not"
done
grep -q '# SKIP' test_device.log && exit $((failed ? 1 : 2))
for type in f32 bf16; do
    for folder in wan21-t2v-tiny wan22-ti2v-tiny wan21-i2v-tiny wan21-flf2v-tiny umt5-tiny clip-tiny \
        wan21-vae-tiny wan22-vae-tiny pipeline-wan21-t2v; do
        ./golden --backend cuda --dtype $type "tests/golden/wan/$folder" >golden.log 2>&1 || failed=1
        cat golden.log >>run.log
        grep -v ' ok$' golden.log
        echo "$folder $type: $(grep -c ' ok$' golden.log) stages agree"
    done
done
if [ "$1" = bench ]; then
    mkdir -p build/bench
    ./bench_wan --cuda && ./bench_wan_codec --cuda || failed=1
    python3 -c 'import torch' 2>/dev/null && python3 bench_wan_torch.py # the rival, where it is installed
fi
exit $failed
