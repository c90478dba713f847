# events --stats reads the v2 files: usage, limits and counts are those of the cgroup.
# peers: runc
# bundle main: .linux.resources += {memory: {limit: 67108864}, pids: {limit: 42}}
up c
inside c sh -c 'i=0; while [ $i -lt 5000 ]; do i=$((i+1)); done'
rt events --stats c > /run/case/stats
jq -e '.type == "stats" and .id == "c" and .data.pids.current >= 1 and .data.pids.limit == 42
    and .data.memory.usage.limit == 67108864 and .data.memory.usage.usage > 0 and .data.cpu.usage.total > 0' /run/case/stats > /run/case/verdict ||
    die "$(cat /run/case/stats)"
gone c
