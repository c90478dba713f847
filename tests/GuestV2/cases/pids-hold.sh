# pids.max holds: fork fails once it is reached.
# peers: crun runc
# bundle main: .linux.resources.pids.limit = 8
#| | .process.args = ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do sleep 50 & done; wait"]
out=$(once 2>&1) || :
has "$out" "can't fork" "the shell's complaint"
