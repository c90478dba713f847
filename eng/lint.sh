#!/bin/bash
# Formatting, analysers, shell scripts, file lengths, the solution file, lock files.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
status=0
complain() {
    printf 'lint: %s\n' "$*"
    status=1
}

eng/update-solution.sh --check || status=1
# Analysers run in every build, and warnings are errors.
dotnet_locked build Bulkhead.slnx -v quiet || complain "dotnet build"
dotnet format whitespace Bulkhead.slnx --no-restore --verify-no-changes || complain "dotnet format whitespace"
dotnet format style Bulkhead.slnx --no-restore --verify-no-changes || complain "dotnet format style"

# tests/Profile/Workloads are programs to watch, written as their users write them, for the container's shell.
mapfile -t scripts < <(git ls-files '*.sh' .ci/run ':!tests/Profile/Workloads')
for script in "${scripts[@]}"; do
    bash -n "$script" || complain "$script does not parse"
done
shellcheck "${scripts[@]}" || complain shellcheck

while read -r lines file; do
    ((lines <= 450)) || printf 'lint: warning: %s has %d lines (450 at most, about 300 wanted)\n' "$file" "$lines"
done < <(git ls-files '*.cs' '*.c' '*.h' '*.sh' | xargs wc -l | grep -v ' total$')

for project in $(git ls-files '*.csproj'); do
    [[ -e $(dirname "$project")/packages.lock.json ]] || complain "$project has no packages.lock.json"
done
[[ -z $(git status --porcelain -- '*packages.lock.json') ]] || complain "packages.lock.json differs from what is committed"
[[ $status == 0 ]] && echo "lint: clean"
exit $status
