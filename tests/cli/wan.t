#!/bin/sh
# A film by a model of family wan: small parts of golden vectors with random weights, so the pictures are noise, but the
# whole way from a line to the film is the real one.
. tests/cli/tap.sh
. tests/cli/tiny_wan.sh

export XDG_CACHE_HOME="$work/cache"
model="$work/model"
tiny_wan "$model" 64 32 2
$whelk model info "$model" >"$work/out" 2>&1
is $? 0 "whelk model info tells of it"
has "$work/out" "wan-tiny" "by its name"
$whelk run "A red fox runs. It sleeps." --model "$model" --size 64x32 --seconds 2 -o "$work/fox.reel" >"$work/out" 2>"$work/err"
is $? 0 "a film is made"
$frames "$work/fox.reel/film.mp4" >"$work/frames" 2>&1
ok $? "its frames can be read"
has "$work/err" "each of the 2 sentences is a shot" "the plan is told"
has "$work/err" "GFLOP/s just measured" "memory and time are told before the work"
$whelk run --model "$model" -o "$work/fox.reel" >"$work/out" 2>"$work/err"
is $? 0 "a second run goes through"
if grep -q 'steps in' "$work/err"; then ok 1 "and makes no take again"; else ok 0 "and makes no take again"; fi
$whelk run "A red fox runs." --model "$model" --steps 10 --budget 0.5 --size 64x32 --seconds 1 -o "$work/less.reel" >"$work/out" 2>"$work/err"
is $? 0 "a film is made under a budget"
has "$work/err" "budget 0.5: of 10 steps 3 are answered from the one before" "what is left out is told before the work"
$whelk log "$work/less.reel" | tr -s '\n ' '  ' >"$work/log"
has "$work/log" "10 steps in" "what was done is told after it"
has "$work/log" "(3 answered from the one before, " "with what was really left out"
has "$work/log" "of its work; 24 frames" "and what part of exact mode's work that was"
record="$work/less.reel/clips/0010-t01.json"
is "$(grep -c '"reused":	true' "$record")" 3 "its record marks the steps that were reused"
spent=$(awk '/"(looks|flops|passes)(_exact)?":/ { gsub(/[",:]/, ""); if (!n[$1]++) all[$1] = $2; else sum[$1] += $2 }
    END { print (all["flops"] < 0.51 * all["flops_exact"] && all["passes"] < all["passes_exact"] && all["looks"] < all["looks_exact"] &&
                 sum["passes"] == all["passes"] && sum["flops"] / all["flops"] > 0.999999 && sum["flops"] / all["flops"] < 1.000001) }' "$record")
is "$spent" 1 "and its steps come to what all of them cost, half of exact mode"
$whelk run --model "$model" --steps 2 --budget 0.1 -o "$work/less.reel" >"$work/out" 2>"$work/err"
is $? 0 "a budget that is too small for the steps is kept as far as it goes"
has "$work/err" "budget 0.1 cannot be kept" "and told"
# What a take is becoming is drawn in half blocks, above the bars, where the terminal has colours and room.
on_terminal() {
    script -qec "stty rows $1 cols 100; exec $whelk run 'A fox sleeps.' --model '$model' --steps 12 --size 64x32 --seconds 1 -o '$work/$2.reel'" \
        "$work/tty" >/dev/null 2>&1 </dev/null
}
export LC_ALL=C.UTF-8 TERM=xterm
unset NO_COLOR
on_terminal 40 seen
is $? 0 "a film is made on a terminal"
has "$work/tty" "▀" "sketches of the take are seen"
on_terminal 12 low
if grep -q "▀" "$work/tty"; then ok 1 "none where there is no room"; else ok 0 "none where there is no room"; fi
NO_COLOR=1
export NO_COLOR
on_terminal 40 grey
if grep -q "▀" "$work/tty"; then ok 1 "none without colours"; else ok 0 "none without colours"; fi
unset NO_COLOR
# A shot that goes on from the one before begins with the frame on which that one ends, where the model can begin with one.
begins="$work/begins"
mkdir "$begins"
ln -s "$golden/wan22-ti2v-tiny" "$begins/dit"
ln -s "$model/t5.safetensors" "$model/spiece.model" "$begins"
ln -s "$golden/wan22-vae-tiny/Wan2.2_VAE.safetensors" "$begins/vae.safetensors"
sed 's/wan-tiny/begins-tiny/; s/"width": 64, "height": 32/"width": 64, "height": 64/' "$model/model.json" >"$begins/model.json"
$whelk run "A fox runs. It sleeps." --model "$begins" --size 64x64 --seconds 2 -o "$work/on.reel" >"$work/out" 2>"$work/err"
is $? 0 "a film by a model that can begin with a picture"
shots=$($whelk shots "$work/on.reel" | awk '/^0/ { print $1 }' | tr '\n' ' ')
first=${shots%% *} rest=${shots#* } second=${rest%% *}
$whelk shot "$work/on.reel" set "$second" --from-previous >"$work/out" 2>&1
$whelk run --model "$begins" -o "$work/on.reel" >"$work/out" 2>"$work/err"
is $? 0 "its second shot goes on from the first"
has "$work/err" "begins with the frame on which shot $first ends" "and says so"
has "$work/on.reel/clips/$second-t02.json" "clips/$first-t01.mkv" "its record names the clip"
has "$work/on.reel/clips/$second-t02.json" '"picture_frame":	23' "and the frame"
$whelk shot "$work/on.reel" set "$first" --trim-out 0.25 >"$work/out" 2>&1
has "$work/out" "$second" "trimming the first makes the second stale"
$whelk run --model "$begins" -o "$work/on.reel" >"$work/out" 2>"$work/err"
is $? 0 "it is made again"
has "$work/on.reel/clips/$second-t03.json" '"picture_frame":	17' "from the frame where the cut leaves the first now"
$whelk shot "$work/fox.reel" set 0020 --from-previous >"$work/out" 2>&1
$whelk run --model "$model" -o "$work/fox.reel" >"$work/out" 2>"$work/err"
is $? 2 "a model that cannot begin with a picture refuses"
has "$work/err" "cannot begin with a picture" "and says so"
# On a GPU where there is one; elsewhere what is lacking is said, the plan stays, and the processor goes on from it.
$whelk doctor >"$work/doctor" 2>&1
$whelk run "A red fox runs." --model "$model" --backend cuda --vram 2G --size 64x32 --seconds 1 -o "$work/gpu.reel" >"$work/out" 2>"$work/err"
code=$?
if grep -q '^there *CUDA' "$work/doctor"; then
    is $code 0 "a film is made on the GPU"
    has "$work/err" "blocks stay there" "and how its memory is used is told"
else
    is $code 1 "the cuda backend is refused without a GPU"
    has "$work/err" "the cuda backend cannot be used: " "and why"
    has "$work/err" "--backend cpu works" "with the cure"
fi
$whelk run --model "$model" -o "$work/gpu.reel" >"$work/out" 2>"$work/err"
is $? 0 "the reel is gone on with without it"
$frames "$work/gpu.reel/film.mp4" >"$work/frames" 2>&1
ok $? "and its frames can be read"
$whelk run "A fox." --model "$model" --vram much -o "$work/much.reel" >"$work/out" 2>"$work/err"
is $? 2 "a GPU's memory that is no amount is a mistake in use"
has "$work/err" '"much" is no amount' "and named"

# The layout of diffusers, where the tools of model hubs keep it: a folder that is called as a commit.
hub="$work/models--Some--Wan-Tiny/snapshots/0123456789abcdef0123456789abcdef01234567"
mkdir -p "$hub/transformer" "$hub/text_encoder" "$hub/tokenizer" "$hub/vae"
echo '{}' >"$hub/model_index.json"
ln -s "$golden/wan21-t2v-tiny/config.json" "$golden/wan21-t2v-tiny/diffusion_pytorch_model.safetensors" "$hub/transformer"
ln -s "$golden/umt5-tiny/models_t5_umt5-tiny-enc.safetensors" "$hub/text_encoder/model.safetensors"
ln -s "$golden/tokenizer-tiny/nfkc.model" "$hub/tokenizer/spiece.model"
ln -s "$golden/wan21-vae-tiny/Wan2.1_VAE.safetensors" "$hub/vae/diffusion_pytorch_model.safetensors"
does "a hub's snapshot is a model, by its repository's name" "name         Wan-Tiny" model info "$hub"
done_testing
