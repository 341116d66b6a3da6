#!/bin/sh
# whelk model pull, remove and list against a hub on loopback (tests/tool/fake_hub.pl): a model comes whole or not at all, what
# broke off goes on, and the key stays with the hub's host.
. tests/cli/tap.sh

unset WHELK_MODEL HF_HOME HF_TOKEN HF_HUB_OFFLINE XDG_CACHE_HOME http_proxy HTTP_PROXY
export HF_HUB_CACHE="$work/hub" WHELK_CATALOGUE="$work/catalogue.json" XDG_CACHE_HOME="$work/cache"
commit=0123456789abcdef0123456789abcdef01234567
golden=tests/golden/wan
from="$work/published" log="$work/requests" faults="$work/faults"
mkdir -p "$from/dit"
cp "$golden/wan21-t2v-tiny/"*.json "$golden/wan21-t2v-tiny/"*.safetensors "$from/dit/" 2>/dev/null
cp "$golden/umt5-tiny/models_t5_umt5-tiny-enc.safetensors" "$from/t5.safetensors"
cp "$golden/tokenizer-tiny/nfkc.model" "$from/spiece.model"
cp "$golden/wan21-vae-tiny/Wan2.1_VAE.safetensors" "$from/vae.safetensors"
cat >"$from/model.json" <<'JSON'
{"version": 1, "family": "wan", "name": "tiny", "dit": "dit", "text_encoder": "t5.safetensors",
 "tokenizer": "spiece.model", "vae": "vae.safetensors", "frames": 17, "fps": 16, "width": 64, "height": 32,
 "sampler": {"steps": 2}}
JSON
: >"$faults"
: >"$log"
perl tests/tool/fake_hub.pl "$from" $commit "$log" "$faults" >"$work/port" &
hub=$!
trap 'kill $hub 2>/dev/null; rm -rf "$work"' EXIT
while [ ! -s "$work/port" ] && kill -0 $hub; do :; done
export HF_ENDPOINT="http://127.0.0.1:$(cat "$work/port")/"

# catalogue REVISION: every file with its size; the digest of all but the tokenizer, which the hub tells
catalogue() {
    {
        printf '{"version": 1, "models": [{"name": "tiny", "about": "for tests", "licence": "Apache-2.0", '
        printf '"repository": "Some/Tiny", "revision": "%s", "files": [' "$1"
        between=
        (cd "$from" && find . -type f | sort) | while read -r f; do
            f=${f#./}
            printf '%s\n {"path": "%s", "size": %d' "$between" "$f" "$(wc -c <"$from/$f")"
            [ "$f" = spiece.model ] || printf ', "sha256": "%s"' "$(sha256sum "$from/$f" | cut -d' ' -f1)"
            printf '}'
            between=,
        done
        printf ']}]}\n'
    } >"$WHELK_CATALOGUE"
}
# pulled CODE NAME: whelk model pull tiny --yes ends so
pulled() {
    "$whelk" model pull tiny --yes >"$work/out" 2>"$work/err" </dev/null
    is $? "$1" "$2"
}
forget() { rm -rf "$HF_HUB_CACHE"; : >"$log"; : >"$faults"; }
# whole NAME: what is in the cache is what was published
whole() {
    if diff -r "$from" "$HF_HUB_CACHE/models--Some--Tiny/snapshots/$commit" >"$work/diff" 2>&1; then ok 0 "$1"; else ok 1 "$1"; sed 's/^/#   /' "$work/diff"; fi
}
vae=$(sha256sum "$from/vae.safetensors" | cut -d' ' -f1)
part="$HF_HUB_CACHE/models--Some--Tiny/blobs/$vae.incomplete"
catalogue $commit

# --- Whole, and shared with other tools

does "the list tells of it" "not here" model list
"$whelk" model pull tiny >"$work/out" 2>"$work/err" </dev/null
is $? 2 "nothing is loaded unasked"
has "$work/err" "--yes agrees to" "and it is said what agrees"
[ ! -e "$HF_HUB_CACHE" ]
ok $? "and nothing was made"
: >"$log"
HF_TOKEN=secret-key pulled 0 "a model is pulled"
has "$work/err" "licence Apache-2.0" "its licence is said"
has "$work/err" "to load, of" "and its size"
whole "every file as published"
is "$(tail -1 "$work/out")" "$HF_HUB_CACHE/models--Some--Tiny/snapshots/$commit" "its folder is the result"
is "$(readlink "$HF_HUB_CACHE/models--Some--Tiny/snapshots/$commit/vae.safetensors")" "../../blobs/$vae" "a relative link to the blob of its digest"
is "$(readlink "$HF_HUB_CACHE/models--Some--Tiny/snapshots/$commit/dit/config.json" | cut -c1-15)" "../../../blobs/" "one more step up from a folder"
is "$(basename "$(readlink "$HF_HUB_CACHE/models--Some--Tiny/snapshots/$commit/spiece.model")")" \
    "$( (printf 'blob %d\0' "$(wc -c <"$from/spiece.model")"; cat "$from/spiece.model") | sha1sum | cut -d' ' -f1)" "a small file has git's name"
has "$log" "hub GET spiece.model - Bearer secret-key" "the key went to the hub"
grep '^store' "$log" | grep -q secret && ok 1 "and not to the host it points on to" || ok 0 "and not to the host it points on to"
grep -q '^store GET vae.safetensors' "$log"
ok $? "which was asked all the same"
grep -qr secret-key "$work/err" "$work/out" "$HF_HUB_CACHE" && ok 1 "nor anywhere else" || ok 0 "nor anywhere else"
does "the list tells that it is here" "Apache-2.0, here" model list
: >"$log"
HF_HUB_OFFLINE=1 pulled 0 "what is here needs no network"
is "$(wc -l <"$log")" 0 "and nobody is asked"
does "info takes the name" "tiny" model info tiny
WHELK_MODEL=tiny "$whelk" model list >"$work/out" 2>&1
has "$work/out" "tiny             0." "so does WHELK_MODEL, for the list too"
$whelk run "A red fox runs." --model tiny --size 64x32 --seconds 1 -o "$work/fox.reel" >"$work/out" 2>"$work/err"
is $? 0 "a film is made with it by name"
$frames "$work/fox.reel/film.mp4" >"$work/frames" 2>&1
ok $? "whose frames can be read"

# --- Broken off

forget
echo "cut vae.safetensors 100000" >"$faults"
pulled 0 "a connection that breaks off is taken up again"
whole "the file is whole"
has "$log" "store GET vae.safetensors bytes=100000-" "from the byte where it ended"
has "$work/err" "broke off" "and it is told"

forget
echo "hang vae.safetensors 100000" >"$faults"
"$whelk" model pull tiny --yes >"$work/out" 2>"$work/err" </dev/null &
pull=$!
while [ "$(stat -c %s "$part" 2>/dev/null || echo 0)" -lt 100000 ] && kill -0 $pull; do :; done
kill -TERM $pull
wait $pull
is $? 130 "a pull is stopped"
has "$work/err" "whelk model pull tiny goes on" "and says how it goes on"
is "$(wc -c <"$part")" 100000 "what came is kept"
does "the list tells how much" "of it here" model list
refused 1 "whelk model pull tiny" "--model says what is missing" run "A fox" --model tiny -o "$work/none.reel"
: >"$log"
pulled 0 "the next one goes on"
has "$log" "store GET vae.safetensors bytes=100000-" "with the rest only"
whole "and ends whole"

forget
printf 'cut vae.safetensors 200000\nno-range vae.safetensors\n' >"$faults"
pulled 0 "a server without ranges"
has "$work/err" "from the beginning" "is told"
whole "and begins at the front"

forget
printf 'moved vae.safetensors\nmoved spiece.model\n' >"$faults"
HF_TOKEN=secret-key pulled 0 "a repository that has another name by now"
whole "is followed"
is "$(grep -c '^hub .* -$' "$log")" 0 "with the key, as it is the same host"

forget
lock="$HF_HUB_CACHE/.locks/models--Some--Tiny/$vae.lock"
mkdir -p "$(dirname "$lock")"
flock "$lock" "$whelk" model pull tiny --yes >"$work/out" 2>"$work/err" </dev/null
is $? 1 "what another program is loading"
has "$work/err" "another program is loading it" "is left to it"

# --- Not what it should be

forget
echo "spoil vae.safetensors" >"$faults"
pulled 1 "a wrong digest"
has "$work/err" "vae.safetensors: its bytes do not have the digest" "is told by name"
[ ! -e "$part" ] && [ ! -e "${part%.incomplete}" ]
ok $? "and nothing of it stays"
pulled 0 "another try"
whole "brings it"

forget
echo "grow vae.safetensors 10" >"$faults"
pulled 1 "another size than the catalogue's"
has "$work/err" "nothing of it was loaded" "is refused before"
forget
echo "say-digest vae.safetensors" >"$faults"
pulled 1 "another digest than the catalogue's"
has "$work/err" "nothing of it was loaded" "is refused before"
is "$(grep -c '^store' "$log")" 0 "no byte of it"
forget
echo "short vae.safetensors 10" >"$faults"
pulled 1 "fewer bytes than were told"
has "$work/err" "bytes were sent" "are counted"

# --- Refusals

forget
echo "status vae.safetensors 401" >"$faults"
pulled 3 "a hub that wants a key"
has "$work/err" "HF_TOKEN" "is told with the cure"
echo "status vae.safetensors 404" >"$faults"
pulled 1 "a file that is not there"
has "$work/err" "has no vae.safetensors in Some/Tiny" "is told by name"
echo "status vae.safetensors 429" >"$faults"
pulled 4 "a hub that wants a pause"
echo "status vae.safetensors 503" >"$faults"
pulled 6 "a hub in trouble"
: >"$faults"
HF_HUB_OFFLINE=1 pulled 6 "offline"
has "$work/err" "HF_HUB_OFFLINE" "is told as what it is"
HF_ENDPOINT=http://127.0.0.1:1 pulled 6 "no hub"
refused 2 "did you mean tiny" "a wrong name" model pull tiney
refused 2 "takes one name" "no name" model pull
echo '{"models": [{"name": "x", "about": "x", "licence": "x", "repository": "a/b", "revision": "main", "files": [{"path": "../x"}]}]}' >"$work/bad.json"
WHELK_CATALOGUE="$work/bad.json"
refused 1 "no path inside its repository" "a catalogue that leads out of its folder" model pull x
WHELK_CATALOGUE="$work/catalogue.json"

# --- The disk

forget
sed 's/"size": [0-9]*/"size": 9000000000000/' "$WHELK_CATALOGUE" >"$work/large.json"
(cd "$from" && find . -name '*.safetensors') | sed 's|^\./|say-size |; s|$| 9000000000000|' >"$faults"
grep -v '"size": 9000000000000' "$work/large.json" >/dev/null
WHELK_CATALOGUE="$work/large.json"
(cd "$from" && find . -type f ! -name '*.safetensors') | while read -r f; do
    f=${f#./}
    sed -i "s|\"path\": \"$f\", \"size\": [0-9]*|\"path\": \"$f\", \"size\": $(wc -c <"$from/$f")|" "$work/large.json"
done
pulled 1 "more than the disk has room for"
has "$work/err" "has room for" "is told with numbers before"
is "$(grep -c '^store' "$log")" 0 "and nothing is loaded"
WHELK_CATALOGUE="$work/catalogue.json"
forget
(trap '' XFSZ; ulimit -f 100; "$whelk" model pull tiny --yes >"$work/out" 2>"$work/err" </dev/null)
is $? 1 "a disk that is full half way"
has "$work/err" "what is there stays" "is told"
pulled 0 "with room again it goes on"
whole "to the end"

# --- A large file over several connections

head -c 21000000 /dev/urandom >"$from/large.safetensors"
large=$(sha256sum "$from/large.safetensors" | cut -d' ' -f1)
part="$HF_HUB_CACHE/models--Some--Tiny/blobs/$large.incomplete"
catalogue $commit
forget
pulled 0 "a large file"
whole "comes whole"
is "$(grep -c '^store GET large.safetensors bytes=[0-9]*-[0-9]' "$log")" 6 "in six parts"
is "$(grep '^store GET large.safetensors' "$log" | grep -vc 'bytes=[0-9]*-[0-9]')" 0 "and no other way"
forget
echo "cut large.safetensors 1000000" >"$faults"
pulled 0 "a part that is cut off"
whole "is gone on with"
is "$(grep -c '^store GET large.safetensors bytes=[0-9]*-[0-9]' "$log")" 7 "from its last byte"
forget
echo "busy large.safetensors 503" >"$faults"
pulled 0 "a part that is refused for a moment"
whole "is asked for again"
is "$(grep '^store GET large.safetensors' "$log" | grep -vc 'bytes=[0-9]*-[0-9]')" 0 "and the others come as parts, too"
forget
echo "no-range large.safetensors" >"$faults"
pulled 0 "a server without ranges"
whole "sends it the plain way"
is "$(grep '^store GET large.safetensors' "$log" | grep -vc 'bytes=[0-9]*-[0-9]')" 1 "once"
forget
(trap '' XFSZ; ulimit -f 20000; "$whelk" model pull tiny --yes >"$work/out" 2>"$work/err" </dev/null)
is $? 1 "a disk that is full half way"
has "$work/err" "what is there stays" "is told"
kept=$(wc -c <"$part")
cmp -n "$kept" "$part" "$from/large.safetensors" >"$work/out"
ok $? "what is kept is a beginning of it ($kept bytes)"
test "$kept" -gt 9000000
ok $? "and most of it"
pulled 0 "with room again it goes on"
whole "to the end"
forget
echo "spoil large.safetensors" >"$faults"
pulled 1 "a spoiled byte"
has "$work/err" "do not have the digest" "is found all the same"
rm "$from/large.safetensors"

# --- Removing, and a revision by name

catalogue main
forget
pulled 0 "a revision that is a name"
is "$(cat "$HF_HUB_CACHE/models--Some--Tiny/refs/main")" $commit "has its ref"
mkdir -p "$HF_HUB_CACHE/models--Some--Tiny/snapshots/other"
ln -s "../../blobs/$vae" "$HF_HUB_CACHE/models--Some--Tiny/snapshots/other/vae.safetensors"
refused 2 "--yes removes" "nothing is removed unasked" model remove tiny
has "$work/out" "snapshots/$commit/dit" "what would be is listed"
whole "and stays"
does "it is removed" "Removed: tiny" model remove tiny --yes
[ -e "$HF_HUB_CACHE/models--Some--Tiny/snapshots/other/vae.safetensors" ]
ok $? "but for what another snapshot needs"
rm -r "$HF_HUB_CACHE/models--Some--Tiny/snapshots/other" "$HF_HUB_CACHE/models--Some--Tiny/blobs/$vae"
is "$(find "$HF_HUB_CACHE/models--Some--Tiny" -type f -o -type l)" "" "and nothing else is left"
refused 1 "nothing of tiny" "what is not here" model remove tiny --yes
done_testing
