# update --resources - reads the resources from stdin, as the engines send them.
# peers: crun runc
up c
echo '{"memory":{"limit":41943040,"swap":41943040},"pids":{"limit":21},"cpu":{"shares":2048}}' | rt update --resources - c
eq "$(cat $CG/memory.max)" 41943040
eq "$(cat $CG/memory.swap.max)" 0
eq "$(cat $CG/pids.max)" 21
if [ "$RT" = bulkhead-oci ]; then weight=174; else weight=79; fi # as in limits-written
eq "$(cat $CG/cpu.weight)" $weight cpu.weight
# The engines send a limit of -1 to lift it.
echo '{"memory":{"limit":-1,"swap":-1},"pids":{"limit":-1}}' | rt update --resources - c
eq "$(cat $CG/memory.max)" max
eq "$(cat $CG/memory.swap.max)" max
eq "$(cat $CG/pids.max)" max
gone c
