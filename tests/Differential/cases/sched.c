// sched_*: policies, affinity, yield.
#include "harness.h"
#include <sched.h>

CASE(sched, policy)
{
    struct sched_param parameter = { 5 };
    SHOW(sched_getscheduler(0));
    SHOW(sched_getparam(0, &parameter));
    SHOW(parameter.sched_priority);
    SHOW(sched_setscheduler(0, SCHED_BATCH, &parameter));
    SHOW(sched_getscheduler(0));
    SHOW(sched_setscheduler(0, SCHED_IDLE, &parameter));
    SHOW(sched_getscheduler(getpid()));
}

CASE(sched, policy_errors) // sched_setscheduler(2): EINVAL, ESRCH, EPERM
{
    struct sched_param parameter = { 0 }, one = { 1 };
    SHOW(sched_setscheduler(0, 99, &parameter));
    SHOW(sched_setscheduler(0, SCHED_OTHER, &one));
    SHOW(sched_setscheduler(-1, SCHED_OTHER, &parameter));
    SHOW(sched_setscheduler(INT_MAX, SCHED_OTHER, &parameter));
    SHOW(sched_setscheduler(0, SCHED_FIFO, &parameter)); // EINVAL: needs a priority
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, NULL));
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, bad()));
    SHOW(sched_getscheduler(-1));
    SHOW(sched_getscheduler(INT_MAX));
    SHOW(syscall(SYS_sched_getparam, 0, NULL));
    SHOW(syscall(SYS_sched_getparam, INT_MAX, &parameter));
    SHOW(syscall(SYS_sched_setparam, 0, &one));
}

CASE(sched, priorities)
{
    int policies[] = { SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE, 99 };
    for (int i = 0; i < 6; i++) {
        SHOW(sched_get_priority_min(policies[i]));
        SHOW(sched_get_priority_max(policies[i]));
    }
}

CASE(sched, affinity) // sched_setaffinity(2): EINVAL, EFAULT, ESRCH
{
    static unsigned long set[16], one[16];
    long size = SHOW(syscall(SYS_sched_getaffinity, 0, sizeof set, set) > 0);
    (void)size;
    for (int i = 0; i < 1024; i++)
        if (set[i / 64] >> (i % 64) & 1) {
            one[i / 64] |= 1ul << (i % 64); // the first that is allowed
            break;
        }
    SHOW(syscall(SYS_sched_setaffinity, 0, sizeof one, one));
    memset(set, 0, sizeof set);
    syscall(SYS_sched_getaffinity, 0, sizeof set, set);
    SHOW(memcmp(set, one, sizeof set));
    memset(one, 0, sizeof one);
    SHOW(syscall(SYS_sched_setaffinity, 0, sizeof one, one));
    SHOW(syscall(SYS_sched_getaffinity, 0, 3L, set));
    SHOW(syscall(SYS_sched_getaffinity, 0, sizeof set, bad()));
    SHOW(syscall(SYS_sched_setaffinity, 0, sizeof set, bad()));
    SHOW(syscall(SYS_sched_getaffinity, INT_MAX, sizeof set, set));
    SHOW(syscall(SYS_sched_setaffinity, INT_MAX, sizeof set, set));
}

CASE(sched, yield_and_interval)
{
    struct timespec time = { -1, -1 };
    SHOW(sched_yield());
    SHOW(syscall(SYS_sched_rr_get_interval, 0, &time));
    SHOW_IF(time.tv_sec == 0 && time.tv_nsec >= 0);
    SHOW(syscall(SYS_sched_rr_get_interval, -1, &time));
    SHOW(syscall(SYS_sched_rr_get_interval, INT_MAX, &time));
    SHOW(syscall(SYS_sched_rr_get_interval, 0, bad()));
}

CASE(sched, attributes) // sched_setattr(2), sched_getattr(2)
{
    struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; } what;
    memset(&what, 0xff, sizeof what);
    SHOW(syscall(SYS_sched_getattr, 0, &what, sizeof what, 0));
    out("policy %u nice %d priority %u\n", what.policy, what.nice, what.priority);
    what.nice = 3;
    SHOW(syscall(SYS_sched_setattr, 0, &what, 0));
    SHOW(syscall(SYS_getpriority, 0, 0));
    SHOW(syscall(SYS_sched_getattr, 0, &what, 8, 0));
    SHOW(syscall(SYS_sched_getattr, 0, &what, sizeof what, 1));
    SHOW(syscall(SYS_sched_setattr, 0, NULL, 0));
    what.policy = 99;
    SHOW(syscall(SYS_sched_setattr, 0, &what, 0));
    SHOW(syscall(SYS_sched_setattr, INT_MAX, &what, 0) == -1);
}

CASE(sched, io_priority) // ioprio_get(2)
{
    SHOW(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6));
    SHOW(syscall(SYS_ioprio_get, 1, 0));
    SHOW(syscall(SYS_ioprio_get, 9, 0));
    SHOW(syscall(SYS_ioprio_get, 1, INT_MAX));
    SHOW(syscall(SYS_ioprio_set, 1, 0, 7 << 13));
}
