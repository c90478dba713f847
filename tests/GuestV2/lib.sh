# Read by the guest's shell before each case. A case passes when it ends with 0 and left nothing behind.
set -eu
RT=${CASE%%/*}
NAME=${CASE#*/}
BUNDLES=/payload/bundles/$NAME
CG=/sys/fs/cgroup/test # the cgroup of config.json

rt() { command "$RT" --root /run/rt "$@"; }
die() { echo "FAILED: $*"; exit 1; }
eq() { [ "$1" = "$2" ] || die "${3:-value}: want '$2', got '$1'"; } # GOT WANT WHAT
has() { case $1 in *"$2"*) ;; *) die "${3:-text}: '$2' is not in: $1" ;; esac; } # TEXT PART WHAT
hasnt() { case $1 in *"$2"*) die "${3:-text}: '$2' is in: $1" ;; esac; }
fails() { # COMMAND...: it must fail; its words go to $SAID
    if SAID=$("$@" 2>&1); then die "should have failed: $*: $SAID"; fi
}
until_true() { # COMMAND...: polls; the case's own time limit ends it
    until "$@"; do usleep 20000; done
}
make() { rt create --bundle "$BUNDLES/${2:-main}" "$1" < /dev/null > /run/case/"$1".out 2>&1 || die "create $1: $(cat /run/case/"$1".out)"; } # ID [BUNDLE]
up() { make "$@"; rt start "$1"; } # ID [BUNDLE]
inside() { rt exec "$@"; } # ID COMMAND...
once() { rt run --bundle "$BUNDLES/${1:-main}" once; } # [BUNDLE]: runs it to its end
gone() { rt delete --force "$1"; } # ID
status() { rt state "$1" | sed -n 's/.*"status": *"\([a-z]*\)".*/\1/p'; } # ID

snapshot() { find /sys/fs/cgroup -type d | sort; cut -d' ' -f1-3 /proc/mounts; ls /run/rt 2> /dev/null || :; }
before=$(snapshot)
check_leftovers() {
    status=$?
    trap - EXIT
    after=$(snapshot)
    if [ "$before" != "$after" ]; then
        echo "$before" > /run/case/before; echo "$after" > /run/case/after
        echo "left behind:"; diff -U0 /run/case/before /run/case/after | sed 1,3d
        [ $status -ne 0 ] || status=99
    fi
    exit $status
}
trap check_leftovers EXIT
