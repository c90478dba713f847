# delete leaves no cgroup; create makes it.
# peers: crun runc
[ ! -e $CG ]
make c
eq "$(cat $CG/pids.current)" 1 "pids before start"
rt start c
grep -q . $CG/cgroup.procs
gone c
[ ! -e $CG ] || die "the cgroup is still there"
