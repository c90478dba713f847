# gcc, make, binutils: compile with threads, LTO and a temporary directory.
set -e; cd /tmp; printf '#include <pthread.h>\n#include <stdio.h>\nstatic void*f(void*a){return a;}\nint main(void){pthread_t t;pthread_create(&t,0,f,0);pthread_join(t,0);puts("hi");return 0;}\n' >a.c
printf 'all: a b\na: a.c\n\tgcc -O2 -pthread -o a a.c\nb: a.c\n\tgcc -pipe -g -flto -pthread -o b a.c\n' >Makefile; make -s -j2; strip b; objdump -d a >/dev/null; nm a >/dev/null; ar cr l.a a; test -s a; echo OK
