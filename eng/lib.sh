# Shared by the scripts in eng/ and bench/; sourced, never run.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # the sourcing scripts use it
WORK=$ROOT/.work
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

need_root() {
    [[ $(id -u) == 0 ]] || die "needs root"
}

# install_packages PACKAGE...: installs what is missing, and asks apt for nothing when nothing is.
install_packages() {
    local package missing=()
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    need_root
    printf 'installing %s\n' "${missing[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    # Services of the packages must not start: tests start their own daemons by hand.
    local policy=/usr/sbin/policy-rc.d made=
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        made=1
    fi
    local log status=0
    log=$(mktemp)
    { apt-get install -y -q --no-install-recommends "${missing[@]}" ||
        { apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; }; } >"$log" 2>&1 || status=$?
    [[ -z $made ]] || rm -f "$policy"
    [[ $status == 0 ]] || tail -n 40 "$log" >&2
    rm -f "$log"
    [[ $status == 0 ]] || die "apt-get could not install ${missing[*]}"
}

# dotnet_locked ARG...: in CI, packages come as the lock files say, or not at all.
dotnet_locked() {
    local locked=()
    [[ -z ${CI:-} ]] || locked=(-p:RestoreLockedMode=true)
    dotnet "$@" --tl:off -nologo "${locked[@]}"
}

# Prints the configured apt sources of Debian itself: third-party ones have no part in a base system.
debian_sources() {
    apt-get indextargets --format '$(ORIGIN)|deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        sed -n 's/^Debian|//p' | LC_ALL=C sort -u
}

# make_debian_tree DIR OPTION...: Debian's packages, of this machine's release, as mmdebstrap's options choose them; without docs and translations.
make_debian_tree() {
    local into=$1 sources
    shift
    install_packages mmdebstrap
    # shellcheck source=/dev/null
    . /etc/os-release
    sources=$(debian_sources)
    [[ -n $sources ]] || { apt-get update -q >&2 && sources=$(debian_sources); }
    [[ -n $sources ]] || die "no apt source of Debian is configured"
    mmdebstrap --quiet --mode=root "$@" \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --aptopt='Acquire::Languages "none"' --skip=cleanup/reproducible \
        --customize-hook='rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/etc/resolv.conf' \
        "$VERSION_CODENAME" "$into" - <<<"$sources" >&2
}
