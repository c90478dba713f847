# Without a pid namespace the cgroup is what holds the processes together: kill --all, and delete --force, reach them all.
# peers: crun
# (runc 1.1.5 gives up on the cgroup while the killed die, in about half of the runs: "rmdir: device or resource busy".)
# bundle main: .linux.namespaces |= map(select(.type != "pid"))
#| | .process.args = ["sh", "-c", "setsid sleep 700 & setsid sh -c 'sleep 701 & sleep 702' & sleep 703"]
up c
until_true eval '[ "$(wc -l < $CG/cgroup.procs)" -ge 4 ]'
rt kill --all c KILL
until_true eval '[ ! -s $CG/cgroup.procs ]'
gone c
up c
until_true eval '[ "$(wc -l < $CG/cgroup.procs)" -ge 4 ]'
gone c
[ ! -e $CG ]
pids=$(ps | grep 'sleep 70' | grep -v grep) || :
eq "$pids" "" "processes left"
