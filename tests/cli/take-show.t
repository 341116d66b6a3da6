#!/bin/sh
# whelk take show: the frames it draws in each of a terminal's ways are read back and held against one another, and against
# the clip; what is no terminal gets words alone.
. tests/cli/tap.sh
reel="$work/cat.reel"
$whelk plan "A cat dives from a springboard into a pool" -o "$reel" --size 320x180 --fps 12 -q >/dev/null 2>&1
$whelk shoot "$reel" 0030 --steps 4 -q >/dev/null 2>&1
export COLORTERM=truecolor
drawn() { "$whelk" take "$reel" show 0030 --as "$1" >"$work/$1.out" && perl tests/tool/pictures.pl "$1" "$work/$1.out" >"$work/$1"; }

for way in kitty sixel blocks; do
    drawn $way
    ok $? "$way: every pixel can be read back"
done
read -r width height <"$work/kitty"
is "$(head -n 1 "$work/sixel")" "$width $height" "kitty and sixel show the same picture"
# The mean difference of 8x8 pixels, over which the palette's pattern evens out; and the brightness of it all.
perl -e 'use strict; my @p = map { open my $in, "<", $_ or die; my ($w, $h) = split " ", <$in>; [map { [map { [split /,/] } split] } <$in>] } @ARGV[0, 1];
    my ($sum, $n, $spread) = (0, 0, 0);
    my ($h, $w) = (scalar @{$p[0]}, scalar @{$p[0][0]});
    for (my $y = 0; $y + 8 <= $h; $y += 8) { for (my $x = 0; $x + 8 <= $w; $x += 8) { for my $c (0 .. 2) {
        my @m = (0, 0);
        for my $i (0, 1) { for my $v (0 .. 7) { $m[$i] += $p[$i][$y + $v][$x + $_][$c] / 64 for 0 .. 7 } }
        $sum += abs($m[0] - $m[1]); $n++; $spread++ if $m[0] > 40 && $m[0] < 215;
    } } }
    printf "# off by %.1f on the average of %d\n", $sum / $n, $n;
    exit !($n > 100 && $sum / $n < 9 && $spread > $n / 10)' "$work/kitty" "$work/sixel"
ok $? "to the nearest colours of its palette"
read -r cells lines <"$work/blocks"
is "$cells" 80 "half blocks fill the line"
# Each cell is the mean of the pixels that it stands for: the first frame of both.
perl -e 'use strict; my @p = map { open my $in, "<", $_ or die; <$in>; [map { [map { [split /,/] } split] } <$in>] } @ARGV;
    my @mean;
    for my $i (0, 1) {
        my $n = 0;
        my $w = int(@{$p[$i][0]} / 3) - ($i ? 1 : 4);
        for my $row (@{$p[$i]}) { for my $x (0 .. $w - 1) { $mean[$i] += $row->[$x][1]; $n++ } }
        $mean[$i] /= $n;
    }
    printf "# green %.1f and %.1f\n", @mean;
    exit !(abs($mean[0] - $mean[1]) < 4 && $mean[0] > 60)' "$work/kitty" "$work/blocks"
ok $? "with the same colours"
luma=$($frames "$reel/clips/0030-t01.mkv" | awk '/mean/ { s += $3; n++ } END { print s / n }')
perl -e 'use strict; my ($s, $n) = (0, 0); open my $in, "<", $ARGV[0] or die; <$in>;
    while (<$in>) { for (split) { my ($r, $g, $b) = split /,/; next unless $r + $g + $b; $s += .2126 * $r + .7152 * $g + .0722 * $b; $n++ } }
    printf "# %.1f in the clip, %.1f drawn\n", $ARGV[1], $s / $n;
    exit !(abs($s / $n - $ARGV[1]) < 8)' "$work/kitty" "$luma"
ok $? "as bright as the clip"
COLORTERM= drawn blocks
ok $? "a terminal of 256 colours gets those"
grep -q "$(printf '\033')\[38;5;" "$work/blocks.out"
ok $? "by their numbers"

$whelk take "$reel" show 0030 >"$work/out" 2>"$work/err"
is $? 0 "what is no terminal is shown words"
grep -q "$(printf '\033')" "$work/out"
is $? 1 "and no picture"
has "$work/out" "0030 t01, in use:" "the words tell the take"
has "$work/out" "dives" "and what it was made from"
$whelk take "$reel" show 0010 >"$work/out" 2>"$work/err"
is $? 2 "a shot without a take is refused"
has "$work/err" "no take yet" "in words"
$whelk take "$reel" show 0030 t07 >"$work/out" 2>"$work/err"
is $? 2 "a take that is not there is refused"
has "$work/err" "has no take t07" "by its name"

done_testing
