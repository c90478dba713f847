#!/bin/bash
# What `make bench` needs: the runtimes to compare with, tools to measure, a root file system.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
install_packages runc crun busybox-static jq strace gcc libc6-dev libseccomp-dev docker-registry skopeo umoci podman time zstd runsc linux-perf
