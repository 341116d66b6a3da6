# Drives a headless Chromium over its debugging pipe: no port, no network, no library. Each message is one JSON object and a
# NUL. Events are kept for questions afterwards.
package chrome;
use strict;
use warnings;
use JSON::PP;
use POSIX ();

sub new {
    my ($class, $profile) = @_;
    pipe(my $to_read, my $to_write) && pipe(my $from_read, my $from_write) or die "no pipe: $!";
    my $pid = fork() // die "no process: $!";
    if (!$pid) {
        no warnings "exec";
        my @ends = map { POSIX::dup(fileno $_) } $to_read, $from_write;
        POSIX::dup2($ends[$_], 3 + $_) for 0, 1;
        POSIX::close($_) for 5 .. 20;
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', "$profile.log";
        exec 'chromium', '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
            '--disable-background-networking', '--disable-component-update', '--disable-sync', '--mute-audio',
            '--autoplay-policy=no-user-gesture-required', '--hide-scrollbars', "--user-data-dir=$profile",
            '--remote-debugging-pipe', 'about:blank';
        POSIX::_exit(127);
    }
    close $to_read;
    close $from_write;
    binmode $_ for $to_write, $from_read;
    $to_write->autoflush(1);
    my $self = bless {pid => $pid, to => $to_write, from => $from_read, n => 0, buffer => '', events => []}, $class;
    my $target = $self->call('Target.createTarget', {url => 'about:blank'})->{targetId};
    $self->{session} = $self->call('Target.attachToTarget', {targetId => $target, flatten => JSON::PP::true})->{sessionId};
    $self->call("$_.enable") for qw(Page Runtime Network Log);
    return $self;
}

# The next message, or death after 120 seconds without one.
sub message {
    my ($self) = @_;
    while ($self->{buffer} !~ /\0/) {
        my $bits = '';
        vec($bits, fileno($self->{from}), 1) = 1;
        select($bits, undef, undef, 120) or die "Chromium is silent\n";
        sysread($self->{from}, $self->{buffer}, 1 << 20, length $self->{buffer}) or die "Chromium has ended\n";
    }
    $self->{buffer} =~ s/^([^\0]*)\0//;
    return decode_json($1);
}

sub call {
    my ($self, $method, $params) = @_;
    my $id = ++$self->{n};
    my %ask = (id => $id, method => $method, params => $params // {});
    $ask{sessionId} = $self->{session} if $self->{session};
    print {$self->{to}} encode_json(\%ask), "\0";
    while (1) {
        my $m = $self->message;
        if (($m->{id} // 0) == $id) {
            die "$method: $m->{error}{message}\n" if $m->{error};
            return $m->{result};
        }
        push @{$self->{events}}, $m if $m->{method};
    }
}

sub open {
    my ($self, $url) = @_;
    $self->{events} = [];
    $self->call('Page.navigate', {url => $url});
    while (!grep { $_->{method} eq 'Page.loadEventFired' } @{$self->{events}}) {
        my $m = $self->message;
        push @{$self->{events}}, $m if $m->{method};
    }
}

# The value of an expression in the page; a promise is waited for.
sub eval {
    my ($self, $js) = @_;
    my $r = $self->call('Runtime.evaluate',
        {expression => $js, awaitPromise => JSON::PP::true, returnByValue => JSON::PP::true});
    die "in the page: $r->{exceptionDetails}{exception}{description}\n" if $r->{exceptionDetails};
    return $r->{result}{value};
}

sub key {
    my ($self, $key, $code, $text) = @_;
    my %k = (key => $key, code => $code, windowsVirtualKeyCode => $key eq ' ' ? 32 : $key eq 'ArrowRight' ? 39 : 37);
    $k{text} = $text if defined $text;
    $self->call('Input.dispatchKeyEvent', {type => 'keyDown', %k});
    $self->call('Input.dispatchKeyEvent', {type => 'keyUp', %k});
}

sub size {
    my ($self, $width, $height, $mobile) = @_;
    $self->call('Emulation.setDeviceMetricsOverride',
        {width => $width, height => $height, deviceScaleFactor => 1, mobile => $mobile ? JSON::PP::true : JSON::PP::false});
}

sub scheme {
    my ($self, $scheme) = @_;
    $self->call('Emulation.setEmulatedMedia', {features => [{name => 'prefers-color-scheme', value => $scheme}]});
}

sub screenshot {
    my ($self, $path) = @_;
    my $shot = $self->call('Page.captureScreenshot', {format => 'png', captureBeyondViewport => JSON::PP::true});
    require MIME::Base64;
    CORE::open(my $out, '>:raw', $path) or die "$path: $!";
    print $out MIME::Base64::decode_base64($shot->{data});
    close $out;
}

# What went wrong in the page, and every address it asked for.
sub errors {
    my ($self) = @_;
    return map { $_->{method} eq 'Runtime.exceptionThrown' ? $_->{params}{exceptionDetails}{text}
               : $_->{method} eq 'Log.entryAdded' && $_->{params}{entry}{level} eq 'error' ? $_->{params}{entry}{text}
               : $_->{method} eq 'Runtime.consoleAPICalled' && $_->{params}{type} eq 'error' ? encode_json($_->{params}{args})
               : () } @{$_[0]{events}};
}
sub requests {
    return map { $_->{method} eq 'Network.requestWillBeSent' ? $_->{params}{request}{url} : () } @{$_[0]{events}};
}

sub close_all {
    my ($self) = @_;
    eval { $self->{session} = undef; print {$self->{to}} encode_json({id => ++$self->{n}, method => 'Browser.close'}), "\0"; };
    my $gone = 0;
    for (1 .. 100) { last if $gone = waitpid($self->{pid}, POSIX::WNOHANG()); select undef, undef, undef, 0.1; }
    if (!$gone) { kill 'KILL', $self->{pid}; waitpid $self->{pid}, 0; }
}

1;
