#!/bin/sh
# whelk view: the page from a reel at every stage of its making; tests/web/view.t looks at it in a browser.
. tests/cli/tap.sh
reel=$work/a\ \"reel\".reel
$whelk plan "A dog & a <cat> run along the beach" -o "$reel" --size 64x36 -q >/dev/null 2>&1

$whelk view "$reel" >"$work/out" 2>"$work/err"
is $? 0 "a reel with a plan alone can be viewed"
is "$(tail -n 1 "$work/out")" "$reel/view.html" "the page's path is on standard output"
has "$reel/view.html" "The film is not cut yet" "the page says that there is no film"
has "$reel/view.html" "No take of it is in use yet" "and no take"
has "$reel/view.html" "A dog &amp; a &lt;cat&gt; run" "and the line, made harmless"
is "$(grep -c '<article class="shot"' "$reel/view.html")" "$(grep -c '"why":' "$reel/storyboard.json")" "with every shot"

$whelk shoot "$reel" --steps 2 -q >/dev/null 2>&1
$whelk view "$reel" --json >"$work/out" 2>"$work/err"
is $? 0 "a reel with takes can be viewed"
is "$(grep -c '"kind":"end"' "$work/out")" 1 "with one end event"
is "$(tail -n 1 "$work/out" | grep -c '"result":".*view.html"')" 1 "the last, which tells the page"
frames=$(grep -c 'alt="Shot 0010, take t01' "$reel/view.html")
is "$frames" 6 "with six frames of a take"

# The frames of a take are kept beside it, and hold for that clip only.
strip="$reel/clips/0010-t01.strip.json"
cp "$reel/view.html" "$work/first.html"
$whelk view "$reel" -q >"$work/out" 2>"$work/err"
cmp -s "$work/first.html" "$reel/view.html"
ok $? "a second page is the first, to the byte"
marked() { sed 's/"jpeg":"[^"]*"/"jpeg":"TWFya2Vk"/' "$strip" >"$work/strip" && cp "$work/strip" "$strip"; }
shows_mark() { $whelk view "$reel" -q >"$work/out" 2>"$work/err"; grep -c TWFya2Vk "$reel/view.html"; }
marked
is "$(shows_mark)" 1 "made of the frames that were kept"
touch "$reel/clips/0010-t01.mkv"
is "$(shows_mark)" 0 "but not once the clip is younger"
marked
cp "$reel/clips/0010-t01.json" "$work/record"
sed 's/"sha256":	*"..../"sha256":"0000/' "$work/record" >"$reel/clips/0010-t01.json"
is "$(shows_mark)" 0 "nor once the record is another's"
cp "$work/record" "$reel/clips/0010-t01.json"
printf '{"version":1,"fra' >"$strip"
is "$(shows_mark)" 0 "nor when it is torn"
sed 's/"jpeg":"[^"]*"/"jpeg":"TWFya2Vk\\" onload=\\"alert(1)"/' "$work/strip" >"$strip"
$whelk view "$reel" -q >"$work/out" 2>"$work/err"
is "$(grep -c onload "$reel/view.html")" 0 "nor when a frame is no base64 but a stranger's script"
sed 's/"height":[0-9]*/"height":1e300/' "$work/strip" >"$strip"
is "$(shows_mark)" 0 "nor when its height is no frame's"
cmp -s "$work/first.html" "$reel/view.html"
ok $? "then they are decoded as at first"
$whelk shoot "$reel" 0020 --steps 2 -q >/dev/null 2>&1
$whelk take "$reel" drop 0020 t01 -q >/dev/null
test ! -e "$reel/clips/0020-t01.strip.json" -a -e "$strip"
ok $? "they go with their take"
before=$(sha256sum "$reel/log.jsonl" "$reel/storyboard.json")
dd if=/dev/zero of="$reel/clips/0010-t01.mkv" bs=1000 count=1 2>/dev/null
$whelk view "$reel" -q >"$work/out" 2>"$work/err"
is $? 0 "a reel with a damaged take can be viewed"
grep -q '<p class="missing">.*0010-t01.mkv' "$reel/view.html"
ok $? "and the page says which"
is "$(sha256sum "$reel/log.jsonl" "$reel/storyboard.json")" "$before" "viewing changes nothing else"

grep -oE '(href|src)="[^d#][^"]*"|https?://[^ "<]*|@import|url\(' "$reel/view.html" >"$work/links"
is "$(cat "$work/links")" "" "the page names no other file or place"

$whelk view "$work/nowhere.reel" >"$work/out" 2>"$work/err"
is $? 2 "a reel that is not there is refused"

mkdir "$reel/view.html.part" 2>/dev/null
$whelk view "$reel" >"$work/out" 2>"$work/err"
is $? 1 "a page that cannot be written is told"
has "$work/err" "view.html: cannot write" "by its name"

done_testing
