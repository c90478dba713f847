# created, running, stopped; delete wants a stopped container; a killed one leaves nothing.
# peers: crun runc
make c
eq "$(status c)" created
rt start c
eq "$(status c)" running
fails rt delete c
fails rt create --bundle "$BUNDLES/main" c
rt kill c KILL
until_true eval '[ "$(status c)" = stopped ]'
rt delete c
fails rt state c
