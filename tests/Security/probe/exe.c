/* The runtime's own program behind /proc/PID/exe (E1, CVE-2019-5736). */
#include "probe.h"
#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

struct tally {
    int caught, busy, refused, written;
    char file[300]; /* the last one's name that was no memory file */
};

/* Reopens a caught program for writing, after its process has ended too: until then the kernel says ETXTBSY. */
static void reopen(int fd, struct tally *tally)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (int attempt = 0; attempt < 400; attempt++) {
        int file = open(path, O_WRONLY | O_CLOEXEC);
        if (file < 0 && errno == ETXTBSY) {
            tally->busy++;
            usleep(1000);
            continue;
        }
        char byte = 0x7f; /* what stands there already: the start of an ELF file */
        if (file >= 0 && pwrite(file, &byte, 1, 0) == 1)
            tally->written++;
        else
            tally->refused++;
        if (file >= 0)
            close(file);
        return;
    }
}

static void look(const char *name, struct tally *tally)
{
    char path[300], target[300] = "";
    snprintf(path, sizeof path, "/proc/%s/exe", name);
    if (readlink(path, target, sizeof target - 1) < 0 || !strstr(target, "bulkhead"))
        return;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    tally->caught++;
    if (strncmp(target, "/memfd:", 7))
        memcpy(tally->file, target, sizeof tally->file);
    reopen(fd, tally);
    close(fd);
}

/* catch SECONDS: looks for the runtime's program at every process of the container. */
static int catch_them(int seconds)
{
    struct tally tally = {0};
    time_t end = time(NULL) + seconds;
    puts("ready");
    fflush(stdout);
    while (time(NULL) < end) {
        DIR *proc = opendir("/proc");
        struct dirent *entry;
        while ((entry = readdir(proc)))
            if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && atoi(entry->d_name) != getpid())
                look(entry->d_name, &tally);
        closedir(proc);
    }
    printf("caught %d busy %d refused %d written %d file %s\n", tally.caught, tally.busy, tally.refused, tally.written, *tally.file ? tally.file : "none");
    return 0;
}

/* victim: what a runtime without the defence would be: an unsealed copy of itself that runs inside for a moment. */
static int victim(void)
{
    static char buffer[1 << 16];
    int copy = memfd_create("bulkhead-victim", 0), own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ssize_t length;
    while ((length = read(own, buffer, sizeof buffer)) > 0)
        if (write(copy, buffer, (size_t)length) != length)
            return perror("write"), 2;
    char *arguments[] = {"victim", "--exe", "nap", NULL};
    if (fork() == 0) {
        syscall(SYS_execveat, copy, "", arguments, environ, AT_EMPTY_PATH);
        _exit(127);
    }
    close(copy);
    wait(NULL);
    return 0;
}

int exe_command(int argc, char **argv)
{
    if (!strcmp(argv[0], "catch") && argc > 1)
        return catch_them(atoi(argv[1]));
    if (!strcmp(argv[0], "victim"))
        return victim();
    if (!strcmp(argv[0], "nap"))
        return usleep(300000), 0;
    return fprintf(stderr, "unknown command %s\n", argv[0]), 2;
}
