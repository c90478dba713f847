#!/bin/bash
# publish.sh [--into DIR] CONFIG PROJECT...: native binaries into out/ (or DIR), their symbols into .work/symbols/.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
into=$ROOT/out
if [[ $1 == --into ]]; then
    into=$ROOT/$2
    shift 2
fi
config=$1
shift
mkdir -p "$into" "$WORK/symbols"
for project in "$@"; do
    name=$(basename "$project" .csproj)
    stage=$WORK/publish/$name
    rm -rf "$stage"
    dotnet_locked publish "$ROOT/$project" -c "$config" -o "$stage" -v quiet
    # A program may have another name than its project, as in tests/CgroupV2.
    assembly=$(sed -n 's:.*<AssemblyName>\(.*\)</AssemblyName>.*:\1:p' "$ROOT/$project")
    name=${assembly:-$name}
    [[ -x $stage/$name ]] || die "$project published no $name"
    # By rename: a binary that runs now keeps its file.
    install -m 0755 "$stage/$name" "$into/.$name.new"
    mv "$into/.$name.new" "$into/$name"
    [[ ! -e $stage/$name.dbg ]] || mv "$stage/$name.dbg" "$WORK/symbols/"
    printf '%s/%s  %s bytes\n' "${into#"$ROOT"/}" "$name" "$(stat -c %s "$into/$name")"
done
