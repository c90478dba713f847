#!/bin/bash
# userkernel.sh [--rounds N] [--write] [--help]: the user kernel beside the hardened tier, as the native kernel, and gVisor's runsc on its ptrace platform.
# One static program (bench/userkernel.c) measures itself under each, in turns; medians and ratios are printed with the targets of issue 5:
# calls, their local answers and `run true` against runsc; fork, exec, threads and memory against native. Then what an idle sandbox costs, and
# what calls on files and round trips of threads cost beside native (bench/speed.c), with the targets of issue 6, and its targets for processes.
# --write puts the table into bench/results/DATE-userkernel.md.
set -euo pipefail
. "$(dirname "$0")/../eng/lib.sh"
[[ ${1:-} != --help ]] || { sed -n '2,/^set /{/^set /d;s/^# //;p}' "$0" && exit; }
need_root

rounds=5 write=''
while (($#)); do
    case $1 in
    --rounds) rounds=$2 && shift ;;
    --write) write=1 ;;
    *) die "unknown argument $1 (--help shows them)" ;;
    esac
    shift
done

place=$WORK/bench-userkernel.$$
mkdir -p "$place/data" "$place/rootfs"/{bin,tmp,proc,dev,sys,etc,run} "$place/bundle"
export BULKHEAD_DATA=$place/data
bulkhead=$ROOT/out/bulkhead
clean_up() {
    "$bulkhead" ps -aq --no-trunc | xargs -r "$bulkhead" rm -f >/dev/null || echo "userkernel.sh: containers are left" >&2
    rm -rf "$place"
}
trap clean_up EXIT
gcc -O1 -static -pthread -o "$place/rootfs/bin/measure" "$ROOT/bench/userkernel.c"
gcc -O1 -static -pthread -o "$place/rootfs/bin/speed" "$ROOT/bench/speed.c"
mkdir "$place/rootfs/many"
(cd "$place/rootfs/many" && seq 1000 | xargs touch)

# under WHAT WORD...: the program under one of the three.
under() {
    local what=$1
    shift
    if [[ $what != runsc ]]; then
        "$bulkhead" run --rm --isolation "$what" --rootfs "$place/rootfs" /bin/measure "$@"
        return
    fi
    (cd "$place/bundle" && rm -f config.json && runsc spec -- /bin/measure "$@" 2>/dev/null &&
        jq --arg root "$place/rootfs" '.root.path = $root | .process.terminal = false | .process.cwd = "/"' config.json >edited && mv edited config.json)
    # runsc gives its standard streams to nobody: not /dev/null or the caller's terminal.
    : | runsc --root "$place/runsc" --platform=ptrace --network=none --ignore-cgroups run --bundle "$place/bundle" "bench-$$-$RANDOM" 2>>"$place/errors" | cat
}

# milliseconds COMMAND...: its wall time.
milliseconds() {
    local begin
    begin=$(date +%s%N)
    "$@" >/dev/null
    printf '%d' $(($(date +%s%N) - begin))
}

for ((round = 0; round < rounds; round++)); do
    for what in hardened userkernel runsc; do
        under "$what" | sed "s/^/$what\t/"
        printf '%s\trun true\t%s\n' "$what" "$(milliseconds under "$what" exit)"
        [[ $what == runsc ]] || "$bulkhead" run --rm --isolation "$what" --tmpfs /tmp --rootfs "$place/rootfs" /bin/speed | sed "s/^/$what\tspeed: /"
    done
done >"$place/figures"

# Of sorted figures, by name and kernel.
# shellcheck disable=SC2016
medians='{ ++n[$2 FS $1]; value[$2 FS $1, n[$2 FS $1]] = $3 }
        function median(key) { return value[key, int((n[key] + 1) / 2)] }'

table() {
    printf '| | native (hardened), ns | userkernel, ns | runsc, ns | of native | of runsc | target |\n|---|---|---|---|---|---|---|\n'
    sort -t $'\t' -k2,2 -k1,1 -k3,3n "$place/figures" | awk -F '\t' '
        BEGIN {
            count = split("run true;getpid;getpgid;read 1 byte of /dev/zero;stat;open + close;pread 4 KiB;signal 0 to self;pipe round trip;fork + wait;vfork + wait;fork + exec + wait;posix_spawn + wait;thread create + join;mmap + touch + munmap;page fault;compute;vDSO clock", names, ";")
            split("r0.25;r0.15;r0.15;r0.15;r0.15;r0.15;r0.15;r0.15;;n2;;n2;;n2;n2;n2;n1;n1", targets, ";")
        }
        '"$medians"'
        END {
            for (i = 1; i <= count; i++) {
                a = median(names[i] FS "hardened"); b = median(names[i] FS "userkernel"); c = median(names[i] FS "runsc")
                goal = substr(targets[i], 2); ratio = targets[i] ~ /^r/ ? b / c : b / a
                # 1.0 is "as fast": a tenth is noise.
                met = goal == "" ? "" : (ratio <= goal + (goal == 1 ? 0.1 : 0) ? "met" : "missed")
                printf "| %s | %d | %d | %d | %.2f | %.2f | %s |\n", names[i], a, b, c, b / a, b / c, goal == "" ? "" : (targets[i] ~ /^r/ ? "runsc x " : "native x ") goal ": " met
            }
        }'
}

# Of bench/speed.c, and the rows above that issue 6 has other targets for.
speed() {
    printf '\n| Towards issue 6 | native (hardened), ns | userkernel, ns | of native | of runsc | target |\n|---|---|---|---|---|---|\n'
    sort -t $'\t' -k2,2 -k1,1 -k3,3n "$place/figures" | awk -F '\t' '
        BEGIN {
            count = split("speed: getpid;speed: getpid by syscall();speed: read 1 byte of /dev/zero;speed: pwrite 4 KiB of a memory file;speed: pread 4 KiB of a memory file;speed: stat in memory;speed: open + close in memory;speed: create + write + unlink in memory;speed: stat of the root;speed: stat of what is not there;speed: open + close of the root;speed: getdents of 1,000;speed: futex round trip of threads;speed: eventfd round trip of threads;pipe round trip;fork + exec + wait;vfork + exec + wait;run true", names, ";")
            split("n0.02;;n1;n1;n1;n1;n1;n1;n2;n2;n2;n2;n1.5;n1.5;n1.5;n1.5;n1.5;r0.15", targets, ";")
        }
        '"$medians"'
        END {
            for (i = 1; i <= count; i++) {
                a = median(names[i] FS "hardened"); b = median(names[i] FS "userkernel"); c = median(names[i] FS "runsc")
                goal = substr(targets[i], 2); isRunsc = targets[i] ~ /^r/
                sub(/^speed: /, "", names[i])
                printf "| %s | %d | %d | %.2f | %s | %s |\n", names[i], a, b, b / a, (c > 0) ? sprintf("%.2f", b / c) : "", goal == "" ? "" : (isRunsc ? "runsc x " : "native x ") goal ": " ((b / (isRunsc ? c : a) <= goal) ? "met" : "missed")
            }
        }'
}

# Private memory of the sandbox's processes and what they do while nothing happens.
idle() {
    local kernel pids before after seconds=10
    "$bulkhead" run -d --name "bench-idle-$$" --isolation userkernel --rootfs "$("$ROOT/eng/make-rootfs.sh" busybox)" /bin/sh -c 'sleep 1000; true' >/dev/null
    sleep 1
    kernel=$("$bulkhead" inspect --format '{{.State.Pid}}' "bench-idle-$$")
    pids="$kernel $(cat "/proc/$kernel/task/$kernel/children")"
    switches() { for pid in $pids; do cat "/proc/$pid/task"/*/status; done | awk '/ctxt_switches/ { n += $2 } END { print n }'; }
    before=$(switches)
    sleep "$seconds"
    after=$(switches)
    for pid in $pids; do cat "/proc/$pid/smaps_rollup"; done | awk -v switches=$((after - before)) -v seconds="$seconds" '
        /^Private_(Clean|Dirty)/ { private += $2 } /^Pss:/ { pss += $2 }
        END { printf "\nAn idle sandbox with sh and sleep: %d KiB private, %d KiB PSS, %d context switches of any of its threads in %d s (runsc, by the fact sheet: 11 MB, 29 MB).\n", private, pss, switches, seconds }'
    "$bulkhead" rm -f "bench-idle-$$" >/dev/null
}

report() {
    printf '# The user kernel beside native and runsc, %s\n\n' "$(date -u +%Y-%m-%d)"
    printf '%s, %s CPUs, %s; %s rounds in turns, medians; load %s; %s, platform ptrace.\n\n' "$(uname -sr)" "$(nproc)" "$(. /etc/os-release && echo "$PRETTY_NAME")" "$rounds" \
        "$(cut -d ' ' -f 1-3 /proc/loadavg)" "$(runsc --version | head -n 1)"
    table
    idle
    speed
}
if [[ -n $write ]]; then
    report | tee "$ROOT/bench/results/$(date -u +%Y-%m-%d)-userkernel.md"
else
    report
fi
