// clock_gettime, clock_getres, clock_nanosleep, nanosleep, gettimeofday, time, times, getrusage, the vdso.
#include "harness.h"
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>

static volatile sig_atomic_t hits;

static void note(int number)
{
    (void)number;
    hits++;
}

CASE(time, clocks)
{
    struct timespec now;
    for (int clock = 0; clock < 12; clock++) {
        if (clock >= CLOCK_REALTIME_ALARM && clock <= 10)
            continue; // there only on a machine with a real-time clock
        errno = 0;
        int answer = syscall(SYS_clock_gettime, clock, &now);
        out("%d: %d %s %d\n", clock, answer, answer ? errno_name(errno) : "", answer == 0 && now.tv_nsec >= 0 && now.tv_nsec < 1000000000);
    }
}

CASE(time, clock_errors) // clock_gettime(2)
{
    NOT_PRIVILEGED
    struct timespec now = { 0, 0 };
    SHOW(syscall(SYS_clock_gettime, 99, &now));
    SHOW(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, bad()));
    SHOW(syscall(SYS_clock_getres, 99, &now));
    SHOW(syscall(SYS_clock_getres, CLOCK_MONOTONIC, NULL));
    SHOW(syscall(SYS_clock_getres, CLOCK_MONOTONIC, bad()));
    SHOW(syscall(SYS_clock_settime, CLOCK_REALTIME, &now)); // EPERM
    SHOW(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &now)); // EINVAL
    SHOW(syscall(SYS_settimeofday, &now, NULL)); // EPERM
}

CASE(time, monotonic_goes_forward)
{
    struct timespec one, two;
    int backwards = 0;
    clock_gettime(CLOCK_MONOTONIC, &one);
    for (int i = 0; i < 1000; i++) {
        clock_gettime(CLOCK_MONOTONIC, &two);
        backwards += two.tv_sec < one.tv_sec || (two.tv_sec == one.tv_sec && two.tv_nsec < one.tv_nsec);
        one = two;
    }
    SHOW(backwards);
}

CASE(time, sources_agree)
{
    struct timespec clock, raw;
    struct timeval day;
    clock_gettime(CLOCK_REALTIME, &clock);
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &raw);
    gettimeofday(&day, NULL);
    time_t seconds = time(NULL), written = 0;
    SHOW_IF(raw.tv_sec - clock.tv_sec <= 1);
    SHOW_IF(day.tv_sec - clock.tv_sec <= 1 && day.tv_sec >= clock.tv_sec);
    SHOW_IF(seconds - clock.tv_sec <= 1);
    SHOW_IF(syscall(SYS_time, &written) == written);
    SHOW_IF(clock.tv_sec > 1600000000);
    SHOW(syscall(SYS_time, bad()));
    SHOW(syscall(SYS_gettimeofday, NULL, NULL));
    SHOW(syscall(SYS_gettimeofday, bad(), NULL));
}

CASE(time, nanosleep_waits)
{
    struct timespec want = { 0, 20000000 }, left = { 7, 7 };
    long start = now_ms();
    SHOW(nanosleep(&want, &left));
    SHOW_IF(now_ms() - start >= 20);
    SHOW(left.tv_sec); // untouched
}

CASE(time, nanosleep_errors) // nanosleep(2)
{
    struct timespec wrong = { 0, 1000000000 };
    SHOW(syscall(SYS_nanosleep, &wrong, NULL));
    wrong.tv_nsec = -1;
    SHOW(syscall(SYS_nanosleep, &wrong, NULL));
    wrong = (struct timespec){ -1, 0 };
    SHOW(syscall(SYS_nanosleep, &wrong, NULL));
    SHOW(syscall(SYS_nanosleep, bad(), NULL));
    wrong.tv_sec = 0;
    SHOW(syscall(SYS_nanosleep, &wrong, NULL));
}

CASE(time, clock_nanosleep)
{
    struct timespec want = { 0, 10000000 }, now;
    long start = now_ms();
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &want, NULL));
    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_nsec += 20000000;
    now.tv_sec += now.tv_nsec / 1000000000;
    now.tv_nsec %= 1000000000;
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &now, NULL));
    SHOW_IF(now_ms() - start >= 30);
    now.tv_sec -= 100;
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &now, NULL)); // past: at once
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &want, NULL));
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &want, NULL));
}

CASE(time, clock_nanosleep_errors) // clock_nanosleep(2)
{
    struct timespec want = { 0, 1000000000 };
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &want, NULL));
    SHOW(syscall(SYS_clock_nanosleep, 99, 0, &want, NULL));
    want.tv_nsec = 1;
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &want, NULL));
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &want, NULL)); // EOPNOTSUPP
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, bad(), NULL));
}

CASE(time, clock_nanosleep_interrupted)
{
    struct timespec want = { 5, 0 }, left = { 0, 0 };
    signal(SIGALRM, note);
    alarm_soon();
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &want, &left));
    alarm_off();
    SHOW_IF(left.tv_sec == 4);
    SHOW_IF(hits > 0);
}

CASE(time, processor_time_grows_with_work)
{
    struct timespec one, two;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &one);
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &two);
    while (two.tv_sec == one.tv_sec && two.tv_nsec - one.tv_nsec < 1000000);
    out("grew\n");
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &two);
    SHOW_IF(two.tv_nsec > 0);
}

CASE(time, times_and_getrusage) // getrusage(2): EINVAL, EFAULT
{
    struct tms used;
    struct rusage usage;
    SHOW_OK(times(&used));
    SHOW_IF(used.tms_utime >= 0 && used.tms_cutime == 0);
    SHOW(getrusage(RUSAGE_SELF, &usage));
    SHOW_IF(usage.ru_maxrss > 0 && usage.ru_minflt > 0);
    SHOW(getrusage(RUSAGE_CHILDREN, &usage));
    SHOW_IF(usage.ru_utime.tv_sec == 0 && usage.ru_maxrss == 0);
    SHOW(getrusage(RUSAGE_THREAD, &usage));
    SHOW(getrusage(99, &usage));
    SHOW(syscall(SYS_getrusage, RUSAGE_SELF, bad()));
    SHOW(syscall(SYS_times, bad()));
}

CASE(time, vdso_is_an_elf)
{
    const unsigned char *image = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
    SHOW_IF(image == NULL || memcmp(image, "\177ELF\2\1", 6) == 0);
}

CASE(time, adjtimex_reads_without_privilege)
{
    NOT_PRIVILEGED
    long zero[64] = { 0 }; // modes 0
    SHOW_OK(syscall(SYS_adjtimex, zero));
    SHOW(syscall(SYS_adjtimex, bad()));
    ((unsigned *)zero)[0] = 1; // ADJ_OFFSET: EPERM
    SHOW(syscall(SYS_adjtimex, zero));
}
