// Text that is shared between processes (docs/decisions/0042): says what a fresh process finds at its call sites, and whether they do what they did.
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern unsigned char mov[], movabs[], readsite[], any[], argument[], other_register[], other_xor[], constant[], aside[], version[];
long call_mov(void), call_long(void), call_read(long fd, void *to, long count), call_any(long number), call_argument(void), call_constant(void), call_aside(void);
long call_other(long *eighth), call_xor(long *eighth);
int call_version(void);
__asm__(".text\n .balign 64\n"
        "call_mov: mov: mov $39, %eax\n syscall\n ret\n .balign 64\n"
        "call_long: movabs: mov $39, %rax\n syscall\n ret\n .balign 64\n"
        "call_read: readsite: xor %eax, %eax\n syscall\n cmp $-4096, %rax\n ret\n .balign 64\n"
        "call_any: mov %rdi, %rax\n any: mov 8(%rsp), %r9\n syscall\n ret\n .balign 64\n"
        "call_argument: mov $39, %eax\n argument: mov $-100, %edi\n syscall\n ret\n .balign 64\n"
        // What looks alike and is not: a REX prefix makes it another instruction, a constant is no code.
        "call_other: mov $39, %eax\n other_register: mov $8, %r8d\n syscall\n mov %r8, (%rdi)\n ret\n .balign 64\n"
        "call_xor: mov $39, %eax\n other_xor: xor %r8d, %r8d\n syscall\n mov %r8, (%rdi)\n ret\n .balign 64\n"
        "call_constant: constant: movabs $0x050f00000027, %rax\n ret\n .balign 64\n"
        // A call instruction that is come to by another way than through the number before it.
        "call_aside: mov $39, %eax\n jmp 1f\n aside: mov $110, %eax\n 1: syscall\n ret\n .balign 64\n"
        "call_version: version: mov $0x5afe0007, %eax\n movzbl %al, %eax\n ret\n");

static const char *what(const unsigned char *at)
{
    return at[0] == 0xe9 ? "jump" : "as it was";
}

// The line of /proc/self/maps that `at` is in, without the addresses.
static void show_map(const void *at)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    unsigned long begin, end;
    int length;
    while (maps && fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx %n", &begin, &end, &length) == 2 && (uintptr_t)at >= begin && (uintptr_t)at < end)
            printf("map: %s", line + length);
    }
    fclose(maps);
}

static int unwound, pipe_ends[2];

static void clean(int *unused)
{
    (void)unused;
    unwound = 1;
}

static void *wait_for_ever(void *unused)
{
    int here __attribute__((cleanup(clean))) = 0;
    char byte;
    read(pipe_ends[0], &byte, 1);
    return unused;
}

static int cancelled_thread_unwinds(void)
{
    pthread_t thread;
    pipe(pipe_ends);
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    usleep(20000);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    return unwound;
}

static const char *wrong(void)
{
    long eighth = 1;
    char byte;
    const long pid = getpid();
    if (call_mov() != pid || call_long() != pid || call_any(39) != pid || call_argument() != pid)
        return "a number";
    if (call_read(-1, &byte, 1) != -9)
        return "read";
    if (call_other(&eighth) != pid || eighth != 8)
        return "another register";
    if (call_xor(&eighth) != pid || eighth != 0)
        return "another xor";
    if (call_constant() != 0x050f00000027)
        return "a constant";
    if (call_aside() != pid)
        return "a way aside";
    if (call_version() != 7)
        return "somebody else's change";
    // A change of one's own text stays one's own.
    if (mprotect((void *)((uintptr_t)version & -4096l), 4096, PROT_READ | PROT_WRITE | PROT_EXEC))
        return "mprotect";
    version[1] = 9;
    if (call_version() != 9)
        return "a change of one's own";
    return cancelled_thread_unwinds() ? "nothing" : "unwinding";
}

// Executes the program at `path`, which ends with its version, and 64 more where its text is shared.
static int version_of(const char *path)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        execl(path, path, "version", NULL);
        _exit(255);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static void print_versions(const char *path, const char *when)
{
    int first = version_of(path), second = version_of(path), third = version_of(path);
    printf("%s: %d %d %d\n", when, first, second, third);
}

// Where the version's byte lies in the file.
static long copy_self(const char *path)
{
    static unsigned char bytes[4 << 20];
    int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0755);
    long size = read(from, bytes, sizeof bytes), at = 0;
    if (write(to, bytes, size) != size)
        return -1;
    close(from);
    close(to);
    while (memcmp(bytes + at, version, 5))
        at++;
    return at + 1;
}

static int change(const char *path)
{
    const struct timespec settled = { 3, 300000000 };
    long at = copy_self(path);
    int fd;
    nanosleep(&settled, NULL);
    print_versions(path, "as it is");
    fd = open(path, O_RDWR);
    pwrite(fd, "\x08", 1, at);
    close(fd);
    print_versions(path, "written");
    fd = open(path, O_RDWR);
    unsigned char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at & -4096l);
    close(fd);
    nanosleep(&settled, NULL);
    print_versions(path, "mapped");
    memory[at & 4095] = 9;
    print_versions(path, "changed in memory");
    return 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && strcmp(argv[1], "version") == 0)
        return call_version() + (mov[0] == 0xe9 ? 64 : 0);
    if (argc == 3 && strcmp(argv[1], "change") == 0)
        return change(argv[2]);
    int more = argc == 3 ? atoi(argv[2]) : 1;
    printf("mov %s, long %s, read %s, any %s, argument %s, other register %s, other xor %s, constant %s\n", what(mov), what(movabs), what(readsite), what(any),
        what(argument), what(other_register), what(other_xor + 1), what(constant));
    show_map(mov);
    printf("wrong: %s\n", wrong());
    if (more > 1) {
        char left[12];
        sprintf(left, "%d", more - 1);
        execl(argv[0], argv[0], "chain", left, NULL);
    }
    return 0;
}
