# exec joins all namespaces and the cgroup, gives the exit code, and its processes count.
# peers: crun runc
up c
eq "$(inside c hostname)" v2
status=0; inside c sh -c 'exit 9' || status=$?
eq "$status" 9 "exit code"
eq "$(inside c sh -c 'cat /proc/self/cgroup')" "0::/" "cgroup seen by exec"
rt exec --detach --pid-file /run/case/pid c sleep 500
eq "$(cat /proc/"$(cat /run/case/pid)"/cgroup)" "0::/test" "cgroup of exec"
eq "$(rt ps --format json c | tr -d '[] \n' | tr ',' '\n' | wc -w)" 2 "processes by ps"
gone c
