# Parents of a deep cgroupsPath are made with the controllers on; the leaf goes with delete.
# peers: crun runc
# bundle main: .linux.cgroupsPath = "/deep/er/leaf" | .linux.resources += {memory: {limit: 67108864}, pids: {limit: 9}}
make c
eq "$(cat /sys/fs/cgroup/deep/er/leaf/memory.max)" 67108864
eq "$(cat /sys/fs/cgroup/deep/er/leaf/pids.max)" 9
gone c
[ ! -e /sys/fs/cgroup/deep/er/leaf ] || die "the leaf is still there"
[ ! -e /sys/fs/cgroup/deep/er ] || rmdir /sys/fs/cgroup/deep/er /sys/fs/cgroup/deep
