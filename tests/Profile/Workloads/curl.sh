# curl and the resolver, against a server of its own.
set -e; ends() { want=$1 got=0; shift; "$@" || got=$?; [ $got = $want ]; }; cd /tmp; echo data >f; python3 -m http.server --bind 127.0.0.1 8083 >/dev/null 2>&1 & p=$!; sleep 1; cd /tmp
curl -sS http://127.0.0.1:8083/f -o g; curl -sS file:///tmp/f >/dev/null; curl -sS -Z http://localhost:8083/f -o h http://127.0.0.1:8083/f -o i; ends 35 curl -s https://127.0.0.1:8083/; ends 6 curl -s --connect-timeout 1 http://no.such.name.invalid/; curl -sS -T f http://127.0.0.1:8083/x >/dev/null; kill $p; echo OK
