#!/usr/bin/perl
# view.html in a browser: the film plays, every shot is there with its picture, keys and narrow screens work, nothing is
# asked of the network, and hostile words stay words. Screenshots are left in build/web/.
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;
use FindBin;
use lib $FindBin::Bin;
use chrome;

my $whelk = $ENV{WHELK} // 'build/whelk';
my $work = tempdir(CLEANUP => 1);
$ENV{XDG_CONFIG_HOME} = "$work/config";
my ($count, $failed, $browser) = (0, 0);
sub ok {
    my ($good, $name) = @_;
    printf "%sok %d - %s\n", $good ? '' : 'not ', ++$count, $name;
    $failed++ unless $good;
    return $good;
}
sub slurp { local (@ARGV, $/) = $_[0]; return scalar <> }

# A film of hostile words, one shot of it with a second take.
my $prompt = qq{A dog runs along the beach "</script><script>alert(1)</script>" & <b>jumps</b>};
my $reel = "$work/the reel #1 100%.reel";
open my $saved, '>&', \*STDOUT;
open STDOUT, '>', '/dev/null';
system($whelk, 'run', $prompt, '-o', $reel, qw(--size 320x180 --fps 12 --steps 4 --seconds 9 -q)) == 0 or die "no film\n";
my $film = decode_json(slurp("$reel/storyboard.json"));
my @shots = @{$film->{shots}};
my $first = $shots[0]{id};
system($whelk, 'shoot', $reel, $first, '-q') == 0 && system($whelk, 'run', $reel, '-q') == 0 or die "no second take\n";
open STDOUT, '>&', $saved;
my $path = `$whelk view '$reel'`;
chomp $path;
ok($? == 0 && $path eq "$reel/view.html", 'view writes view.html and tells where');
ok(-s $path < 2_000_000, 'the page is small enough to send');

$browser = chrome->new("$work/profile");
$browser->size(1280, 900);
(my $url = "file://$path") =~ s/([ #%])/sprintf '%%%02X', ord $1/ge;
$browser->open($url);

# The film.
ok($browser->eval(q{(async () => {
    const v = document.getElementById('film');
    v.muted = true;
    await v.play();
    const from = v.currentTime;
    await new Promise((done, late) => {
        v.addEventListener('timeupdate', () => { if (v.currentTime > from + 0.2) done(); });
        setTimeout(() => late(new Error('it stands still at ' + v.currentTime)), 60000);
    });
    return v.readyState >= 2 && v.videoWidth === 320 && v.duration > 8;
})()}), 'the film plays and its time moves');
ok($browser->eval(q{(async () => {
    const v = document.getElementById('film'), head = document.getElementById('playhead');
    v.pause();
    v.currentTime = v.duration / 2;
    await new Promise(done => v.addEventListener('seeked', done, {once: true}));
    return Math.abs(parseFloat(head.style.left) - 50) < 1;
})()}), 'the playhead stands where the film does');

# The shots.
is_list($browser->eval(q{[...document.querySelectorAll('article.shot')].map(a => a.id.slice(5))}),
    [map { $_->{id} } @shots], 'every shot is on the page, in order');
is_list($browser->eval(q{[...document.querySelectorAll('.cuts a')].map(a => a.textContent.trim())}),
    [map { $_->{id} } @shots], 'and on the timeline');
ok($browser->eval(q{(async () => {
    for (const shot of document.querySelectorAll('article.shot')) {
        const frames = [...shot.querySelector('.strip').querySelectorAll('img')];
        if (frames.length < 3) return false;
        for (const img of frames) {
            await img.decode();
            if (!img.alt.includes('Shot ' + shot.id.slice(5)) || img.getBoundingClientRect().width < 50) return false;
            const c = document.createElement('canvas').getContext('2d');
            c.drawImage(img, 0, 0, 32, 18);
            const p = c.getImageData(0, 0, 32, 18).data;
            let low = 255, high = 0;
            for (let i = 0; i < p.length; i += 4) { low = Math.min(low, p[i]); high = Math.max(high, p[i]); }
            if (high - low < 20) return false;
        }
    }
    return true;
})()}), 'every shot is shown with pictures that are pictures, each with words for it');
my $why = $browser->eval(q{[...document.querySelectorAll('article.shot .words p:first-child')].map(p => p.textContent)});
is_list($why, [map { $_->{why} } @shots], 'beside each is why it is there');
my $sum = 0;
my @at = map { my $at = $sum; $sum += $_->{seconds}; $_->{transition}{kind} eq 'cut' or $sum -= $_->{transition}{seconds}; $at } @shots;
my $left = $browser->eval(q{[...document.querySelectorAll('.cuts li:not(.join)')].map(li => li.offsetLeft / li.parentNode.offsetWidth)});
ok(!(grep { abs($left->[$_] - $at[$_] / $sum) > 0.005 } 0 .. $#at), 'shots lie on the timeline to scale');
ok($browser->eval(q{document.querySelectorAll('svg.score line').length >= 2 && document.querySelectorAll('svg.score rect').length > 10}),
    'the score is drawn with its bars');
ok($browser->eval("document.querySelectorAll('#shot-$first details .strip img').length") >= 3, 'another take is shown too');
ok($browser->eval(q{document.body.innerText.includes('Time and cost')}), 'time and cost are told');

# Words of a user are words.
ok($browser->eval('document.querySelector("blockquote").textContent') eq $prompt, 'the line is shown as it was typed');
ok($browser->eval('document.scripts.length') == 1, 'and none of it runs');

# Keys.
$browser->eval('document.getElementById("film").currentTime = 0');
$browser->key('ArrowRight', 'ArrowRight');
my $now = $browser->eval('document.getElementById("film").currentTime');
ok(abs($now - $at[1]) < 0.1, "the right arrow goes to the second shot ($now)");
$browser->key(' ', 'Space', ' ');
ok($browser->eval('!document.getElementById("film").paused'), 'space plays');
$browser->key(' ', 'Space', ' ');
ok($browser->eval('document.getElementById("film").paused'), 'space stops');
# Started and stopped while it still loads, which a busy machine makes of any two keys: the check of the console below sees it.
$browser->eval(q{(async () => {
    const v = document.getElementById('film'), space = () => document.body.dispatchEvent(new KeyboardEvent('keydown', {key: ' ', bubbles: true}));
    v.load();
    space();
    space();
    await new Promise(done => v.readyState >= 1 ? done() : v.addEventListener('loadedmetadata', done, {once: true}));
})()});
ok($browser->eval(q{[...document.querySelectorAll('img')].every(i => i.hasAttribute('alt'))
    && [...document.querySelectorAll('a, button, .scroll')].every(e => e.tabIndex >= 0)
    && [...document.querySelectorAll('button')].every(b => b.getAttribute('aria-label') || b.textContent.trim())}),
    'pictures have words, and all that is pressed is reached by keys');

# Light, dark, narrow.
mkdir 'build/web';
my $full = sub { $browser->size($_[0], $browser->eval('document.documentElement.scrollHeight'), $_[0] < 500) };
my $paper = 'getComputedStyle(document.body).backgroundColor';
$browser->scheme('light');
my $light = $browser->eval($paper);
$full->(1280);
$browser->screenshot('build/web/view-light.png');
$browser->scheme('dark');
ok($light ne $browser->eval($paper), 'dark is another paper than light');
$browser->screenshot('build/web/view-dark.png');
for my $scheme (qw(light dark)) {
    $browser->scheme($scheme);
    ok($browser->eval(q{(() => {
        const rgb = s => s.match(/[\d.]+/g).map(Number), lum = c => { const [r, g, b] = c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
        const paper = lum(rgb(getComputedStyle(document.body).backgroundColor));
        return [...document.querySelectorAll('p, dt, dd, td, th, figcaption, a, h1, h2')].filter(e => e.getClientRects().length && !e.closest('.cuts, .missing')).every(e => {
            const ink = lum(rgb(getComputedStyle(e).color));
            return (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05) >= 4.5;
        });
    })()}), "$scheme: every text has a contrast of 4.5 or more");
}
$browser->scheme('light');
$browser->size(390, 844, 1);
ok($browser->eval('document.documentElement.scrollWidth') <= 390, 'a phone shows it without scrolling sideways');
$full->(390);
$browser->screenshot('build/web/view-phone.png');
ok(-s 'build/web/view-light.png' > 50_000 && -s 'build/web/view-phone.png' > 50_000, 'screenshots are kept in build/web');

my @errors = $browser->errors;
ok(!@errors, "no error in the console @errors");
my @away = grep { !/^data:/ && index($_, "file://") != 0 } $browser->requests;
my @asked = grep { !/^data:/ } $browser->requests;
ok(!@away && @asked >= 2, "no request leaves the page @away");

# Its own policy holds, should a page ever try.
$browser->eval(q{fetch('http://127.0.0.1:9/').catch(() => 0)});
ok((grep { /Content Security Policy/ } $browser->errors), 'and one that tried would be refused');

sub is_list {
    my ($got, $want, $name) = @_;
    ok(encode_json($got) eq encode_json($want), $name) or print "# got ", encode_json($got), "\n";
}
print "1..$count\n";
$browser->close_all;
exit($failed ? 1 : 0);

END { if ($browser && kill 0, $browser->{pid}) { kill 'KILL', $browser->{pid} } }
