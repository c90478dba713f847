# The unit stops when the container ends by itself, well or badly, and is not left as failed.
# bundle main: .process.args = ["sh", "-c", "cat /proc/self/cgroup; exit 0"]
# bundle bad: .process.args = ["sh", "-c", "exit 7"]
# peers: runc
eq "$(once)" "0::/"
forgotten
status=0; once bad || status=$?
eq "$status" 7 "exit code"
forgotten
eq "$(systemctl --failed --plain --no-legend)" "" "failed units"
