#!/usr/bin/perl
# Who may include whom. The #include lines of every C file are read and held against the table below, which is the
# one in the README; an outside library comes in by its own door only.
use strict;
use warnings;

# Our own headers: folder => what a file there may include from outside its folder.
my %inside = (
    'pipeline/base/' => qr{^$},
    'pipeline/'      => qr{^(storyboard/storyboard\.h|generator/generator\.h|editor/editor\.h|pipeline/base/\w+\.h)$},
    'storyboard/'    => qr{^pipeline/base/\w+\.h$},
    'generator/train/world/' => qr{^$},
    'generator/'     => qr{^pipeline/base/\w+\.h$},
    'editor/'        => qr{^pipeline/base/\w+\.h$},
    'plugins/'       => qr{^(generator/generator\.h|editor/editor\.h|pipeline/director\.h|pipeline/base/\w+\.h)$},
);

# Libraries: header pattern => files that may include it.
my @doors = (
    [ qr{^curl/},                      qr{^pipeline/base/http\.c$} ],
    [ qr{^openssl/},                   qr{^pipeline/base/digest\.c$} ],
    [ qr{^(cjson/)?cJSON\.h$},         qr{^(pipeline|storyboard|generator|editor)/} ],
    [ qr{^(ges|gst|glib|gio|pango)/?}, qr{^(editor|plugins)/} ],
    [ qr{^(cuda|cudnn|cublas)},        qr{^generator/cuda/} ],
    [ qr{^(oneapi/dnnl/)?dnnl},        qr{^generator/cpu/} ],
    [ qr{^lib(av|sw)\w+/},             qr{^(generator/clip\w*\.[ch]|editor/remux\.c)$} ],
    [ qr{^histedit\.h$},             qr{^pipeline/studio_line\.c$} ],
    [ qr{^fluidsynth\.h$},             qr{^editor/} ],
    [ qr{^ebur128\.h$},                qr{^editor/} ],
);
my $libc = qr{^(assert|complex|ctype|dirent|dlfcn|endian|errno|fcntl|fenv|float|getopt|glob|immintrin|inttypes|iso646|
    langinfo|limits|locale|malloc|math|omp|poll|pthread|regex|sched|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|
    stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|sys/\w+|termios|tgmath|threads|time|unistd|wchar|wctype|wordexp)\.h$}x;

my $count = 0;
my $failed = 0;
sub check {
    my ($good, $name) = @_;
    printf "%sok %d - %s\n", $good ? '' : 'not ', ++$count, $name;
    $failed++ unless $good;
}

# "../pipeline/base/error.h" as seen from generator/model/dit.c; quotes are relative to the file, then to the root.
sub resolve {
    my ($file, $header) = @_;
    (my $dir = $file) =~ s{[^/]+$}{};
    for my $path ("$dir$header", $header) {
        my @parts;
        for (split m{/}, $path) { if ($_ eq '..') { pop @parts } elsif ($_ ne '.' && $_ ne '') { push @parts, $_ } }
        my $clean = join '/', @parts;
        return $clean if -e $clean;
    }
    return undef;
}

my @files = split /\n/, `find pipeline storyboard generator editor plugins -name '*.[ch]'`;
check(@files > 20, 'there are sources to look at');
for my $file (sort @files) {
    my ($folder) = grep { index($file, $_) == 0 } sort { length $b <=> length $a } keys %inside;
    my $own = $folder eq 'pipeline/' ? qr{^pipeline/(?!base/)} : qr{^\Q$folder\E};
    my @bad;
    open my $in, '<', $file or die "$file: $!";
    while (<$in>) {
        next unless /^\s*#\s*include\s*([<"])([^>"]+)[>"]/;
        my ($how, $header) = ($1, $2);
        if ($how eq '"') {
            my $path = resolve($file, $header);
            push @bad, "$header is not there" and next unless defined $path;
            push @bad, $header unless $path =~ $own || $path =~ $inside{$folder};
            next;
        }
        next if $header =~ $libc;
        my ($door) = grep { $header =~ $_->[0] } @doors;
        push @bad, "<$header>" unless $door && $file =~ $door->[1] && $folder ne 'generator/train/world/';
    }
    check(!@bad, "$file includes only what its folder may" . (@bad ? ": not @bad" : ''));
}
print "1..$count\n";
exit($failed ? 1 : 0);
