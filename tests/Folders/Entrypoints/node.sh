#!/bin/sh
# Node, as its image: the program as whoever is started.
set -e
if [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ]; then
    set -- node "$@"
fi
exec "$@"
