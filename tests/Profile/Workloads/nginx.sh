# nginx: workers, sendfile, threads, reload, access log, quit.
set -e; mkdir -p /tmp/n/w /tmp/n/t; cd /tmp/n; head -c 300000 /dev/zero >w/big; echo hi >w/index.html
cat >c <<'P'
worker_processes 2; pid /tmp/n/pid; error_log /tmp/n/err; events { worker_connections 256; }
http { access_log /tmp/n/log; sendfile on; tcp_nopush on; aio threads; client_body_temp_path t/a; proxy_temp_path t/b; fastcgi_temp_path t/c; uwsgi_temp_path t/d; scgi_temp_path t/e;
 server { listen 127.0.0.1:8082; listen [::1]:8082; listen unix:/tmp/n/s; root /tmp/n/w; location /p { proxy_pass http://unix:/tmp/n/s:/; } } }
P
sed -i "1s/^/$([ "$(id -u)" = 0 ] && echo 'user www-data;')/" c
nginx -p /tmp/n -c c -e /tmp/n/err; i=0; until curl -s 127.0.0.1:8082 >/dev/null; do sleep 0.1; i=$((i+1)); [ $i -lt 50 ]; done
curl -s 127.0.0.1:8082/big | wc -c; curl -s 127.0.0.1:8082/p; curl -s -o /dev/null -r 0-10 127.0.0.1:8082/big; nginx -p /tmp/n -c c -e /tmp/n/err -s reload; sleep 0.5; curl -s 127.0.0.1:8082; kill -USR1 "$(cat pid)"; sleep 0.2
nginx -p /tmp/n -c c -e /tmp/n/err -s quit; sleep 0.5; echo OK
