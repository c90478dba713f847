/* What protocol.c sees of the kernel after a lie, and cases without one: ordinary programs in the places where hostile ones have found it wanting. */
#ifndef HONEST_H
#define HONEST_H

#include <dirent.h>

static int failures;

static void expect(int holds, const char *what, long value)
{
    if (holds)
        return;
    printf("%s: %ld\n", what, value);
    failures++;
}

static int others(void)
{
    DIR *list = opendir("/proc");
    int count = 0;
    for (struct dirent *entry; (entry = readdir(list));)
        count += atoi(entry->d_name) > 1;
    closedir(list);
    return count;
}

/* Everything works, and nobody but us is left when all were told to go. */
static void expect_order(void)
{
    static uint8_t pattern[PATTERN];
    int status;
    kill(-1, SIGKILL);
    for (int i = 0; i < 100 && others(); i++) {
        while (waitpid(-1, &status, WNOHANG) > 0)
            ;
        usleep(10000);
    }
    expect(others() == 0, "processes are left", others());
    for (int i = 0; i < 5; i++) {
        check_file(pattern);
        check_child(pattern, i);
    }
}

static void *execute(void *unused)
{
    (void)unused;
    execl("/proc/self/exe", "self", "status", "5", (char *)0);
    return 0;
}

static void *execute_later(void *unused)
{
    usleep(20000);
    return execute(unused);
}

static void execute_by_two(uint64_t unused)
{
    (void)unused;
    pthread_t thread;
    pthread_create(&thread, 0, execute, 0);
    execute(0);
    _exit(1);
}

static void two_execute(void)
{
    for (int i = 0; i < 40; i++) {
        int status = in_child(execute_by_two, 0, 5000);
        expect(status == 5 << 8, "two threads execute a program", status);
    }
}

static void *wait_in_vfork(void *unused)
{
    if (vfork() == 0)
        for (;;)
            __asm__ volatile("pause"); /* not in a call */
    return unused;
}

/* A thread waits for its vfork child, others do not, when their process is killed. */
static void vfork_beside_threads(uint64_t how)
{
    pthread_t thread;
    pthread_create(&thread, 0, wait_in_vfork, 0);
    if (how)
        pthread_create(&thread, 0, execute_later, 0);
    wait_in_vfork(how ? 0 : (void *)(long)pause());
}

static void killed_vfork(void)
{
    for (uint64_t i = 0; i < 12; i++) {
        int status = in_child(vfork_beside_threads, i % 2, 100);
        expect(status == -1 || status == 5 << 8, "a process with threads and a vfork child", status);
    }
}

/* Nor does a child stay on the host that was ended before it said a word. */
static void killed_early(void)
{
    int made = 0;
    for (int i = 0; i < 500; i++) {
        pid_t pid = fork();
        if (pid == 0)
            pause();
        if (pid > 0) {
            kill(pid, SIGKILL);
            waitpid(pid, 0, 0);
        }
    }
    /* None of them stays: the host is done with them sooner or later, and then there is room for these, all at once. */
    for (long end = now_ms() + 10000; made < 10 && now_ms() < end;) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                pause();
        made += pid > 0;
        if (pid < 0)
            usleep(5000);
    }
    expect(made == 10, "children that were ended early took the place of others", made);
}

/* A child whose end is not told by SIGCHLD is told to init by it, when its parent is gone. */
static void leave_child(uint64_t unused)
{
    (void)unused;
    if (syscall(SYS_clone, 0, 0, 0, 0, 0) == 0) {
        usleep(30000);
        _exit(0);
    }
}

static void orphan(void)
{
    in_child(leave_child, 0, 3000);
    usleep(200000);
}

/* ---- An honest program: descriptors of several threads at once ---- */

static int mapper_bad;

static void *map_files(void *given)
{
    long which = (long)given;
    char name[32];
    sprintf(name, "/tmp/map-%ld", which);
    int file = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (write(file, &which, sizeof which) != sizeof which)
        mapper_bad = 1;
    for (int i = 0; i < 300; i++) {
        long *map = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
        if (map == MAP_FAILED || *map != which)
            mapper_bad++;
        else
            munmap(map, 4096);
        pid_t pid = i % 8 ? -1 : fork();
        if (pid == 0)
            _exit(5);
        int status;
        if (pid > 0 && (waitpid(pid, &status, 0) != pid || status != 5 << 8))
            mapper_bad++;
    }
    return 0;
}

static void mappers(void)
{
    pthread_t threads[4];
    for (long i = 0; i < 4; i++)
        pthread_create(&threads[i], 0, map_files, (void *)(i + 100));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], 0);
    expect(mapper_bad == 0, "files that four threads mapped were others'", mapper_bad);
}

/* ---- More processes than there may be ---- */

static void crowd(void)
{
    enum { MOST = 100 };
    pid_t pids[MOST];
    int made = 0, good = 0, status, ends[2];
    char byte;
    if (pipe(ends))
        return;
    for (; made < MOST && (pids[made] = fork()) >= 0; made++) {
        if (pids[made])
            continue;
        close(ends[1]);
        while (read(ends[0], &byte, 1) < 0)
            ;
        execl("/proc/self/exe", "self", "status", "5", (char *)0);
        _exit(6);
    }
    expect(made > 0 && made < MOST, "processes under a limit", made);
    close(ends[1]); /* all execute at once: there is no room for a cell beside the old one */
    for (int i = 0; i < made; i++) {
        pid_t got = 0;
        for (long end = now_ms() + 10000; (got = waitpid(pids[i], &status, WNOHANG)) == 0 && now_ms() < end;)
            usleep(1000);
        expect(got == pids[i], "it neither executes nor ends", i);
        good += got == pids[i] && status == 5 << 8;
    }
    expect(good == made, "executed", good);
    printf("%d of %d executed\n", good, made);
}

/* ---- Large ranges ---- */

static void ranges(void)
{
    const size_t size = 1ul << 40;
    char *area = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    long begin = now_ms();
    expect(area != MAP_FAILED, "a terabyte", errno);
    expect(munlock(area, size) == 0, "munlock", errno);
    expect(msync(area, size, MS_ASYNC) == 0, "msync", errno);
    expect(munlock(area, size * 2) < 0 && errno == ENOMEM, "munlock of a hole", errno);
    expect(now_ms() - begin < 2000, "a terabyte took", now_ms() - begin);
    munmap(area, size);
}

#endif
