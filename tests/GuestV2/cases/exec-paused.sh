# exec into a paused container is refused, or it would hang.
# peers: runc
up c
rt pause c
fails rt exec c true
has "$SAID" paused error
rt resume c
inside c true
gone c
