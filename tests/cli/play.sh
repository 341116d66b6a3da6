# A language model's server for shell tests, after tap.sh. play NAME: starts it over tests/plays/NAME.play, or without a name over
# the play on standard input; sets $url, and keeps what it is asked in $work/asked.
served=
play() {
    [ -z "$served" ] || kill "$served" 2>/dev/null
    rm -rf "$work/asked" "$work/port"
    mkdir "$work/asked"
    file=tests/plays/$1.play
    [ -e "$file" ] || { file=$work/play; cat >"$file"; }
    build/tests/fake_llm "$file" "$work/asked" >"$work/port" &
    served=$!
    for i in $(seq 200); do [ -s "$work/port" ] && break; sleep 0.05; done
    url=http://127.0.0.1:$(cat "$work/port")
}
trap 'kill $served 2>/dev/null; rm -rf "$work"' EXIT
asked() { ls "$work/asked" | grep -c body; }
