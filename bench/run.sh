#!/bin/bash
# run.sh [--rounds N] [--runtimes "PATH..."] [--alive "1 100 1000"] [--no-counts] [--write] [--help]: compares OCI runtimes side by side.
# All runtimes get the same bundle (busybox, cgroup limits, Docker's seccomp profile) in the same mount namespace; their commands are
# interleaved, and medians are printed with ratios against the targets. --write puts the tables into bench/results/DATE.md.
set -euo pipefail
. "$(dirname "$0")/../eng/lib.sh"
[[ ${1:-} != --help ]] || { sed -n '2,/^set /{/^set /d;s/^# //;p}' "$0" && exit; }
need_root

. "$ROOT/bench/hide-hybrid.sh"

rounds=30 alive='' counts=1 write='' runtimes=()
[[ ! -x $ROOT/out/bulkhead-oci ]] || runtimes+=("$ROOT/out/bulkhead-oci")
runtimes+=("$(command -v crun)" "$(command -v runc)")
while (($#)); do
    case $1 in
    --rounds) rounds=$2 && shift ;;
    --runtimes) read -ra runtimes <<<"$2" && shift ;;
    --alive) alive=$2 && shift ;;
    --no-counts) counts='' ;;
    --write) write=1 ;;
    *) die "unknown argument $1" ;;
    esac
    shift
done

place=$WORK/bench.$$
mkdir -p "$place"
# Everything that a stopped benchmark leaves is deleted by the runtime that made it.
clean_up() {
    local runtime id
    for runtime in "${runtimes[@]}"; do
        for id in $("$runtime" --root "$place/$(basename "$runtime")" list -q 2>/dev/null); do
            "$runtime" --root "$place/$(basename "$runtime")" delete --force "$id" >/dev/null 2>&1 || true
        done
    done
    rm -rf "$place"
}
trap clean_up EXIT

measure=$place/measure
gcc -O2 -static -o "$measure" "$ROOT/bench/measure.c"
rootfs=$("$ROOT/eng/make-rootfs.sh" busybox)

# bundle NAME ARGS: a configuration as an engine would write it.
bundle() {
    mkdir -p "$place/$1"
    (cd "$place/$1" && runc spec)
    jq --arg rootfs "$rootfs" --argjson args "$2" --slurpfile seccomp "$ROOT/tests/Bulkhead.Linux.Tests/Data/docker-seccomp.json" '
        .root = { path: $rootfs, readonly: true } | .process.terminal = false | .process.args = $args | .process.rlimits = []
        | .linux.seccomp = $seccomp[0]
        | .linux.resources += { memory: { limit: 67108864 }, pids: { limit: 64 }, cpu: { shares: 512, quota: 100000, period: 100000 } }
        ' "$place/$1/config.json" >"$place/$1/edited.json"
    mv "$place/$1/edited.json" "$place/$1/config.json"
}
bundle true '["/bin/true"]'
bundle sleep '["/bin/sleep", "3600"]'

# line LABEL ARGUMENT...: one line of measure's plan.
line() {
    local IFS=$'\t'
    printf '%s\n' "$*"
}

# plan RUNTIME: a block for run and one for a life in single verbs.
plan() {
    local runtime=$1 name
    name=$(basename "$runtime")
    local oci=("$runtime" --root "$place/$name") id=bench-$name-%r pid_file=$place/$name.pid
    line "run@$name" "${oci[@]}" run --bundle "$place/true" "$id"
    printf '\n'
    line "create@$name" "${oci[@]}" create --bundle "$place/sleep" --pid-file "$pid_file" "$id"
    line "state@$name" "${oci[@]}" state "$id"
    line "start@$name" "${oci[@]}" start "$id"
    line "exec@$name" "${oci[@]}" exec "$id" /bin/true
    line "list@$name" "${oci[@]}" list
    line "kill@$name" "${oci[@]}" kill "$id" KILL
    line - @reap "$pid_file"
    line "delete@$name" "${oci[@]}" delete "$id"
    printf '\n'
}

# count LABEL COMMAND...: system calls and successful execs, over all processes that the command starts until it ends.
count() {
    local label=$1 log=$place/strace main tracer
    shift
    rm -f "$log"
    strace -f -qq -I 1 -e signal=none -o "$log" "$@" </dev/null >/dev/null 2>&1 &
    tracer=$!
    # create leaves a process behind, which strace would wait for: what counts ends with the first process.
    while [[ ! -s $log ]]; do sleep 0.02; done
    read -r main _ <"$log"
    while [[ -d /proc/$main ]]; do sleep 0.02; done
    kill "$tracer" 2>/dev/null || true
    wait "$tracer" 2>/dev/null || true
    printf '%s\t%d\t%d\n' "$label" "$(grep -cvE '^[0-9]+ +(<\.\.\.|\+\+\+|---)' "$log")" \
        "$(grep -cE 'execve(at)?\(.*= 0$|execve(at)? resumed.*= 0$' "$log")"
}

count_verbs() {
    local runtime=$1 name
    name=$(basename "$runtime")
    local oci=("$runtime" --root "$place/$name") id=count-$name
    count "run@$name" "${oci[@]}" run --bundle "$place/true" "$id"
    count "create@$name" "${oci[@]}" create --bundle "$place/sleep" --pid-file "$place/$name.pid" "$id"
    count "state@$name" "${oci[@]}" state "$id"
    count "start@$name" "${oci[@]}" start "$id"
    count "exec@$name" "${oci[@]}" exec "$id" /bin/true
    count "list@$name" "${oci[@]}" list
    count "kill@$name" "${oci[@]}" kill "$id" KILL
    while [[ -d /proc/$(cat "$place/$name.pid") ]]; do sleep 0.02; done
    count "delete@$name" "${oci[@]}" delete "$id"
}

# fill RUNTIME LEVEL FROM: up to LEVEL containers alive.
fill() {
    local runtime=$1 level=$2 from=$3
    local oci=("$runtime" --root "$place/$(basename "$runtime")")
    ((level > from)) || return 0
    {
        line - "${oci[@]}" create --bundle "$place/sleep" "alive-$from-%r"
        line - "${oci[@]}" start "alive-$from-%r"
    } | "$measure" $((level - from))
}

# level_plan RUNTIME: a life in single verbs and a run, among the containers that are alive.
level_plan() {
    local runtime=$1 name
    name=$(basename "$runtime")
    local oci=("$runtime" --root "$place/$name") pid_file=$place/$name.pid
    line "create@$name" "${oci[@]}" create --bundle "$place/sleep" --pid-file "$pid_file" "level-$name-%r"
    line "start@$name" "${oci[@]}" start "level-$name-%r"
    line "state@$name" "${oci[@]}" state "level-$name-%r"
    line "list@$name" "${oci[@]}" list
    line - "${oci[@]}" kill "level-$name-%r" KILL
    line - @reap "$pid_file"
    line "delete@$name" "${oci[@]}" delete "level-$name-%r"
    printf '\n'
    line "run@$name" "${oci[@]}" run --bundle "$place/true" "level-run-$name-%r"
    printf '\n'
}

# at_level LEVEL FROM: every runtime gets LEVEL containers of its own, then their commands are interleaved: what the machine does meanwhile hits all alike.
at_level() {
    local level=$1 from=$2 runtime
    for runtime in "${runtimes[@]}"; do fill "$runtime" "$level" "$from"; done
    for runtime in "${runtimes[@]}"; do level_plan "$runtime"; done | "$measure" "$rounds" | sed "s/^/$level\t/"
}

empty() {
    local oci=("$1" --root "$place/$(basename "$1")")
    "${oci[@]}" list -q | xargs -r -P 4 -n 1 "${oci[@]}" delete --force >/dev/null 2>&1 || true
}

names=()
for runtime in "${runtimes[@]}"; do names+=("$(basename "$runtime")"); done

for runtime in "${runtimes[@]}"; do plan "$runtime"; done | "$measure" "$rounds" >"$place/times"
: >"$place/counts"
if [[ -n $counts ]]; then
    for runtime in "${runtimes[@]}"; do count_verbs "$runtime"; done >"$place/counts"
fi
from=0
for level in $alive; do
    at_level "$level" "$from"
    from=$level
done >"$place/levels"
[[ -z $alive ]] || for runtime in "${runtimes[@]}"; do empty "$runtime"; done

report() {
    printf '# Side by side, %s\n\n' "$(date -u +%Y-%m-%d)"
    printf '%s, %s CPUs, %s; %s rounds, interleaved; load %s.\n' "$(uname -sr)" "$(nproc)" "$(. /etc/os-release && echo "$PRETTY_NAME")" "$rounds" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
    for runtime in "${runtimes[@]}"; do printf -- '- %s: %s\n' "$(basename "$runtime")" "$("$runtime" --version | head -n 1)"; done
    awk -f "$ROOT/bench/report.awk" -v names="${names[*]}" -v times="$place/times" -v counts="$place/counts" -v levels="$place/levels"
}
if [[ -n $write ]]; then
    mkdir -p "$ROOT/bench/results"
    report | tee "$ROOT/bench/results/$(date -u +%Y-%m-%d).md"
else
    report
fi
