#!/bin/sh
# A reel under bad luck: held by another process, edited by hand into nonsense, on a disk that cannot be written or is
# full, under odd names. Each is met with a sentence, and nothing already made is lost.
. tests/cli/tap.sh
reel="$work/cat.reel"
"$whelk" run "A cat dives into a pool" -o "$reel" --size 64x36 --steps 2 -q >/dev/null 2>&1
ok $? "a film to begin with"


# Two at once: whoever holds the lock file keeps others from writing, not from reading.
cp "$reel/storyboard.json" "$work/before.json"
flock "$reel/lock" sh -c "echo 4711 >'$reel/lock'; '$whelk' shot '$reel' set 0010 --seed 3; echo \$?; '$whelk' shots '$reel' >'$work/table'; echo \$?; '$whelk' history '$reel' >/dev/null; echo \$?; '$whelk' status '$reel'" >"$work/out" 2>"$work/err"
is "$(sed -n 1p "$work/out")" 1 "a second writer is refused"
has "$work/err" "is in use by process 4711" "in a sentence that names the first"
is "$(sed -n 2p "$work/out")" 0 "the table can be read meanwhile"
is "$(grep -c ' clean ' "$work/table")" 4 "whole"
is "$(sed -n 3p "$work/out")" 0 "and the history"
has "$work/out" "in use" "and the status, which says who is at work"
cmp -s "$reel/storyboard.json" "$work/before.json"
ok $? "nothing is mixed up"
"$whelk" shot "$reel" set 0010 --seed 3 -q 2>/dev/null
ok $? "once the first is gone the second gets its turn"
"$whelk" undo "$reel" -q

# Files edited by hand.
sed 's/"fps": 24/"fps": "fast"/' "$work/before.json" >"$reel/storyboard.json"
line=$(grep -n '"fps"' "$reel/storyboard.json" | cut -d: -f1)
refused 1 "$reel/storyboard.json:$line:10: fps is a text" "a wrong value" shots "$reel"
refused 1 "storyboard.json:$line:10: fps is a text" "a change of such a file" shot "$reel" set 0010 --seed 4
printf '{"version": 1,\n  "title" "x"}' >"$reel/storyboard.json"
refused 1 "storyboard.json:2:11" "a slip of the pen: line and column" shots "$reel"
sed 's/"version": 1,/"version": 1, "director": {"name": "X", "age": 9007199254740993},/' "$work/before.json" >"$reel/storyboard.json"
"$whelk" grade "$reel" --warmth 0.1 -q 2>/dev/null
ok $? "fields nobody knows do no harm"
has "$reel/storyboard.json" '"director": {"name": "X", "age": 9007199254740993}' "and are kept"
"$whelk" history "$reel" | grep -q "changed by hand"
ok $? "what was changed by hand is a version of its own"
"$whelk" undo "$reel" -q
has "$reel/storyboard.json" "director" "which undo comes back to"
rm "$reel/clips/0020-t01.mkv"
is "$("$whelk" shots "$reel" | awk '$1 == "0020" { print $5 }')" missing "a take removed by hand is missing"
"$whelk" shoot "$reel" -q >/dev/null 2>&1
is "$("$whelk" shots "$reel" | grep -c ' clean ')" 4 "and made again by a run"
head -c 1000 "$reel/clips/0030-t01.mkv" >"$work/torn" && cat "$work/torn" >"$reel/clips/0030-t01.mkv"
is "$("$whelk" shots "$reel" | awk '$1 == "0030" { print $5 }')" stale "a take damaged by hand is stale"
"$whelk" shoot "$reel" -q >/dev/null 2>&1
is "$("$whelk" shots "$reel" | grep -c ' clean ')" 4 "and made again too"
printf 'nonsense' >"$reel/history/index.json"
"$whelk" history "$reel" >"$work/out" 2>&1
ok $? "a history without its index is a row of versions"
"$whelk" undo "$reel" -q 2>/dev/null
ok $? "that undo can walk"

# Odd names.
for name in "it's a \"back\\slash\"
猫と犬" "-dash % percent"; do
    odd="$work/$name.reel"
    cp -r "$reel" "$odd"
    "$whelk" shot "$odd" set 0040 --camera static -m "$name" -q 2>"$work/err" &&
        "$whelk" run "$odd" -q >/dev/null 2>>"$work/err" &&
        test "$("$whelk" shots "$odd" | grep -c ' clean ')" -eq 4
    good=$?
    ok $good "a reel called $(echo "$name" | tr '\n' '/')"
    test $good -eq 0 || sed 's/^/#   /' "$work/err"
    rm -rf "$odd"
done
cp samples/strip.png "$work/a picture's \"name\".png"
"$whelk" shot "$reel" set 0010 --first-frame "$work/a picture's \"name\".png" -q 2>/dev/null
ok $? "a picture with an odd name"
"$whelk" undo "$reel" -q
long=$(head -c 3000 /dev/zero | tr '\0' 'x' | sed 's/.\{200\}/&\//g')
refused 2 "there is no such reel" "a path of 3,000 bytes" shots "$work/$long"
longest="$work/$(head -c 3900 /dev/zero | tr '\0' 'y' | sed 's/.\{150\}/&\//g')"
longest=$longest/$(head -c $((3994 - ${#longest})) /dev/zero | tr '\0' 'z').reel
"$whelk" run "A cat" -o "$longest" --size 64x36 --steps 2 -q >"$work/out" 2>"$work/err"
ok $? "a film whose path has ${#longest} bytes"
is "$("$whelk" shots "$longest" | grep -c ' clean ')" 4 "can be worked on"
refused 2 "the path has 40" "a longer one" run "A cat" -o "$longest.reel" -q
long=$(head -c 100000 /dev/zero | tr '\0' 'x')
refused 2 "at most 8000 are allowed" "a prompt of 100 kB" shot "$reel" set 0010 --prompt "$long"
refused 2 "not UTF-8" "words that are not text" shot "$reel" set 0010 --prompt "$(printf 'a \377 cat')"
cats=$(printf '猫が走る、%.0s' $(seq 60))
"$whelk" shot "$reel" set 0010 --prompt "a$cats" -m "$cats" -q 2>/dev/null
iconv -f UTF-8 -t UTF-8 "$reel/history/index.json" >/dev/null 2>&1
ok $? "no character is torn in the history"
"$whelk" undo "$reel" -q
printf 'a cat\nand\ta dog' >"$work/lines"
"$whelk" shot "$reel" set 0010 --prompt "$(cat "$work/lines")" -q 2>/dev/null
ok $? "a prompt of two lines"
"$whelk" shots "$reel" >"$work/out"
is "$(wc -l <"$work/out")" 6 "stays on one line of the table"
"$whelk" undo "$reel" -q

# A disk that is full, or cannot be written. A folder is both, for whoever may not use it.
cp -r "$reel" "$work/ro.reel"
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    unshare -m sh -c "
        mount --bind '$work/ro.reel' '$work/ro.reel' && mount -o remount,ro,bind '$work/ro.reel' || exit 99
        '$whelk' shots '$work/ro.reel' >'$work/table' 2>&1; echo \$?
        '$whelk' shot '$work/ro.reel' set 0010 --seed 9 2>'$work/err'; echo \$?" >"$work/out"
    if [ "$(cat "$work/out")" = "" ]; then
        ok 0 "a read-only disk # SKIP nothing can be mounted here"
    else
        is "$(sed -n 1p "$work/out")" 0 "a reel on a read-only disk can be read"
        is "$(grep -c ' clean ' "$work/table")" 4 "whole"
        is "$(sed -n 2p "$work/out")" 1 "and is not changed"
        has "$work/err" "Read-only file system" "in a sentence that says why"
        unshare -m sh -c "
            mount -t tmpfs -o size=6m none '$work/ro.reel' && cp -r '$reel/.' '$work/ro.reel/' || exit 99
            head -c 20m /dev/zero >'$work/ro.reel/fill' 2>/dev/null
            '$whelk' shot '$work/ro.reel' set 0010 --seed 9 -q 2>'$work/err'; echo \$?
            cmp '$reel/storyboard.json' '$work/ro.reel/storyboard.json'; echo \$?" >"$work/out"
        is "$(sed -n 1p "$work/out")" 1 "on a full disk nothing is changed"
        is "$(sed -n 2p "$work/out")" 0 "the storyboard is as it was"
        has "$work/err" "No space left" "and the reason is said"
        "$whelk" shoot "$reel" 0010 -q >/dev/null 2>&1 && "$whelk" grade "$reel" --contrast 0.2 -q
        unshare -m sh -c "
            mount -t tmpfs -o size=6m none '$work/ro.reel' && cp -r '$reel/.' '$work/ro.reel/' || exit 99
            head -c 20m /dev/zero >'$work/ro.reel/fill' 2>/dev/null
            '$whelk' clean '$work/ro.reel' --keep 1 --yes 2>'$work/err'
            '$whelk' log '$work/ro.reel'" >"$work/out"
        has "$work/out" "Removed clips/0010-t01.mkv" "clean makes room on it, and the log tells"
    fi
else
    ok 0 "a read-only disk # SKIP only root may mount"
fi
done_testing
