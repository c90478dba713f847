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
