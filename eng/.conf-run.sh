#!/bin/bash
# conformance.sh [CHECKOUT]: builds opencontainers/runtime-tools' validation programs from a checkout of that project (not
# part of this one: $RUNTIME_TOOLS or the argument) and runs all of them against one runtime; docs/conformance.md tells more.
#   RUNTIME   program to test; default out/bulkhead-oci. "runc" and "crun" are taken from PATH.
#   ONLY      run only the programs whose name matches this pattern
# Prints a line per program, the "not ok" lines under it, and totals. Fails when a program hung or none ran; what a runtime
# does not pass is for a person to judge.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root
checkout=${1:-${RUNTIME_TOOLS:-}}
[[ -n $checkout && -d $checkout/validation ]] ||
    die "give the path of a checkout of opencontainers/runtime-tools: make conformance RUNTIME_TOOLS=PATH (see docs/conformance.md)"
install_packages golang-go tar

# Debian 12's Go is 1.19; the project uses a few functions of 1.21, which 1.19's language can express.
add_go_121_functions() {
    mkdir -p vendor/slices
    cat >vendor/slices/slices.go <<'GO'
package slices

// Contains reports whether v is in s.
func Contains[E comparable](s []E, v E) bool {
	for _, each := range s {
		if each == v {
			return true
		}
	}
	return false
}

// DeleteFunc gives s without the elements that del is true for.
func DeleteFunc[S ~[]E, E any](s S, del func(E) bool) S {
	kept := s[:0]
	for _, each := range s {
		if !del(each) {
			kept = append(kept, each)
		}
	}
	return kept
}
GO
    local folder file
    for folder in vendor/github.com/moby/sys/capability validate/capabilities; do
        # shellcheck disable=SC2013 # no name there has a space
        for file in $(grep -lE 'sync\.OnceValue|strings\.CutPrefix' "$folder"/*.go); do
            sed -i -E 's/sync\.OnceValue(s?)\(/onceValue\1(/; s/strings\.CutPrefix\(/cutPrefix(/' "$file"
            # Its imports stay in use.
            ! grep -q '"sync"' "$file" || echo 'var _ sync.Once' >>"$file"
            ! grep -q '"strings"' "$file" || echo 'var _ = strings.Cut' >>"$file"
        done
        { sed -n 's/^\(package .*\)/\1/p' "$file" && cat <<'GO'; } >"$folder/go119.go"

import (
	"strings"
	"sync"
)

func onceValues[A, B any](f func() (A, B)) func() (A, B) {
	var once sync.Once
	var a A
	var b B
	return func() (A, B) {
		once.Do(func() { a, b = f() })
		return a, b
	}
}

func onceValue[A any](f func() A) func() A {
	both := onceValues(func() (A, bool) { return f(), true })
	return func() A { a, _ := both(); return a }
}

func cutPrefix(s, prefix string) (string, bool) {
	return strings.TrimPrefix(s, prefix), strings.HasPrefix(s, prefix)
}
GO
    done
}

copy=$WORK/conformance/$(cd "$checkout" && { git rev-parse --short HEAD 2>/dev/null || echo plain; })
bin=$copy/bin
if [[ ! -e $bin/built ]]; then
    rm -rf "$copy"
    mkdir -p "$bin"
    tar -C "$checkout" --exclude=.git -cf - . | tar -C "$copy" -xf -
    cd "$copy"
    go list slices >/dev/null 2>&1 || add_go_121_functions
    export CGO_ENABLED=0 GOFLAGS=-mod=vendor GOTOOLCHAIN=local GO111MODULE=on GOCACHE=$WORK/conformance/cache
    # Each program is its own package main.
    go build -p 1 -o runtimetest ./cmd/runtimetest
    find validation -name '*.go' -not -path '*/util/*' -print0 | while IFS= read -r -d '' source; do
        go build -p 1 -o "$bin/$(basename "$source" .go)" "$source"
    done
    touch "$bin/built"
fi

runtime=${RUNTIME:-$ROOT/out/bulkhead-oci}
runtime=$(command -v "$runtime") || die "no such runtime: ${RUNTIME:-out/bulkhead-oci}"
tested=$runtime hide=
if [[ $(basename "$runtime") == crun ]]; then
    # crun 1.8.1 takes a hybrid cgroup tree for v2 and refuses it; with this file hidden it sees the v1 controllers.
    controllers=/sys/fs/cgroup/unified/cgroup.controllers
    [[ ! -e $controllers ]] || hide="mount --bind /dev/null $controllers;"
    # It refuses configs of a spec version newer than itself, which is all that this suite would then measure.
    tested=$WORK/conformance/crun-wrapper
    cat >"$tested" <<WRAPPER
#!/bin/bash
for ((i = 1; i < \$#; i++)); do
    if [[ \${!i} == --bundle ]]; then
        next=\$((i + 1))
        sed -i -E 's/("ociVersion": *")1\.[1-9][^"]*/\11.0.2/' "\${!next}/config.json"
    fi
done
exec $runtime "\$@"
WRAPPER
    chmod +x "$tested"
fi

log=$WORK/conformance/$(basename "$runtime").tap
: >"$log"
ok=0 not=0 clean=0 programs=0 hung=0
cd "$copy" # the programs look for rootfs-*.tar.gz and runtimetest here
for program in "$bin"/*; do
    name=$(basename "$program")
    # shellcheck disable=SC2053 # a pattern
    [[ $name != built && $name == ${ONLY:-*} ]] || continue
    programs=$((programs + 1))
    status=0
    # shellcheck disable=SC2016 # the inner shell expands
    output=$(RUNTIME=$tested timeout --kill-after=5 120 unshare -m sh -c "$hide"' exec "$0"' "$program" 2>&1 </dev/null) || status=$?
    printf '== %s (exit %d)\n%s\n' "$name" "$status" "$output" >>"$log"
    good=$(grep -cE '^[[:space:]]*ok ' <<<"$output" || true)
    bad=$(grep -cE '^[[:space:]]*not ok ' <<<"$output" || true)
    ok=$((ok + good)) not=$((not + bad))
    if [[ $status == 0 && $bad == 0 ]]; then clean=$((clean + 1)); fi
    printf '%-36s ok %4d  not ok %3d  exit %d\n' "$name" "$good" "$bad" "$status"
    grep -E '^[[:space:]]*not ok ' <<<"$output" | sed 's/^[[:space:]]*/    /' || true
    if [[ $status == 124 || $status == 137 ]]; then
        hung=$((hung + 1))
        printf '    hung: killed after 120 s\n'
    elif [[ $status != 0 && $bad == 0 ]]; then
        tail -n 3 <<<"$output" | sed 's/^/    /'
    fi
done
printf '%s: %d ok, %d not ok, %d of %d programs clean (all output: %s)\n' "$(basename "$runtime")" $ok $not $clean $programs "${log#"$ROOT"/}"
[[ $programs != 0 && $hung == 0 ]]
