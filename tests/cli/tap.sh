# TAP for shell tests: source it, call ok after each check, end with `done_testing`.
n=0
failed=0
whelk=${WHELK:-build/whelk}
frames=build/tests/frames
work=$(mktemp -d "${TMPDIR:-/tmp}/whelk-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Nothing of the user's own set-up reaches a test.
unset WHELK_LLM_URL WHELK_LLM_MODEL WHELK_LLM_KEY OPENAI_BASE_URL OPENAI_MODEL OPENAI_API_KEY MINIMAX_API_KEY WHELK_PLANNER WHELK_FALLBACK MAKEFLAGS MFLAGS
export XDG_CONFIG_HOME="$work/config" NO_COLOR=1

# ok STATUS NAME: the check passed when STATUS is 0
ok() {
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}
# is GOT WANT NAME
is() {
    if [ "$1" = "$2" ]; then ok 0 "$3"; else ok 1 "$3"; echo "#   got '$1', wanted '$2'"; fi
}
# has FILE PATTERN NAME: the file has a line with the fixed text
has() {
    if grep -qF -- "$2" "$1"; then ok 0 "$3"; else ok 1 "$3"; sed 's/^/#   /' "$1" | tail -5; fi
}
done_testing() {
    echo "1..$n"
    exit $failed
}
