# PostgreSQL: initdb, server, parallel query, checkpoint, vacuum, backup, stop.
set -e; PATH=$PATH:$(echo /usr/lib/postgresql/*/bin); cd /tmp
[ "$(id -u)" != 0 ] || exec setpriv --reuid=postgres --regid=postgres --clear-groups sh "$0"
initdb -D /tmp/pg -A trust -U p >/dev/null; pg_ctl -D /tmp/pg -w -l /tmp/pg.log -o "-k /tmp -c listen_addresses=127.0.0.1 -p 5499 -c wal_level=replica -c effective_io_concurrency=4" start >/dev/null
q() { psql -h /tmp -p 5499 -U p -d postgres -qAt -c "$1"; }
q 'create table t as select i, md5(i::text) m from generate_series(1,50000) i'; q 'create index on t(m)'; q 'set max_parallel_workers_per_gather=2; set min_parallel_table_scan_size=0; set parallel_setup_cost=0; select count(*) from t where m like $$a%$$' >/dev/null
psql -h 127.0.0.1 -p 5499 -U p -d postgres -qAt -c 'select count(*) from t'; q checkpoint; q 'vacuum full analyze t'; q 'listen x; notify x'; q "copy t to '/tmp/t.csv'"; pg_dump -h /tmp -p 5499 -U p postgres >/tmp/dump.sql
pg_basebackup -h /tmp -p 5499 -U p -D /tmp/bk -X stream; pg_ctl -D /tmp/pg reload >/dev/null; pg_ctl -D /tmp/pg -m fast -w stop >/dev/null; echo OK
