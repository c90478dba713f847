# Two containers under one parent, started together: neither disturbs the other's controllers or removal.
# peers: crun runc
# bundle main: .linux.cgroupsPath = "/pair/one" | .linux.resources.pids.limit = 11
# bundle second: .linux.cgroupsPath = "/pair/two" | .linux.resources.pids.limit = 12
make one main & make two second & wait
eq "$(cat /sys/fs/cgroup/pair/one/pids.max)" 11
eq "$(cat /sys/fs/cgroup/pair/two/pids.max)" 12
gone one & gone two & wait
[ ! -e /sys/fs/cgroup/pair ] || rmdir /sys/fs/cgroup/pair
