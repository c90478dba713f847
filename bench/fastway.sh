#!/bin/bash
# fastway.sh [--write] [--help]: which share of the system calls of common programs takes the fast way into the user kernel's gate, without a trap.
# The host's tracepoints count (perf): all calls of the program under the hardened tier, traps (SIGSYS) of the same program on the user kernel. What the
# runtime and a program's preparation take is counted by a run without the program, and taken off. --write puts the table into
# bench/results/DATE-userkernel-fastway.md.
set -euo pipefail
. "$(dirname "$0")/../eng/lib.sh"
[[ ${1:-} != --help ]] || { sed -n '2,/^set /{/^set /d;s/^# //;p}' "$0" && exit; }
need_root
command -v perf >/dev/null || die "needs perf"

write=''
while (($#)); do
    case $1 in
    --write) write=1 ;;
    *) die "unknown argument $1 (--help shows them)" ;;
    esac
    shift
done

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export BULKHEAD_DATA=$place/data
mkdir -p "$place/data" "$place/programs"
chmod 755 "$place" "$place/programs"
cp "$ROOT/out/bulkhead-oci" "$place/programs"
for name in busybox workloads; do "$ROOT/eng/make-rootfs.sh" "$name" >/dev/null; done

# count TIER ROOT SCRIPT: calls and traps of all processes of a run.
count() {
    perf stat -x ' ' -o "$place/stat" -e raw_syscalls:sys_enter -e signal:signal_deliver --filter 'sig==31' -- \
        "$ROOT/out/bulkhead" run --rm --isolation "$1" --tmpfs /tmp:exec,size=512m -v "$place/programs:/programs:ro" --rootfs "$WORK/rootfs/$2" /bin/sh -c "cd /tmp; export HOME=/tmp; $3" \
        >"$place/output" 2>&1 || { cat "$place/output" >&2 && die "failed under $1: $3"; }
    awk '/raw_syscalls/ { calls = $1 } /signal_deliver/ { traps = $1 } END { print calls + 0, traps + 0 }' "$place/stat"
}

# row NAME ROOT PREPARATION PROGRAM: one line of the table.
row() {
    local calls traps before trapped
    if [[ ! -d $WORK/rootfs/$2 ]]; then
        printf '| %s | | | skipped: the root %s is not made here (eng/make-rootfs.sh %s) |\n' "$1" "$2" "$2"
        return
    fi
    read -r before _ < <(count hardened "$2" "$3:")
    read -r calls _ < <(count hardened "$2" "$3 $4")
    read -r _ trapped < <(count userkernel "$2" "$3:")
    read -r _ traps < <(count userkernel "$2" "$3 $4")
    awk -v name="$1" -v calls=$((calls - before)) -v traps=$((traps - trapped)) 'BEGIN { printf "| %s | %d | %d | %.1f %% |\n", name, calls, traps, 100 * (1 - traps / calls) }'
}

# shellcheck disable=SC2016 # all of it is for the shells inside
rows() {
    row 'busybox sh, 300 rounds with a pipe' busybox '' 'i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo $i | sed s/1/2/ >f; done'
    row 'bash, 2,000 rounds by itself' workloads 'cat >b <<"B"
for ((i = 0; i < 2000; i++)); do echo $i >f; read -r x <f; [[ -e f && $x == "$i" ]] || exit 1; done
B
' 'bash b'
    row 'python3, ten starts with imports' workloads '' 'for i in 1 2 3 4 5 6 7 8 9 10; do python3 -c "import json, subprocess, threading, argparse, urllib.request, sqlite3"; done'
    row 'python3, 5,000 files written, read, removed' workloads 'cat >p <<"P"
import os
for i in range(5000):
    with open("f%d" % i, "w") as f: f.write("x" * 100)
    with open("f%d" % i) as f: f.read()
    os.stat("f%d" % i)
    os.unlink("f%d" % i)
P
' 'python3 p'
    row 'node, 2,000 files and 500 requests over loopback' workloads 'cat >n.js <<"N"
const fs = require("fs"), http = require("http")
for (let i = 0; i < 2000; i++) { fs.writeFileSync("f", "x".repeat(100)); fs.readFileSync("f"); fs.statSync("f") }
const server = http.createServer((q, a) => a.end(q.url)).listen(0, "127.0.0.1", async () => {
    for (let i = 0; i < 500; i++)
        await new Promise(done => http.get({ port: server.address().port, host: "127.0.0.1", path: "/" + i }, a => { a.resume(); a.on("end", done) }))
    server.close()
})
N
' 'node n.js'
    row 'git status on 2,000 files' workloads 'mkdir g; for i in $(seq 2000); do echo $i >g/$i; done; git -C g init -q; git -C g add .;' 'git -C g status --porcelain'
    row 'gcc, 20 files' workloads 'for i in $(seq 20); do printf "#include <stdio.h>\nint f%d(void) { return puts(\"\"); }\n" $i >f$i.c; done;' 'for i in $(seq 20); do gcc -O1 -c f$i.c; done'
    row 'sqlite3, 10,000 inserts' workloads '{ echo "create table t(a integer primary key, b text);"; for i in $(seq 100); do echo "begin;"; for j in $(seq 100); do echo "insert into t(b) values($j);"; done; echo "commit;"; done; } >s.sql;' 'sqlite3 s.db <s.sql'
    row 'tar of 2,000 files' workloads 'mkdir t; for i in $(seq 2000); do echo $i >t/$i; done;' 'tar -cf t.tar t'
    row '.NET (bulkhead-oci, 20 starts)' busybox '' 'for i in $(seq 20); do /programs/bulkhead-oci features >f; done'
    row 'Go, 5,000 files read by 10 goroutines' languages 'export GOCACHE=/tmp/cache GOPATH=/tmp/path GO111MODULE=off; cat >m.go <<"G"
package main
import ("fmt"; "os"; "sync")
func main() {
    os.WriteFile("f", make([]byte, 100), 0600)
    var all sync.WaitGroup
    for i := 0; i < 10; i++ {
        all.Add(1)
        go func() { defer all.Done(); for j := 0; j < 500; j++ { if _, err := os.ReadFile("f"); err != nil { fmt.Println(err); os.Exit(1) } } }()
    }
    all.Wait()
}
G
go build -o m m.go;' './m'
}

report() {
    printf '# The fast way into the gate, %s\n\n' "$(date -u +%Y-%m-%d)"
    printf '%s, %s CPUs; one run each.\n\n| | calls (hardened) | traps (userkernel) | without a trap |\n|---|---|---|---|\n' "$(uname -sr)" "$(nproc)"
    rows
}
if [[ -n $write ]]; then
    report | tee "$ROOT/bench/results/$(date -u +%Y-%m-%d)-userkernel-fastway.md"
else
    report
fi
