#!/bin/bash
# images.sh [--rounds N] [--write] [--help]: pull and unpack of a large image, beside podman and beside skopeo with umoci.
# One registry on loopback, page cache warm, stores fresh in every round, the three interleaved. The image is Debian with the servers and languages of
# tests/Profile, and a second layer of half its files. Medians, ratios and the targets are printed, and what the threads of a pull did; then what a second
# image costs that shares the first layer, and `run` of an unpacked image beside the same directory. --write puts the tables into
# bench/results/DATE-images.md.
# Nothing is deleted before the end: ext4 without a journal looks at every inode that was deleted in the last minutes before it gives a new one
# (half of a pull's time), and what was written goes to the disk between two runs, not during the next.
set -euo pipefail
. "$(dirname "$0")/../eng/lib.sh"
[[ ${1:-} != --help ]] || { sed -n '2,/^set /{/^set /d;s/^# //;p}' "$0" && exit; }
need_root

rounds=3 write=''
while (($#)); do
    case $1 in
    --rounds) rounds=$2 && shift ;;
    --write) write=1 ;;
    *) die "unknown argument $1" ;;
    esac
    shift
done

place=$WORK/bench-images.$$
mkdir -p "$place/registry"
bulkhead=$ROOT/out/bulkhead
port=$((20000 + $$ % 20000))
registry=127.0.0.1:$port
server=''
# podman mounts its store onto itself.
forget_podman() {
    local store
    for store in "$place"/p.*; do
        if mountpoint -q "$store/root/overlay"; then
            umount "$store/root/overlay"
        fi
    done
}
clean_up() {
    if [[ -n $server ]]; then
        kill "$server" || echo "images.sh: the registry had ended before: $(tail -n 1 "$place/log")" >&2
    fi
    forget_podman
    rm -rf "$place"
}
trap clean_up EXIT

cat >"$place/config.yml" <<CONFIG
version: 0.1
log: { accesslog: { disabled: true }, level: error }
storage: { filesystem: { rootdirectory: $place/registry } }
http: { addr: $registry }
CONFIG
docker-registry serve "$place/config.yml" >"$place/log" 2>&1 &
server=$!

rootfs=$("$ROOT/eng/make-rootfs.sh" workloads)
layout=$place/layout
umoci init --layout "$layout"
umoci new --image "$layout:one"
tar -C "$rootfs" --numeric-owner -cf "$place/one.tar" .
umoci raw add-layer --image "$layout:one" "$place/one.tar" 2>/dev/null
mkdir -p "$place/second/opt"
cp -a "$rootfs/usr/lib/x86_64-linux-gnu" "$place/second/opt/more"
tar -C "$place/second" --numeric-owner -cf "$place/two.tar" .
umoci raw add-layer --image "$layout:one" --tag two "$place/two.tar" 2>/dev/null
bytes=$(($(stat -c %s "$place/one.tar") + $(stat -c %s "$place/two.tar")))
image=$registry/bench/large
for tag in one two; do skopeo copy -q --dest-tls-verify=false "oci:$layout:$tag" "docker://$image:$tag"; done

# timed NAME COMMAND...: seconds, peak memory in KB, CPU seconds.
timed() {
    local name=$1
    shift
    command time -o "$place/time" -f '%e %M %U %S' "$@" >/dev/null 2>"$place/errors" || { cat "$place/errors" >&2 && die "$name failed"; }
    awk -v name="$name" '{ print name "\t" $1 "\t" $2 "\t" $3 + $4 }' "$place/time" >>"$place/times"
    sync -f "$place"
}
# threads COMMAND...: what its threads use, seen ten times a second, into $place/tasks.
threads() {
    local pid
    "$@" >/dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        cat /proc/"$pid"/task/*/stat 2>/dev/null >>"$place/tasks" || true # one has ended meanwhile
        sleep 0.1
    done
    wait "$pid"
}
podman_pull() { timed podman podman --root "$1/root" --runroot "$1/run" --tmpdir "$1/tmp" --storage-driver overlay --events-backend file pull -q --tls-verify=false "$image:two"; }
export TMPDIR=$place
for ((round = 0; round < rounds; round++)); do
    BULKHEAD_DATA=$place/ours.$round timed bulkhead "$bulkhead" pull -q "$image:two"
    podman_pull "$place/p.$round"
    copy=$place/copy.$round
    timed "skopeo and umoci" sh -c "skopeo copy -q --src-tls-verify=false docker://$image:two oci:$copy:two && umoci unpack --image $copy:two $place/bundle.$round"
done
BULKHEAD_DATA=$place/ours.threads threads "$bulkhead" pull -q "$image:two"
# The other image shares the first layer, and has no second.
export BULKHEAD_DATA=$place/ours.0
timed "second image" "$bulkhead" pull -q "$image:one"
blob=$(find "$place/registry" -name data -size +20M -printf '%s %p\n' | sort -rn | head -n 1 | cut -d ' ' -f 2)
gzip -dc "$blob" | zstd -q -o "$place/layer.zst"
timed "gzip -d of the larger layer" gzip -dc "$blob"
timed "zstd -d of the same" zstd -dcq "$place/layer.zst"

measure=$place/measure
gcc -O2 -static -o "$measure" "$ROOT/bench/measure.c"
tar -C "$("$ROOT/eng/make-rootfs.sh" busybox)" -cf "$place/small.tar" .
"$bulkhead" import "$place/small.tar" localhost/small:1 >/dev/null
tree=$("$bulkhead" image inspect -f '{{index .RootFS.Layers 0}}' localhost/small:1)
{
    printf '%s\t' image "$bulkhead" run --rm localhost/small:1 && printf '/bin/true\n\n'
    printf '%s\t' directory "$bulkhead" run --rm --rootfs "$BULKHEAD_DATA/images/layers/${tree#sha256:}/tree" && printf '/bin/true\n\n'
} | "$measure" 30 >"$place/runs"

report() {
    printf '# Pull and unpack, %s\n\n' "$(date -u +%Y-%m-%d)"
    printf '%s, %s CPUs; image of %d MB in two gzip layers, registry on loopback, %d rounds, interleaved. Load %s.\n\n' \
        "$(uname -sr)" "$(nproc)" $((bytes / 1000000)) "$rounds" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
    sort -t $'\t' -k 1,1 -k 2,2n "$place/times" | awk -F '\t' '
        { n[$1]++; wall[$1, n[$1]] = $2; if ($3 > rss[$1]) rss[$1] = $3; cpu[$1] = $4 }
        function median(name) { return wall[name, int((n[name] + 1) / 2)] }
        function met(value, target) { return sprintf("%.2f | %s: %s", value, target, value <= target ? "met" : "**missed**") }
        END {
            print "| | wall s | CPU s | peak MB | ours / it | target |\n|---|---|---|---|---|---|"
            printf "| bulkhead pull | %.2f | %.2f | %.0f | | memory 150: %s |\n", median("bulkhead"), cpu["bulkhead"], rss["bulkhead"] / 1024, rss["bulkhead"] <= 150 * 1024 ? "met" : "**missed**"
            printf "| podman pull | %.2f | %.2f | %.0f | %s |\n", median("podman"), cpu["podman"], rss["podman"] / 1024, met(median("bulkhead") / median("podman"), 0.5)
            printf "| skopeo copy, umoci unpack | %.2f | %.2f | %.0f | %s |\n", median("skopeo and umoci"), cpu["skopeo and umoci"], rss["skopeo and umoci"] / 1024, met(median("bulkhead") / median("skopeo and umoci"), 0.35)
            printf "| gzip -d of the larger layer | %.2f | %.2f | | | |\n", median("gzip -d of the larger layer"), cpu["gzip -d of the larger layer"]
            printf "| zstd -d of the same, as zstd | %.2f | %.2f | | | |\n", median("zstd -d of the same"), cpu["zstd -d of the same"]
            printf "| bulkhead pull of a second image, whose layer is there | %.3f | | | | |\n", median("second image")
        }'
    awk '
        match($0, /\(.*\)/) {
            split(substr($0, RSTART + RLENGTH + 1), field, " ")
            name[$1] = substr($0, RSTART + 1, RLENGTH - 2)
            program[$1] = field[12]
            kernel[$1] = field[13]
        }
        END {
            for (task in name) {
                own[name[task]] += program[task] / 100
                kernels[name[task]] += kernel[task] / 100
            }
            printf "\nCPU seconds of a pull by thread, in the program and in the kernel:"
            for (thread in own)
                if (own[thread] + kernels[thread] >= 0.1)
                    printf "%s %s %.1f + %.1f", comma++ ? "," : "", thread, own[thread], kernels[thread]
            print "."
        }' "$place/tasks"
    awk -F '\t' '{ median[$1] = $3 } END { printf "\n`run --rm` of an unpacked image: %.1f ms, of the same directory by --rootfs: %.1f ms: %.1f ms more (target: 3).\n", median["image"], median["directory"], median["image"] - median["directory"] }' "$place/runs"
}
if [[ -n $write ]]; then
    mkdir -p "$ROOT/bench/results"
    report | tee "$ROOT/bench/results/$(date -u +%Y-%m-%d)-images.md"
else
    report
fi
