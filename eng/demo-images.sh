# shellcheck shell=bash disable=SC2154,SC2034
# demo-images.sh: the part of demo.sh that shows images and trust with a registry on loopback; sourced, uses its functions and variables. demo.sh ends $registry.

install_packages docker-registry openssl

# image WORD...: bulkhead with images, keys and passwords of the demo's own. did WHAT WORD...: it works. denied WHAT WHY WORD...: it is refused, and the error says why.
image() { BULKHEAD_DATA=${images:-$place/images} BULKHEAD_TRUST=$place/trust REGISTRY_AUTH_FILE=$place/auth.json "$ROOT/out/bulkhead" "$@" </dev/null; }
did() { image "${@:2}" >"$place/out" 2>"$place/err" || unexpected "$1" "status $?: $(tail -n 1 "$place/err")"; }
denied() {
    if image "${@:3}" >"$place/out" 2>"$place/err"; then
        unexpected "$1" "it worked"
    fi
    grep -qF -- "$2" "$place/err" && good "$1" "refused: $2" || unexpected "$1" "$(tail -n 1 "$place/err")"
}
blob() { printf '%s/registry/docker/registry/v2/blobs/sha256/%s/%s/data' "$place" "${1:7:2}" "${1:7}"; }

title "An image, to a registry and back"
cat >"$place/registry.yml" <<END
version: 0.1
storage: { filesystem: { rootdirectory: $place/registry } }
http: { addr: "127.0.0.1:0" }
END
: >"$place/registry.log"
# Its settings come from REGISTRY_ variables too.
env -u REGISTRY_AUTH_FILE docker-registry serve "$place/registry.yml" >>"$place/registry.log" 2>&1 &
registry=$!
host=''
for _ in {1..200}; do
    host=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$place/registry.log" | head -n 1)
    [[ -z $host ]] || break
    sleep 0.05
done
[[ -n $host ]] && row registry "docker-registry on $host" || unexpected registry "$(head -n 1 "$place/registry.log")"
name=$host/demo/busybox:1
tar -C "$WORK/rootfs/busybox" -cf "$place/busybox.tar" .
did import import -c 'ENTRYPOINT ["/bin/echo", "hello from"]' -c 'CMD ["an image"]' "$place/busybox.tar" "$name"
row "import of a root file system's tar" "$(cut -c 1-19 "$place/out")..."
did push push -q "$name"
digest=$(cat "$place/out")
did rmi rmi "$name"
did images images -q
expect "images here, after push and rmi" 0 "$(wc -l <"$place/out")"
begin=$EPOCHREALTIME
did run run --rm "$name"
expect "run by name pulls it ($(milliseconds "$begin"))" "hello from an image" "$(tail -n 1 "$place/out")"
begin=$EPOCHREALTIME
did run run --rm "$name" itself
expect "the next time it is there ($(milliseconds "$begin"))" "hello from itself" "$(tail -n 1 "$place/out")"
did images images --format '{{.Digest}} {{.SignedBy}}'
expect "digest, and who signed it" "$digest unsigned" "$(cat "$place/out")"

title "Whose images run"
openssl genpkey -algorithm ED25519 -out "$place/key" 2>/dev/null
openssl pkey -in "$place/key" -pubout -out "$place/key.pub"
did import import -c 'CMD ["/bin/true"]' "$place/busybox.tar" "$host/demo/unsigned:1"
did push push -q "$host/demo/unsigned:1"
did sign sign --key "$place/key" "$name"
expect "sign, with a key of openssl's" "$digest" "$(cat "$place/out")"
did "trust require" trust require
denied "trust require: no key is named" "the policy's default rejects it" run --rm "$name"
did "trust add" trust add "$host/demo" "$place/key.pub"
row "trust add $host/demo" "$(cat "$place/out")"
did pull pull -q "$name"
did run run --rm "$name"
expect "the signed one, pulled again" "hello from an image" "$(tail -n 1 "$place/out")"
did images images --format '{{.SignedBy}}' "$name"
expect "signed by" "$(openssl pkey -pubin -in "$place/key.pub" -outform DER | sha256sum | cut -d ' ' -f 1)" "$(cat "$place/out")"
denied "an unsigned one of the same registry" "the registry has no signature of it" run --rm --pull always "$host/demo/unsigned:1"
did "--allow-unsigned" run --rm --allow-unsigned "$host/demo/unsigned:1"
good "the same with --allow-unsigned" "$(grep -o 'loosening: .*' "$place/err")"

title "A layer that was changed at the registry"
layer=$(blob "$(jq -r '.layers[0].digest' "$(blob "$digest")")")
middle=$(($(stat -c %s "$layer") / 2))
byte=$(od -An -t u1 -j "$middle" -N 1 "$layer")
printf '%b' "\\x$(printf '%x' $((byte ^ 1)))" | dd of="$layer" bs=1 seek="$middle" conv=notrunc status=none
images=$place/elsewhere denied "pull of it, somewhere else" "what came has the digest" pull "$name"
images=$place/elsewhere did images images -q
expect "images there" 0 "$(wc -l <"$place/out")"
did run run --rm "$name"
expect "the one that was pulled before" "hello from an image" "$(tail -n 1 "$place/out")"
end_registry
expect "containers left" 0 "$(image ps -aq | wc -l)"
