// io_setup and its family (Linux's own asynchronous reading and writing). A kernel may be built without: then all say ENOSYS.
#include "harness.h"
#include <linux/aio_abi.h>
#include <sys/eventfd.h>

CASE(aio, read_and_write)
{
    aio_context_t context = 0;
    char bytes[8] = "";
    struct io_event event;
    int fd = open_file("file", "");
    struct iocb write_one = { .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd, .aio_buf = (uintptr_t)"hello", .aio_nbytes = 5, .aio_data = 7 };
    struct iocb read_one = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd, .aio_buf = (uintptr_t)bytes, .aio_nbytes = 8, .aio_offset = 1 };
    struct iocb *list[1] = { &write_one };
    SHOW(syscall(SYS_io_setup, 4, &context));
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    SHOW(syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL));
    out("%ld %ld\n", (long)event.data, (long)event.res);
    list[0] = &read_one;
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    SHOW(syscall(SYS_io_pgetevents, context, 1L, 1L, &event, NULL, NULL));
    out("%ld %s\n", (long)event.res, bytes);
    SHOW(syscall(SYS_io_destroy, context));
}

CASE(aio, errors) // io_setup(2), io_submit(2): EINVAL, EFAULT, EBADF
{
    aio_context_t context = 0;
    struct io_event event;
    struct timespec zero = { 0, 0 };
    struct iocb wrong = { .aio_lio_opcode = 99, .aio_fildes = 0 }, *list[1] = { &wrong };
    SHOW(syscall(SYS_io_setup, 0, &context));
    SHOW(syscall(SYS_io_setup, 1, bad()));
    SHOW(syscall(SYS_io_setup, 4, &context));
    SHOW(syscall(SYS_io_setup, 4, &context)); // EINVAL: not zero
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    wrong.aio_lio_opcode = IOCB_CMD_PREAD;
    wrong.aio_fildes = 99;
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    SHOW(syscall(SYS_io_submit, context, -1L, list));
    SHOW(syscall(SYS_io_submit, context, 0L, list));
    SHOW(syscall(SYS_io_getevents, context, 0L, 1L, &event, &zero));
    SHOW(syscall(SYS_io_getevents, context, 2L, 1L, &event, &zero));
    SHOW(syscall(SYS_io_cancel, context, &wrong, &event));
    SHOW(syscall(SYS_io_destroy, context));
    SHOW(syscall(SYS_io_destroy, context));
}

CASE(aio, tells_an_eventfd)
{
    aio_context_t context = 0;
    uint64_t value = 0;
    int fd = open_file("file", "abc"), event_fd = eventfd(0, 0);
    char bytes[4];
    struct iocb one = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd, .aio_buf = (uintptr_t)bytes, .aio_nbytes = 4,
        .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = event_fd };
    struct iocb *list[1] = { &one };
    SHOW(syscall(SYS_io_setup, 1, &context));
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    SHOW(read(event_fd, &value, 8));
    SHOW(value);
}

CASE(aio, vectors_and_syncs)
{
    aio_context_t context = 0;
    char one[3] = "", two[4] = "";
    int fd = open_file("file", "");
    struct iovec { void *base; size_t size; } from[2] = { { "ab", 2 }, { "cde", 3 } }, to[2] = { { one, 2 }, { two, 3 } };
    struct iocb jobs[4] = {
        { .aio_lio_opcode = IOCB_CMD_PWRITEV, .aio_fildes = fd, .aio_buf = (uintptr_t)from, .aio_nbytes = 2, .aio_data = 1 },
        { .aio_lio_opcode = IOCB_CMD_PREADV, .aio_fildes = fd, .aio_buf = (uintptr_t)to, .aio_nbytes = 2, .aio_data = 2 },
        { .aio_lio_opcode = IOCB_CMD_FSYNC, .aio_fildes = fd, .aio_data = 3 },
        { .aio_lio_opcode = IOCB_CMD_FDSYNC, .aio_fildes = fd, .aio_data = 4 },
    };
    struct iocb *list[4] = { &jobs[0], &jobs[1], &jobs[2], &jobs[3] };
    struct io_event events[4];
    SHOW(syscall(SYS_io_setup, 8, &context));
    for (int i = 0; i < 4; i++) {
        SHOW(syscall(SYS_io_submit, context, 1L, list + i));
        SHOW(syscall(SYS_io_getevents, context, 1L, 4L, events, NULL));
        out("%ld %ld\n", (long)events[0].data, (long)events[0].res);
    }
    out("%s %s\n", one, two);
    show_file("file");
}

CASE(aio, errors_of_one_block)
{
    aio_context_t context = 0;
    struct io_event event;
    char bytes[4];
    int reader = (make_file("file", "abc"), open("file", O_RDONLY)), ends[2];
    pipe(ends);
    struct iocb one = { .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = reader, .aio_buf = (uintptr_t)bytes, .aio_nbytes = 1 };
    struct iocb *list[2] = { &one, (struct iocb *)bad() };
    SHOW(syscall(SYS_io_setup, 8, &context));
    SHOW(syscall(SYS_io_submit, context, 1L, list)); // EBADF: not for writing
    one.aio_lio_opcode = IOCB_CMD_PREAD;
    one.aio_reserved2 = 1;
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    one.aio_reserved2 = 0;
    one.aio_flags = IOCB_FLAG_RESFD;
    one.aio_resfd = 99;
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    one.aio_resfd = ends[0];
    SHOW(syscall(SYS_io_submit, context, 1L, list)); // EINVAL: no eventfd
    one.aio_flags = 0;
    one.aio_nbytes = -1;
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    one.aio_nbytes = 3;
    SHOW(syscall(SYS_io_submit, context, 2L, list)); // the first was taken
    SHOW(syscall(SYS_io_submit, context, 1L, list + 1));
    SHOW(syscall(SYS_io_submit, context, 1L, bad()));
    SHOW(syscall(SYS_io_getevents, context, 1L, 1L, bad(), NULL));
    one.aio_buf = (uintptr_t)bad();
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    SHOW(syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL));
    SHOW_STRING(errno_name(-(int)event.res));
    one = (struct iocb){ .aio_lio_opcode = IOCB_CMD_FSYNC, .aio_fildes = ends[0] };
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    SHOW(syscall(SYS_io_submit, 12345L, 1L, list));
    SHOW(syscall(SYS_io_getevents, 12345L, 1L, 1L, &event, NULL));
    SHOW(syscall(SYS_io_cancel, 12345L, &one, &event));
    SHOW(syscall(SYS_io_cancel, context, bad(), &event));
}

CASE(aio, poll_of_a_pipe)
{
    aio_context_t context = 0;
    int ends[2], event_fd = eventfd(0, 0);
    uint64_t value = 0;
    struct io_event event;
    struct timespec zero = { 0, 0 }, some = { 0, 20000000 };
    pipe(ends);
    struct iocb one = { .aio_lio_opcode = IOCB_CMD_POLL, .aio_fildes = ends[0], .aio_buf = 1, .aio_data = 5, .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = event_fd };
    struct iocb *list[1] = { &one };
    SHOW(syscall(SYS_io_setup, 8, &context));
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    SHOW(syscall(SYS_io_getevents, context, 1L, 1L, &event, &zero));
    SHOW(syscall(SYS_io_getevents, context, 1L, 1L, &event, &some));
    write(ends[1], "x", 1);
    SHOW(read(event_fd, &value, 8));
    SHOW(syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL));
    out("%ld %ld\n", (long)event.data, (long)event.res & 1);
    one.aio_fildes = ends[1];
    one.aio_buf = 4; // POLLOUT holds already
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    SHOW(syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL));
    read(ends[0], &value, 1);
    one.aio_fildes = ends[0];
    one.aio_buf = 1;
    SHOW(syscall(SYS_io_submit, context, 1L, list));
    SHOW(syscall(SYS_io_cancel, context, &one, &event)); // EINPROGRESS
    SHOW(syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL));
    SHOW(syscall(SYS_io_destroy, context));
}

CASE(aio, context_is_not_a_childs)
{
    aio_context_t context = 0;
    struct io_event event;
    SHOW(syscall(SYS_io_setup, 8, &context));
    SHOW(*(volatile unsigned *)context != 0xffffffff); // libaio looks there
    pid_t child = fork();
    if (child == 0) {
        SHOW(syscall(SYS_io_getevents, context, 0L, 1L, &event, NULL));
        _exit(0);
    }
    SHOW_WAIT(child);
}
