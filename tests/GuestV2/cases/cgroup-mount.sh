# The cgroup mount is cgroup2, shows the container's own cgroup, and is read-only.
# peers: crun runc
# bundle main: .linux.resources.pids.limit = 19
#| | .process.args = ["sh", "-c", "grep ' /sys/fs/cgroup ' /proc/self/mounts; cat /sys/fs/cgroup/pids.max; mkdir /sys/fs/cgroup/x; echo 5 > /sys/fs/cgroup/pids.max; exit 0"]
out=$(once 2>&1)
has "$out" " cgroup2 ro,"
has "$out" "
19
" "its own pids.max"
eq "$(echo "$out" | grep -c 'Read-only file system')" 2 "refusals in: $out; count"
