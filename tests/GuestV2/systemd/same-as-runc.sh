# The unit's properties beside those that runc 1.1.5 gives it: the differences are these, and no others.
# runc sets all limits a second time after the start, which is what makes drop-ins; docs/compatibility.md says why the others differ.
# bundle main: .linux.resources = {
#|   devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 11, access: "w"}],
#|   memory: {limit: 67108864, reservation: 33554432, swap: 100663296},
#|   cpu: {shares: 2048, quota: 12345, period: 100000, cpus: "0", mems: "0"},
#|   pids: {limit: 37}, unified: {"memory.high": "50331648", "memory.min": "4096"} }
described() { # RUNTIME: its unit, without what is a clock, a counter or a number of this one unit; device lists in order
    RT=$1
    make c
    systemctl show $UNIT | grep -vE '^(.*Timestamp(Monotonic)?|InvocationID|.*(Current|Peak|Available|Bytes|Operations)|.*USageNSec|CPUUsageNSec|ControlPID|ControlGroupId)=' |
        sed 's/^DropInPaths=..*/DropInPaths=(one for each property)/' | sort > /run/case/"$1"
    gone c
}
described bulkhead-oci
described runc
diff /run/case/runc /run/case/bulkhead-oci | grep '^[<>]' > /run/case/differences || :
cat > /run/case/known << END
< CPUWeight=79
> CPUWeight=174
< Description=libcontainer container c
> Description=bulkhead container c
< DeviceAllow=char-pts rwm
> DeviceAllow=char-136 rwm
< DropInPaths=(one for each property)
< NeedDaemonReload=yes
> NeedDaemonReload=no
END
eq "$(cat /run/case/differences)" "$(cat /run/case/known)" "differences from runc"
