#!/usr/bin/perl
# Reads a terminal's picture back: kitty's graphics, sixels or half blocks in FILE become "WIDTH HEIGHT" and one line a
# pixel row of "r,g,b" words. For the tests of what `whelk take show` draws.
use strict;
use warnings;
use MIME::Base64;

my ($way, $file) = @ARGV;
open my $in, '<:raw', $file or die "$file: $!\n";
my $text = do { local $/; <$in> };
my ($width, $height, @rows) = (0, 0);

if ($way eq 'kitty') {
    my $data = '';
    while ($text =~ /\e_G([^;]*);([^\e]*)\e\\/g) {
        my ($keys, $piece) = ($1, $2);
        ($width, $height) = ($1, $2) if $keys =~ /s=(\d+),v=(\d+)/;
        die "a piece is too long\n" if length $piece > 4096;
        $data .= decode_base64($piece);
    }
    die "bytes are missing\n" unless length $data == $width * $height * 3;
    my @p = unpack 'C*', $data;
    for my $y (0 .. $height - 1) {
        push @rows, [map { my $i = 3 * ($y * $width + $_); [@p[$i .. $i + 2]] } 0 .. $width - 1];
    }
} elsif ($way eq 'sixel') {
    my ($w, $h, $body) = $text =~ /\ePq"1;1;(\d+);(\d+)(.*?)\e\\/s or die "no sixels\n";
    ($width, $height) = ($w, $h);
    my (%palette, $colour);
    my ($x, $top) = (0, 0);
    while ($body =~ /\G(?:#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)(.)|(\$)|(-)|([?-~]))/gs) {
        if (defined $1) { $palette{$1} = [map { int $_ * 255 / 100 + 0.5 } $2, $3, $4] }
        elsif (defined $5) { $colour = $palette{$5} or die "no colour $5\n" }
        elsif (defined $8) { $x = 0 }
        elsif (defined $9) { $x = 0; $top += 6 }
        else {
            my ($count, $bits) = defined $6 ? ($6, ord($7) - 63) : (1, ord($10) - 63);
            for (1 .. $count) {
                $bits >> $_ & 1 and $rows[$top + $_][$x] = $colour for 0 .. 5;
                $x++;
            }
        }
    }
} else {
    my @levels = map { int $_ * 255 / 5 + 0.5 } 0 .. 5;
    for my $line (grep { /\xE2\x96\x80/ } split /\n/, $text) {
        my (@up, @down, $fg, $bg);
        while ($line =~ /\e\[([0-9;]*)m|(\xE2\x96\x80)/g) {
            if (defined $2) { push @up, $fg; push @down, $bg; next }
            my @n = split /;/, $1;
            my $c = @n > 3 ? [@n[2 .. 4]]
                : @n == 3 ? [map { $levels[$_] } int(($n[2] - 16) / 36), int(($n[2] - 16) / 6) % 6, ($n[2] - 16) % 6] : undef;
            ($n[0] // 0) == 38 ? ($fg = $c) : ($bg = $c);
        }
        push @rows, \@up;
        push @rows, \@down if defined $down[0];
        $width = @up;
    }
    $height = @rows;
}
print "$width $height\n";
for my $row (@rows[0 .. $height - 1]) {
    print join(' ', map { join ',', @{$_ // die "a pixel is missing\n"} } @{$row}[0 .. $width - 1]), "\n";
}
