# Applets of busybox: a static program without glibc's habits.
cd /tmp && mkdir -p b/c && cd b
echo one >f && cp -a f c/g && mv c/g c/h && ln c/h i && ln -s i j && mkfifo p && chmod 640 f && touch -d 2020-01-01 f
(cat p >q &) && echo two >p && sleep 0.2 && cat q
ls -laR . >/dev/null && find . -type f -exec md5sum {} + >/dev/null && tar cf t.tar c f && tar tf t.tar >/dev/null && gzip t.tar && gunzip t.tar.gz
sort f | uniq | tr a-z A-Z | sed s/O/0/ | awk '{print $1}' | grep -c 0 >/dev/null
df . >/dev/null; du -s . >/dev/null; free >/dev/null; ps >/dev/null; uptime >/dev/null; id >/dev/null; uname -a >/dev/null; stat f >/dev/null
dd if=/dev/zero of=z bs=4k count=4 conv=fsync 2>/dev/null && truncate -s 1k z && fallocate -l 1k y && sync
ulimit -n >/dev/null; nice -n 5 true; timeout 5 sleep 0.1; setsid true; trap 'echo got' USR1; kill -USR1 $$; wait
httpd -p 127.0.0.1:8080 -h /tmp/b && wget -q -O w http://127.0.0.1:8080/f && cat w
nc -l -p 8081 -e cat & sleep 0.2; echo three | nc -w 1 127.0.0.1 8081; rm -rf /tmp/b/c
kill $(pidof httpd); echo OK
