# Redis: append-only file, background save, rewriting, threads, shutdown.
set -e; mkdir -p /tmp/r; cd /tmp/r
redis-server --port 6399 --dir /tmp/r --appendonly yes --appendfsync everysec --io-threads 2 --daemonize no --unixsocket /tmp/r/s --maxmemory 64mb --activedefrag no >log 2>&1 &
i=0; until redis-cli -p 6399 ping >/dev/null 2>&1; do sleep 0.1; i=$((i+1)); [ $i -lt 100 ]; done
redis-cli -p 6399 set a 1 >/dev/null; redis-cli -s /tmp/r/s incr a; redis-cli -p 6399 bgsave >/dev/null; sleep 0.7; redis-cli -p 6399 bgrewriteaof >/dev/null; sleep 0.7
redis-benchmark -p 6399 -n 2000 -q -t set,get,lpush >/dev/null 2>&1; redis-cli -p 6399 eval 'return 1' 0 >/dev/null; redis-cli -p 6399 shutdown save >/dev/null 2>&1; wait
test -s dump.rdb && echo OK
