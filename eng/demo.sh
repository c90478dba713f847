#!/bin/bash
# demo.sh [--runtime PATH]: runs a Debian and a busybox container, shows what they are, see and are refused, what each loosening of
# `bulkhead run` opens, brings an image to a registry and back, and cleans up.
# Ends with status 0 only if everything was as expected.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root
runtime=$ROOT/out/bulkhead-oci
[[ ${1:-} != --runtime ]] || runtime=$2
begin_all=$EPOCHREALTIME

bold='' dim='' green='' red='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
row() { printf '  %-36s %s\n' "$1" "$2"; }
good() { printf '  %-36s %s%s%s\n' "$1" "$green" "$2" "$plain"; }
unexpected() {
    printf '  %-36s %sUNEXPECTED: %s%s\n' "$1" "$red" "$2" "$plain"
    exit 1
}
# expect WHAT WANTED GOT
expect() { [[ $3 == "$2" ]] && good "$1" "$3" || unexpected "$1" "wanted $2, got $3"; }
milliseconds() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f ms", (to - from) * 1000 }'; }

place=$WORK/demo.$$
id=bulkhead-demo-$$
oci() { "$runtime" --root "$place/state" "$@"; }
registry=''
# end_registry: of demo-images.sh, by its number; nothing when there is none.
end_registry() {
    local ended=$registry
    registry=''
    if [[ -n $ended ]] && kill "$ended"; then
        # Its status is only that of the signal.
        wait "$ended" || :
    fi
}
clean_up() {
    local status=$? container
    end_registry
    for container in debian debian-exec busybox; do
        "$runtime" --root "$place/state" delete --force "$id-$container" >/dev/null 2>&1 || true
    done
    rm -rf "$place"
    [[ $status == 0 ]] || printf '%sdemo failed%s\n' "$red" "$plain" >&2
}
trap clean_up EXIT

title "Build"
if [[ $runtime == "$ROOT/out/bulkhead-oci" ]]; then
    make --no-print-directory -C "$ROOT" build
fi
row runtime "$("$runtime" --version | head -n 1)"
install_packages jq
begin=$EPOCHREALTIME
"$ROOT/eng/make-rootfs.sh" debian busybox >/dev/null
row "root file systems" "Debian $(cat "$WORK/rootfs/debian/etc/debian_version") and busybox in .work/rootfs, $(milliseconds "$begin")"

# bundle NAME ROOTFS FILTER [JQ ARGUMENT...]: what `spec` writes, plus Docker's seccomp profile, limits and a read-only root.
bundle() {
    local name=$1 rootfs=$2 filter=$3
    shift 3
    mkdir -p "$place/$name"
    oci spec --bundle "$place/$name"
    jq --arg id "$id-$name" --arg rootfs "$WORK/rootfs/$rootfs" --slurpfile seccomp "$ROOT/tests/Bulkhead.Linux.Tests/Data/docker-seccomp.json" "$@" '
        .root = { path: $rootfs, readonly: true } | .hostname = "bulkhead-demo" | .process.terminal = false | .process.noNewPrivileges = true
        | .linux.cgroupsPath = "/" + $id | .linux.seccomp = $seccomp[0]
        | .linux.namespaces |= (. + [{ type: "cgroup" }] | unique_by(.type))
        | .linux.resources += { memory: { limit: 67108864 }, pids: { limit: 32 }, cpu: { quota: 50000, period: 100000 } }
        | .mounts += [{ destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "noexec", "size=16m"] }]
        | '"$filter" "$place/$name/config.json" >"$place/$name/edited.json"
    mv "$place/$name/edited.json" "$place/$name/config.json"
}

probe=$(cat "$ROOT/eng/demo-probe.pl")
# value KIND NAME: of the probe's output.
value() { awk -F '\t' -v kind="$1" -v name="$2" '$1 == kind && $2 == name { print $3; exit }' "$place/out"; }

title "A Debian container"
bundle debian debian '.process.args = ["perl", "-e", $probe, $pid]' --arg probe "$probe" --arg pid $$
begin=$EPOCHREALTIME
oci run --bundle "$place/debian" "$id-debian" >"$place/out" </dev/null || unexpected run "status $?: $(tail -n 3 "$place/out")"
run_time=$(milliseconds "$begin")

title "It is"
row os "$(value is os) (host: $(. /etc/os-release && echo "$PRETTY_NAME"))"
row kernel "$(value is kernel), the host's"
expect hostname bulkhead-demo "$(value is hostname)"
expect "process id inside" 1 "$(value is pid)"
expect "processes" "1 perl" "$(value is processes)"
row user "$(value is user), id map $(value is "id map")"
for namespace in cgroup ipc mnt net pid uts user time; do
    host=$(readlink "/proc/self/ns/$namespace")
    inside=$(value ns "$namespace")
    if [[ $inside != "$host" ]]; then
        good "$namespace namespace" "its own: $inside, host's $host"
    elif [[ $namespace == user || $namespace == time ]]; then
        row "$namespace namespace" "the host's (not asked for in this configuration)"
    else
        unexpected "$namespace namespace" "the host's"
    fi
done

title "It sees"
while IFS=$'\t' read -r _ point options; do
    printf '  %s%-36s %s%s\n' "$dim" "$point" "$options" "$plain"
done < <(grep -P '^mount\t' "$place/out")
[[ $(value mount /) == *" ro"* ]] && good "root file system" "read-only" || unexpected "root file system" "$(value mount /)"
expect "memory limit, bytes" 67108864 "$(value sees "memory limit")"
expect "pids limit" 32 "$(value sees "pids limit")"
expect "CPU quota, us of 100000" 50000 "$(value sees "cpu quota")"
row capabilities "$(value sees capabilities)"
expect no_new_privs 1 "$(value sees no_new_privs)"
[[ $(value sees seccomp) == 2,* ]] && good seccomp "filter (mode $(value sees seccomp))" || unexpected seccomp "mode $(value sees seccomp)"
expect "network interfaces" lo "$(value sees network)"
row devices "$(value sees devices)"

title "It is refused"
while IFS=$'\t' read -r kind name text; do
    [[ $kind == refused ]] && good "$name" "$text" || unexpected "$name" "$text"
done < <(grep -P '^(refused|OPEN)\t' "$place/out")
refusals=$(grep -cP '^refused\t' "$place/out")

title "The same through exec"
bundle debian-exec debian '.process.args = ["sleep", "600"]'
oci create --bundle "$place/debian-exec" "$id-debian-exec" </dev/null >/dev/null
oci start "$id-debian-exec"
oci exec "$id-debian-exec" perl -e "$probe" $$ >"$place/out" </dev/null || unexpected exec "status $?"
expect "refused through exec" "$refusals" "$(grep -cP '^refused\t' "$place/out")"
! grep -P '^OPEN\t' "$place/out" || unexpected exec "a door opened"
oci delete --force "$id-debian-exec"

title "A busybox container, verb by verb"
bundle busybox busybox '.process.args = ["sleep", "600"] | .linux.resources.memory.limit = 33554432'
name=$id-busybox
status() { oci state "$name" | jq -r .status; }
# verb WANTED-STATUS VERB ARGUMENT...: runs it, then looks at the state.
verb() {
    local wanted=$1 begin=$EPOCHREALTIME took
    shift
    "$runtime" --root "$place/state" "$@" </dev/null >/dev/null || unexpected "$1" "status $?"
    took=$(milliseconds "$begin")
    expect "$1 ($took), state" "$wanted" "$(status)"
}
verb created create --bundle "$place/busybox" --pid-file "$place/pid" "$name"
verb running start "$name"
init=$(cat "$place/pid")
begin=$EPOCHREALTIME
output=$(oci exec "$name" echo hello from inside </dev/null)
expect "exec echo ($(milliseconds "$begin"))" "hello from inside" "$output"
verb paused pause "$name"
verb running resume "$name"
expect "list" "$name" "$(oci list --quiet)"

title "Limits hold"
status=0
oci exec "$name" dd if=/dev/zero of=/dev/null bs=64M count=1 </dev/null >/dev/null 2>&1 || status=$?
expect "64 MB in a 32 MB container: killed" 137 "$status"
# A real fork bomb, for two seconds.
oci exec --detach "$name" sh -c 'bomb() { bomb | bomb & }; bomb' </dev/null >/dev/null 2>&1 || true
sleep 2
pids=$(sed -n 's/^[0-9]*:pids:\(.*\)/\1/p' "/proc/$init/cgroup")
if [[ -n $pids ]]; then
    pids=/sys/fs/cgroup/pids$pids
else
    pids=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$init/cgroup")
fi
current=$(cat "$pids/pids.current")
refused=$(sed -n 's/^max //p' "$pids/pids.events")
((current <= 32)) && good "fork bomb: processes (limit 32)" "$current" || unexpected "fork bomb" "$current processes"
((refused > 0)) && good "fork bomb: forks refused" "$refused" || unexpected "fork bomb" "no fork was refused"
expect "the host still forks" alive "$(echo alive | cat)"

"$runtime" --root "$place/state" kill "$name" KILL
for _ in {1..100}; do
    [[ $(status) != stopped ]] || break
    sleep 0.05
done
expect "kill KILL, state" stopped "$(status)"
begin=$EPOCHREALTIME
oci delete "$name"
row delete "$(milliseconds "$begin")"
! oci state "$name" >/dev/null 2>&1 || unexpected "state after delete" "it is still there"
good "state after delete" "does not exist"

# shellcheck source=eng/demo-run.sh
. "$ROOT/eng/demo-run.sh"
# shellcheck source=eng/demo-images.sh
. "$ROOT/eng/demo-images.sh"

title "Nothing is left"
expect "containers" 0 "$(oci list --quiet | wc -l)"
expect "mounts" 0 "$(grep -c "$place" /proc/self/mountinfo || true)"
expect "cgroups" 0 "$(find /sys/fs/cgroup -maxdepth 2 -name "$id*" | wc -l)"
printf '\n%sAs expected: %s doors refused, the whole run of the Debian container took %s, the demo %s.%s\n' "$bold" "$refusals" "$run_time" "$(milliseconds "$begin_all")" "$plain"
