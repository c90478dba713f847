// uname, sysinfo, getrandom, umask, sync, personality, getcpu, membarrier, rseq, syslog, and unknown calls.
#include "harness.h"
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

CASE(misc, uname)
{
    struct utsname name;
    SHOW(uname(&name));
    SHOW_STRING(name.sysname);
    SHOW_STRING(name.machine);
    SHOW_IF(name.release[0] >= '3' && name.release[0] <= '9' && strchr(name.release, '.'));
    SHOW_IF(name.version[0] == '#');
    SHOW(syscall(SYS_uname, bad()));
}

CASE(misc, sysinfo)
{
    struct sysinfo info;
    SHOW(sysinfo(&info));
    SHOW_IF(info.uptime > 0 && info.totalram > 0 && info.freeram <= info.totalram && info.procs > 0 && info.mem_unit > 0);
    SHOW(syscall(SYS_sysinfo, bad()));
}

CASE(misc, getrandom) // getrandom(2): EFAULT, EINVAL
{
    unsigned char one[32] = { 0 }, two[32] = { 0 };
    SHOW(getrandom(one, 32, 0));
    SHOW(getrandom(two, 32, GRND_NONBLOCK));
    SHOW_IF(memcmp(one, two, 32) != 0);
    SHOW(getrandom(one, 0, 0));
    SHOW(getrandom(one, 32, 0x100));
    SHOW(getrandom(one, 32, GRND_RANDOM | GRND_INSECURE));
    SHOW(syscall(SYS_getrandom, bad(), 8L, 0));
    static char large[1000];
    SHOW(getrandom(large, 1000, 0));
}

CASE(misc, umask)
{
    SHOW(umask(027));
    SHOW(umask(07777)); // only the permission bits count
    SHOW(umask(0));
    umask(012);
    pid_t child = fork();
    if (child == 0)
        _exit(umask(0));
    SHOW_WAIT(child);
}

CASE(misc, sync)
{
    sync();
    int fd = open_file("file", "x");
    SHOW(syncfs(fd));
}

CASE(misc, getcpu)
{
    unsigned processor = 99999, node = 99999;
    SHOW(getcpu(&processor, &node));
    SHOW_IF((long)processor < sysconf(_SC_NPROCESSORS_CONF) && node < 1024);
    SHOW(syscall(SYS_getcpu, NULL, NULL, NULL));
    SHOW(syscall(SYS_getcpu, bad(), NULL, NULL));
}

CASE(misc, personality)
{
    SHOW(personality(0xffffffff));
    SHOW(personality(ADDR_NO_RANDOMIZE));
    out("%x\n", personality(0xffffffff));
}

CASE(misc, personality_uname26)
{
    struct utsname name;
    SHOW(personality(UNAME26));
    uname(&name);
    SHOW(strncmp(name.release, "2.6.", 4));
}

CASE(misc, unknown_calls) // ENOSYS
{
    long numbers[] = { 174, 177, 180, 181, 183, 184, 185, 214, 236, 400, 999, 5000, -2 };
    for (int i = 0; i < 13; i++) {
        errno = 0;
        long answer = syscall(numbers[i], 0L, 0L, 0L, 0L, 0L, 0L);
        out("%ld: %ld %s\n", numbers[i], answer, errno_name(errno));
    }
}

CASE(misc, membarrier) // membarrier(2): EINVAL, EPERM
{
    SHOW_IF(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) > 0);
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0)); // EPERM: not registered
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
    SHOW(syscall(SYS_membarrier, 1 << 20, 0, 0));
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 99, 0));
}

CASE(misc, rseq_errors)
{
    static char area[64] __attribute__((aligned(32)));
    SHOW_IF(syscall(SYS_rseq, area, 32, 0, 0x53053053) == -1); // the C library has registered already
    SHOW(syscall(SYS_rseq, area, 32, 2, 0));
}

CASE(misc, syslog_is_refused_or_empty) // syslog(2): EINVAL
{
    NOT_PRIVILEGED
    char text[16];
    SHOW(syscall(SYS_syslog, 99, text, 16));
    SHOW(syscall(SYS_syslog, 2, text, -1));
    SHOW(syscall(SYS_syslog, 5, NULL, 0)); // EPERM: clearing
}

CASE(misc, kcmp) // kcmp(2)
{
    int one = dup(0), two = open("/dev/null", O_RDONLY), pid = getpid();
    SHOW(syscall(SYS_kcmp, pid, pid, 0, one, 0) == 0 || errno == ENOSYS || errno == EPERM);
    SHOW(syscall(SYS_kcmp, pid, pid, 0, one, two) != 0);
    SHOW(syscall(SYS_kcmp, pid, pid, 0, 99, 0) == -1);
}

CASE(misc, sysfs_and_ustat) // sysfs(2): EINVAL
{
    SHOW(syscall(SYS_ustat, 0, bad()) == -1);
    SHOW_IF(syscall(SYS_sysfs, 99, 0, 0) == -1);
}

CASE(misc, getpagesize_and_processors)
{
    SHOW(sysconf(_SC_PAGESIZE));
    SHOW_IF(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
    SHOW(sysconf(_SC_CLK_TCK));
}

CASE(misc, six_arguments_and_registers)
{
    // The kernel keeps everything but rax, rcx and r11: syscall(2).
    long rbx = 11, r12 = 12, r13 = 13, r8 = 8, answer;
    register long in_r8 __asm__("r8") = r8;
    register long in_r9 __asm__("r9") = 9;
    register long in_r10 __asm__("r10") = 10;
    register long in_r12 __asm__("r12") = r12;
    register long in_r13 __asm__("r13") = r13;
    long rdi = 1, rsi = 2, rdx = 3;
    __asm__ volatile("syscall"
                     : "=a"(answer), "+b"(rbx), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(in_r8), "+r"(in_r9), "+r"(in_r10), "+r"(in_r12), "+r"(in_r13)
                     : "0"((long)SYS_getppid)
                     : "rcx", "r11", "memory");
    long kept[] = { rbx, rdi, rsi, rdx, in_r8, in_r9, in_r10, in_r12, in_r13 };
    for (int i = 0; i < 9; i++)
        out("%ld\n", kept[i]);
    SHOW_IF(answer == getppid());
}

CASE(misc, flags_and_rcx)
{
    unsigned long flags, rcx, here;
    __asm__ volatile("std; lea 1f(%%rip), %2; syscall; 1: cld; pushf; pop %0; mov %%rcx, %1"
                     : "=r"(flags), "=r"(rcx), "=&r"(here)
                     : "a"((long)SYS_getpid)
                     : "rcx", "r11", "memory", "cc");
    SHOW_IF(rcx == here); // where the call returned to
    SHOW_IF((flags & 0x200) != 0);
}
