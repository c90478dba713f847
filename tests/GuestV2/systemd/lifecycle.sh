# Each verb on a container whose cgroup is a scope: the unit is there from create to the container's end.
# peers: runc
make c
eq "$(status c)" created
look
prop ActiveState active
prop Slice box-test.slice
prop ControlGroup /box.slice/box-test.slice/$UNIT
prop Delegate yes
prop Transient yes
prop DefaultDependencies no
for each in Memory CPU IO Tasks; do prop ${each}Accounting yes; done
has "$(show Description)" "container c"
eq "$(cat /proc/"$(pid)"/cgroup)" "0::/box.slice/box-test.slice/$UNIT" "cgroup of the first process"
rt start c
eq "$(status c)" running
eq "$(inside c cat /proc/self/cgroup)" "0::/" "cgroup as exec sees it"
rt exec --detach --pid-file /run/case/pid c sleep 500
eq "$(cat /proc/"$(cat /run/case/pid)"/cgroup)" "0::/box.slice/box-test.slice/$UNIT" "cgroup of exec"
eq "$(wc -l < $CG/cgroup.procs)" 2 "processes"
rt pause c
grep -q 'frozen 1' $CG/cgroup.events
eq "$(status c)" paused
rt resume c
grep -q 'frozen 0' $CG/cgroup.events
has "$(rt events --stats c)" '"current":2'
rt kill c KILL
until_true eval '[ "$(status c)" = stopped ]'
until_true forgotten
[ ! -e $CG ]
rt delete c
