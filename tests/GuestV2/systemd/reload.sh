# systemd applies its own view again at daemon-reload, and when somebody sets another property: no limit may change by that.
# bundle main: .linux.resources = {
#|   devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 11, access: "w"}],
#|   memory: {limit: 67108864, reservation: 33554432, swap: 67108864},
#|   cpu: {shares: 512, quota: 12345, period: 100000, cpus: "0"},
#|   pids: {limit: 37}, unified: {"memory.high": "50331648", "cgroup.max.depth": "7"} }
up c
limits() { find $CG -maxdepth 1 -type f | grep -E '\.(max|low|min|high|weight|cpus|mems|group|depth|idle|burst)$' | sort | while read -r each; do echo "${each##*/} $(cat "$each")"; done; }
before_reload=$(limits)
has "$before_reload" "cpu.max 13000 100000"
has "$before_reload" "pids.max 37"
has "$before_reload" "cgroup.max.depth 7"
systemctl daemon-reload
eq "$(limits)" "$before_reload" "after daemon-reload"
systemctl set-property --runtime $UNIT CPUWeight=77
eq "$(limits)" "$(echo "$before_reload" | sed 's/cpu.weight .*/cpu.weight 77/')" "after another property"
systemctl daemon-reload
inside c sh -c 'mknod /dev/kmsg c 1 11; mknod /dev/vda b 254 0; echo x > /dev/kmsg'
fails inside c sh -c 'cat /dev/vda'
has "$SAID" "Operation not permitted"
eq "$(status c)" running
gone c
