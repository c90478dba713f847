# An administrator stops the unit, or kills it: the container is stopped, and delete works.
# bundle main: .process.args = ["sh", "-c", "trap 'exit 3' TERM; echo ready > /tmp/ready; while :; do sleep 1; done"]
# peers: runc
up c
until_true inside c test -e /tmp/ready
systemctl stop $UNIT
until_true eval '[ "$(status c)" = stopped ]'
[ ! -e $CG ]
rt delete c
up c
rt pause c
systemctl kill --signal=KILL $UNIT
until_true eval '[ "$(status c)" = stopped ]'
rt delete c
forgotten
