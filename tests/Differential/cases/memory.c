// mmap, munmap, mprotect, mremap, brk, private, shared and file mappings.
#include "harness.h"
#include <sys/mman.h>

#define PAGE 4096l
#define RW (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARED (MAP_SHARED | MAP_ANONYMOUS)
// Raw: the pointer MAP_FAILED is -1 as a number.
#define MAP(address, length, protection, flags, fd, offset) \
    syscall(SYS_mmap, (long)(address), (long)(length), (long)(protection), (long)(flags), (long)(fd), (long)(offset))

// A read or write that must not kill the case: through a pipe, which answers EFAULT.
static int readable(const void *address)
{
    int ends[2];
    pipe(ends);
    int answer = write(ends[1], address, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return answer;
}

static int writable(void *address)
{
    int ends[2];
    pipe(ends);
    write(ends[1], "w", 1);
    int answer = read(ends[0], address, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return answer;
}

CASE(memory, anonymous_is_zero)
{
    long *page = (long *)MAP(0, PAGE, RW, PRIVATE, -1, 0);
    SHOW(page[0]);
    SHOW(page[511]);
    page[0] = 7;
    SHOW(page[0]);
    SHOW_IF((uintptr_t)page % PAGE == 0);
    SHOW(munmap(page, PAGE));
}

CASE(memory, mmap_errors) // mmap(2): EINVAL, EBADF, EACCES, ENODEV, EOVERFLOW
{
    int reader = open("/proc/self/exe", O_RDONLY), dir = open(".", O_RDONLY), ends[2];
    pipe(ends);
    SHOW(MAP(0, 0, RW, PRIVATE, -1, 0));
    SHOW(MAP(0, PAGE, RW, MAP_ANONYMOUS, -1, 0));
    SHOW(MAP(0, PAGE, RW, MAP_PRIVATE, -1, 0));
    SHOW(MAP(0, PAGE, PROT_READ, MAP_PRIVATE, reader, 1));
    SHOW(MAP(0, PAGE, RW, MAP_SHARED, reader, 0));
    SHOW_OK(MAP(0, PAGE, RW, MAP_PRIVATE, reader, 0));
    SHOW(MAP(0, PAGE, PROT_READ, MAP_PRIVATE, dir, 0));
    SHOW(MAP(0, PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0));
    SHOW(MAP(1, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0));
    SHOW(MAP(0, LONG_MAX, RW, PRIVATE, -1, 0));
    SHOW(MAP(0, -1, RW, PRIVATE, -1, 0));
    SHOW(MAP(0, 2 * PAGE, PROT_READ, MAP_PRIVATE, reader, LONG_MAX & -PAGE));
}

CASE(memory, mmap_needs_read_access) // EACCES
{
    make_file("file", "x");
    int writer = open("file", O_WRONLY), both = open("file", O_RDWR), append = open("file", O_RDWR | O_APPEND);
    SHOW(MAP(0, PAGE, PROT_READ, MAP_PRIVATE, writer, 0));
    SHOW(MAP(0, PAGE, PROT_WRITE, MAP_SHARED, writer, 0));
    SHOW_OK(MAP(0, PAGE, RW, MAP_SHARED, both, 0));
    SHOW_OK(MAP(0, PAGE, RW, MAP_SHARED, append, 0));
}

CASE(memory, fixed_replaces)
{
    char *area = (char *)MAP(0, 3 * PAGE, RW, PRIVATE, -1, 0);
    memset(area, 'a', 3 * PAGE);
    SHOW_IF(MAP(area + PAGE, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0) == (long)(area + PAGE));
    out("%d %d %d\n", area[0], area[PAGE], area[2 * PAGE]);
    SHOW(MAP(area, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0)); // EEXIST
    munmap(area, PAGE);
    SHOW_IF(MAP(area, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0) == (long)area);
}

CASE(memory, hint_is_taken_when_free)
{
    char *area = (char *)MAP(0, 2 * PAGE, RW, PRIVATE, -1, 0);
    munmap(area, 2 * PAGE);
    SHOW_IF(MAP(area, PAGE, RW, PRIVATE, -1, 0) == (long)area);
    SHOW_IF(MAP(area, PAGE, RW, PRIVATE, -1, 0) != (long)area);
    SHOW_IF(MAP(0, PAGE, RW, PRIVATE | MAP_32BIT, -1, 0) < 1l << 31);
}

CASE(memory, munmap_partial)
{
    char *area = (char *)MAP(0, 3 * PAGE, RW, PRIVATE, -1, 0);
    SHOW(munmap(area + PAGE, PAGE));
    out("%d %d %d\n", readable(area), readable(area + PAGE), readable(area + 2 * PAGE));
    SHOW(munmap(area, 3 * PAGE)); // holes are no error
    SHOW(munmap(area + 1, PAGE)); // EINVAL
    SHOW(munmap(area, 0));
    SHOW(munmap((void *)(-PAGE), PAGE));
}

CASE(memory, mprotect_changes)
{
    char *page = (char *)MAP(0, PAGE, RW, PRIVATE, -1, 0);
    out("%d %d\n", readable(page), writable(page));
    SHOW(mprotect(page, PAGE, PROT_READ));
    out("%d %d\n", readable(page), writable(page));
    SHOW(mprotect(page, PAGE, PROT_NONE));
    out("%d %d\n", readable(page), writable(page));
    SHOW(mprotect(page, 1, RW)); // the length is rounded up
    out("%d %d %c\n", readable(page), writable(page), page[0]);
    page[0] = (char)0xc3; // ret
    SHOW(mprotect(page, PAGE, PROT_READ | PROT_EXEC));
    ((void (*)(void))page)();
    out("ran\n");
}

CASE(memory, mprotect_errors) // mprotect(2): EINVAL, ENOMEM, EACCES
{
    char *area = (char *)MAP(0, 3 * PAGE, RW, PRIVATE, -1, 0);
    SHOW(mprotect(area + 1, PAGE, PROT_READ));
    SHOW(mprotect(area, PAGE, 0x100));
    munmap(area + PAGE, PAGE);
    SHOW(mprotect(area, 3 * PAGE, PROT_READ)); // a hole; what is before it has changed
    out("%d %d\n", writable(area), writable(area + 2 * PAGE));
    SHOW(mprotect(area, 0, PROT_READ));
    make_file("file", "x");
    char *page = (char *)MAP(0, PAGE, PROT_READ, MAP_SHARED, open("file", O_RDONLY), 0);
    SHOW(mprotect(page, PAGE, RW));
    page = (char *)MAP(0, PAGE, PROT_READ, MAP_PRIVATE, 3, 0);
    SHOW(mprotect(page, PAGE, RW));
}

CASE(memory, private_file_mapping)
{
    int fd = open_file("file", "hello");
    char *page = (char *)MAP(0, PAGE, RW, MAP_PRIVATE, fd, 0);
    close(fd);
    SHOW(memcmp(page, "hello", 5));
    page[0] = 'J';
    show_bytes("page", page, 6);
    show_file("file");
}

CASE(memory, shared_file_mapping)
{
    int fd = open_file("file", "hello");
    char *page = (char *)MAP(0, PAGE, RW, MAP_SHARED, fd, 0);
    page[0] = 'J';
    show_file("file"); // at once
    pwrite(fd, "y", 1, 4);
    SHOW(page[4]);
    page[5] = 'z'; // beyond the end: not in the file
    SHOW(msync(page, PAGE, MS_SYNC));
    show_file("file");
    SHOW(lseek(fd, 0, SEEK_END));
}

CASE(memory, file_mapping_offset)
{
    int fd = open_file("file", "");
    pwrite(fd, "second", 6, PAGE);
    char *page = (char *)MAP(0, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
    show_bytes("page", page, 7);
    ftruncate(fd, 2 * PAGE + 5);
    SHOW(page[PAGE - 1]);
}

CASE(memory, shared_with_a_child)
{
    volatile int *value = (int *)MAP(0, PAGE, RW, SHARED, -1, 0);
    volatile int *own = (int *)MAP(0, PAGE, RW, PRIVATE, -1, 0);
    *own = 1;
    pid_t child = fork();
    if (child == 0) {
        *value = 5;
        *own = 5;
        _exit(0);
    }
    SHOW_WAIT(child);
    SHOW(*value);
    SHOW(*own);
}

CASE(memory, file_shared_between_processes)
{
    int fd = open_file("file", "....");
    char *page = (char *)MAP(0, PAGE, RW, MAP_SHARED, fd, 0);
    pid_t child = fork();
    if (child == 0) {
        int again = open("file", O_RDWR);
        char *other = (char *)MAP(0, PAGE, RW, MAP_SHARED, again, 0);
        memcpy(other, "both", 4);
        _exit(0);
    }
    SHOW_WAIT(child);
    show_bytes("page", page, 4);
}

CASE(memory, dev_zero_mapping)
{
    int fd = open("/dev/zero", O_RDWR);
    char *own = (char *)MAP(0, PAGE, RW, MAP_PRIVATE, fd, 0), *shared = (char *)MAP(0, PAGE, RW, MAP_SHARED, fd, 0);
    SHOW(own[0] + shared[0]);
    own[0] = shared[0] = 3;
    SHOW(own[0] + shared[0]);
}

CASE(memory, mremap_grows_and_moves)
{
    char *area = (char *)MAP(0, 4 * PAGE, RW, PRIVATE, -1, 0);
    munmap(area + PAGE, PAGE);
    area[0] = 'k';
    SHOW_IF(mremap(area, PAGE, 2 * PAGE, 0) == area);
    SHOW(syscall(SYS_mremap, area, 2 * PAGE, 3 * PAGE, 0, 0)); // ENOMEM: in the way
    char *moved = mremap(area, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
    SHOW_IF(moved != MAP_FAILED && moved != area);
    SHOW(moved[0]);
    SHOW(moved[7 * PAGE]);
    SHOW(readable(area));
    SHOW_IF(mremap(moved, 8 * PAGE, PAGE, 0) == moved);
    out("%d %d\n", readable(moved), readable(moved + PAGE));
}

CASE(memory, mremap_fixed)
{
    char *from = (char *)MAP(0, PAGE, RW, PRIVATE, -1, 0), *to = (char *)MAP(0, PAGE, RW, PRIVATE, -1, 0);
    from[0] = 'f';
    to[0] = 't';
    SHOW_IF(mremap(from, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
    SHOW(to[0]);
    SHOW(readable(from));
}

CASE(memory, mremap_errors) // mremap(2): EINVAL, EFAULT
{
    char *area = (char *)MAP(0, 2 * PAGE, RW, PRIVATE, -1, 0);
    SHOW(syscall(SYS_mremap, area + 1, PAGE, PAGE, 0, 0));
    SHOW(syscall(SYS_mremap, area, PAGE, 0, 0, 0));
    SHOW(syscall(SYS_mremap, area, PAGE, PAGE, 99, 0));
    SHOW(syscall(SYS_mremap, area, PAGE, PAGE, MREMAP_FIXED, area + PAGE)); // without MAYMOVE
    SHOW(syscall(SYS_mremap, area, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, area)); // overlap
    SHOW(syscall(SYS_mremap, area, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, area + 1));
    SHOW(syscall(SYS_mremap, area, 0, PAGE, MREMAP_MAYMOVE, 0)); // length 0 only for shared mappings
    munmap(area, 2 * PAGE);
    SHOW(syscall(SYS_mremap, area, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0)); // EFAULT
}

CASE(memory, brk_grows_and_shrinks)
{
    char *start = (char *)syscall(SYS_brk, 0);
    SHOW_IF((char *)syscall(SYS_brk, start + 2 * PAGE) == start + 2 * PAGE);
    SHOW(start[PAGE]);
    start[PAGE] = 9;
    SHOW_IF((char *)syscall(SYS_brk, start) == start);
    SHOW_IF((char *)syscall(SYS_brk, start + 2 * PAGE) == start + 2 * PAGE);
    SHOW(start[PAGE + 100]); // given back and zero again
    SHOW_IF((char *)syscall(SYS_brk, 1) == start + 2 * PAGE); // an impossible end changes nothing
    SHOW_IF((char *)syscall(SYS_brk, -1l) == start + 2 * PAGE);
}

CASE(memory, copy_on_write_both_ways)
{
    int ends[2];
    char byte;
    volatile char *page = (char *)MAP(0, PAGE, RW, PRIVATE, -1, 0);
    page[0] = 'a';
    pipe(ends);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        read(ends[0], &byte, 1); // until the parent has written
        _exit(page[0]);
    }
    page[0] = 'b';
    close(ends[1]);
    SHOW_WAIT(child);
    SHOW(page[0]);
}

CASE(memory, deleted_file_stays_mapped)
{
    int fd = open_file("file", "still");
    char *page = (char *)MAP(0, PAGE, RW, MAP_SHARED, fd, 0);
    close(fd);
    unlink("file");
    show_bytes("page", page, 5);
    page[0] = 'S';
    show_bytes("page", page, 5);
}

CASE(memory, advice_on_locked_memory) // madvise(2): EINVAL; mlock(2): what ends a lock, and what has none
{
    char *all = mmap(NULL, 16 * PAGE, RW, PRIVATE, -1, 0), *middle = all + 5 * PAGE;
    SHOW(mlock(all + 4 * PAGE, 2 * PAGE));
    SHOW(madvise(all, 4 * PAGE, MADV_DONTNEED));
    SHOW(madvise(all, 5 * PAGE, MADV_DONTNEED));
    SHOW(madvise(middle, PAGE, MADV_FREE));
    SHOW(munlock(all + 4 * PAGE, PAGE));
    SHOW(madvise(all, 5 * PAGE, MADV_DONTNEED));
    SHOW(madvise(middle, PAGE, MADV_COLD));
    pid_t child = fork();
    if (child == 0) {
        SHOW(madvise(middle, PAGE, MADV_DONTNEED)); // a child has no locks
        _exit(0);
    }
    SHOW_WAIT(child);
    SHOW_IF(mmap(middle, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0) == middle);
    SHOW(madvise(middle, PAGE, MADV_DONTNEED));
    SHOW(mlock(middle, PAGE));
    char *moved = mremap(middle, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    SHOW(madvise(moved, PAGE, MADV_DONTNEED));
    SHOW(munlockall());
    SHOW(madvise(moved, PAGE, MADV_DONTNEED));
    SHOW(mlockall(MCL_FUTURE));
    SHOW(madvise(moved, PAGE, MADV_DONTNEED));
    char *later = mmap(NULL, PAGE, RW, PRIVATE, -1, 0);
    SHOW(madvise(later, PAGE, MADV_DONTNEED));
    SHOW(munlockall());
    SHOW(madvise(later, PAGE, MADV_DONTNEED));
}
