# Four at once: systemd's answers to others are not taken for one's own.
# peers: runc
for i in 1 2 3 4; do
    mkdir /run/case/$i
    jq -c ".linux.cgroupsPath = \"box-test.slice:bh:$i\"" "$BUNDLES/main/config.json" > /run/case/$i/config.json
    (rt create --bundle /run/case/$i $i && rt start $i) < /dev/null > /run/case/out.$i 2>&1 &
done
wait
for i in 1 2 3 4; do
    # runc warns of devices that are not there.
    eq "$(grep -v level=warning /run/case/out.$i)" "" "what $i said"
    eq "$(show ActiveState bh-$i.scope)" active "$i"
    eq "$(cat /proc/"$(pid $i)"/cgroup)" "0::/box.slice/box-test.slice/bh-$i.scope"
done
for i in 1 2 3 4; do gone $i & done
wait
for i in 1 2 3 4; do forgotten bh-$i.scope; done
