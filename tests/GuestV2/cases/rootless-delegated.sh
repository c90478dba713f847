# A plain user to whom a cgroup was delegated has limits, pause, stats and update as root has them; beside it, there are none.
# bundle main: .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}]
#| | .linux.gidMappings = .linux.uidMappings | .linux.cgroupsPath = "box"
#| | .linux.resources = {memory: {limit: 67108864}, pids: {limit: 42}}
#| | .mounts |= map(if .destination == "/dev/pts" then .options -= ["gid=5"] else . end)
mkdir -p /etc /run/plain/run
[ -e /etc/passwd ] || echo root:x:0:0::/:/bin/sh > /etc/passwd
grep -q ^plain: /etc/passwd || echo plain:x:1000:1000::/run/plain:/bin/sh >> /etc/passwd
[ -e /etc/group ] || echo root:x:0: > /etc/group
grep -q ^plain: /etc/group || echo plain:x:1000: >> /etc/group
chown -R 1000:1000 /run/plain
user=/sys/fs/cgroup/user
mkdir -p $user/shell
for controller in cpu memory pids; do echo "+$controller" > $user/cgroup.subtree_control; done
chown 1000:1000 $user $user/cgroup.procs $user/cgroup.subtree_control $user/shell $user/shell/cgroup.procs
plain() { # WHERE WORD...: bulkhead-oci as the plain user, from that cgroup
    place=$1
    shift
    sh -c "echo \$\$ > $place/cgroup.procs; exec su -s /bin/sh plain -c 'XDG_RUNTIME_DIR=/run/plain/run exec bulkhead-oci $*'"
}
plain $user/shell run --detach --bundle "$BUNDLES/main" c < /dev/null > /run/case/c.out 2>&1 || die "run: $(cat /run/case/c.out)"
eq "$(cat $user/box/memory.max)" 67108864 memory.max
eq "$(cat $user/box/pids.max)" 42 pids.max
eq "$(wc -l < $user/box/cgroup.procs)" 1 "processes in the cgroup"
eq "$(plain $user/shell exec c id -u)" 0 "uid inside"
plain $user/shell pause c
eq "$(cat $user/box/cgroup.freeze)" 1 cgroup.freeze
plain $user/shell resume c
plain $user/shell update --pids-limit 43 c
eq "$(cat $user/box/pids.max)" 43 "pids.max after update"
has "$(plain $user/shell events --stats c)" '"limit":43' stats
plain $user/shell delete --force c
[ ! -e $user/box ] || die "the cgroup is still there"
mkdir -p /sys/fs/cgroup/other/shell
fails plain /sys/fs/cgroup/other/shell run --detach --bundle "$BUNDLES/main" c
has "$SAID" 'linux.resources.memory needs a cgroup' refusal
has "$SAID" 'is not delegated to user 1000' refusal
eq "$(plain /sys/fs/cgroup/other/shell list -q)" "" list
rmdir $user/shell $user /sys/fs/cgroup/other/shell /sys/fs/cgroup/other
