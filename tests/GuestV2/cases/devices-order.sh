# Later rules win (crun lets its defaults win over the mknod part, so the probe is the open): all allowed, then one denied; a wildcard minor covers every minor.
# peers: crun runc
# bundle main: .linux.resources.devices = [{allow: true, access: "rwm"}, {allow: false, type: "c", major: 1, minor: 11, access: "rwm"}]
#| | .process.capabilities |= map_values(. + ["CAP_SYSLOG"]) | .process.args = ["sh", "-c", "mknod /dev/b b 254 0 && head -c 1 /dev/b > /dev/null && echo block; mknod /dev/k c 1 11 && head -c 1 /dev/k"]
# bundle wild: .linux.resources.devices += [{allow: true, type: "b", major: 254, access: "rm"}]
#| | .process.args = ["sh", "-c", "mknod /dev/b b 254 0 && head -c 1 /dev/b > /dev/null && echo block; echo x > /dev/b"]
out=$(once 2>&1) || :
has "$out" block; has "$out" "/dev/k: Operation not permitted"
out=$(once wild 2>&1) || :
has "$out" block; has "$out" "Operation not permitted"
