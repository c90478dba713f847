# A frozen container can be killed: cgroup.kill (5.14) and SIGKILL work on frozen processes.
# peers: crun runc
up c
rt pause c
rt kill c KILL
until_true eval '[ "$(status c)" = stopped ]'
gone c
