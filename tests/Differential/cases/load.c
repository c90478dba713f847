// Many of one thing, and several processes at once: what a kernel gets wrong only with company.
#include "harness.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

CASE(load, many_children)
{
    int sum = 0, status;
    for (int i = 0; i < 60; i++)
        if (fork() == 0)
            _exit(i);
    while (wait(&status) > 0)
        sum += WEXITSTATUS(status);
    SHOW(sum);
}

CASE(load, generations)
{
    int depth = 0;
    pid_t child;
    while (depth < 30 && (child = fork()) == 0)
        depth++;
    if (depth == 30)
        _exit(30);
    int status;
    waitpid(child, &status, 0);
    if (depth > 0)
        _exit(WEXITSTATUS(status));
    show_status("the last of thirty", status);
}

CASE(load, ring_of_processes)
{
    int first[2], in, value = 0;
    pipe(first);
    in = first[0];
    for (int i = 0; i < 20; i++) {
        int next[2];
        pipe(next);
        if (fork() == 0) {
            read(in, &value, sizeof value);
            value++;
            write(next[1], &value, sizeof value);
            _exit(0);
        }
        close(in);
        close(next[1]);
        in = next[0];
    }
    write(first[1], &value, sizeof value);
    SHOW(read(in, &value, sizeof value));
    SHOW(value);
}

CASE(load, ping_pong)
{
    int there[2], back[2], value = 0;
    pipe(there);
    pipe(back);
    pid_t child = fork();
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &value, sizeof value) == sizeof value) {
            value++;
            write(back[1], &value, sizeof value);
        }
        _exit(0);
    }
    for (int i = 0; i < 500; i++) {
        write(there[1], &value, sizeof value);
        read(back[0], &value, sizeof value);
    }
    SHOW(value);
    close(there[1]);
    SHOW_WAIT(child);
}

CASE(load, appends_do_not_mix) // open(2): O_APPEND moves and writes in one step
{
    make_file("file", "");
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            char line[11];
            int fd = open("file", O_WRONLY | O_APPEND);
            sprintf(line, "%c%c%c%c%c%c%c%c%c\n", 'a' + i, 'a' + i, 'a' + i, 'a' + i, 'a' + i, 'a' + i, 'a' + i, 'a' + i, 'a' + i);
            for (int j = 0; j < 50; j++)
                write(fd, line, 10);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    static char text[4096];
    int fd = open("file", O_RDONLY), counts[4] = { 0 }, broken = 0;
    SHOW(read(fd, text, sizeof text));
    for (int i = 0; i < 200; i++) {
        for (int j = 1; j < 9; j++)
            broken += text[i * 10 + j] != text[i * 10];
        counts[(text[i * 10] - 'a') & 3]++;
    }
    out("%d %d %d %d broken %d\n", counts[0], counts[1], counts[2], counts[3], broken);
}

CASE(load, exclusive_creation_has_one_winner)
{
    int winners = 0, status;
    for (int i = 0; i < 8; i++)
        if (fork() == 0)
            _exit(open("file", O_CREAT | O_EXCL | O_WRONLY, 0644) >= 0 ? 1 : errno == EEXIST ? 0 : 2);
    while (wait(&status) > 0)
        winners += WEXITSTATUS(status);
    SHOW(winners);
}

CASE(load, locked_counter)
{
    make_file("counter", "0");
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            int fd = open("counter", O_RDWR);
            for (int j = 0; j < 25; j++) {
                char text[16] = "";
                struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
                fcntl(fd, F_SETLKW, &lock);
                pread(fd, text, 15, 0);
                sprintf(text, "%d", atoi(text) + 1);
                pwrite(fd, text, strlen(text), 0);
                lock.l_type = F_UNLCK;
                fcntl(fd, F_SETLK, &lock);
            }
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    show_file("counter");
}

CASE(load, shared_counter)
{
    volatile int *counter = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            for (int j = 0; j < 10000; j++)
                __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    SHOW(*counter);
}

CASE(load, many_descriptors)
{
    int last = 0;
    for (int i = 0; i < 200; i++)
        last = dup(0);
    SHOW(last);
    SHOW(fcntl(last, F_GETFD));
    SHOW(close(100));
    SHOW(dup(0));
    struct pollfd all[200];
    for (int i = 0; i < 200; i++)
        all[i] = (struct pollfd){ i + 3, POLLIN, 0 };
    SHOW(poll(all, 200, 0));
}

CASE(load, epoll_of_many)
{
    int fd = epoll_create1(0), fds[200];
    struct epoll_event events[200], event = { .events = EPOLLIN };
    uint64_t one = 1;
    for (int i = 0; i < 200; i++) {
        fds[i] = eventfd(0, 0);
        event.data.u32 = i;
        epoll_ctl(fd, EPOLL_CTL_ADD, fds[i], &event);
    }
    for (int i = 0; i < 200; i += 3)
        write(fds[i], &one, 8);
    int count = SHOW(epoll_wait(fd, events, 200, 0)), sum = 0;
    for (int i = 0; i < count; i++)
        sum += events[i].data.u32;
    SHOW(sum);
}

CASE(load, many_files)
{
    char name[32];
    int missing = 0;
    for (int i = 0; i < 120; i++) {
        sprintf(name, "f%d", i);
        close(creat(name, 0644));
    }
    for (int i = 0; i < 120; i += 2) {
        sprintf(name, "f%d", i);
        unlink(name);
    }
    for (int i = 0; i < 120; i++) {
        sprintf(name, "f%d", i);
        missing += access(name, F_OK) != 0;
    }
    SHOW(missing);
}

CASE(load, deep_tree)
{
    int depth = 0;
    while (depth < 60 && mkdir("d", 0755) == 0 && chdir("d") == 0)
        depth++;
    SHOW(depth);
    while (depth > 0 && chdir("..") == 0 && rmdir("d") == 0)
        depth--;
    SHOW(depth);
}

CASE(load, large_file)
{
    static char block[65536];
    unsigned long sum = 0;
    int fd = open_file("file", "");
    for (int i = 0; i < 64; i++) {
        memset(block, i, sizeof block);
        write(fd, block, sizeof block);
    }
    lseek(fd, 0, SEEK_SET);
    for (long count; (count = read(fd, block, 10007)) > 0;)
        for (long i = 0; i < count; i++)
            sum += (unsigned char)block[i];
    SHOW(sum);
    SHOW(lseek(fd, 0, SEEK_END));
}

CASE(load, copy_on_write_of_a_large_area)
{
    long size = 8 << 20;
    char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(area, 1, size);
    pid_t child = fork();
    if (child == 0) {
        long sum = 0;
        for (long i = 0; i < size; i += 4096) {
            area[i]++;
            sum += area[i];
        }
        _exit(sum == size / 4096 * 2 ? 0 : 1);
    }
    long sum = 0;
    for (long i = 0; i < size; i += 4096)
        sum += area[i];
    SHOW(sum);
    SHOW_WAIT(child);
}

static volatile sig_atomic_t hits;

static void note(int number)
{
    (void)number;
    hits++;
}

CASE(load, queued_signals_are_all_delivered)
{
    signal(SIGRTMIN, note);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        for (int i = 0; i < 200; i++)
            while (sigqueue(parent, SIGRTMIN, (union sigval){ i }) == -1 && errno == EAGAIN)
                nap_ms(1);
        _exit(0);
    }
    SHOW_WAIT(child);
    for (int i = 0; i < 1000 && hits < 200; i++)
        nap_ms(1);
    SHOW(hits);
}

static int work[2];

static void *consume(void *argument)
{
    long total = 0;
    char byte;
    while (read(work[0], &byte, 1) == 1)
        total += byte;
    return (void *)(total + (argument != NULL));
}

CASE(load, consumers_of_one_pipe)
{
    pthread_t threads[4];
    long sum = 0;
    pipe(work);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, consume, NULL);
    for (int i = 0; i < 1000; i++)
        write(work[1], &(char){ i % 100 }, 1);
    close(work[1]);
    for (int i = 0; i < 4; i++) {
        void *answer;
        pthread_join(threads[i], &answer);
        sum += (long)answer;
    }
    SHOW(sum);
}

CASE(load, thousand_memory_areas)
{
    char *areas[500];
    int wrong = 0;
    for (int i = 0; i < 500; i++) {
        areas[i] = mmap(NULL, 4096, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (i % 2)
            areas[i][0] = (char)i;
    }
    for (int i = 0; i < 500; i++)
        wrong += areas[i][0] != (i % 2 ? (char)i : 0);
    SHOW(wrong);
    for (int i = 0; i < 500; i++)
        wrong += munmap(areas[i], 4096);
    SHOW(wrong);
}

CASE(load, chain_of_execs)
{
    char number[16];
    for (int i = 0; i < 5; i++) {
        sprintf(number, "%d", i);
        pid_t child = run_child("exit", number);
        SHOW_WAIT(child);
    }
}
