#!/bin/bash
# record-syscalls.sh ROOTFS [NAME...]: runs tests/Profile/Workloads/*.sh without any filter in a throw-away copy of a Debian root file system
# (eng/make-rootfs.sh workloads) and writes which system calls, prctl options and socket families they used to tests/Profile/Recorded.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root
(($#)) || die "name a root file system"
rootfs=$(realpath "$1")
shift
install_packages strace util-linux

# record NAME: as uid 65532, or as root where the workload's first line says so.
record() {
    local name=$1 folder user=(--userspec=65532:65532)
    local script=$ROOT/tests/Profile/Workloads/$name.sh
    folder=$(mktemp -d)
    ! grep -q '^# Root only' "$script" || user=()
    mkdir -p "$folder/up" "$folder/work" "$folder/root"
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount --pid --net --ipc --uts --fork --propagation private bash -c '
        set -e; folder=$1 rootfs=$2 script=$3; shift 3
        mount -t tmpfs tmpfs "$folder/work"; mkdir "$folder/work/up" "$folder/work/work"
        mount -t overlay overlay -o "lowerdir=$rootfs,upperdir=$folder/work/up,workdir=$folder/work/work" "$folder/root"
        mount -t proc proc "$folder/root/proc"; mount --rbind /dev "$folder/root/dev"; mount -t tmpfs -o mode=1777 tmpfs "$folder/root/dev/shm"
        mount -t tmpfs -o mode=1777 tmpfs "$folder/root/tmp"; ip link set lo up; cp "$script" "$folder/root/workload.sh"
        strace -f -qq -s 0 -e signal=none -o "$folder/work/log" chroot "$@" "$folder/root" sh /workload.sh </dev/null || echo "status $?" >&2
        cat "$folder/work/log" >&9
    ' - "$folder" "$rootfs" "$script" "${user[@]}" 9>"$folder/log" | tail -n 1
    {
        sed -n 's/^# //p' "$script" | head -n 1 | sed 's/^/# /'
        sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' "$folder/log"
        sed -nE 's/^[0-9]+ +prctl\((PR_[A-Z_0-9]+).*/prctl:\1/p' "$folder/log"
        sed -nE 's/^[0-9]+ +socket\((AF_[A-Z_0-9]+), *(SOCK_[A-Z]+)[^,]*, *([A-Z_0-9]+).*/socket:\1:\3/p' "$folder/log"
    } | awk 'NR == 1 { print; next } !seen[$0]++ { print | "LC_ALL=C sort" }' >"$ROOT/tests/Profile/Recorded/$name.txt"
    rm -rf "$folder"
}

(($#)) || set -- "$ROOT"/tests/Profile/Workloads/*.sh
for workload in "$@"; do
    name=$(basename "$workload" .sh)
    printf '%s: ' "$name"
    record "$name"
done
