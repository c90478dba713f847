// Memory that a call reads or writes, where pieces of it go along with the request or the answer: what is there, what is not, and what only begins to be.
#include "harness.h"
#include <sys/mman.h>

#define PAGE 4096

// Two pages, of which the second is not there.
static char *edge(void)
{
    char *area = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(area + PAGE, PAGE);
    return area;
}

static char *read_only(void)
{
    return mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int file_of(size_t size)
{
    static char bytes[3 * PAGE];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)('a' + i % 26);
    int fd = open("bytes", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (write(fd, bytes, size) != (ssize_t)size)
        return -1;
    lseek(fd, 0, SEEK_SET);
    return fd;
}

CASE(copies, pread_of_any_size)
{
    static char to[3 * PAGE];
    const size_t sizes[] = { 1, 100, 1535, 1536, 1537, 4095, 4096, 4097, 2 * PAGE };
    int fd = file_of(sizeof to);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(to, 0, sizeof to);
        SHOW(pread(fd, to + i, sizes[i], 3));
        SHOW(to[i] == 'd');
        SHOW(to[i + sizes[i] - 1] == 'a' + (int)((sizes[i] + 2) % 26));
        SHOW(to[i + sizes[i]]);
    }
}

CASE(copies, pread_over_an_edge)
{
    char *area = edge();
    int fd = file_of(2 * PAGE);
    const int before[] = { 1, 10, 1000, 2000, PAGE };
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        SHOW(pread(fd, area + PAGE - before[i], before[i], 0));
        SHOW(pread(fd, area + PAGE - before[i], before[i] + 1, 0) > 0);
    }
    SHOW(pread(fd, area + PAGE, 1, 0));
    SHOW(pread(fd, read_only(), 10, 0));
}

CASE(copies, read_over_an_edge)
{
    char *area = edge();
    int fd = file_of(2 * PAGE);
    SHOW(read(fd, area + PAGE - 5, 5));
    SHOW(read(fd, area + PAGE, 5));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(read(fd, read_only(), 5));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(read(fd, area, 5));
    SHOW(memcmp(area, "fghij", 5));
}

CASE(copies, pipe_into_nothing)
{
    int fds[2];
    char *area = edge(), byte;
    SHOW(pipe(fds));
    SHOW(write(fds[1], "abc", 3));
    SHOW(read(fds[0], area + PAGE, 3));
    SHOW(read(fds[0], read_only(), 3));
    SHOW(read(fds[0], area + PAGE - 2, 2));
    SHOW(memcmp(area + PAGE - 2, "ab", 2));
    SHOW(read(fds[0], &byte, 1));
    SHOW(byte);
}

CASE(copies, write_over_an_edge)
{
    char *area = edge();
    int fd = file_of(0);
    memset(area, 'x', PAGE);
    SHOW(write(fd, area + PAGE - 7, 7));
    SHOW(write(fd, area + PAGE, 1));
    SHOW(pwrite(fd, area + PAGE - 1, 1, 20));
    SHOW(pwrite(fd, area + PAGE, 1, 3));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(write(fd, area, 1537));
    SHOW(lseek(fd, 0, SEEK_END));
}

CASE(copies, stat_into_nothing)
{
    char *area = edge();
    struct stat *good = (struct stat *)(area + PAGE - sizeof(struct stat));
    SHOW(stat(".", good));
    SHOW_IF(S_ISDIR(good->st_mode));
    SHOW(stat(".", (struct stat *)(area + PAGE)));
    SHOW(stat(".", (struct stat *)(area + PAGE - 8)));
    SHOW(lstat("/proc/self", (struct stat *)read_only()));
    SHOW(fstat(0, (struct stat *)(area + PAGE)));
    SHOW(statx(AT_FDCWD, ".", 0, STATX_ALL, (struct statx *)(area + PAGE - 100)));
}

CASE(copies, paths_at_an_edge)
{
    char *area = edge();
    struct stat status;
    const int lengths[] = { 1, 2, 511, 512, 513, 1000, 4000 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char *path = area + PAGE - lengths[i] - 1;
        memset(path, '/', lengths[i]);
        path[lengths[i]] = 0;
        SHOW(stat(path, &status));
        path[lengths[i] - 1] = '.';
        SHOW(access(path, F_OK));
        path[lengths[i]] = 'x'; // no end
        SHOW(stat(path, &status));
        SHOW(open(path, O_RDONLY));
    }
    SHOW(stat(area + PAGE, &status));
}

CASE(copies, names_and_links)
{
    struct stat status;
    mkdir("folder", 0700);
    close(open("folder/file", O_CREAT | O_WRONLY, 0600));
    symlink("folder", "to-folder");
    symlink("nowhere", "to-nowhere");
    symlink("to-loop", "to-loop");
    const char *names[] = { "folder", "folder/", "folder/.", "folder/file", "folder/file/", "to-folder", "to-folder/", "to-folder/file", "to-nowhere", "to-nowhere/", "to-loop", "none", "none/", "none/x", ".", "..", "" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SHOW(stat(names[i], &status));
        SHOW_IF(S_ISDIR(status.st_mode));
        SHOW(lstat(names[i], &status));
        SHOW_IF(S_ISLNK(status.st_mode));
        SHOW(fstatat(AT_FDCWD, names[i], &status, AT_EMPTY_PATH));
    }
    char longest[258];
    memset(longest, 'n', 257);
    longest[257] = 0;
    SHOW(stat(longest + 1, &status));
    SHOW(stat(longest + 2, &status));
    int folder = open("folder", O_RDONLY | O_DIRECTORY), file = open("folder/file", O_RDONLY);
    SHOW(fstatat(folder, "file", &status, 0));
    SHOW(fstatat(file, "x", &status, 0));
    SHOW(fstatat(-1, "x", &status, 0));
    chmod("folder", 0);
    SHOW_IF(geteuid() == 0 || fstatat(folder, "file", &status, 0) < 0);
    chmod("folder", 0700);
}

CASE(copies, wait_into_nothing)
{
    char *area = edge();
    pid_t child = fork();
    if (child == 0)
        _exit(3);
    SHOW(waitpid(child, (int *)(area + PAGE), 0));
    SHOW(waitpid(child, NULL, 0));
    child = fork();
    if (child == 0)
        _exit(4);
    SHOW_IF(waitpid(child, (int *)(area + PAGE - 4), 0) == child);
    SHOW(WEXITSTATUS(*(int *)(area + PAGE - 4)));
}
