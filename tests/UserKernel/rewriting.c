// Makes calls of each form that the gate rewrites a hundred times and says what lies at the call sites then.
#include <stdio.h>
#include <sys/mman.h>

extern unsigned char mov[], movabs[], readsite[];
long call_mov(void), call_long(void), call_read(long fd, void *to, long count);
__asm__(".text\n .balign 64\n"
        "call_mov: mov: mov $110, %eax\n syscall\n ret\n .balign 64\n"
        "call_long: movabs: mov $39, %rax\n syscall\n ret\n .balign 64\n"
        "call_read: readsite: xor %eax, %eax\n syscall\n cmp $-4096, %rax\n ret\n");

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
    }
    printf("mov: %s\nlong: %s\nread: %s\n", what(mov), what(movabs), what(readsite));
    return 0;
}
