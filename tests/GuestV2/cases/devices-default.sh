# The devices that the spec promises are there and open: null zero full random urandom tty, ptmx.
# peers: crun runc
up c
inside c sh -c 'set -e; for d in null zero random urandom; do head -c 1 /dev/$d > /dev/null; done
    echo x > /dev/null; ! echo x > /dev/full; [ -c /dev/tty ]; exec 4<> /dev/ptmx' 2> /run/case/err || die "$(cat /run/case/err)"
has "$(cat /run/case/err)" "No space left" "/dev/full"
status=0; inside c sh -c 'mknod /dev/x c 1 11; head -c 1 /dev/x' 2> /run/case/err || status=$?
has "$(cat /run/case/err)" "not permitted" "a device made by exec"
gone c
