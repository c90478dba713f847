#!/bin/bash
# Builds the parts of the test guest that seldom change, once, under .work/guest (git-ignored):
#   vmlinux   Debian's cloud kernel, unpacked so that QEMU enters it by PVH (0.4 s less to boot than bzImage)
#   initrd    busybox and the few modules needed to mount the root disk
#   root.ext4 busybox, jq, runc and crun with their libraries, and a busybox root file system for containers
# A second call with the same inputs finds the stamp and does nothing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib.sh"
out=${ROOT:?}/.work/guest
mkdir -p "$out"
# Test classes boot side by side and may both come here first.
exec 9> "$out/lock"
flock 9

install_packages qemu-system-x86 busybox-static lz4 e2fsprogs jq runc crun

stamp=$(cat "$here"/{build.sh,guest-init,run-cases,initramfs-init} "$(command -v busybox)" "$(command -v runc)" "$(command -v crun)" "$(command -v jq)" | sha256sum)
if [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi
rm -f "$out/stamp"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# --- kernel -----------------------------------------------------------------------------------------------------
if ! ls "$out"/linux-image-*.deb >/dev/null 2>&1; then
    package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-6[^ ]*\)/\1/p')
    if [ -z "$package" ]; then
        apt-get update -qq
        package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-6[^ ]*\)/\1/p')
    fi
    # Only downloaded: its hooks would build an initramfs for this machine.
    (cd "$out" && apt-get download -qq -o APT::Sandbox::User=root "$package")
fi
dpkg-deb -x "$out"/linux-image-*.deb "$work/kernel"
bz=$(ls "$work"/kernel/boot/vmlinuz-*)
# Linux' x86 boot protocol: payload_offset at 0x248 and payload_length at 0x24c count from the end of the setup sectors (0x1f1).
word() { od -An -t"$2" -j $(($1)) -N "$3" "$bz" | tr -d ' '; }
start=$((($(word 0x1f1 u1 1) + 1) * 512 + $(word 0x248 u4 4)))
# The last four bytes are the unpacked length, which no unpacker wants.
length=$(($(word 0x24c u4 4) - 4))
dd if="$bz" bs=1M iflag=skip_bytes,count_bytes skip=$start count=$length status=none | lz4 -dcq > "$out/vmlinux"

# --- initramfs --------------------------------------------------------------------------------------------------
modules=$(ls -d "$work"/kernel/lib/modules/*)
initrd=$work/initrd
mkdir -p "$initrd/bin" "$initrd/dev" "$initrd/mnt" "$initrd/modules"
cp "$(command -v busybox)" "$initrd/bin/busybox"
cp "$here/initramfs-init" "$initrd/init"
chmod 755 "$initrd/init"
for name in virtio_ring virtio virtio_mmio virtio_blk virtio_console; do
    cp "$(find "$modules" -name "$name.ko")" "$initrd/modules/"
done
(cd "$initrd" && find . | busybox cpio -o -H newc 2>/dev/null) > "$out/initrd"

# --- root disk --------------------------------------------------------------------------------------------------
root=$work/root
for dir in bin sbin dev proc sys run tmp etc lib modules cases payload; do mkdir -p "$root/$dir"; done
mkdir -p "$root/lib64" "$root/images/busybox"
applets() { # DIR: every applet as a link to busybox
    cp "$(command -v busybox)" "$1/busybox"
    busybox --list | while read -r applet; do [ "$applet" = busybox ] || ln -s busybox "$1/$applet"; done
}
applets "$root/bin"
install -m 0755 "$here/guest-init" "$root/sbin/init"
install -m 0755 "$here/run-cases" "$root/sbin/run-cases"
echo 'root:x:0:0:root:/:/bin/sh' > "$root/etc/passwd"
echo 'root:x:0:' > "$root/etc/group"
for name in overlay veth dummy; do cp "$(find "$modules" -name "$name.ko")" "$root/modules/"; done
for program in runc crun jq; do
    path=$(command -v "$program")
    cp "$path" "$root/bin/"
    ldd "$path" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/lib64[^ ]*\).*/\1/p'
done | sort -u | while read -r library; do
    case $library in /lib64/*) cp -L "$library" "$root/lib64/" ;; *) cp -L "$library" "$root/lib/" ;; esac
done
container=$root/images/busybox
for dir in bin dev proc sys run tmp etc mnt home; do mkdir -p "$container/$dir"; done
applets "$container/bin"
cp "$root/etc/passwd" "$root/etc/group" "$container/etc/"
mke2fs -q -F -t ext4 -d "$root" -b 4096 -O '^has_journal,^resize_inode,^metadata_csum' -m 0 "$out/root.ext4" 128M
echo "$stamp" > "$out/stamp"
