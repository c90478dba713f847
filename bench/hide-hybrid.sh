#!/bin/bash
# For sourcing by a benchmark: crun refuses hybrid cgroups because /sys/fs/cgroup/unified/cgroup.controllers exists; it is hidden from all runtimes
# alike, in a mount namespace of the benchmark's own, in which it begins again.
if [[ -z ${BULKHEAD_BENCH_INSIDE:-} ]]; then
    BULKHEAD_BENCH_INSIDE=1 exec unshare -m --propagation private -- "$BASH" "$0" "$@"
fi
hybrid=/sys/fs/cgroup/unified/cgroup.controllers
[[ ! -e $hybrid ]] || mount --bind /dev/null "$hybrid"
