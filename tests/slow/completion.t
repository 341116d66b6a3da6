#!/bin/sh
# Completion as zsh and fish do it, asked through the shells' own ways.
. tests/cli/tap.sh
bin=$(cd "$(dirname "$whelk")" && pwd)
PATH=$bin:$PATH

mkdir -p "$work/fish/vendor_completions.d"
whelk help --completion fish >"$work/whelk.fish"
ask_fish() { HOME=$work fish -N -c "source $work/whelk.fish; complete -C '$1'" 2>&1 | cut -f 1; }
is "$(ask_fish 'whelk sta')" status "fish completes a command"
is "$(ask_fish 'whelk model i')" info "and a verb"
is "$(ask_fish 'whelk run --ratio 2')" 2.39:1 "and a value"
mkdir "$work/cat.reel"
is "$(ask_fish 'whelk run --ratio=2')" --ratio=2.39:1 "also behind ="
is "$(ask_fish "whelk status $work/ca")" "$work/cat.reel/" "and a folder"

# zsh completes only on a terminal: one is made by zpty, and a key of ours completes, tells the line and leaves.
mkdir "$work/zsh"
whelk help --completion zsh >"$work/zsh/_whelk"
cat >"$work/zsh/.zshrc" <<'END'
fpath=($HOME/zsh $fpath)
autoload -Uz compinit
compinit -D -u
tell() { zle complete-word; print -r -- "$BUFFER" >$HOME/line; exit }
zle -N tell
bindkey '^X' tell
END
cat >"$work/try.zsh" <<'END'
zmodload zsh/zpty
zpty z "HOME=$1 ZDOTDIR=$1/zsh zsh -i"
zpty -w -n z "$2"$'\C-x'
while zpty -r z line; do :; done
END
ask_zsh() { rm -f "$work/line"; timeout 60 zsh -f "$work/try.zsh" "$work" "$1" >/dev/null 2>&1; cat "$work/line"; }
is "$(ask_zsh 'whelk sta')" "whelk status " "zsh completes a command"
is "$(ask_zsh 'whelk run --ratio 2')" "whelk run --ratio 2.39:1 " "and a value with a colon"
is "$(ask_zsh 'whelk run --ratio=2')" "whelk run --ratio=2.39:1 " "also behind ="
touch "$work/waltz one.ogg"
is "$(ask_zsh "whelk score $work/cat.reel --file=$work/wal")" "whelk score $work/cat.reel --file=$work/waltz\\ one.ogg " "and a file there"
is "$(ask_zsh 'whelk model i')" "whelk model info " "and a verb"

done_testing
