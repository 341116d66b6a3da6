#!/usr/bin/perl
# Somebody at a terminal: runs COMMAND on one of 30 rows and 100 columns, its output into FILE, and follows the steps of
# standard input: "wait REGEX" until it has been printed since the last step, "type TEXT" with \t, \n and \025 as in Perl.
# Ends with the command's exit code, or 1 saying what never came.
use strict;
use warnings;

my ($file, $command) = @ARGV;
unlink $file; # what an earlier run left there is no answer of this one
my $pid = open(my $keys, '|-') // die "no process: $!\n";
if (!$pid) {
    open STDOUT, '>', '/dev/null';
    exec 'script', '-qefc', "stty rows 30 cols 100; exec $command", $file;
}
$keys->autoflush(1);
$SIG{PIPE} = 'IGNORE';
my $seen = 0;
sub output { open my $in, '<:raw', $file or return ''; local $/; return scalar(<$in>) // '' }

while (my $step = <STDIN>) {
    chomp $step;
    if ($step =~ /^type (.*)/) {
        (my $text = $1) =~ s/\\(t|n|[0-7]{3})/$1 eq 't' ? "\t" : $1 eq 'n' ? "\n" : chr oct $1/ge;
        print $keys $text;
    } elsif ($step =~ /^wait (.*)/) {
        my $wanted = qr/$1/;
        for (my $tries = 0; ; $tries++) {
            my $new = substr output(), $seen;
            if ($new =~ $wanted) { $seen += $+[0]; last }
            if ($tries > 600) { kill 'TERM', $pid; print "# $wanted never came after: $new\n"; exit 1 }
            select undef, undef, undef, 0.05;
        }
    }
}
close $keys;
exit($? >> 8);
