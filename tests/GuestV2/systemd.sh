# Read after lib.sh where systemd is pid 1: the runtime is asked for scopes.
SLICE=/sys/fs/cgroup/box.slice/box-test.slice
UNIT=bh-c.scope # of the cgroupsPath that bundles have, box-test.slice:bh:c
CG=$SLICE/$UNIT

rt() { command "$RT" --root /run/rt --systemd-cgroup "$@"; }
show() { systemctl show --property="$1" --value -- "${2:-$UNIT}"; } # PROPERTY [UNIT]
loaded() { [ "$(show LoadState "$1")" = loaded ]; }
forgotten() { ! loaded "${1:-$UNIT}"; } # [UNIT]: systemd knows it no more, not as failed either
file() { eq "$(cat "$CG/$1")" "$2" "$1"; } # NAME TEXT
# systemctl takes a third of a second here: one call for the properties of a whole block.
look() { SHOWN=$(systemctl show "$UNIT"); }
prop() { eq "$(echo "$SHOWN" | sed -n "s/^$1=//p")" "$2" "$1"; } # PROPERTY TEXT, as look saw it
pid() { rt state "${1:-c}" | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p'; } # [ID]

# Slices stay in systemd when their last scope goes, for runc as for us: the guest stops them after each case.
snapshot() {
    systemctl list-units --all --plain --no-legend --type=scope | sed 's/ .*//'
    find /sys/fs/cgroup -type d -path '*.scope*' | sort
    cut -d' ' -f1-3 /proc/mounts
    ls /run/rt 2> /dev/null || :
}
before=$(snapshot)
