# delete leaves no cgroup; create makes it.
# peers: crun runc
[ ! -e $CG ]
make c
eq "$(wc -l < $CG/cgroup.procs)" 1 "processes before start"
rt start c
grep -q . $CG/cgroup.procs
gone c
[ ! -e $CG ] || die "the cgroup is still there"
