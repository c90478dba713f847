# A read-write cgroup mount with a cgroup namespace lets the container nest; exec follows init, delete clears the nest.
# peers: crun
# bundle main: .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)
#| | .process.args = ["sh", "-c", "mkdir /sys/fs/cgroup/in && echo $$ > /sys/fs/cgroup/in/cgroup.procs && echo +pids > /sys/fs/cgroup/cgroup.subtree_control && exec sleep 1000"]
up c
until_true grep -q . $CG/in/cgroup.procs
until_true grep -q pids $CG/cgroup.subtree_control
eq "$(inside c cat /proc/self/cgroup)" "0::/in" "cgroup of exec"
gone c
[ ! -e $CG ]
