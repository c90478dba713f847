# memory.max holds: a process that wants more is killed, the container's init is not, and the host counts it.
# peers: crun runc
# bundle main: .linux.resources.memory = {limit: 33554432, swap: 33554432}
up c
eq "$(cat $CG/memory.swap.max)" 0 memory.swap.max
status=0; inside c dd if=/dev/zero of=/dev/null bs=100M count=1 2> /dev/null || status=$?
eq "$status" 137 "exit code of the eater"
grep -q 'oom_kill 1' $CG/memory.events
eq "$(status c)" running
gone c
