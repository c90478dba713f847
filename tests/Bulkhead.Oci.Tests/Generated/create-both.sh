#!/bin/sh
# create-both.sh BUNDLE PARENT ID OURS: `create` by bulkhead-oci, then by runc, each deleted again; prints what happened as name=value.
# It is the first process of a pid namespace with mount, uts, ipc and network namespaces of its own: a config without namespaces changes
# nothing of the host's, and every process and mount that stays behind is seen here.
bundle=$1 parent=$2 id=$3 ours=$4

# look: sets alive to the processes beside this one that are no zombies. No subshell: that would be one.
look() {
    alive=
    for stat in /proc/[0-9]*/stat; do
        read -r pid rest 2>/dev/null <"$stat" || continue
        rest=${rest##*) }
        case $pid:${rest%% *} in 1:* | *:Z | *:X) ;; *) alive="$alive $pid:${rest%% *}" ;; esac
    done
}

# life NAME COMMAND...: the life of one container.
life() {
    name=$1
    shift
    cp /proc/self/mountinfo "$bundle/mounts"
    timeout -k 2 20 "$@" create --bundle "$bundle" "$id" </dev/null >"$bundle/$name.out" 2>"$bundle/$name.err"
    echo "$name=$?"
    [ ! -e "$bundle/$name/$id" ] || timeout -k 2 20 "$@" delete --force "$id" >>"$bundle/$name.out" 2>>"$bundle/$name.err" || echo "$name.delete=$?"
    # Only what is new: a mount of the host goes from here too when its mount point is removed there.
    grep -Fxvf "$bundle/mounts" /proc/self/mountinfo >"$bundle/mounts.new" && echo "$name.mounts=$(tr "\n" " " <"$bundle/mounts.new")"
    for left in "$bundle/$name"/* /sys/fs/cgroup/*/"$parent"/*/ /sys/fs/cgroup/"$parent"/*/; do
        [ ! -e "$left" ] || echo "$name.left=$left"
    done
    look
    [ -z "$alive" ] || echo "$name.alive=$alive"
}

life ours "$ours" --root "$bundle/ours"
life runc runc --root "$bundle/runc" --log "$bundle/log"
