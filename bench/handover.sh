#!/bin/bash
# handover.sh [--seconds N] [--write] [--help]: how many calls a second the user kernel answers when 1, 2, 8 and 64 threads are busy, and two in each of two
# sandboxes at once (bench/handover.c): beside the hardened tier as the native kernel, and beside the same kernel when it only sleeps between
# hand-overs (bulkhead-kernel --looks 0), of which it must never fall below half. --write puts the table into bench/results/DATE-userkernel-handover.md.
set -euo pipefail
. "$(dirname "$0")/../eng/lib.sh"
[[ ${1:-} != --help ]] || { sed -n '2,/^set /{/^set /d;s/^# //;p}' "$0" && exit; }
need_root

seconds=3 write=''
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
mkdir -p "$place/rootfs"/{bin,tmp,proc,dev,sys,etc,run} "$place/data"
chmod 755 "$place" "$place/rootfs"
export BULKHEAD_DATA=$place/data
gcc -O1 -static -pthread -o "$place/rootfs/bin/handover" "$ROOT/bench/handover.c"

# under WHAT THREADS...: lines of a name and calls a second.
under() {
    local what=$1
    shift
    case $what in
    native) "$ROOT/out/bulkhead" run --rm --isolation hardened --rootfs "$place/rootfs" /bin/handover "$seconds" "$@" ;;
    looking | sleeping)
        setpriv --reuid 1000 --regid 1000 --clear-groups "$ROOT/out/bulkhead-kernel" --root "$place/rootfs" --looks "$([[ $what == looking ]] && echo 1 || echo 0)" -- /bin/handover "$seconds" "$@"
        ;;
    esac | sed -E 's/^([0-9]+ threads)\t([0-9]+) .*/\1\t\2/'
}

for what in native looking sleeping; do
    under "$what" 1 2 8 64 | sed "s/^/$what\t/"
    under "$what" 2 >"$place/one" &
    under "$what" 2 >"$place/two"
    wait
    cat "$place/one" "$place/two" | awk -F '\t' -v what="$what" '{ sum += $2 } END { printf "%s\t2 threads in each of two sandboxes, of each\t%d\n", what, sum / 2 }'
done >"$place/figures"

report() {
    printf '# Hand-overs of the user kernel by busy threads, %s\n\n' "$(date -u +%Y-%m-%d)"
    printf '%s, %s CPUs, %s s each, one run; load %s. Thousand calls a second.\n\n| | native (hardened) | userkernel | only sleeping | of only sleeping | never below 0.5 |\n|---|---|---|---|---|---|\n' \
        "$(uname -sr)" "$(nproc)" "$seconds" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
    awk -F '\t' '$1 == "native" { order[++count] = $2 } { value[$1, $2] = $3 / 1000 }
        END { for (i = 1; i <= count; i++) { name = order[i]; a = value["looking", name]; b = value["sleeping", name]
            printf "| %s | %.0f | %.0f | %.0f | %.2f | %s |\n", name, value["native", name], a, b, a / b, (a / b >= 0.5 ? "met" : "missed") } }' "$place/figures"
}
if [[ -n $write ]]; then
    report | tee "$ROOT/bench/results/$(date -u +%Y-%m-%d)-userkernel-handover.md"
else
    report
fi
