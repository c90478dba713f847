# All forms of cgroupsPath: where the unit is, and its name.
# peers: runc
# bundle none: del(.linux.cgroupsPath)
# bundle noslice: .linux.cgroupsPath = ":bh:c"
# bundle noprefix: .linux.cgroupsPath = "box.slice::c"
# bundle nested: .linux.cgroupsPath = "box-a-b-c.slice:bh:c"
# bundle root: .linux.cgroupsPath = "-.slice:bh:c"
# bundle docker: .linux.cgroupsPath = "system.slice:docker:0123456789abcdef"
# bundle podman: .linux.cgroupsPath = "machine.slice:libpod:0123456789abcdef"
# bundle kubelet: .linux.cgroupsPath = "kubepods-besteffort-pod0a1b_2c.slice:cri-containerd:0123"
# bundle escaped: .linux.cgroupsPath = "box.slice:bh:a\\x2db.x"
where() { # BUNDLE PATH
    make c "$1"
    eq "$(cat /proc/"$(pid)"/cgroup)" "0::$2" "$1"
    eq "$(show ControlGroup "${2##*/}")" "$2" "$1: ControlGroup"
    gone c
    forgotten "${2##*/}"
}
name=bulkhead noprefix=c
[ "$RT" = bulkhead-oci ] || name=runc noprefix=-c # runc keeps the dash
where none /system.slice/$name-c.scope
where noslice /system.slice/bh-c.scope
where noprefix /box.slice/$noprefix.scope
where nested /box.slice/box-a.slice/box-a-b.slice/box-a-b-c.slice/bh-c.scope
where root /bh-c.scope
where docker /system.slice/docker-0123456789abcdef.scope
where podman /machine.slice/libpod-0123456789abcdef.scope
where kubelet /kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod0a1b_2c.slice/cri-containerd-0123.scope
where escaped '/box.slice/bh-a\x2db.x.scope'
