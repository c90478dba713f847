#!/bin/bash
# What `make test` needs beyond `make build`: root file systems, runtimes to compare with, engines that call ours.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
install_packages runc crun busybox-static mmdebstrap jq strace iproute2 libcap-dev libseccomp-dev qemu-system-x86 lz4 e2fsprogs xfsprogs btrfs-progs acl attr libcap2-bin \
    buildah podman docker.io containerd containernetworking-plugins uidmap catatonit umoci zstd util-linux dbus-daemon python3-dbus python3-gi \
    docker-registry skopeo openssl apache2-utils
