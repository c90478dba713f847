# update by flags changes the files of a live container.
# peers: crun runc
up c
rt update --memory 50331648 --pids-limit 33 --cpu-quota 30000 --cpu-period 100000 c
eq "$(cat $CG/memory.max)" 50331648
eq "$(cat $CG/pids.max)" 33
eq "$(cat $CG/cpu.max)" "30000 100000"
rt update --memory-reservation 20971520 --cpuset-cpus 0 c
eq "$(cat $CG/memory.low)" 20971520
eq "$(cat $CG/cpuset.cpus)" 0
eq "$(cat $CG/pids.max)" 33 "pids.max after an update of something else"
gone c
