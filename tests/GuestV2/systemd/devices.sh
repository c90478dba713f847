# The unit has the devices as systemd can say them, the kernel's programs have all rules: a denied device stays denied.
# bundle main: .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 11, access: "w"}, {allow: true, type: "b", access: "m"}, {allow: true, type: "c", major: 240, access: "r"}]
# bundle open: .linux.resources.devices = [{allow: true, access: "rwm"}, {allow: false, type: "c", major: 1, minor: 11, access: "w"}]
may() { inside c sh -c "$1"; }
denied() { fails inside c sh -c "$1"; has "$SAID" "Operation not permitted" "$1"; }
up c
look
prop DevicePolicy strict
for each in "/dev/char/1:11 w" "block-* m" "char-240 r" "/dev/char/1:3 rwm" "char-136 rwm"; do
    echo "$SHOWN" | grep -qxF "DeviceAllow=$each" || die "$each is not in DeviceAllow"
done
may 'mknod /dev/vda b 254 0; mknod /dev/kmsg c 1 11; echo x > /dev/kmsg; head -c 1 /dev/zero > /dev/null'
denied 'cat /dev/vda'
jq -c .linux.resources "$BUNDLES/open/config.json" > /run/case/open
rt update --resources /run/case/open --pids-limit 9 c
look
prop DevicePolicy strict # update leaves devices alone, as runc does
denied 'cat /dev/vda'
gone c
up c open
look
prop DevicePolicy auto
hasnt "$SHOWN" "DeviceAllow=/"
may 'mknod /dev/kmsg c 1 11'
denied 'echo x > /dev/kmsg'
systemctl daemon-reload
denied 'echo x > /dev/kmsg'
gone c
