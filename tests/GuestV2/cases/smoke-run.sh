# A container with all default mounts, masked paths and seccomp runs and gives its output and exit code.
# peers: crun runc
# bundle main: .process.args = ["sh", "-c", "echo hi; exit 7"]
status=0
out=$(once) || status=$?
eq "$status" 7 "exit code"
eq "$out" hi output
