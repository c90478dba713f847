// madvise, mincore, msync, mlock and its family, and how mappings meet fork, truncation and limits.
#include "harness.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE 4096l
#define RW (PROT_READ | PROT_WRITE)

static char *pages(int count)
{
    return mmap(NULL, count * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

CASE(mapping, madvise_dontneed_zeroes)
{
    char *area = pages(2);
    memset(area, 'x', 2 * PAGE);
    SHOW(madvise(area, PAGE, MADV_DONTNEED));
    out("%d %d\n", area[0], area[PAGE]);
}

CASE(mapping, madvise_dontneed_of_a_private_file)
{
    int fd = open_file("file", "disk");
    char *page = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
    page[0] = 'X';
    SHOW(madvise(page, PAGE, MADV_DONTNEED));
    show_bytes("page", page, 4); // the file's again
}

CASE(mapping, madvise_hints)
{
    char *area = pages(2);
    int hints[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTDUMP, MADV_DODUMP };
    for (int i = 0; i < 6; i++)
        SHOW(madvise(area, PAGE, hints[i]));
}

CASE(mapping, madvise_errors) // madvise(2): EINVAL, ENOMEM
{
    char *area = pages(3);
    SHOW(madvise(area + 1, PAGE, MADV_NORMAL));
    SHOW(madvise(area, PAGE, 9999));
    SHOW(madvise(area, 0, MADV_NORMAL));
    SHOW(syscall(SYS_madvise, area, -1L, MADV_NORMAL));
    munmap(area + PAGE, PAGE);
    SHOW(madvise(area, 3 * PAGE, MADV_DONTNEED));
}

CASE(mapping, madvise_for_children)
{
    char *area = pages(2);
    area[0] = area[PAGE] = 'x';
    SHOW(madvise(area, PAGE, MADV_WIPEONFORK));
    SHOW(madvise(area + PAGE, PAGE, MADV_DONTFORK));
    pid_t child = fork();
    if (child == 0) {
        int ends[2];
        pipe(ends);
        out("wiped %d\n", area[0]);
        SHOW(write(ends[1], area + PAGE, 1)); // EFAULT: not there
        _exit(0);
    }
    SHOW_WAIT(child);
    SHOW(area[0]);
}

CASE(mapping, mincore) // mincore(2): EINVAL, ENOMEM, EFAULT
{
    unsigned char there[3] = { 9, 9, 9 };
    char *area = pages(3);
    area[0] = area[PAGE] = 1;
    SHOW(mincore(area, 2 * PAGE, there));
    out("%d %d %d\n", there[0] & 1, there[1] & 1, there[2]);
    SHOW(mincore(area + 1, PAGE, there));
    SHOW(mincore(area, PAGE, (unsigned char *)bad()));
    SHOW(mincore(area, 0, there));
    munmap(area + PAGE, PAGE);
    SHOW(mincore(area, 3 * PAGE, there));
}

CASE(mapping, msync_errors) // msync(2): EINVAL, ENOMEM
{
    char *area = pages(3);
    SHOW(msync(area, PAGE, MS_ASYNC));
    SHOW(msync(area, PAGE, MS_SYNC | MS_ASYNC));
    SHOW(msync(area + 1, PAGE, MS_SYNC));
    SHOW(msync(area, PAGE, 64));
    SHOW(msync(area, 0, MS_SYNC));
    munmap(area + PAGE, PAGE);
    SHOW(msync(area, 3 * PAGE, MS_ASYNC));
}

CASE(mapping, locking) // mlock(2)
{
    char *area = pages(2);
    SHOW(mlock(area, PAGE));
    SHOW(mlock(area + 5, 1)); // rounded down
    SHOW(munlock(area, PAGE));
    SHOW(mlock2(area, PAGE, MLOCK_ONFAULT));
    SHOW(mlock2(area, PAGE, 64));
    SHOW(munlockall());
    SHOW(mlockall(0));
    SHOW(mlockall(64));
    munmap(area, PAGE);
    SHOW(mlock(area, 2 * PAGE)); // ENOMEM
}

CASE(mapping, lock_limit) // mlock(2): ENOMEM above the limit, EPERM when it is 0
{
    struct rlimit limit = { PAGE, PAGE };
    char *area = pages(4);
    SHOW(setrlimit(RLIMIT_MEMLOCK, &limit));
    SHOW(mlock(area, PAGE));
    SHOW(mlock(area, 3 * PAGE));
    munlock(area, PAGE);
    limit.rlim_cur = limit.rlim_max = 0;
    SHOW(setrlimit(RLIMIT_MEMLOCK, &limit));
    SHOW(mlock(area, PAGE));
    SHOW(mlockall(MCL_CURRENT));
    errno = 0;
    SHOW_IF(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) == MAP_FAILED);
    out("%s\n", errno_name(errno));
}

CASE(mapping, address_space_limit) // setrlimit(2): RLIMIT_AS
{
    struct rlimit limit = { 1l << 30, 1l << 30 };
    SHOW(setrlimit(RLIMIT_AS, &limit));
    SHOW(syscall(SYS_mmap, NULL, 2l << 30, (long)RW, (long)(MAP_PRIVATE | MAP_ANONYMOUS), -1L, 0L));
    SHOW_OK(syscall(SYS_mmap, NULL, 1l << 20, (long)RW, (long)(MAP_PRIVATE | MAP_ANONYMOUS), -1L, 0L));
}

static sigjmp_buf back;

static void jump(int number)
{
    siglongjmp(back, number);
}

static int touch(volatile char *address)
{
    signal(SIGSEGV, jump);
    signal(SIGBUS, jump);
    int number = sigsetjmp(back, 1);
    if (number == 0)
        (void)*address;
    return number;
}

CASE(mapping, truncation_takes_pages_away)
{
    int fd = open_file("file", "");
    ftruncate(fd, 2 * PAGE);
    char *area = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
    area[PAGE] = 'x';
    SHOW(ftruncate(fd, 10));
    SHOW(touch(area));
    SHOW(touch(area + PAGE)); // SIGBUS
    SHOW(ftruncate(fd, 2 * PAGE));
    SHOW(touch(area + PAGE));
    SHOW(area[PAGE]);
}

CASE(mapping, kernel_writes_beyond_the_end_fault_too) // EFAULT instead of SIGBUS
{
    int fd = open_file("file", "abc"), zero = open("/dev/zero", O_RDONLY);
    char *area = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
    SHOW(read(zero, area, 3));
    SHOW(syscall(SYS_read, zero, area + PAGE, 1L));
}

CASE(mapping, large_and_sparse)
{
    long size = 1l << 36;
    char *area = mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    SHOW_IF(area != MAP_FAILED);
    area[0] = area[size - 1] = area[size / 2] = 1;
    SHOW(area[0] + area[size - 1] + area[size / 2] + area[size / 4]);
    SHOW(munmap(area, size));
}

CASE(mapping, many_neighbours)
{
    char *area = pages(200);
    int failures = 0;
    for (int i = 0; i < 200; i += 2)
        failures += mprotect(area + i * PAGE, PAGE, PROT_READ) != 0;
    SHOW(failures);
    SHOW(touch(area + 3 * PAGE));
    SHOW(munmap(area, 200 * PAGE));
    SHOW(touch(area + 3 * PAGE));
}

CASE(mapping, stack_grows_by_itself)
{
    volatile char large[1 << 20];
    large[0] = 5;
    large[sizeof large - 1] = 6;
    SHOW(large[0] + large[sizeof large - 1]);
}

CASE(mapping, guard_below_a_growing_mapping)
{
    char *area = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
    SHOW_IF(area != MAP_FAILED);
    area[0] = 1;
    SHOW(area[0]);
}

CASE(mapping, populate_and_other_flags)
{
    unsigned char there[2] = { 0, 0 };
    char *area = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    SHOW(mincore(area, 2 * PAGE, there));
    out("%d %d\n", there[0] & 1, there[1] & 1);
    SHOW_IF(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0) != MAP_FAILED);
    int fd = open_file("file", "x");
    SHOW(syscall(SYS_mmap, NULL, PAGE, (long)RW, (long)(MAP_SHARED_VALIDATE | 0x200000), (long)fd, 0L)); // EOPNOTSUPP
    SHOW(syscall(SYS_mmap, NULL, PAGE, (long)RW, (long)(MAP_SHARED_VALIDATE | MAP_SYNC), (long)fd, 0L));
}

CASE(mapping, remap_file_pages_and_pkeys_without)
{
    char *area = pages(1);
    SHOW(syscall(SYS_remap_file_pages, area, PAGE, 0L, 0L, 0L)); // EINVAL: not a shared mapping
    SHOW(syscall(SYS_pkey_mprotect, area, PAGE, (long)PROT_READ, -1L));
    SHOW(syscall(SYS_pkey_free, 99));
    SHOW(syscall(SYS_pkey_alloc, 1, 0)); // EINVAL: flags
}

CASE(mapping, other_process_memory) // process_vm_readv(2)
{
    static char text[8] = "parent";
    char copy[8] = "";
    struct { void *base; size_t size; } local = { copy, 7 }, remote = { text, 7 };
    SHOW(syscall(SYS_process_vm_readv, getpid(), &local, 1L, &remote, 1L, 0L));
    SHOW_STRING(copy);
    SHOW(syscall(SYS_process_vm_readv, getpid(), &local, 1L, &remote, 1L, 1L)); // EINVAL
    SHOW(syscall(SYS_process_vm_readv, INT_MAX, &local, 1L, &remote, 1L, 0L)); // ESRCH
    remote.base = bad();
    SHOW(syscall(SYS_process_vm_readv, getpid(), &local, 1L, &remote, 1L, 0L)); // EFAULT
    strcpy(copy, "local!");
    remote.base = text;
    SHOW(syscall(SYS_process_vm_writev, getpid(), &local, 1L, &remote, 1L, 0L));
    SHOW_STRING(text);
}
