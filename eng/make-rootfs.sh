#!/bin/bash
# make-rootfs.sh debian|busybox|workloads|entrypoints|python|languages...: makes root file systems in .work/rootfs/NAME and prints their paths.
# Debian comes from the machine's configured apt sources, busybox from the package busybox-static; workloads is Debian with the servers
# and languages that tests/Profile runs; python and languages are for tests/UserKernel; entrypoints is the same as hard links, as official images lay it out, for tests/Folders. All are kept:
# a second call does nothing. Treat them as read-only and copy them before writing.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root
mkdir -p "$WORK/rootfs"

make_busybox() {
    local into=$1 applet
    install_packages busybox-static
    mkdir -p "$into"/{bin,sbin,usr/bin,usr/sbin,dev,etc,proc,sys,root,run,tmp,var}
    chmod 1777 "$into/tmp"
    install -m 0755 "$(command -v busybox)" "$into/bin/busybox"
    while read -r applet; do
        [[ $applet == busybox ]] || ln -s busybox "$into/bin/$applet"
    done < <("$into/bin/busybox" --list)
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$into/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$into/etc/group"
}

# make_debian FOLDER PACKAGES: with these packages beside the minimal system.
make_debian() {
    local into=$1 packages=$2
    # unshare and nsenter (util-linux), capsh and mount are in minbase.
    make_debian_tree "$into" --variant=minbase --include="$packages"
}

# User 65532 is who `bulkhead run` runs programs as; initdb wants a name for it. Some packages make links to their man pages when they are installed.
make_workloads() {
    make_debian_tree "$1" --variant=minbase --essential-hook='for i in 1 2 3 4 5 6 7 8; do mkdir -p "$1/usr/share/man/man$i"; done' \
        --include=procps,redis-server,redis-tools,nginx-light,postgresql,mariadb-server,mariadb-client,python3,nodejs,openjdk-17-jre-headless,git,gcc,libc6-dev,make,curl,sqlite3,perl,ruby,php-cli,openssh-client,ca-certificates,rsync,xz-utils,tini,gosu,iproute2,vim-tiny,tmux
    echo 'nonroot:x:65532:65532:nonroot:/tmp:/bin/sh' >>"$1/etc/passwd"
    echo 'nonroot:x:65532:' >>"$1/etc/group"
}

# Python with its own tests (tests/UserKernel compares them), pip and what makes wheels.
make_python() {
    make_debian_tree "$1" --variant=minbase --include=python3,libpython3.11-testsuite,python3-pip,python3-venv,python3-wheel,python3-setuptools,procps,tzdata
}

make_languages() {
    make_debian_tree "$1" --variant=minbase --include=g++,libc6-dev,make,golang-go,rustc,cargo,dpkg-dev
}

# The workloads laid out as the official images of their servers are: no user 65532, folders in /run, nginx's logs on the standard streams.
make_entrypoints() {
    cp -al "$WORK/rootfs/workloads" "$1"
    cd "$1"
    # Hard links: what is changed is written anew.
    sed '/^nonroot:/d' "$WORK/rootfs/workloads/etc/passwd" >etc/passwd.new
    sed '/^nonroot:/d' "$WORK/rootfs/workloads/etc/group" >etc/group.new
    mv etc/passwd.new etc/passwd
    mv etc/group.new etc/group
    rm -rf var/lib/mysql data run/lock
    mkdir -p data run/mysqld run/postgresql var/lib/mysql var/lib/postgresql/data
    chroot . chown redis: data
    chroot . chown mysql: run/mysqld var/lib/mysql
    chroot . chown postgres: run/postgresql var/lib/postgresql/data
    rm -f var/log/nginx/*
    ln -s /dev/stdout var/log/nginx/access.log
    ln -s /dev/stderr var/log/nginx/error.log
    cd "$ROOT"
}

(($#)) || set -- debian busybox
for name in "$@"; do
    target=$WORK/rootfs/$name
    [[ $name != entrypoints ]] || "$0" workloads >/dev/null
    if [[ ! -d $target ]]; then
        # One maker at a time; it is made under another name, so that a half-made one is never taken for whole.
        exec 9>"$WORK/rootfs/.lock"
        flock 9
        if [[ ! -d $target ]]; then
            rm -rf "$target.new"
            case $name in
            busybox) make_busybox "$target.new" ;;
            debian) make_debian "$target.new" libcap2-bin,procps ;;
            workloads) make_workloads "$target.new" ;;
            python) make_python "$target.new" ;;
            languages) make_languages "$target.new" ;;
            entrypoints) make_entrypoints "$target.new" ;;
            *) die "unknown root file system $name" ;;
            esac
            mv "$target.new" "$target"
        fi
        exec 9>&-
    fi
    printf '%s\n' "$target"
done
