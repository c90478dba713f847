/* The stub: a static program of a few pages, run from a sealed memfd, that maps its plan and interprets it.
 * The container's processes see this file, never the runtime's, behind /proc/PID/exe (CVE-2019-5736).
 * argv[1] is the decimal number of the plan's fd. */
#include <linux/mman.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "interpret.c"

#define SEEK_END 2

static long parse_number(const char *text)
{
    long value = 0;
    for (; *text >= '0' && *text <= '9' && value < 1000000; text++)
        value = value * 10 + (*text - '0');
    return value;
}

_Noreturn void bh_stub_main(const long *stack)
{
    const char *const *argv = (const char *const *)(stack + 1);
    if (stack[0] < 2)
        quit(1);
    long fd = parse_number(argv[1]);
    long size = call3(SYS_lseek, fd, 0, SEEK_END);
    if (size < (long)sizeof(struct bh_program))
        quit(1);
    long at = raw_syscall(SYS_mmap, BH_PLAN_ADDRESS, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd, 0);
    if (at != (long)BH_PLAN_ADDRESS)
        quit(1);
    call1(SYS_close, fd);
    bh_interpret((const struct bh_program *)at);
    quit(1);
}

__asm__(".globl _start\n"
        "_start:\n"
        "    xor %ebp, %ebp\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call bh_stub_main\n"
        "    hlt\n");
