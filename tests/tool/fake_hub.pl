#!/usr/bin/perl
# A model hub that only plays: two servers on this machine's loopback, the hub itself and the store of large files that it
# points on to, whose host is another ("localhost" instead of 127.0.0.1). Ends by itself after five minutes.
#
#     fake_hub.pl FOLDER COMMIT LOG FAULTS     prints the hub's port
#
# FOLDER/PATH is what /OWNER/NAME/resolve/REVISION/PATH gives. LOG gets a line a request: hub|store METHOD PATH RANGE KEY.
# FAULTS is a file, read at each request; its lines:
#
#     status PATH N      the hub answers N
#     moved PATH         the hub points on to another address of its own
#     busy PATH N        the store answers N, once
#     cut PATH N         the store's connection ends after N bytes, once
#     hang PATH N        after N bytes the store says nothing more, once
#     grow PATH N        N more bytes are told and sent than the file has
#     short PATH N       the store tells and sends N bytes fewer
#     say-size PATH N    the hub tells this size
#     say-digest PATH    the hub tells another SHA-256 than the file's
#     spoil PATH         one byte of what is sent is another, once
#     no-range PATH      the store always begins at the front
use strict;
use warnings;
use Digest::SHA qw(sha1_hex sha256_hex);
use IO::Select;
use IO::Socket::INET;

my ($folder, $commit, $log, $faults) = @ARGV;
my ($hub, $store) = map { IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20, ReuseAddr => 1) or die $! } 1 .. 2;
my %named;   # digests by path, as files do not change
my %done;    # lines of faults that have happened
$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { exit 0 };
alarm 300;
$| = 1;
print $hub->sockport, "\n";

sub fault {
    my ($kind, $path, $once) = @_;
    open my $f, '<', $faults or return;
    for (<$f>) {
        chomp;
        my ($k, $p, $n) = split;
        next unless defined $k && $k eq $kind && $p eq $path;
        next if $once && $done{$_}++;
        return defined $n ? $n : 1;
    }
    return;
}

sub slurp {
    open my $f, '<:raw', $_[0] or return;
    local $/;
    return <$f>;
}

sub answer {
    my ($client, $status, @headers) = @_;
    print $client join("\r\n", "HTTP/1.1 $status Said", 'Connection: close', @headers), "\r\n\r\n";
}

sub from_hub {
    my ($client, $method, $path, $data, $moved) = @_;
    if (my $status = fault('status', $path)) { return answer($client, $status, 'Content-Length: 0') }
    if (fault('moved', $path) && !$moved) {
        answer($client, 307, "Location: /New/Name/resolve/x/$path?moved", 'Content-Length: 9');
        print $client 'elsewhere' if $method eq 'GET';
        return;
    }
    return answer($client, 404, 'Content-Length: 0') unless defined $data;
    my $size = fault('say-size', $path) // length($data) + (fault('grow', $path) // 0);
    if ($path =~ /\.safetensors$/) {
        $named{$path} //= sha256_hex($data);
        my $digest = fault('say-digest', $path) ? sha256_hex('another file') : $named{$path};
        answer($client, 302, 'Location: http://localhost:' . $store->sockport . "/$path", "X-Linked-Size: $size",
            "X-Linked-ETag: \"$digest\"", "X-Repo-Commit: $commit", 'Content-Length: 0');
    } else {
        answer($client, 200, "ETag: \"" . sha1_hex("blob " . length($data) . "\0$data") . '"', "X-Repo-Commit: $commit",
            'Content-Length: ' . length $data);
        print $client $data if $method eq 'GET';
    }
}

sub from_store {
    my ($client, $path, $data, $from, $to) = @_;
    if (my $status = fault('busy', $path, 1)) { return answer($client, $status, 'Content-Length: 0') }
    $data .= 'x' x (fault('grow', $path) // 0);
    substr($data, ($from // 0) + 5, 1) ^= "\x01" if fault('spoil', $path, 1);
    my $size = length($data) - (fault('short', $path) // 0);
    $from = undef if fault('no-range', $path);
    my $first = $from // 0;
    my $all = $size;
    $size = $to + 1 if defined $from && defined $to && $to < $size;
    answer($client, defined $from ? 206 : 200, 'Content-Length: ' . ($size - $first),
        defined $from ? "Content-Range: bytes $first-" . ($size - 1) . "/$all" : ());
    my $cut  = fault('cut',  $path, 1);
    my $hang = $cut ? undef : fault('hang', $path, 1);
    print $client substr $data, $first, ($cut // $hang // $size) - ($cut || $hang ? 0 : $first);
    return $hang;
}

my $both = IO::Select->new($hub, $store);
my @held;
while (my @ready = $both->can_read) {
    for my $server (@ready) {
        my $client = $server->accept or next;
        my ($method, $url) = split ' ', <$client> // '';
        my ($range, $key, $path, $from, $to) = ('-', '-');
        while (defined(my $line = <$client>) && defined $method) {
            $line =~ s/\r?\n$//;
            last if $line eq '';
            ($range, $from, $to) = ("bytes=$1-$2", $1, length $2 ? $2 : undef) if $line =~ /^Range: bytes=(\d+)-(\d*)$/i;
            $key = $1 if $line =~ /^Authorization: (.*)/i;
        }
        next unless $url;
        my $is_hub = $server == $hub;
        my $moved  = $url =~ s/\?moved$//;
        ($path) = $is_hub ? $url =~ m{^/[^/]+/[^/]+/resolve/[^/]+/(.*)} : $url =~ m{^/(.*)};
        open my $l, '>>', $log or die $!;
        print $l $is_hub ? 'hub' : 'store', " $method ", $path // '?', " $range $key\n";
        close $l;
        my $data = defined $path ? slurp("$folder/$path") : undef;
        if ($is_hub) { from_hub($client, $method, $path // '?', $data, $moved) }
        elsif (from_store($client, $path, $data, $from, $to)) { push @held, $client; $client->flush; next }
        close $client;
    }
}
