#!/bin/bash
# What `make build` needs beyond the .NET SDK: a C compiler and linker, and the static libraries of glibc and OpenSSL.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
install_packages gcc g++ binutils libc6-dev make cmake libssl-dev zlib1g-dev
command -v dotnet >/dev/null || die "the .NET 10 SDK is missing (dotnet is not on PATH)"
[[ $(dotnet --version) == 10.* ]] || die "the .NET 10 SDK is needed, dotnet says $(dotnet --version)"
