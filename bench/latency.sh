#!/bin/bash
# latency.sh [--seconds N] [--write] [--help]: how long single system calls take at worst, on the user kernel beside the hardened tier as the native one.
# bench/latency.c measures itself, alone and beside a process that makes the kernel allocate. The user kernel's collector stops all guests of a sandbox
# when it runs: a third run, by hand, counts how often and for how long. --write puts the table into bench/results/DATE-userkernel-latency.md.
set -euo pipefail
. "$(dirname "$0")/../eng/lib.sh"
[[ ${1:-} != --help ]] || { sed -n '2,/^set /{/^set /d;s/^# //;p}' "$0" && exit; }
need_root

seconds=5 write=''
while (($#)); do
    case $1 in
    --seconds) seconds=$2 && shift ;;
    --write) write=1 ;;
    *) die "unknown argument $1 (--help shows them)" ;;
    esac
    shift
done

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export BULKHEAD_DATA=$place/data
mkdir -p "$place/data" "$place/rootfs"/{bin,tmp,proc,dev,sys,etc,run}
chmod 755 "$place" "$place/rootfs"
chmod 1777 "$place/rootfs/tmp"
gcc -O1 -static -o "$place/rootfs/bin/latency" "$ROOT/bench/latency.c"

for what in hardened userkernel; do
    "$ROOT/out/bulkhead" run --rm --isolation "$what" --tmpfs /tmp --rootfs "$place/rootfs" /bin/latency "$seconds" | sed "s/^/$what\t/"
done >"$place/figures"
setpriv --reuid 1000 --regid 1000 --clear-groups "$ROOT/out/bulkhead-kernel" --root "$place/rootfs" --count-allocations 1 -- /bin/latency "$seconds" 2>"$place/counts" >/dev/null

report() {
    printf '# The longest system calls of the user kernel, %s\n\n' "$(date -u +%Y-%m-%d)"
    printf '%s, %s CPUs, %s s each; load %s.\n\n| | native (hardened), ns | userkernel, ns |\n|---|---|---|\n' "$(uname -sr)" "$(nproc)" "$seconds" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
    awk -F '\t' '$1 == "hardened" { order[++count] = $2; native[$2] = $3 } $1 == "userkernel" { ours[$2] = $3 }
        END { for (i = 1; i <= count; i++) printf "| %s | %d | %d |\n", order[i], native[order[i]], ours[order[i]] }' "$place/figures"
    printf '\nThe collector in such a run of %s s: %s.\n' $((2 * seconds)) "$(sed -n 's/^bulkhead-kernel: //p' "$place/counts")"
}
if [[ -n $write ]]; then
    report | tee "$ROOT/bench/results/$(date -u +%Y-%m-%d)-userkernel-latency.md"
else
    report
fi
