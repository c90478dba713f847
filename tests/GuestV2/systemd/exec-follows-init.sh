# The container's init makes cgroups of its own below the scope, as systemd in a container does: exec goes where init is.
# bundle main: .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)
#| | .process.args = ["sh", "-c", "cd /sys/fs/cgroup && mkdir init.scope && echo $$ > init.scope/cgroup.procs && echo +pids +memory > cgroup.subtree_control && exec sleep 1000"]
up c
until_true grep -q memory $CG/cgroup.subtree_control
eq "$(inside c cat /proc/self/cgroup)" "0::/init.scope" "cgroup of exec"
eq "$(rt ps --format json c | tr -d '[] \n' | tr ',' '\n' | wc -w)" 1 "processes by ps"
rt update --pids-limit 9 c
look
prop TasksMax 9; file pids.max 9
gone c
forgotten
