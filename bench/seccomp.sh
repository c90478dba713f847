#!/bin/bash
# seccomp.sh [--rounds N] [--batch N] [--interpreter] [--write] [--help]: what a system call costs under Docker's default seccomp profile.
# The filters are those that bulkhead-oci, crun and runc really attach: each starts a container, and its filter is read back by ptrace(2).
# "libseccomp tree" is libseccomp's own best (SCMP_FLTATR_CTL_OPTIMIZE 2, which these runtimes do not ask for).
#   --rounds N      turns that each filter gets with each call (default 101); medians are printed
#   --batch N       calls a turn (default 1000)
#   --interpreter   once more with net.core.bpf_jit_enable=0, where the kernel lets it be changed; put back afterwards
#   --write         the tables go into bench/results/DATE-seccomp.md too
set -euo pipefail
. "$(dirname "$0")/../eng/lib.sh"

rounds=101 batch=1000 interpreter='' write=''
arguments=("$@")
while (($#)); do
    case $1 in
    --rounds) rounds=$2 && shift ;;
    --batch) batch=$2 && shift ;;
    --interpreter) interpreter=1 ;;
    --write) write=1 ;;
    --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit ;;
    *) die "unknown argument $1 (--help shows them)" ;;
    esac
    shift
done
need_root

. "$ROOT/bench/hide-hybrid.sh" "${arguments[@]}"

runtimes=("$ROOT/out/bulkhead-oci" "$(command -v crun)" "$(command -v runc)")
place=$WORK/bench-seccomp.$$
jit=/proc/sys/net/core/bpf_jit_enable
jit_was=$(cat "$jit")
mkdir -p "$place"
clean_up() {
    local runtime
    for runtime in "${runtimes[@]}"; do
        # Most often there is none: each measurement has deleted its own.
        "$runtime" --root "$place/state" delete --force "bench-seccomp-$$" >/dev/null 2>&1 || true
    done
    [[ $(cat "$jit") == "$jit_was" ]] || printf '%s\n' "$jit_was" >"$jit"
    rm -rf "$place"
}
trap clean_up EXIT

profile=$ROOT/tests/Bulkhead.Linux.Tests/Data/docker-seccomp.json
native=$ROOT/tests/Bulkhead.Linux.Tests/Seccomp/Native
gcc -O2 -Wall -o "$place/measure" "$ROOT/bench/seccomp.c"
gcc -O2 -Wall -o "$place/dump" "$native/filter-dump.c"
gcc -O2 -Wall -o "$place/export" "$native/libseccomp-export.c" -lseccomp

rootfs=$("$ROOT/eng/make-rootfs.sh" busybox)
(cd "$place" && runc spec)
jq --arg rootfs "$rootfs" --slurpfile seccomp "$profile" '
    .root = { path: $rootfs, readonly: true } | .process.terminal = false | .process.args = ["/bin/sleep", "3600"]
    | .linux.seccomp = $seccomp[0]' "$place/config.json" >"$place/edited.json"
mv "$place/edited.json" "$place/config.json"

# attached RUNTIME FILE: the filter that the runtime's container runs under.
attached() {
    local oci=("$1" --root "$place/state") id=bench-seccomp-$$ pid tries=0
    "${oci[@]}" create --bundle "$place" --pid-file "$place/pid" "$id" </dev/null >/dev/null 2>"$place/error" || die "$(cat "$place/error")"
    "${oci[@]}" start "$id"
    pid=$(cat "$place/pid")
    # runc installs the filter last, right before it executes the program.
    until [[ $(cat "/proc/$pid/comm") == sleep ]]; do
        ((++tries < 200)) || die "$1: the program did not start"
        sleep 0.05
    done
    "$place/dump" "$pid" >"$2"
    "${oci[@]}" delete --force "$id"
}

# The profile as libseccomp-export reads it. Actions: <linux/seccomp.h>; architectures: <linux/audit.h>; operators: <seccomp.h>.
export_text() {
    jq -r '
        def action($name; $errno): { SCMP_ACT_ALLOW: 2147418112, SCMP_ACT_ERRNO: (327680 + ($errno // 1)) }[$name];
        def operator: { SCMP_CMP_NE: 1, SCMP_CMP_LT: 2, SCMP_CMP_LE: 3, SCMP_CMP_EQ: 4, SCMP_CMP_GE: 5, SCMP_CMP_GT: 6, SCMP_CMP_MASKED_EQ: 7 }[.];
        "default \(action(.defaultAction; .defaultErrnoRet))", "arch 3221225534", "arch 1073741827", "arch 1073741886", "optimize 2",
        (.syscalls[] | . as $rule | .names[]
            | "rule \(action($rule.action; $rule.errnoRet)) \(.) \($rule.args // [] | length)"
                + ([$rule.args // [] | .[] | " \(.index) \(.op | operator) \(.value) \(.valueTwo // 0)"] | join("")))' "$profile"
}

filters=()
for runtime in "${runtimes[@]}"; do
    name=$(basename "$runtime")
    attached "$runtime" "$place/$name.bpf"
    filters+=("$name=$place/$name.bpf")
done
export_text | "$place/export" >"$place/tree.bpf"
filters+=("libseccomp tree=$place/tree.bpf")

tables() {
    "$place/measure" "$rounds" "$batch" "${filters[@]}" >"$place/figures"
    awk -f "$ROOT/bench/seccomp.awk" "$place/figures"
}

without_jit() {
    printf '\n## Without the BPF compiler of the kernel\n'
    if { printf '0\n' >"$jit"; } 2>/dev/null; then
        tables
    else
        printf '\nThe kernel refuses net.core.bpf_jit_enable=0 (CONFIG_BPF_JIT_ALWAYS_ON): every filter is compiled.\n'
    fi
}

report() {
    printf '# System calls under Docker'\''s default seccomp profile, %s\n\n' "$(date -u +%Y-%m-%d)"
    printf '%s, %s CPUs, %s; %s rounds of %s calls, interleaved on one CPU; load %s; net.core.bpf_jit_enable %s; Spectre v2: %s.\n' "$(uname -sr)" "$(nproc)" \
        "$(. /etc/os-release && echo "$PRETTY_NAME")" "$rounds" "$batch" "$(cut -d ' ' -f 1-3 /proc/loadavg)" "$jit_was" \
        "$(cat /sys/devices/system/cpu/vulnerabilities/spectre_v2 2>/dev/null || echo unknown)"
    printf 'Filters read back from containers of:\n\n'
    for runtime in "${runtimes[@]}"; do printf -- '- %s: %s\n' "$(basename "$runtime")" "$("$runtime" --version | head -n 1)"; done
    tables
    [[ -z $interpreter ]] || without_jit
}
if [[ -n $write ]]; then
    mkdir -p "$ROOT/bench/results"
    report | tee "$ROOT/bench/results/$(date -u +%Y-%m-%d)-seccomp.md"
else
    report
fi
