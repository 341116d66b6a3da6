#!/bin/sh
# The prompt to work on a reel: commands without its name, from a pipe and on a terminal with completion and history.
. tests/cli/tap.sh
reel="$work/the cat's.reel"
$whelk plan "a cat walks in the forest" -o "$reel" --size 64x36 --seconds 6 -q >/dev/null 2>&1
export XDG_STATE_HOME="$work/state"
studio() { "$whelk" studio "$reel" >"$work/out" 2>"$work/err"; }

printf 'status\n\n# a remark\nlog --shot "0010"\nquit\ndoctor\n' | studio
is $? 0 "lines that work end with 0"
has "$work/out" "reel       $reel" "a command works without the reel's name"
has "$work/out" "Why shot 0010" "words in quotes are one word"
grep -q soundfont "$work/out"
is $? 1 "quit leaves"

printf 'status\nshoot 0099\nstatus\n' | studio
is $? 2 "the code of a line that failed is the end's"
has "$work/err" "0099" "its fault is told"
is "$(grep -c '^reel ' "$work/out")" 2 "and the lines after it are carried out"
printf 'stauts\n' | studio
is $? 2 "a slip of the finger is refused"
has "$work/err" "did you mean status?" "with the command that was meant"
printf 'status\n' | "$whelk" studio "$work/nowhere.reel" >"$work/out" 2>"$work/err"
is $? 2 "a reel that is not there is refused"
printf "doctor\nplan --seed 5 -q\nstatus\n" | studio
is $? 0 "commands without a reel and those that write work too"
has "$work/out" "soundfont" "the one"
has "$reel/log.jsonl" "taken up again" "and the other"

printf 'make the second shot shorter\nedit "make the first shot 1.5 s long" --yes\n' | studio
is $? 0 "what is no command is a change in plain words"
has "$work/out" "shot 0020: seconds = " "told as operations"
has "$work/out" "Nothing was changed" "which are not done where nobody can say yes"
grep -qE '"seconds": 1.5,' "$reel/storyboard.json"
ok $? "edit --yes does them"

# On a terminal: Tab completes commands and ids, Ctrl-U and the arrows edit, Ctrl-C gives a new line, the history is kept.
session() { TERM=xterm perl tests/tool/terminal.pl "$work/tty" "$whelk studio '$(echo "$reel" | sed "s/'/'\\\\''/g")'"; }
cat >"$work/steps" <<'END'
wait quit or Ctrl-D leaves.*reel> $
type sta\t
wait tus $
type \n
wait next  .*reel> $
type shoot 00\t
wait 0010 +An .*0020 +An .*reel> shoot 00$
type \025help cu\t\n
wait whelk cut REEL.*reel> $
type this is nothing\003
wait reel> $
type quit\n
END
sed -i 's/^wait /wait (?s)/' "$work/steps"
session <"$work/steps"
is $? 0 "Tab completes commands and lists shots, Ctrl-U clears, Ctrl-C gives a new line, quit leaves"
has "$work/state/whelk/history" "help\\040cut" "the history is kept"
cat >"$work/steps" <<'END'
wait (?s)leaves.*reel> $
type \020\020
wait help cut
type \n
wait (?s)whelk cut REEL.*reel> $
type \004
END
session <"$work/steps"
is $? 0 "and comes back in the next session, which Ctrl-D ends"

# Values of options, and names of files as they are typed again.
mkdir "$work/my music"
printf 'RIFF' >"$work/my music/waltz's \"two\".ogg"
cat >"$work/steps" <<END
wait (?s)leaves.*reel> $
type set 0010 --camera pu\t
wait (?s)push-in.*pull-out.*reel> 
type \025set 0010 --camera=push\t-m "nearer"\n
wait camera = push-in
type transition 0010 wipe-l\t-q\n
wait reel> $
type score --file $work/my\t
wait \\\\ music/
type w\t-q\n
wait reel> $
type score\n
wait music/waltz's "two".ogg
type quit\n
END
session <"$work/steps"
is $? 0 "values of options and names of files are completed, and typed so that they are taken"
grep -q '"kind": "wipe-left"' "$reel/storyboard.json"
ok $? "as the storyboard shows"
printf 'score --file "~/none.ogg"\nscore --file ~/none.ogg\n' | HOME=$work studio
is $? 2 "a file there is not is refused"
has "$work/err" "whelk: $work/none.ogg: cannot be read" "~/ is the user's folder"
has "$work/err" "whelk: ~/none.ogg: cannot be read" "but not in quotes"
is "$("$whelk" help --complete -- shot "$reel" set 0010 --camera=pus | cut -f 1)" "--camera=push-in" "a value behind = is completed too"

done_testing
