# linux.resources.unified is written as it stands, after the translated values.
# peers: crun runc
# bundle main: .linux.resources += {memory: {limit: 67108864}, unified: {"memory.high": "50331648", "pids.max": "17", "memory.oom.group": "1"}}
make c
eq "$(cat $CG/memory.max)" 67108864
eq "$(cat $CG/memory.high)" 50331648
eq "$(cat $CG/pids.max)" 17
eq "$(cat $CG/memory.oom.group)" 1
gone c
