# A create that fails leaves no unit: a limit that the kernel refuses, a bus that is not there, a hook that fails.
# bundle main: .linux.resources.unified = {"memory.nosuch": "1"}
# bundle hook: .hooks.createRuntime = [{path: "/bin/false", args: ["false"]}]
# bundle plain: .
fails rt create --bundle "$BUNDLES/main" c
has "$SAID" memory.nosuch
forgotten
fails rt create --bundle "$BUNDLES/hook" c
forgotten
fails env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/none "$RT" --root /run/rt --systemd-cgroup create --bundle "$BUNDLES/plain" c
has "$SAID" "systemd"
has "$SAID" "/run/none"
[ ! -e $CG ]
