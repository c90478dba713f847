# Perl, Ruby, PHP, sqlite3, rsync, ssh-keygen, vim, tmux: what else images have.
set -e; export HOME=/tmp; cd /tmp; perl -e 'use Socket; socketpair(A,B,AF_UNIX,SOCK_STREAM,0); $p=fork; exit 0 unless $p; waitpid $p,0; $SIG{ALRM}=sub{print "alarm\n"}; alarm 1; select undef,undef,undef,1.3; open F,">f"; flock F,2; utime 1,2,"f"; print "$0\n"' >/dev/null
ruby -e 'require "socket"; s=TCPServer.new("127.0.0.1",0); t=Thread.new{s.accept.puts "x"}; puts TCPSocket.new("127.0.0.1",s.addr[1]).gets; puts `echo sub`; Process.clock_gettime(Process::CLOCK_MONOTONIC); fork{exit}; Process.wait'
php -r 'echo PHP_OS,"\n"; file_put_contents("p","x"); flock(fopen("p","r"),LOCK_EX); echo shell_exec("echo sub"); $s=sem_get(1); if($s) sem_remove($s);'
php -S 127.0.0.1:8084 -t /tmp >/dev/null 2>&1 & p=$!; sleep 0.5; curl -s 127.0.0.1:8084/p >/dev/null; kill $p
sqlite3 s.db 'pragma journal_mode=wal; create table t(a); insert into t values(1); select * from t; vacuum'; mkdir -p rs; rsync -a --delete /etc/apt/ rs/; ssh-keygen -q -t ed25519 -N '' -f k; vim.tiny -es -c 'normal ihello' -c 'wq! v'; grep -qx hello v
tmux -S tm new -d 'sleep 1'; tmux -S tm ls >/dev/null; tmux -S tm kill-server; tini -s -- true; mknod ff p; rm ff; ip addr >/dev/null; ss -tl >/dev/null 2>&1; top -bn1 >/dev/null; echo OK
