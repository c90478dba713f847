# The runtime is killed in the middle of create and delete: delete --force cleans scope, processes and state.
# bundle main: .hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "systemctl is-active bh-c.scope > /run/case/unit; kill -9 $PPID"]}]
# bundle plain: .
fails make c
eq "$(cat /run/case/unit)" active "the unit when the runtime was killed"
gone c
forgotten
[ ! -e $CG ]
# The bus stands still: create waits for it.
bus=$(show MainPID dbus.service)
waits() { # VERB...: runs it while the bus stands still, and kills it
    kill -STOP "$bus"
    command "$RT" --root /run/rt --systemd-cgroup "$@" < /dev/null > /run/case/waits 2>&1 &
    child=$!
    until_true grep -q 'poll' /proc/$child/wchan
    kill -9 $child
    wait $child || :
    kill -CONT "$bus"
}
waits create --bundle "$BUNDLES/plain" c
gone c
forgotten
make c plain
waits delete --force c
gone c
forgotten
