# A failed unit of the same name, as a crash leaves it, is reset; a live one is not taken.
systemd-run --quiet --scope --unit=$UNIT --property=RuntimeMaxSec=1 sleep 100 || :
until_true eval '[ "$(show ActiveState)" = failed ]'
make c
look
prop ActiveState active
gone c
forgotten
systemd-run --quiet --scope --unit=$UNIT sleep 200 &
until_true eval '[ "$(show ActiveState)" = active ]'
fails rt create --bundle "$BUNDLES/main" c
has "$SAID" "$UNIT"
[ ! -e /run/rt/c ]
look
prop ActiveState active
systemctl stop $UNIT
wait
