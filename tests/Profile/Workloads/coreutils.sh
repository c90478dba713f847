# coreutils, findutils, tar, grep, sed, gawk's cousin mawk, procps.
set -e; ends() { want=$1 got=0; shift; "$@" || got=$?; [ $got = $want ]; }; cd /tmp; mkdir -p c/d; cd c
seq 1 20000 >f; cp -a f d/g; cp --reflink=auto f h; mv h d/; mv -n f k; ln k l; ln -s l m; mkfifo p; chmod 640 k; touch -d 2020-01-01 k; install -m 600 k n
ls -laR --color . >/dev/null; stat k >/dev/null; df . >/dev/null; du -sh . >/dev/null; sort -R --parallel=4 k | sort -n | uniq | wc -l; shuf k | head -3 >/dev/null
dd if=/dev/zero of=z bs=64k count=4 conv=fdatasync status=none; truncate -s 10 z; fallocate -l 4096 z; sync; sync -f z; split -n 4 k s.; cat s.* | cmp - k
tee t <k >/dev/null; ends 124 timeout 0.5 tail -f k >/dev/null; nohup true >/dev/null 2>&1; nice -n 3 ionice -c 3 true; stdbuf -oL true; env -i true; mktemp -d -p . >/dev/null
sha256sum k >/dev/null; base64 k | base64 -d | cmp - k; tar --xattrs -czf t.tgz d; tar -xzf t.tgz -C d; xz -T2 -k k; find . -newer k -print0 | xargs -0 -P2 ls >/dev/null
grep -c 1 k >/dev/null; sed -i s/1/2/ k; awk '{s+=$1} END {print s}' k >/dev/null; ps aux >/dev/null; free >/dev/null; uptime >/dev/null; who >/dev/null; id >/dev/null; date >/dev/null
flock k true; setsid true; taskset -p $$ >/dev/null; prlimit >/dev/null; nproc >/dev/null; ipcs >/dev/null; cmp k k; diff -r d d
rm -rf /tmp/c; echo OK
