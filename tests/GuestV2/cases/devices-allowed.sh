# linux.devices makes the node, a rule opens exactly the access it names.
# peers: crun runc
# bundle main: .linux.devices = [{path: "/dev/disk", type: "b", major: 254, minor: 0, fileMode: 438, uid: 7, gid: 8}]
#| | .linux.resources.devices += [{allow: true, type: "b", major: 254, minor: 0, access: "r"}]
#| | .process.args = ["sh", "-c", "stat -c '%t:%T %u %g %a' /dev/disk; head -c 1 /dev/disk > /dev/null && echo read; echo hi > /dev/disk"]
out=$(once 2>&1) || :
has "$out" "fe:0 7 8 666"
has "$out" read
has "$out" "Operation not permitted"
