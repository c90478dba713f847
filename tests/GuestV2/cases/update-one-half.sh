# A new CPU period alone leaves the quota, a new quota alone the period.
# (crun 1.8.1 lifts the quota.)
# peers: runc
# bundle main: .linux.resources.cpu = {quota: 50000, period: 200000}
up c
rt update --cpu-period 100000 c
eq "$(cat $CG/cpu.max)" "50000 100000" "after a new period"
rt update --cpu-quota 30000 c
eq "$(cat $CG/cpu.max)" "30000 100000" "after a new quota"
gone c
