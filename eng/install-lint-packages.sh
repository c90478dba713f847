#!/bin/bash
# What `make lint` needs beyond `make build`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
install_packages shellcheck git
