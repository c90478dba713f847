# Limits are in the unit's properties and in the kernel's files, the same.
# bundle main: .linux.resources = {
#|   memory: {limit: 67108864, reservation: 33554432, swap: 100663296},
#|   cpu: {shares: 2048, quota: 50000, period: 200000, cpus: "0", mems: "0"},
#|   pids: {limit: 37}, unified: {"memory.high": "50331648", "memory.min": "4096", "memory.oom.group": "1"} }
# peers: runc
make c
look
prop MemoryMax 67108864
prop MemoryLow 33554432
prop MemorySwapMax 33554432
prop MemoryHigh 50331648
prop MemoryMin 4096
prop TasksMax 37
prop CPUQuotaPerSecUSec 250ms
prop CPUQuotaPeriodUSec 200ms
prop AllowedCPUs 0
prop AllowedMemoryNodes 0
file memory.max 67108864
file memory.low 33554432
file memory.high 50331648
file memory.min 4096
file memory.oom.group 1
file pids.max 37
file cpu.max "50000 200000"
file cpuset.cpus 0
file cpuset.mems 0
file cpu.weight "$(show CPUWeight)"
[ "$RT" != bulkhead-oci ] || file cpu.weight 174
gone c
