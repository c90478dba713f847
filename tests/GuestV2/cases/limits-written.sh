# Values of every common controller arrive in the v2 files.
# peers: crun runc
# bundle main: .linux.resources += {memory: {limit: 67108864, reservation: 33554432}, pids: {limit: 42},
#|   cpu: {shares: 512, quota: 50000, period: 100000, cpus: "0", mems: "0"}}
up c
eq "$(cat $CG/memory.max)" 67108864 memory.max
eq "$(cat $CG/memory.low)" 33554432 memory.low
eq "$(cat $CG/pids.max)" 42 pids.max
eq "$(cat $CG/cpu.max)" "50000 100000" cpu.max
# The weight of 512 shares: bulkhead-oci has the curve that runc took in 1.3.2 (1024 is 100), the old peers the line.
if [ "$RT" = bulkhead-oci ]; then weight=59; else weight=20; fi
eq "$(cat $CG/cpu.weight)" $weight cpu.weight
eq "$(cat $CG/cpuset.cpus)" 0 cpuset.cpus
eq "$(cat $CG/cpuset.mems)" 0 cpuset.mems
gone c
