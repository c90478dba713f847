// /proc/self: exe, cwd, root, fd, status, stat, maps, cmdline, environ, task, and /proc itself.
#include "harness.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

static char text[65536];

static const char *slurp(const char *path)
{
    int fd = open(path, O_RDONLY);
    long total = 0, count;
    while (fd >= 0 && (count = read(fd, text + total, sizeof text - 1 - total)) > 0)
        total += count;
    text[total] = 0;
    if (fd < 0)
        out("%s: %s\n", path, errno_name(errno));
    close(fd);
    return text;
}

// The value behind a name in /proc/self/status.
static const char *field(const char *name)
{
    static char value[128];
    char *line = strstr(slurp("/proc/self/status"), name);
    if (!line)
        return "absent";
    line += strlen(name);
    line += strspn(line, ": \t");
    snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\n"), line);
    return value;
}

CASE(proc, self_is_the_pid)
{
    char target[32] = "";
    SHOW_IF(readlink("/proc/self", target, 31) > 0 && atoi(target) == getpid());
    pid_t child = fork();
    if (child == 0)
        _exit(readlink("/proc/self", target, 31) > 0 && atoi(target) == getpid() ? 0 : 1);
    SHOW_WAIT(child);
}

CASE(proc, exe)
{
    struct stat one, two;
    char target[4096] = "";
    SHOW_IF(readlink("/proc/self/exe", target, 4095) > 0 && target[0] == '/');
    SHOW(stat("/proc/self/exe", &one));
    SHOW_IF(S_ISREG(one.st_mode));
    SHOW(lstat("/proc/self/exe", &two));
    SHOW_IF(S_ISLNK(two.st_mode));
    int fd = SHOW(open("/proc/self/exe", O_RDONLY));
    read(fd, target, 4);
    show_bytes("magic", target, 4);
    SHOW_IF(open("/proc/self/exe", O_WRONLY) == -1); // ETXTBSY, or EACCES by the file's mode
}

CASE(proc, cwd_and_root)
{
    char target[4096], here[4096];
    mkdir("sub", 0755);
    chdir("sub");
    getcwd(here, sizeof here);
    long count = readlink("/proc/self/cwd", target, 4095);
    target[count > 0 ? count : 0] = 0;
    SHOW(strcmp(here, target));
    SHOW(access("/proc/self/cwd/../sub", F_OK));
    rmdir("../sub");
    count = readlink("/proc/self/cwd", target, 4095);
    target[count > 0 ? count : 0] = 0;
    SHOW_STRING(strrchr(target, '/'));
    count = readlink("/proc/self/root", target, 4095);
    show_bytes("root", target, count);
}

CASE(proc, fd_links)
{
    char target[4096], here[4096];
    int file = open_file("file", ""), ends[2];
    pipe(ends);
    getcwd(here, sizeof here);
    strcat(here, "/file");
    long count = readlink("/proc/self/fd/3", target, 4095);
    target[count > 0 ? count : 0] = 0;
    SHOW(strcmp(here, target));
    unlink("file");
    count = readlink("/proc/self/fd/3", target, 4095);
    target[count > 0 ? count : 0] = 0;
    SHOW_STRING(strrchr(target, '/'));
    count = readlink("/proc/self/fd/4", target, 4095);
    target[count > 0 ? count : 0] = 0;
    SHOW(strncmp(target, "pipe:[", 6));
    SHOW(readlink("/proc/self/fd/99", target, 4095));
    close(file);
    SHOW(readlink("/proc/self/fd/3", target, 4095));
    SHOW(access("/proc/self/fd/x", F_OK));
}

CASE(proc, fd_directory)
{
    DIR *dir = opendir("/proc/self/fd");
    int own = dirfd(dir), total = 0;
    dup(0);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            total++;
    SHOW(total); // 0, 1, 2, the directory and the copy
    SHOW(own);
}

CASE(proc, fd_opens_what_is_deleted)
{
    char bytes[8];
    int fd = open_file("file", "gone?");
    unlink("file");
    int again = SHOW(open("/proc/self/fd/3", O_RDWR));
    SHOW(read(again, bytes, 8));
    close(fd);
    int ends[2];
    pipe(ends);
    char path[32];
    sprintf(path, "/proc/self/fd/%d", ends[0]);
    int writer = SHOW(open(path, O_WRONLY)); // the other end of the same pipe
    SHOW(write(writer, "x", 1));
    SHOW(read(ends[0], bytes, 8));
}

CASE(proc, fdinfo)
{
    int fd = open_file("file", "abcdef");
    lseek(fd, 4, SEEK_SET);
    slurp("/proc/self/fdinfo/3");
    SHOW_IF(strstr(text, "pos:\t4\n"));
    SHOW_IF(strstr(text, "flags:\t0100002\n"));
}

CASE(proc, status_fields)
{
    char expected[64];
    SHOW_IF(atoi(field("\nPid")) == getpid());
    SHOW_IF(atoi(field("\nPPid")) == getppid());
    SHOW_IF(atoi(field("\nTgid")) == getpid());
    sprintf(expected, "%d\t%d\t%d\t%d", getuid(), geteuid(), getuid(), getuid());
    SHOW(strcmp(field("\nUid"), expected));
    SHOW_STRING(field("\nThreads"));
    SHOW_STRING(field("\nState"));
    SHOW_STRING(field("\nCapEff"));
    SHOW_STRING(field("\nCapPrm"));
    SHOW_STRING(field("\nUmask"));
    SHOW_IF(atoi(field("\nVmSize")) > 0);
    SHOW_IF(atoi(field("\nVmRSS")) > 0);
}

CASE(proc, status_signals)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGUSR2, SIG_IGN);
    kill(getpid(), SIGUSR1);
    SHOW_STRING(field("\nSigBlk"));
    SHOW_STRING(field("\nShdPnd"));
    SHOW_STRING(field("\nSigIgn"));
    SHOW_STRING(field("\nSigCgt"));
    SHOW_STRING(field("\nSigPnd"));
}

CASE(proc, name)
{
    prctl(PR_SET_NAME, "new name");
    SHOW_STRING(slurp("/proc/self/comm"));
    SHOW_STRING(field("Name"));
    int fd = SHOW(open("/proc/self/comm", O_WRONLY));
    SHOW(write(fd, "written", 7));
    SHOW_STRING(slurp("/proc/self/comm"));
}

CASE(proc, cmdline_and_environ)
{
    slurp("/proc/self/cmdline");
    SHOW_IF(strlen(text) > 0);
    char *copy[] = { "one", "--child", "wait", "two words", NULL }, *environment[] = { "KEY=value", NULL };
    int ready[2], hold[2];
    char byte, path[64];
    pipe2(ready, O_CLOEXEC);
    pipe2(hold, O_CLOEXEC);
    pid_t child = fork();
    if (child == 0) {
        dup2(hold[0], 0);
        execve("/proc/self/exe", copy, environment);
        _exit(1);
    }
    close(ready[1]);
    read(ready[0], &byte, 1);
    sprintf(path, "/proc/%d/cmdline", child);
    memset(text, 0, 64);
    slurp(path);
    show_bytes("cmdline", text, 27);
    sprintf(path, "/proc/%d/environ", child);
    slurp(path);
    show_bytes("environ", text, 10);
    close(hold[1]);
    SHOW_WAIT(child);
}

CASE(proc, stat_line)
{
    char name[64], state;
    int pid, parent, group, session;
    SHOW(sscanf(slurp("/proc/self/stat"), "%d (%63[^)]) %c %d %d %d", &pid, name, &state, &parent, &group, &session));
    SHOW_IF(pid == getpid() && parent == getppid() && group == getpgid(0) && session == getsid(0));
    out("%c\n", state);
    int words = 1;
    for (char *at = strrchr(text, ')'); *at; at++)
        words += *at == ' ';
    SHOW_IF(words >= 44);
}

CASE(proc, zombie_state)
{
    char path[64], state = '?';
    siginfo_t info;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitid(P_PID, child, &info, WEXITED | WNOWAIT);
    sprintf(path, "/proc/%d/stat", child);
    sscanf(slurp(path), "%*d (%*[^)]) %c", &state);
    out("%c\n", state);
    sprintf(path, "/proc/%d/exe", child);
    char target[16];
    SHOW(readlink(path, target, 16)); // ENOENT, or EACCES
    SHOW_WAIT(child);
    sprintf(path, "/proc/%d/stat", child);
    SHOW(access(path, F_OK));
}

CASE(proc, maps)
{
    char line[128];
    char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *own = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(own + 4096, 4096, PROT_NONE);
    slurp("/proc/self/maps");
    sprintf(line, "%lx-%lx r--s ", (long)page, (long)page + 4096);
    SHOW_IF(strstr(text, line));
    sprintf(line, "%lx-%lx r-xp ", (long)own, (long)own + 4096);
    SHOW_IF(strstr(text, line));
    SHOW_IF(strstr(text, "[stack]"));
    SHOW_IF(strstr(text, "[heap]"));
    munmap(page, 4096);
    slurp("/proc/self/maps");
    sprintf(line, "%lx-%lx r--s ", (long)page, (long)page + 4096);
    SHOW_IF(strstr(text, line));
}

CASE(proc, maps_of_a_file)
{
    char line[128], *at;
    int fd = open_file("mapped-file", "x");
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    slurp("/proc/self/maps");
    sprintf(line, "%lx-", (long)page);
    at = strstr(text, line);
    SHOW_IF(at != NULL);
    at[strcspn(at, "\n")] = 0;
    SHOW_STRING(strrchr(at, '/'));
    SHOW_IF(strstr(at, " rw-p 00000000 "));
}

CASE(proc, mem)
{
    static volatile char word[8] = "memory";
    char copy[8] = "";
    int fd = SHOW(open("/proc/self/mem", O_RDWR));
    SHOW(pread(fd, copy, 7, (long)word));
    SHOW_STRING(copy);
    SHOW(pwrite(fd, "M", 1, (long)word));
    out("%c\n", word[0]);
    SHOW(pread(fd, copy, 1, 1)); // EIO
}

CASE(proc, task)
{
    char path[64];
    DIR *dir = opendir("/proc/self/task");
    int total = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        total += entry->d_name[0] != '.';
    SHOW(total);
    sprintf(path, "/proc/self/task/%d/comm", getpid());
    SHOW(access(path, F_OK));
    SHOW(access("/proc/thread-self/comm", F_OK));
}

CASE(proc, limits_and_statm)
{
    SHOW_IF(strstr(slurp("/proc/self/limits"), "Max open files"));
    long size = 0, resident = 0;
    SHOW(sscanf(slurp("/proc/self/statm"), "%ld %ld", &size, &resident));
    SHOW_IF(size >= resident && resident > 0);
}

CASE(proc, global_files)
{
    SHOW_IF(strncmp(slurp("/proc/version"), "Linux version ", 14) == 0);
    SHOW_IF(strncmp(slurp("/proc/meminfo"), "MemTotal:", 9) == 0);
    SHOW_IF(strncmp(slurp("/proc/stat"), "cpu ", 4) == 0);
    SHOW_IF(strstr(slurp("/proc/cpuinfo"), "processor"));
    SHOW_IF(strstr(slurp("/proc/filesystems"), "proc"));
    SHOW_IF(strstr(slurp("/proc/self/mountinfo"), " / "));
    SHOW_IF(atof(slurp("/proc/uptime")) > 0);
    SHOW_IF(strchr(slurp("/proc/loadavg"), '/'));
    SHOW_STRING(slurp("/proc/sys/kernel/ostype"));
    SHOW_IF(atoi(slurp("/proc/sys/kernel/pid_max")) >= 1024);
}

CASE(proc, missing)
{
    SHOW(access("/proc/0", F_OK));
    SHOW(access("/proc/2147483647", F_OK));
    SHOW(access("/proc/self/none", F_OK));
    SHOW(open("/proc/self/maps/x", O_RDONLY));
    SHOW(rmdir("/proc/self"));
    SHOW(mkdir("/proc/self/new", 0755));
    SHOW(rename("/proc/version", "version"));
}
