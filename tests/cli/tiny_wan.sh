# A tiny model of family wan for shell tests, after tap.sh, made of the golden vectors' parts. tiny_wan FOLDER WIDTH HEIGHT STEPS:
# makes it there.
tiny_wan() {
    golden="$PWD/tests/golden/wan"
    mkdir "$1"
    ln -s "$golden/wan21-t2v-tiny" "$1/dit"
    ln -s "$golden/umt5-tiny/models_t5_umt5-tiny-enc.safetensors" "$1/t5.safetensors"
    ln -s "$golden/tokenizer-tiny/nfkc.model" "$1/spiece.model"
    ln -s "$golden/wan21-vae-tiny/Wan2.1_VAE.safetensors" "$1/vae.safetensors"
    cat >"$1/model.json" <<JSON
{"version": 1, "family": "wan", "name": "wan-tiny", "dit": "dit", "text_encoder": "t5.safetensors",
 "tokenizer": "spiece.model", "vae": "vae.safetensors", "frames": 17, "fps": 16, "width": $2, "height": $3,
 "sampler": {"steps": $4}}
JSON
}
