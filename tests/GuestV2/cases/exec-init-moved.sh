# Init moved to a leaf below, deep or threaded, with controllers handed down or not: exec goes where init is now, since a
# cgroup whose children have controllers takes no process. --cgroup still chooses.
# (runc and crun stay in the container's own cgroup as long as that takes processes.)
# bundle main: .process.args = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"]
# bundle nested: .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)
#| | .process.args = ["sh", "-c", "cd /sys/fs/cgroup && mkdir -p a/b side && echo $$ > a/b/cgroup.procs && echo +pids > cgroup.subtree_control && echo +pids > a/cgroup.subtree_control && exec sleep 1000"]
up c nested
until_true grep -q pids $CG/a/cgroup.subtree_control
eq "$(inside c cat /proc/self/cgroup)" "0::/a/b" "two below"
eq "$(rt exec --cgroup /side c cat /proc/self/cgroup)" "0::/side" "the asked one"
eq "$(rt exec --cgroup a/b c cat /proc/self/cgroup)" "0::/a/b" "the asked one, init's"
for each in / a; do
    fails rt exec --cgroup $each c true
    has "$SAID" "resource busy" "--cgroup $each, which hands controllers down"
done
for each in .. ../../test /a/../.. side/../../x; do
    fails rt exec --cgroup $each c true
    has "$SAID" "--cgroup" "$each"
done
gone c
up c
init=$(rt state c | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
mkdir $CG/plain
echo "$init" > $CG/plain/cgroup.procs
rt exec --detach --pid-file /run/case/pid c sleep 500
eq "$(cat /proc/"$(cat /run/case/pid)"/cgroup)" "0::/test/plain" "without controllers"
mkdir $CG/plain/thread
echo threaded > $CG/plain/thread/cgroup.type
echo "$init" > $CG/plain/thread/cgroup.procs
rt exec --detach --pid-file /run/case/pid c sleep 500
eq "$(cat /proc/"$(cat /run/case/pid)"/cgroup)" "0::/test/plain/thread" "in a threaded cgroup"
echo "$init" > $CG/cgroup.procs
eq "$(cat /proc/"$init"/cgroup)" "0::/test" "init moved back"
rt exec --detach --pid-file /run/case/pid c sleep 500
eq "$(cat /proc/"$(cat /run/case/pid)"/cgroup)" "0::/test" "after init moved back"
gone c
[ ! -e $CG ]
