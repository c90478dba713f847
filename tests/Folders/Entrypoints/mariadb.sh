#!/bin/sh
# MariaDB, as its image: started as root it gives the data folder and the socket's away, and goes on as mysql; the first start makes the tables.
set -e
data=/var/lib/mysql
if [ "$(id -u)" = 0 ]; then
    find "$data" \! -user mysql -exec chown mysql: '{}' +
    find /run/mysqld -maxdepth 0 \! -user mysql -exec chown mysql: '{}' \;
    exec gosu mysql "$0" "$@"
fi
if [ ! -d "$data/mysql" ]; then
    mariadb-install-db --datadir="$data" --rpm --auth-root-authentication-method=normal --skip-test-db
fi
exec "$@"
