#!/bin/bash
# Writes Bulkhead.slnx from the projects in src/, tests/ and bench/. With --check, only says whether it is up to date.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
solution() {
    printf '<Solution>\n'
    local folder project
    for folder in src tests bench; do
        [[ -d $folder && -n $(find "$folder" -name '*.csproj' -print -quit) ]] || continue
        printf '  <Folder Name="/%s/">\n' "$folder"
        find "$folder" -name '*.csproj' -not -path '*/obj/*' | LC_ALL=C sort | while read -r project; do
            printf '    <Project Path="%s" />\n' "$project"
        done
        printf '  </Folder>\n'
    done
    printf '</Solution>\n'
}
if [[ ${1:-} == --check ]]; then
    solution | diff -u Bulkhead.slnx - || die "Bulkhead.slnx is stale: run eng/update-solution.sh and commit it"
elif ! solution | cmp -s - Bulkhead.slnx; then
    solution >Bulkhead.slnx
fi
