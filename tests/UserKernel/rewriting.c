// Makes calls of each form that the gate rewrites a hundred times and says what lies at the call sites then.
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

extern unsigned char mov[], movabs[], readsite[], any[], lea[], relative[], beside[];
long call_mov(void), call_long(void), call_read(long fd, void *to, long count), call_any(long number), call_lea(long base), call_relative(void), call_beside(void);
__asm__(".text\n .balign 64\n"
        "call_mov: mov: mov $110, %eax\n syscall\n ret\n .balign 64\n"
        "call_long: movabs: mov $39, %rax\n syscall\n ret\n .balign 64\n"
        "call_read: readsite: xor %eax, %eax\n syscall\n cmp $-4096, %rax\n ret\n .balign 64\n"
        "call_any: mov %rdi, %rax\n any: mov 8(%rsp), %r9\n syscall\n ret\n .balign 64\n"
        "call_lea: mov $110, %eax\n lea: lea 0x1000(%rdi), %rsi\n syscall\n ret\n .balign 64\n"
        "call_relative: mov $110, %eax\n relative: lea mov(%rip), %rdx\n syscall\n ret\n"
        " .balign 64\n .skip 5\n" // its five bytes lie in two words
        "call_beside: beside: mov $110, %eax\n syscall\n ret\n");

static volatile int stop;

static void *other(void *unused)
{
    while (!stop)
        call_beside();
    return unused;
}

static const char *what(const unsigned char *at)
{
    return at[0] == 0xe9 ? "jump" : "as it was";
}

int main(void)
{
    char byte;
    for (int i = 0; i < 100; i++) {
        call_mov();
        call_long();
        call_read(-1, &byte, 1);
        call_any(110);
        call_lea(i);
        call_relative();
    }
    pthread_t thread;
    pthread_create(&thread, NULL, other, NULL);
    for (int i = 0; i < 1000; i++)
        call_beside();
    stop = 1;
    pthread_join(thread, NULL);
    printf("mov: %s\nlong: %s\nread: %s\nany: %s\nlea: %s\nrelative: %s\nbeside another thread: %s\n", what(mov), what(movabs), what(readsite), what(any),
        what(lea), what(relative), what(beside));
    return 0;
}
