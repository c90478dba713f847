#!/bin/bash
# people.sh [--rounds N] [--containers N] [--write] [--help]: `bulkhead run` beside crun.
# crun gets the configuration that `bulkhead run` makes for itself (user namespace, namespaces, limits, seccomp, mounts), less what it does not know:
# landlock, the time namespace, the idmapped root. Commands are interleaved; medians and ratios are printed with the targets. Then N detached
# containers (default 200): memory of their monitors, what a start costs among them, and what all of them do while nothing happens.
# --write puts the tables into bench/results/DATE-people.md.
set -euo pipefail
. "$(dirname "$0")/../eng/lib.sh"
[[ ${1:-} != --help ]] || { sed -n '2,/^set /{/^set /d;s/^# //;p}' "$0" && exit; }
need_root

. "$ROOT/bench/hide-hybrid.sh"

rounds=30 containers=200 write=''
while (($#)); do
    case $1 in
    --rounds) rounds=$2 && shift ;;
    --containers) containers=$2 && shift ;;
    --write) write=1 ;;
    *) die "unknown argument $1" ;;
    esac
    shift
done

place=$WORK/bench-people.$$
mkdir -p "$place/data" "$place/crun"
export BULKHEAD_DATA=$place/data
bulkhead=$ROOT/out/bulkhead crun=$(command -v crun)

# What a stopped benchmark leaves is removed by who made it; what cannot be is said, and the rest is tidied all the same.
clean_up() {
    "$bulkhead" ps -aq --no-trunc | xargs -r -n 50 "$bulkhead" rm -f >/dev/null || echo "people.sh: containers of bulkhead are left" >&2
    "$crun" --root "$place/crun" list -q | xargs -r -n 1 "$crun" --root "$place/crun" delete --force || echo "people.sh: containers of crun are left" >&2
    # crun gives its standard streams to the container's user, /dev/null too.
    chown 0:0 /dev/null
    rm -rf "$place"
}
trap clean_up EXIT

measure=$place/measure
gcc -O2 -static -o "$measure" "$ROOT/bench/measure.c"
# The same for both, with the files that are mounted over: crun cannot make them in a root that its user namespace does not own.
rootfs=$place/rootfs
cp -a "$("$ROOT/eng/make-rootfs.sh" busybox)" "$rootfs"
mkdir -p "$rootfs"/{proc,sys,dev,tmp,run,etc}
touch "$rootfs"/etc/{hosts,hostname,resolv.conf}

# bundle NAME COMMAND...: what `bulkhead run` composes, as a bundle for crun.
bundle() {
    local name=$1 id
    shift
    id=$("$bulkhead" run -d --rootfs "$rootfs" "$@" 2>/dev/null)
    mkdir -p "$place/$name"
    # Its own files (hosts, hostname, resolv.conf) go with the container: crun's are copies.
    cp -r "$place/data/containers/$id/files" "$place/$name/files"
    jq --arg files "$place/$name/files" --arg own "$place/data/containers/$id/files" '
        .ociVersion = "1.0.2" | .annotations = {} | .linux.namespaces |= map(select(.type != "time")) | del(.linux.cgroupsPath)
        | .mounts |= map(if ((.source // "") | startswith($own)) then .source = $files + (.source | ltrimstr($own)) else . end)
        ' "$place/data/containers/$id/config.json" >"$place/$name/config.json"
    "$bulkhead" rm -f "$id" >/dev/null
}
bundle true /bin/true
bundle sleep /bin/sleep 3600

line() {
    local IFS=$'\t'
    printf '%s\n' "$*"
}

{
    line run@bulkhead "$bulkhead" run --rm --rootfs "$rootfs" /bin/true
    printf '\n'
    line run@crun "$crun" --root "$place/crun" run --bundle "$place/true" "bench-%r"
    printf '\n'
    line detach@bulkhead "$bulkhead" run -d --name "bench-%r" --rootfs "$rootfs" /bin/sleep 3600
    line - "$bulkhead" rm -f "bench-%r"
    printf '\n'
    line detach@crun "$crun" --root "$place/crun" run --detach --bundle "$place/sleep" "bench-d-%r"
    line - "$crun" --root "$place/crun" delete --force "bench-d-%r"
    printf '\n'
} | "$measure" "$rounds" >"$place/times"

# starts LEVEL: what one more costs, among those alive.
starts() {
    {
        line "$1@bulkhead" "$bulkhead" run -d --name "level-$1-%r" --rootfs "$rootfs" /bin/sleep 3600
        line - "$bulkhead" rm -f "level-$1-%r"
        printf '\n'
        line "$1@crun" "$crun" --root "$place/crun" run --detach --bundle "$place/sleep" "level-$1-%r"
        line - "$crun" --root "$place/crun" delete --force "level-$1-%r"
        printf '\n'
    } | "$measure" "$rounds" >>"$place/levels"
}
starts 0
{
    line - "$bulkhead" run -d --name "alive-%r" --rootfs "$rootfs" /bin/sleep 3600
    line - "$crun" --root "$place/crun" run --detach --bundle "$place/sleep" "alive-%r"
} | "$measure" "$containers"
starts "$containers"

# The monitor of a container is the parent of its first process.
monitors=()
while read -r pid; do
    monitors+=("$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status")")
done < <("$bulkhead" ps -q --no-trunc | xargs "$bulkhead" inspect | jq '.[].State.Pid')

# busy: clock ticks and context switches of all monitors since their start.
busy() {
    local pid
    for pid in "${monitors[@]}"; do
        awk '{ print $14 + $15 }' "/proc/$pid/stat"
        awk '/ctxt_switches/ { print $2 }' /proc/"$pid"/task/*/status
    done | awk '{ sum += $1 } END { print sum }'
}
# A monitor gives its memory back a second after its last event.
sleep 2
before=$(busy)
sleep 10
idle=$(($(busy) - before))

memory() {
    local pid
    for pid in "${monitors[@]}"; do cat "/proc/$pid/smaps_rollup"; done |
        awk -v n="${#monitors[@]}" '/^Pss:/ { pss += $2 } /^Private_Dirty:/ { dirty += $2 } /^Rss:/ { rss += $2 }
            END { printf "%d monitors: PSS %.1f MB in total, %.0f KB each (private and dirty %.0f KB, RSS %.0f KB)\n", n, pss / 1024, pss / n, dirty / n, rss / n }'
}

report() {
    printf '# `bulkhead run` beside crun, %s\n\n' "$(date -u +%Y-%m-%d)"
    printf '%s, %s CPUs; %s rounds, interleaved, same namespaces, limits, seccomp profile and mounts; ours also has landlock, a time namespace, an idmapped root, a monitor and a log. Load %s.\n' \
        "$(uname -sr)" "$(nproc)" "$rounds" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
    awk -F '\t' -v containers="$containers" '
        { median[$1] = $3; low[$1] = $4; p90[$1] = $5; cpu[$1] = $6; rss[$1] = $8 }
        function ratio(a, b) { return median[b] > 0 ? median[a] / median[b] : 0 }
        function met(value, target) { return sprintf("%.2f | %s: %s", value, target, value <= target ? "met" : "**missed**") }
        END {
            print "\n| wall time, ms | bulkhead (least, p90) | crun (least, p90) | ratio | target |\n|---|---|---|---|---|"
            printf "| run --rm true | %.1f (%.1f, %.1f) | %.1f (%.1f, %.1f) | %s |\n", median["run@bulkhead"], low["run@bulkhead"], p90["run@bulkhead"],
                median["run@crun"], low["run@crun"], p90["run@crun"], met(ratio("run@bulkhead", "run@crun"), 0.9)
            printf "| run -d, to running | %.1f (%.1f, %.1f) | %.1f (%.1f, %.1f) | %.2f | |\n", median["detach@bulkhead"], low["detach@bulkhead"], p90["detach@bulkhead"],
                median["detach@crun"], low["detach@crun"], p90["detach@crun"], ratio("detach@bulkhead", "detach@crun")
            printf "| run -d to our run --rm true | | | %s |\n", met(ratio("detach@bulkhead", "run@bulkhead"), 1.2)
            print "\n| run -d, ms | none alive | " containers " of each alive | us more for each alive |\n|---|---|---|---|"
            for (i = 1; i <= 2; i++) {
                name = i == 1 ? "bulkhead" : "crun"; first = "0@" name; last = containers "@" name
                printf "| %s | %.1f | %.1f | %.1f |\n", name, median[first], median[last], (median[last] - median[first]) * 1000 / containers
            }
        }' "$place/times" "$place/levels"
    printf '\n%s. In 10 s in which nothing happened they used %d clock ticks and context switches together (target: 0).\n' "$(memory)" "$idle"
}
if [[ -n $write ]]; then
    mkdir -p "$ROOT/bench/results"
    report | tee "$ROOT/bench/results/$(date -u +%Y-%m-%d)-people.md"
else
    report
fi
