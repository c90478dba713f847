#!/bin/bash
# publish.sh CONFIG PROJECT...: native binaries into out/, their symbols into .work/symbols/.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
config=$1
shift
mkdir -p "$ROOT/out" "$WORK/symbols"
for project in "$@"; do
    name=$(basename "$project" .csproj)
    stage=$WORK/publish/$name
    rm -rf "$stage"
    dotnet_locked publish "$ROOT/$project" -c "$config" -o "$stage" -v quiet
    [[ -x $stage/$name ]] || die "$project published no $name"
    # By rename: a binary that runs now keeps its file.
    install -m 0755 "$stage/$name" "$ROOT/out/.$name.new"
    mv "$ROOT/out/.$name.new" "$ROOT/out/$name"
    [[ ! -e $stage/$name.dbg ]] || mv "$stage/$name.dbg" "$WORK/symbols/"
    printf 'out/%s  %s bytes\n' "$name" "$(stat -c %s "$ROOT/out/$name")"
done
