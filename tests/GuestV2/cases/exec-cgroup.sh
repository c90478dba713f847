# exec --cgroup puts the process into a cgroup below the container's.
# peers: crun runc
# bundle main: .linux.namespaces |= map(select(.type != "cgroup"))
up c
mkdir $CG/side
eq "$(rt exec --cgroup /side c cat /proc/self/cgroup)" "0::/test/side"
fails rt exec --cgroup /missing c true
gone c
