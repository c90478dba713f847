# Without cgroupsPath the container still gets a cgroup of its own, and delete removes it.
# peers: crun runc
# bundle main: del(.linux.cgroupsPath)
up c
path=$(sed -n 's/^0:://p' /proc/"$(rt state c | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')"/cgroup)
[ "$path" != / ] || die "it is in the root cgroup"
gone c
[ ! -e /sys/fs/cgroup"$path" ] || die "$path is still there"
rmdir /sys/fs/cgroup"${path%/*}" 2> /dev/null || :
