#!/bin/bash
# What `make build` needs beyond the .NET SDK: a C compiler and linker, and glibc's static libraries.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
install_packages gcc binutils libc6-dev make
command -v dotnet >/dev/null || die "the .NET 10 SDK is missing (dotnet is not on PATH)"
[[ $(dotnet --version) == 10.* ]] || die "the .NET 10 SDK is needed, dotnet says $(dotnet --version)"
