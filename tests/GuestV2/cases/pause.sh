# pause freezes by cgroup.freeze; state says paused; delete --force of a paused container works.
# peers: crun runc
up c
rt pause c
grep -q 'frozen 1' $CG/cgroup.events
eq "$(status c)" paused
rt resume c
grep -q 'frozen 0' $CG/cgroup.events
eq "$(status c)" running
rt pause c
gone c
