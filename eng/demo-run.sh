# shellcheck shell=bash disable=SC2154
# demo-run.sh: the part of demo.sh that shows `bulkhead run`; sourced, uses its functions and variables.

# run FLAG... -- SCRIPT: a shell in the Debian root file system under `bulkhead run`, both outputs together.
run() {
    local flags=()
    while [[ $1 != -- ]]; do flags+=("$1") && shift; done
    BULKHEAD_DATA=$place/data "$ROOT/out/bulkhead" run --rm --rootfs "$WORK/rootfs/debian" "${flags[@]}" sh -c "$2" </dev/null 2>&1
}
# refused WHAT SCRIPT: it fails under the defaults. opened WHAT FLAGS SCRIPT WANTED: it works with these flags, which are shown.
refused() { run -- "$2" >"$place/out" && unexpected "$1" "it worked" || good "$1" "refused: $(tail -n 1 "$place/out" | sed 's/^.*: //')"; }
opened() {
    local flags
    read -ra flags <<<"$2"
    run "${flags[@]}" -- "$3" >"$place/out" || unexpected "$1" "refused: $(tail -n 1 "$place/out")"
    [[ $(tail -n 1 "$place/out") == "$4" ]] && good "$1" "open with $2: $4" || unexpected "$1" "wanted $4, got $(tail -n 1 "$place/out")"
}

title "bulkhead run, as it is without flags"
mkdir -p "$place/folder"
chown 1000:1000 "$place/folder"
run -v "$place/folder:/data" -- 'echo "$(id -u) $(cat /proc/self/uid_map | tr -s " ")"; grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; echo hello >/data/file; ls -ln /data/file | cut -d " " -f 3' >"$place/out"
expect "user inside" 65532 "$(head -n 1 "$place/out" | cut -d ' ' -f 1)"
row "its ids are the host's" "$(head -n 1 "$place/out" | cut -d ' ' -f 2- | awk '{ print $2 " to " $2 + $3 - 1 }')"
expect "capabilities it has" 0000000000000000 "$(awk '/CapEff/ { print $2 }' "$place/out")"
expect "capabilities it can get" 0000000000000000 "$(awk '/CapBnd/ { print $2 }' "$place/out")"
expect no_new_privs 1 "$(awk '/NoNewPrivs/ { print $2 }' "$place/out")"
expect "seccomp filter" 2 "$(awk '/Seccomp:/ { print $2 }' "$place/out")"
expect "its file in a folder, inside" 65532 "$(tail -n 1 "$place/out")"
expect "the same file on the host" 1000 "$(stat -c %u "$place/folder/file")"

run -v demo-data:/data -- 'echo kept >/data/file' >"$place/out" || unexpected "a volume" "$(tail -n 1 "$place/out")"
run -v demo-data:/data -- 'cat /data/file' >"$place/out" || unexpected "a volume" "$(tail -n 1 "$place/out")"
expect "a volume, in the next container" kept "$(tail -n 1 "$place/out")"
BULKHEAD_DATA=$place/data "$ROOT/out/bulkhead" volume rm demo-data >/dev/null

title "Each loosening, and what it opens"
refused "write to the root file system" 'touch /var/tmp/made'
opened "write to the root file system" --writable 'touch /var/tmp/made && echo made' made
[[ ! -e $WORK/rootfs/debian/var/tmp/made ]] && good "the root file system's own folder" "untouched" || unexpected "the root file system's own folder" "written"
refused "be root" 'echo "it is $(id -u)"; test "$(id -u)" = 0'
opened "be root" --as-root 'id -u' 0
opened "root there is on the host" --as-root 'read -r _ host _ </proc/self/uid_map; test "$host" -gt 65535 && echo nobody' nobody
refused "a namespace of its own" 'unshare --user true'
opened "a namespace of its own" "--security-opt seccomp=unconfined" 'unshare --user true && echo made' made
refused "the host's network" "echo it has its own; test \"\$(readlink /proc/self/ns/net)\" = '$(readlink /proc/self/ns/net)'"
opened "the host's network" "--network host" "test \"\$(readlink /proc/self/ns/net)\" = '$(readlink /proc/self/ns/net)' && echo shared" shared
refused "mount a file system" 'mount -t tmpfs none /mnt 2>&1 | head -n 1; mountpoint -q /mnt'
opened "mount a file system" --privileged 'mount -t tmpfs none /mnt && echo mounted' mounted
refused "a capability of its namespace" 'grep -q "^CapEff:.*[1-9a-f]" /proc/self/status'
opened "a capability of its namespace" "--as-root --cap-add SYS_ADMIN" 'mount -t tmpfs none /mnt && echo mounted' mounted
refused "a device of the host's" 'test -c /dev/kmsg'
opened "a device of the host's" "--device /dev/kmsg" 'test -c /dev/kmsg && echo there' there
title "One image on two kernels: --isolation hardened and userkernel"
tar -C "$WORK/rootfs/debian" -cf "$place/debian.tar" .
BULKHEAD_DATA=$place/data "$ROOT/out/bulkhead" import "$place/debian.tar" localhost/debian:demo >/dev/null
rm "$place/debian.tar"
# on TIER SCRIPT: a shell of that image; both outputs together.
on() { BULKHEAD_DATA=$place/data "$ROOT/out/bulkhead" run --rm -q --pull never --isolation "$1" localhost/debian:demo sh -c "$2" </dev/null 2>&1; }
on hardened 'uname -a; cat /proc/version' >"$place/hardened"
on userkernel 'uname -a; cat /proc/version' >"$place/userkernel"
expect "uname -r under hardened, the host's" "$(uname -r)" "$(on hardened 'uname -r')"
expect "uname -r under userkernel" 6.1.0-bulkhead "$(on userkernel 'uname -r')"
row "uname -a under hardened" "$(head -n 1 "$place/hardened")"
row "uname -a under userkernel" "$(head -n 1 "$place/userkernel")"
expect "pipelines under userkernel" 1,2,3 "$(on userkernel 'for i in 1 2 3; do echo $i | cat | cat; done | paste -sd,')"
row "what each is refused" "hardened | userkernel"
# The same attempts, and the error that each kernel gives: none may work.
attempts=(
    "mount a file system|mount -t tmpfs none /mnt"
    "a namespace of its own|unshare --user true"
    "another root directory|chroot / true"
    "a device node|mknod /tmp/memory c 1 1"
    "the host name|hostname other"
    "the clock|date -s 2000-01-01 >/dev/null"
    "the kernel's log|dmesg"
    "write to the root file system|touch /etc/made"
    "set a kernel parameter|echo 1 >/proc/sys/kernel/panic"
    "trace another process|perl -e 'exit(syscall(101, 16, 1, 0, 0) == 0 ? 0 : print(\"ptrace: \$!\\n\"))'"
    "load a kernel module|perl -e 'exit(syscall(175, 0, 0, 0) == 0 ? 0 : print(\"init_module: \$!\\n\"))'"
    "load a BPF program|perl -e 'exit(syscall(321, 0, 0, 0) == 0 ? 0 : print(\"bpf: \$!\\n\"))'"
)
for attempt in "${attempts[@]}"; do
    for tier in hardened userkernel; do
        on "$tier" "${attempt#*|}" >"$place/$tier" && unexpected "${attempt%%|*} under $tier" "it worked"
    done
    good "${attempt%%|*}" "$(printf 'refused: %s | %s' "$(head -n 1 "$place/hardened" | sed 's/^.*: //')" "$(head -n 1 "$place/userkernel" | sed 's/^.*: //')")"
done
# The lists are data: docs/seccomp.md is written from the one, the other is the filter of a guest's process.
hardened=$(sed -n 's/^Of the \([0-9]*\) x86-64 system calls .*, \([0-9]*\) are reachable.*/\2 of \1/p' "$ROOT/docs/seccomp.md")
cell=$(grep -c '^        new(SysNr\.' "$ROOT/src/Bulkhead.UserKernel/Confinement/CellCalls.cs")
row "host system calls reachable, hardened" "$hardened, by the default profile"
((cell <= 20)) && good "host system calls reachable, userkernel" "$cell by a program, the rest is answered by its kernel" || unexpected "host calls of a cell" "$cell"
# By the host's own count, while a guest's process runs: everything else is answered before it gets there.
on userkernel 'grep -E "^(Seccomp|Seccomp_filters):" /proc/self/status | tr "\n\t" "  "' >"$place/out"
row "filters that a guest sees of its own" "$(cat "$place/out")"
BULKHEAD_DATA=$place/data "$ROOT/out/bulkhead" rmi localhost/debian:demo >/dev/null
expect "containers left" 0 "$(find "$place/data/containers" -mindepth 1 -maxdepth 1 | wc -l)"
