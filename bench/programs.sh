#!/bin/bash
# programs.sh [--rounds N] [--no-runsc] [--write] [--help]: what common programs take on the user kernel, beside the hardened tier as the native kernel
# and gVisor's runsc on its ptrace platform (not with --no-runsc): python3, make, git, tar, sqlite3, a shell script (bench/programs.in, inside
# the workloads root). In turns; medians, with the targets of issue 6: native x 1.3. --write puts the table into
# bench/results/DATE-userkernel-programs.md.
set -euo pipefail
. "$(dirname "$0")/../eng/lib.sh"
[[ ${1:-} != --help ]] || { sed -n '2,/^set /{/^set /d;s/^# //;p}' "$0" && exit; }
need_root

rounds=5 write='' tiers=(hardened userkernel)
runsc=runsc
while (($#)); do
    case $1 in
    --rounds) rounds=$2 && shift ;;
    --no-runsc) runsc='' ;;
    --write) write=1 ;;
    *) die "unknown argument $1 (--help shows them)" ;;
    esac
    shift
done
if [[ -n $runsc ]]; then
    command -v "$runsc" >/dev/null || die "needs runsc (eng/install-bench-packages.sh), or --no-runsc"
    tiers+=(runsc)
fi

rootfs=$("$ROOT/eng/make-rootfs.sh" workloads)
place=$(mktemp -d)
export BULKHEAD_DATA=$place/data
mkdir -p "$place/data" "$place/bundle"
clean_up() {
    "$ROOT/out/bulkhead" ps -aq --no-trunc | xargs -r "$ROOT/out/bulkhead" rm -f >/dev/null || echo "programs.sh: containers are left" >&2
    rm -rf "$place"
}
trap clean_up EXIT

# under WHAT: the programs under one of the three. What they say on standard error is shown when they fail.
under() {
    if [[ $1 != runsc ]]; then
        "$ROOT/out/bulkhead" run --rm -i --isolation "$1" --tmpfs /tmp:exec,size=1g --rootfs "$rootfs" /bin/bash -s <"$ROOT/bench/programs.in" 2>"$place/errors" || { cat "$place/errors" >&2 && exit 1; }
        return
    fi
    (cd "$place/bundle" && rm -f config.json && runsc spec -- /bin/bash -s 2>/dev/null &&
        jq --arg root "$rootfs" '.root = {path: $root, readonly: true} | .process.terminal = false | .process.cwd = "/" | .process.env += ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
            | .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["size=1g", "mode=1777"]}]' config.json >edited && mv edited config.json)
    # Its own overlay would lie in the root, which is others' too. runsc gives its standard streams to nobody: a pipe on both sides.
    # shellcheck disable=SC2002
    cat "$ROOT/bench/programs.in" | "$runsc" --root "$place/runsc" --platform=ptrace --network=none --ignore-cgroups --overlay2=none run --bundle "$place/bundle" "programs-$$-$RANDOM" 2>"$place/errors" | cat
}

for ((round = 0; round < rounds; round++)); do
    for what in "${tiers[@]}"; do
        under "$what" | sed "s/^/$what\t/"
    done
done >"$place/figures"

# Names in the order of the script; milliseconds.
table() {
    printf '| | native (hardened), ms | userkernel, ms | runsc, ms | of native | of runsc | target |\n|---|---|---|---|---|---|---|\n'
    sort -s -t $'\t' -k1,1 -k3,3n "$place/figures" | awk -F '\t' -v names="$(awk -F '\t' '!seen[$2]++ { printf "%s%s", separator, $2; separator = ";" }' "$place/figures")" '
        { key = $2 FS $1; value[key, ++n[key]] = $3 / 1e6 }
        function median(key) { return value[key, int((n[key] + 1) / 2)] }
        END {
            count = split(names, order, ";")
            for (i = 1; i <= count; i++) {
                a = median(order[i] FS "hardened"); b = median(order[i] FS "userkernel"); c = median(order[i] FS "runsc")
                printf "| %s | %.1f | %.1f | %s | %.2f | %s | native x 1.3: %s |\n", order[i], a, b, c == 0 ? "" : sprintf("%.1f", c), b / a, c == 0 ? "" : sprintf("%.2f", b / c), b / a <= 1.3 ? "met" : "missed"
            }
        }'
}

report() {
    printf '# Programs on the user kernel, beside native and runsc, %s\n\n' "$(date -u +%Y-%m-%d)"
    printf '%s, %s CPUs; %s rounds in turns, medians; load %s; %s.\n\n' "$(uname -sr)" "$(nproc)" "$rounds" "$(cut -d ' ' -f 1-3 /proc/loadavg)" \
        "$([[ -z $runsc ]] && echo 'without runsc' || echo "$(runsc --version | head -n 1), platform ptrace")"
    table
}
if [[ -n $write ]]; then
    report | tee "$ROOT/bench/results/$(date -u +%Y-%m-%d)-userkernel-programs.md"
else
    report
fi
