#!/bin/sh
# Redis, as its image: started as root it gives /data away, and goes on as redis.
set -e
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
    find . \! -user redis -exec chown redis '{}' +
    exec setpriv --reuid=redis --regid=redis --clear-groups -- "$0" "$@"
fi
umask 0077
exec "$@"
