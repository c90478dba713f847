#!/bin/bash
# test.sh [--long] [--part K/N] [--only NAME]: builds the solution once, runs the test programs one after another, prints
# "N passed, N failed" last and fails when a test failed.
# A program that crashed, hung, skipped a test or ran none counts as failed. Long tests carry [Trait("Speed", "Long")].
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

long='' only='' part=0 parts=1
while (($#)); do
    case $1 in
    --long) long=1 ;;
    --part) IFS=/ read -r part parts <<<"$2" && shift ;;
    --only) only=$2 && shift ;;
    *) die "unknown argument $1" ;;
    esac
    shift
done
limit=${TEST_TIMEOUT:-900}
[[ -z $long ]] || limit=${TEST_TIMEOUT:-3600}
passed=0 failed=0 counted=0 started=$SECONDS
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# fail NAME WHY: one failure more, with the end of the log.
fail() {
    failed=$((failed + 1))
    printf 'FAILED %s: %s\n' "$1" "$2"
    tail -n 60 "$log"
}

finish() {
    printf 'time: %d s\n' $((SECONDS - started))
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [[ $failed == 0 ]] || exit 1
    exit 0
}

# choose PROGRAM: the runner's filter, into `arguments`; empty when the program has no test for this run. A part is every N-th long method, counted
# through all programs, so that all parts together are all tests.
choose() {
    local method
    arguments=()
    if [[ -z $long ]]; then
        arguments=(-trait- Speed=Long)
        return
    fi
    while read -r method; do
        ((counted++ % parts != part % parts)) || arguments+=(-method "$method")
    done < <("$1" -list methods -noColor -trait Speed=Long | grep -E '^[A-Za-z_][A-Za-z0-9_.+]*$' | LC_ALL=C sort -u)
}

run_program() {
    local name=$1 program=$2 arguments begin=$SECONDS status=0 summary total errors fails skipped
    # A name that no test program has must not pass in silence.
    [[ -x $program ]] || { : >"$log" && fail "$name" "was not built: $program" && return; }
    choose "$program"
    if [[ ${#arguments[@]} == 0 ]]; then
        return
    fi
    timeout --kill-after=10 "$limit" "$program" -noColor -noLogo "${arguments[@]}" >"$log" 2>&1 </dev/null || status=$?
    summary=$(grep -E 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1 || true)
    read -r total errors fails skipped < <(sed -E 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3 \4/' <<<"${summary:-0 0 0 0}")
    printf '%-40s %5d tests %5d s\n' "$name" "$total" $((SECONDS - begin))
    if [[ $status == 124 || $status == 137 ]]; then
        fail "$name" "hung: killed after $limit s"
    elif [[ -z $summary ]]; then
        fail "$name" "ended with status $status and no summary"
    elif [[ $total == 0 ]]; then
        fail "$name" "ran no test"
    elif ((errors + fails + skipped)); then
        passed=$((passed + total - fails - skipped))
        failed=$((failed + errors + fails + skipped))
        printf 'FAILED %s: %d failed, %d errors, %d skipped\n' "$name" "$fails" "$errors" "$skipped"
        grep -vE '^ +(Discover|Start|Finish)' "$log" | tail -n 300
    elif [[ $status != 0 ]]; then
        passed=$((passed + total))
        fail "$name" "all tests passed but the program ended with status $status"
    else
        passed=$((passed + total))
    fi
}

eng/update-solution.sh
begin=$SECONDS
if ! dotnet_locked build Bulkhead.slnx -c Debug -v quiet >"$log" 2>&1; then
    fail build "dotnet build Bulkhead.slnx"
    finish
fi
printf '%-40s %17d s\n' "(build)" $((SECONDS - begin))

found=
for project in $(find tests -name '*.csproj' -not -path '*/obj/*' | LC_ALL=C sort); do
    ! grep -q '<OutputType>Library' "$project" || continue # helpers shared by tests
    ! grep -q '<PublishAot>true' "$project" || continue     # runs inside the guest of tests/GuestV2, which counts its cases
    name=$(basename "$project" .csproj)
    [[ -z $only || $name == *$only* ]] || continue
    found=1
    run_program "$name" "$(dirname "$project")/bin/Debug/net10.0/linux-x64/$name"
done
[[ -n $found ]] || { : >"$log" && fail "${only:-tests}" "no such test project"; }
finish
