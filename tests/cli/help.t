#!/bin/sh
# Help, man page and completions come from one table: what one says the others say, wrong words are answered with the
# nearest right one, and a shell is offered what the parser takes.
. tests/cli/tap.sh
tab=$(printf '\t')
offers() { "$whelk" help --complete -- "$@" 2>&1; }
# offered WORD NAME WORDS...: completing the last word offers WORD
offered() {
    word=$1 name=$2
    shift 2
    offers "$@" | cut -f 1 >"$work/offers"
    grep -qxF -- "$word" "$work/offers"
    ok $? "$name"
}

# Help: examples before everything, every command in it.
"$whelk" help >"$work/help"
is "$(sed -n 3p "$work/help" | cut -c 1-11)" "  whelk run" "help shows an example before the commands"
"$whelk" --help | cmp -s - "$work/help"
ok $? "--help is help"
is "$("$whelk" --version)" "whelk $("$whelk" -V | cut -d ' ' -f 2)" "--version tells the version"

# The man page: clean, and with every command and option of -h.
"$whelk" help --man >"$work/whelk.1"
is "$(mandoc -Tlint "$work/whelk.1" 2>&1 | grep -v 'mandoc.db')" "" "mandoc finds nothing to say against the man page"
mandoc -Tutf8 "$work/whelk.1" 2>/dev/null | col -bx >"$work/whelk.txt"
commands=$(offers "" | cut -f 1 | grep -v '^-')
missing=
for c in $commands; do
    grep -q "^ *whelk $c" "$work/whelk.txt" || missing="$missing $c"
    for o in $(offers "$c" "--" | cut -f 1); do
        grep -qF -- "$o" "$work/whelk.txt" || missing="$missing $c$o"
    done
done
is "$missing" "" "every command and option is in the man page"
test "$(echo "$commands" | wc -l)" -ge 9
ok $? "and that was a look at all of them"
for c in $commands; do
    has "$work/help" "  $c " "help lists $c"
    "$whelk" help "$c" | grep -q '^  -h, --help' || ok 1 "help $c tells its options"
done

# Completion.
offered run "a command is completed" r
offered --size "an option is completed" run --si
offered --help "help is offered with the options" log --
offered 16:9 "a value of several is completed" run --ratio 1
offered 16:9 "after other words too" run "a cat" --seconds 3 --ratio ""
offered :folders "a reel is a folder" status ""
offered :files "a FILE is a file" run --prompt-file ""
offered info "a verb is completed" model i
offered --json "a verb's option is completed" model info --j
offered :folders "a verb's word is completed" model info ""
offered wan2.1-t2v-1.3b "so are the names of published models" model pull w
is "$(offers run --seconds '')" "" "nothing is offered where a number is to stand"
is "$(offers nonsense '')" "" "nor after a wrong command"
"$whelk" plan "a dog runs along the beach" -o "$work/the dog.reel" --size 64x36 --seconds 8 -q >/dev/null 2>&1
offered 0010 "the ids of a reel's shots are offered" shoot "$work/the dog.reel" ""
offered 0020 "more than once" shoot "$work/the dog.reel" 0010 0
offers shoot "$work/the dog.reel" "" | grep -q "^0010${tab}[A-Za-z]"
ok $? "with what they show"

# Bash itself, which cuts words at colons.
cat >"$work/try.bash" <<'END'
source <("$WHELK" help --completion bash) || exit 1
compopt() { echo "compopt $*"; }
try() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _whelk "$WHELK"
    echo "${COMPREPLY[*]}"
}
try whelk sta
try whelk run --ratio 16 : ""
try whelk run "a cat" -o ""
try whelk shoot "$1" ""
END
WHELK="$whelk" bash "$work/try.bash" "$work/the dog.reel" >"$work/out" 2>&1
is "$(sed -n 1p "$work/out")" status "bash completes a command"
is "$(sed -n 2p "$work/out")" 9 "and a value behind a colon"
is "$(sed -n 3p "$work/out")" "compopt -o dirnames" "and asks for folders where a reel is to stand"
case "$(sed -n 5p "$work/out")" in 0010*) true ;; *) false ;; esac
ok $? "and shots of a reel with a space in its name"

# Wrong words.
refused 2 "did you mean status?" "a wrong command" statsu
refused 2 "did you mean info?" "a wrong verb" model inf
refused 2 "there are list, info, pull, verify, convert and remove" "a far-off verb" model train
refused 2 "did you mean auto?" "a wrong word for a value" run "a cat" --backend aut
refused 2 "16:9, 9:16, 1:1, 4:3 and 2.39:1" "a far-off one" run "a cat" --ratio 5x4
refused 2 "has no parts" "help on a verb of a command without" help run fast
refused 2 "bash, zsh and fish" "a shell without completions" help --completion tcsh

# -o FILE.mp4 is looked at before work begins.
refused 2 "no film can be put there" "a film for a folder that is not there" run "a cat" -o "$work/nowhere/cat.mp4"
mkdir "$work/dir.mp4"
refused 2 "is no file" "a film in a folder's place" run "a cat" -o "$work/dir.mp4"
refused 2 "makes no film" "a film from plan" plan "a cat" -o "$work/cat.mp4"

done_testing
