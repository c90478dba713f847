# The BPF program denies devices that a container made for itself, for read and write; mknod itself is allowed (OCI default).
# peers: crun runc
# bundle main: .process.args = ["sh", "-c", "mknod /dev/x c 1 11 && mknod /dev/b b 254 0 && echo made; head -c 1 /dev/x; echo hi > /dev/x; head -c 1 /dev/b; exit 0"]
#| | .process.capabilities.bounding += ["CAP_SYS_ADMIN", "CAP_SYSLOG"] | .process.capabilities.effective += ["CAP_SYSLOG"] | .process.capabilities.permitted += ["CAP_SYSLOG"]
out=$(once 2>&1)
has "$out" made
eq "$(echo "$out" | grep -c 'Operation not permitted')" 3 "refusals in: $out; count"
