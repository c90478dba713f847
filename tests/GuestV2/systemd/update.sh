# update changes the unit and the files; what it is not asked for stays, in both.
# bundle main: .linux.resources = {memory: {limit: 67108864}, cpu: {shares: 1024, quota: 50000, period: 200000}, pids: {limit: 37}}
# (runc 1.1.5 tells systemd a quota alone as a share of the default period, not of the one that is there.)
up c
rt update --memory 134217728 --pids-limit 50 --cpu-share 512 --cpuset-cpus 0 c
look
prop MemoryMax 134217728; file memory.max 134217728
prop TasksMax 50; file pids.max 50
prop AllowedCPUs 0; file cpuset.cpus 0
file cpu.weight "$(show CPUWeight)"
prop CPUQuotaPerSecUSec 250ms; file cpu.max "50000 200000"
rt update --cpu-quota 30000 c
look
prop CPUQuotaPerSecUSec 150ms; prop CPUQuotaPeriodUSec 200ms; file cpu.max "30000 200000"
rt update --cpu-period 100000 c
look
prop CPUQuotaPerSecUSec 300ms; prop CPUQuotaPeriodUSec 100ms; file cpu.max "30000 100000"
rt update --cpu-quota -1 c
look
prop CPUQuotaPerSecUSec infinity; file cpu.max "max 100000"
rt update --pids-limit -1 c
look
prop TasksMax infinity; file pids.max max
systemctl daemon-reload
look
prop MemoryMax 134217728; file memory.max 134217728
file cpu.max "max 100000"; file pids.max max
gone c
