# On v2 swap is a limit of its own: OCI's sum of both, less the memory.
# peers: crun runc
# bundle main: .linux.resources.memory = {limit: 33554432, swap: 50331648}
# bundle free: .linux.resources.memory = {limit: 33554432, swap: -1}
make c
eq "$(cat $CG/memory.swap.max)" 16777216
gone c
make c free
eq "$(cat $CG/memory.swap.max)" max
gone c
