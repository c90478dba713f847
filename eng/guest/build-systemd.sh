#!/bin/bash
# Builds the root disk of the guest whose pid 1 is systemd, once, as .work/guest/systemd.ext4: Debian's systemd and dbus, runc, jq,
# and the busybox root file system for containers. Kernel and initrd are those of build.sh.
# A second call with the same inputs finds the stamp and does nothing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib.sh"
out=${WORK:?}/guest
mkdir -p "$out"
exec 9> "$out/systemd.lock"
flock 9

install_packages busybox-static e2fsprogs mmdebstrap

stamp=$(cat "$here"/{build-systemd.sh,run-cases,guest.service} "$here/../lib.sh" | sha256sum)
if [ "$(cat "$out/systemd.stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi
rm -f "$out/systemd.stamp"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
make_debian_tree "$root" --variant=essential --include=systemd,dbus,runc,jq,busybox-static

# Emulation is slow: of all that a machine starts and that daemon-reload reads, only systemd itself, the bus and the cases are left.
units=$root/etc/systemd/system
find "$root/lib/systemd/system" "$units" -name '*.wants' -prune -exec rm -rf {} +
find "$root/lib/systemd/system-generators" "$root/lib/systemd/system-environment-generators" -type f -delete
find "$root/lib/systemd/system" \( -name '*.service' -o -name '*.timer' -o -name '*.path' \) ! -name 'dbus*' -delete
install -m 0644 "$here/guest.service" "$units/guest.service"
mkdir "$units/multi-user.target.wants"
ln -s ../guest.service "$units/multi-user.target.wants/guest.service"
ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
ln -sf /lib/systemd/systemd "$root/sbin/init"
install -m 0755 "$here/run-cases" "$root/sbin/run-cases"
ln -s busybox "$root/bin/usleep"
# With an id that is there systemd does not take this for a machine's first boot.
printf '%032x\n' 1 > "$root/etc/machine-id"
echo v2 > "$root/etc/hostname"
mkdir "$root/payload"

container=$root/images/busybox
mkdir -p "$container"/{bin,dev,proc,sys,run,tmp,etc,mnt,home}
cp "$root/bin/busybox" "$container/bin/busybox"
"$container/bin/busybox" --list | while read -r applet; do [ "$applet" = busybox ] || ln -s busybox "$container/bin/$applet"; done
cp "$root/etc/passwd" "$root/etc/group" "$container/etc/"
mke2fs -q -F -t ext4 -d "$root" -b 4096 -O '^has_journal,^resize_inode,^metadata_csum' -m 0 "$out/systemd.ext4" 256M
echo "$stamp" > "$out/systemd.stamp"
