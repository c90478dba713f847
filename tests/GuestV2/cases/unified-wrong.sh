# A unified key that the kernel does not have, or one that climbs, fails create by name and leaves nothing.
# peers: runc
# bundle main: .linux.resources.unified = {"memory.nonsense": "1"}
# bundle climb: .linux.resources.unified = {"../cgroup.procs": "1"}
fails rt create --bundle "$BUNDLES/main" c
has "$SAID" memory.nonsense error
fails rt create --bundle "$BUNDLES/climb" c
