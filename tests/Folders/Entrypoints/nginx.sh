#!/bin/sh
# nginx, as its image: it changes the configuration if it can, the master stays root and its workers are www-data ("user" in nginx.conf).
set -e
if ! touch /etc/nginx/sites-available/default 2>/dev/null; then
    echo "$0: info: can not modify /etc/nginx/sites-available/default (read-only file system?)"
fi
exec "$@"
