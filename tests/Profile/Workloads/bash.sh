# bash: job control, traps, limits, process substitution, coprocesses, /dev/tcp.
exec bash -c '
set -m; cd /tmp; trap "echo usr1" USR1; kill -USR1 $$; (sleep 0.2; exit 3) & wait $!; echo $?; ulimit -a >/dev/null; ulimit -n 256
coproc cat; echo hi >&${COPROC[1]}; read -r -t 2 x <&${COPROC[0]}; echo $x; kill %1; diff <(seq 3) <(seq 3); mapfile -t a < <(seq 100); echo ${#a[@]}
for i in 1 2 3; do (umask 077; echo $i >f$i) & done; wait; cat f1 f2 f3; read -r -t 0.1 y </dev/null; printf "%(%Y)T\n" -1 >/dev/null; [[ -w /tmp ]] && exec 9>lock && flock 9; echo OK'
