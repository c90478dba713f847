# MariaDB: install, server, InnoDB, threads, shutdown.
set -e; cd /tmp; u=$(id -un); mariadb-install-db --no-defaults --datadir=/tmp/my --auth-root-authentication-method=normal --user="$u" >/dev/null 2>&1
mariadbd --no-defaults --datadir=/tmp/my --socket=/tmp/my.sock --port=3399 --bind-address=127.0.0.1 --pid-file=/tmp/my.pid --user="$u" --innodb-buffer-pool-size=32M --thread-handling=pool-of-threads >/tmp/my.log 2>&1 &
i=0; until mariadb-admin --no-defaults -S /tmp/my.sock -u root ping >/dev/null 2>&1; do sleep 0.2; i=$((i+1)); [ $i -lt 150 ]; done
q() { mariadb --no-defaults -S /tmp/my.sock -u root -N -e "$1"; }
q 'create database d; use d; create table d.t(a int primary key, b varchar(40)) engine=innodb; insert into d.t select seq, md5(seq) from seq_1_to_20000; create index i on d.t(b); optimize table d.t; create table d.m engine=aria select * from d.t; flush tables' >/dev/null
mariadb --no-defaults -h 127.0.0.1 -P 3399 -u root -N -e 'select count(*) from d.t'; q 'select count(*) from d.t'; mariadb-dump --no-defaults -S /tmp/my.sock -u root d >/tmp/d.sql; mariadb-admin --no-defaults -S /tmp/my.sock -u root shutdown; wait; echo OK
