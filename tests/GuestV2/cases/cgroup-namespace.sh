# With a cgroup namespace the container sees itself at /; without one, where it really is.
# peers: crun runc
# bundle main: .process.args = ["cat", "/proc/self/cgroup"]
# bundle shared: .process.args = ["cat", "/proc/self/cgroup"] | .linux.namespaces |= map(select(.type != "cgroup"))
eq "$(once)" "0::/"
eq "$(once shared)" "0::/test"
