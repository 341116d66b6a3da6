# TAP for shell tests: source it, call ok after each check, end with `done_testing`.
n=0
failed=0
whelk=${WHELK:-build/whelk}
frames=build/tests/frames
[ -x "$frames" ] || { echo "Bail out!  $frames is not built; make check builds it"; exit 1; }
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
# does NAME TEXT ARGS...: whelk succeeds and says the text
does() {
    name=$1 text=$2
    shift 2
    "$whelk" "$@" >"$work/out" 2>"$work/err"
    ok $? "$name"
    has "$work/out" "$text" "$name: says $text"
}
# refused CODE TEXT NAME ARGS...: whelk ends with the exit code and says the text, in one line
refused() {
    code=$1 text=$2 name=$3
    shift 3
    "$whelk" "$@" >"$work/out" 2>"$work/err" </dev/null
    is $? "$code" "$name: exit code $code"
    has "$work/err" "$text" "$name: says $text"
    is "$(wc -l <"$work/err")" 1 "$name: in one line"
}
done_testing() {
    echo "1..$n"
    exit $failed
}
