// capget, capset, and the system calls that a plain user is refused.
#include "harness.h"
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/timex.h>

CASE(caps, none_are_held)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2];
    SHOW(syscall(SYS_capget, &header, data));
    out("%x %x %x %x\n", data[0].effective, data[1].effective, data[0].permitted, data[1].permitted);
    header.pid = getpid();
    SHOW(syscall(SYS_capget, &header, data));
}

CASE(caps, version_is_told) // capget(2): EINVAL, and the preferred version
{
    struct __user_cap_header_struct header = { 0, 0 };
    struct __user_cap_data_struct data[2];
    SHOW(syscall(SYS_capget, &header, data));
    out("%x\n", header.version);
    header.version = 0;
    SHOW(syscall(SYS_capget, &header, NULL));
    header.version = 0;
    SHOW(syscall(SYS_capset, &header, data));
}

CASE(caps, get_errors)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, -1 };
    struct __user_cap_data_struct data[2];
    SHOW(syscall(SYS_capget, &header, data));
    header.pid = INT_MAX;
    SHOW(syscall(SYS_capget, &header, data)); // ESRCH
    SHOW(syscall(SYS_capget, bad(), data));
    header.pid = 0;
    SHOW(syscall(SYS_capget, &header, bad()));
}

CASE(caps, set_errors) // capset(2): EPERM
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { { 0 } };
    SHOW(syscall(SYS_capset, &header, data)); // none to none
    data[0].permitted = 1;
    SHOW(syscall(SYS_capset, &header, data));
    data[0] = (struct __user_cap_data_struct){ .inheritable = 1 << CAP_CHOWN };
    SHOW(syscall(SYS_capset, &header, data));
    data[0] = (struct __user_cap_data_struct){ .effective = 1 };
    SHOW(syscall(SYS_capset, &header, data));
    header.pid = getppid();
    SHOW(syscall(SYS_capset, &header, data));
    header.pid = 0;
    SHOW(syscall(SYS_capset, &header, bad()));
}

CASE(caps, bounding_and_ambient) // prctl(2)
{
    SHOW_IF(prctl(PR_CAPBSET_READ, CAP_CHOWN) >= 0);
    SHOW(prctl(PR_CAPBSET_READ, 9999));
    SHOW(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
    SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
    SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0)); // EPERM
    SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_CHOWN, 0, 0));
    SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
    SHOW(prctl(PR_CAP_AMBIENT, 99, CAP_CHOWN, 0, 0));
    SHOW(prctl(PR_GET_SECUREBITS));
    SHOW(prctl(PR_SET_SECUREBITS, 1));
    SHOW(prctl(PR_SET_KEEPCAPS, 1));
    SHOW(prctl(PR_GET_KEEPCAPS));
    SHOW(prctl(PR_SET_KEEPCAPS, 2));
}

CASE(caps, administration_is_refused) // EPERM
{
    NOT_PRIVILEGED
    SHOW(sethostname("x", 1));
    SHOW(setdomainname("x", 1));
    SHOW(mount("none", ".", "tmpfs", 0, NULL));
    SHOW(umount2("/", 0));
    SHOW_IF(swapoff("missing") == -1);
    SHOW(syscall(SYS_pivot_root, ".", "."));
    SHOW(reboot(RB_DISABLE_CAD));
    SHOW_IF(syscall(SYS_init_module, "", 0L, "") == -1); // EPERM, or ENOSYS of a kernel without modules
    SHOW_IF(syscall(SYS_delete_module, "x", 0) == -1);
    SHOW_IF(syscall(SYS_acct, NULL) == -1);
    SHOW(syscall(SYS_vhangup));
    SHOW_IF(syscall(SYS_quotactl, 0x80000700, "/dev/null", 0, NULL) == -1);
}

CASE(caps, name_spaces_are_refused) // unshare(2), setns(2): EPERM, EINVAL
{
    NOT_PRIVILEGED
    SHOW(unshare(CLONE_NEWNS));
    SHOW(unshare(CLONE_NEWUTS));
    SHOW(unshare(CLONE_NEWIPC));
    SHOW(unshare(CLONE_NEWNET));
    SHOW(unshare(CLONE_NEWPID));
    SHOW(unshare(0x10));
    SHOW(unshare(0));
    SHOW(unshare(CLONE_FS | CLONE_FILES));
    SHOW(setns(0, 0));
    SHOW(setns(99, 0));
    SHOW(syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0));
}

CASE(caps, priorities) // setpriority(2): EACCES; sched_setscheduler(2): EPERM
{
    struct sched_param one = { 1 };
    SHOW(sched_setscheduler(0, SCHED_FIFO, &one));
    SHOW(sched_setscheduler(0, SCHED_RR, &one));
    SHOW(syscall(SYS_ioprio_set, 1, 0, 1 << 13 | 4)); // the realtime class
}

CASE(caps, ports_of_the_kernel) // iopl(2), ioperm(2): EPERM, or ENOSYS of a kernel without them
{
    NOT_PRIVILEGED
    SHOW_IF(syscall(SYS_iopl, 3) == -1);
    SHOW_IF(syscall(SYS_ioperm, 0L, 1L, 1) == -1);
}

CASE(caps, modify_ldt_and_arch_prctl)
{
    unsigned long base = 0;
    SHOW(syscall(SYS_arch_prctl, 0x1003, &base)); // ARCH_GET_FS
    SHOW_IF(base == (unsigned long)__builtin_thread_pointer());
    SHOW(syscall(SYS_arch_prctl, 0x1004, &base)); // ARCH_GET_GS
    SHOW(base);
    SHOW(syscall(SYS_arch_prctl, 0x1001, 0x12345000L)); // ARCH_SET_GS
    SHOW(syscall(SYS_arch_prctl, 0x1004, &base));
    out("%lx\n", base);
    SHOW(syscall(SYS_arch_prctl, 0x1001, 1L << 62)); // EPERM: not an address of a program
    SHOW(syscall(SYS_arch_prctl, 0x1003, bad()));
    SHOW(syscall(SYS_arch_prctl, 0x9999, 0L)); // EINVAL
}
