/* Raw x86-64 system calls: -errno on failure, no errno variable, no libc. */
#ifndef BULKHEAD_SYSCALL_H
#define BULKHEAD_SYSCALL_H

#if !defined(__x86_64__)
#error "only x86-64 is supported today"
#endif

static inline long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#endif
