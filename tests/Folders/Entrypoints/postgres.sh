#!/bin/sh
# PostgreSQL, as its image: started as root it gives the data folder and the socket's away, and goes on as postgres; the first start makes a cluster.
set -e
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)
export PATH PGDATA=/var/lib/postgresql/data
mkdir -p "$PGDATA" /var/run/postgresql
chmod 00700 "$PGDATA" || :
chmod 03775 /var/run/postgresql || :
if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
    exec gosu postgres "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    umask 077
    printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
    initdb --username=postgres --pwfile=/tmp/password
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
    psql -v ON_ERROR_STOP=1 --username postgres -c "CREATE DATABASE app"
    pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@"
