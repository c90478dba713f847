// Calls that a plain user is refused or that a kernel may be built without: what is shown is that they fail, and how if that is sure.
#include "harness.h"
#include <sys/socket.h>

CASE(refused, mounts_by_descriptor) // EPERM
{
    NOT_PRIVILEGED
    SHOW(syscall(SYS_open_tree, AT_FDCWD, ".", 1)); // OPEN_TREE_CLONE
    SHOW(syscall(SYS_fsopen, "tmpfs", 0));
    SHOW(syscall(SYS_move_mount, AT_FDCWD, ".", AT_FDCWD, ".", 0));
    SHOW(syscall(SYS_fspick, AT_FDCWD, ".", 0));
    SHOW(syscall(SYS_mount_setattr, AT_FDCWD, ".", 0, NULL, 0) == -1);
    SHOW(syscall(SYS_fsmount, 0, 0, 0));
    SHOW(syscall(SYS_fsconfig, 0, 99, NULL, NULL, 0) == -1);
}

CASE(refused, kernel_images) // EPERM, or ENOSYS
{
    NOT_PRIVILEGED
    SHOW_IF(syscall(SYS_kexec_load, 0L, 0L, NULL, 0L) == -1);
    SHOW_IF(syscall(SYS_kexec_file_load, -1, -1, 0L, NULL, 0L) == -1);
    SHOW_IF(syscall(SYS_finit_module, 0, "", 0) == -1);
    SHOW_IF(syscall(SYS_swapon, "missing", 0) == -1);
    SHOW_IF(syscall(SYS_quotactl_fd, 0, 0x80000700, 0, NULL) == -1);
}

CASE(refused, gone_calls) // ENOSYS: nothing on x86-64 has them any more
{
    SHOW(syscall(SYS_create_module, "x", 0L));
    SHOW(syscall(SYS_get_kernel_syms, NULL));
    SHOW(syscall(SYS_query_module, "x", 0, NULL, 0L, NULL));
    SHOW(syscall(SYS_nfsservctl, 0, NULL, NULL));
    SHOW(syscall(SYS_getpmsg));
    SHOW(syscall(SYS_putpmsg));
    SHOW(syscall(SYS_afs_syscall));
    SHOW(syscall(SYS_tuxcall));
    SHOW(syscall(SYS_security));
    SHOW(syscall(SYS_vserver));
    SHOW(syscall(SYS_epoll_ctl_old));
    SHOW(syscall(SYS_epoll_wait_old));
    SHOW(syscall(SYS_set_thread_area, NULL));
    SHOW(syscall(SYS_get_thread_area, NULL));
    SHOW_IF(syscall(SYS_uselib, "x") == -1); // older kernels have these three
    SHOW_IF(syscall(SYS__sysctl, NULL) == -1);
    SHOW_IF(syscall(SYS_lookup_dcookie, 0L, NULL, 0L) == -1);
}

CASE(refused, tracing_and_programs)
{
    NOT_PRIVILEGED
    static char attributes[128];
    SHOW_IF(syscall(SYS_bpf, 0, attributes, sizeof attributes) == -1); // EPERM, or a map without a type
    SHOW_IF(syscall(SYS_perf_event_open, bad(), 0, -1, -1, 0L) == -1);
    SHOW_IF(syscall(SYS_fanotify_init, 0, O_RDONLY) == -1);
    SHOW_IF(syscall(SYS_fanotify_mark, 0, 1, 0, AT_FDCWD, ".") == -1);
    SHOW_IF(syscall(SYS_userfaultfd, 1 << 20) == -1);
    SHOW_IF(syscall(SYS_io_uring_setup, 0, NULL) == -1);
    SHOW_IF(syscall(SYS_io_uring_enter, 0, 1, 0, 0, NULL, 0) == -1);
    SHOW_IF(syscall(SYS_io_uring_register, 0, 0, NULL, 0) == -1);
}

CASE(refused, keys) // keyctl(2): may be missing
{
    NOT_PRIVILEGED
    SHOW_IF(syscall(SYS_keyctl, 9999) == -1);
    SHOW_IF(syscall(SYS_add_key, "missing-type", "x", NULL, 0L, 0) == -1);
    SHOW_IF(syscall(SYS_request_key, "missing-type", "x", NULL, 0) == -1);
}

CASE(refused, memory_policies) // mbind(2) and its family: ENOSYS of a kernel without nodes
{
    NOT_PRIVILEGED
    SHOW_IF(syscall(SYS_mbind, NULL, 4096L, 99, NULL, 0L, 0) == -1);
    SHOW_IF(syscall(SYS_set_mempolicy, 99, NULL, 0L) == -1);
    SHOW_IF(syscall(SYS_get_mempolicy, NULL, NULL, 0L, NULL, 99L) == -1);
    SHOW_IF(syscall(SYS_migrate_pages, INT_MAX, 0L, NULL, NULL) == -1);
    SHOW_IF(syscall(SYS_move_pages, INT_MAX, 1L, NULL, NULL, NULL, 0) == -1);
    SHOW_IF(syscall(SYS_set_mempolicy_home_node, 0L, 0L, 0L, 1L) == -1);
}

CASE(refused, file_handles) // open_by_handle_at(2): EPERM
{
    struct { unsigned size; int type; unsigned char bytes[128]; } handle = { 128, 0, { 0 } };
    int mount;
    handle.size = 4; // too small for any
    make_file("file", "");
    SHOW_IF(syscall(SYS_name_to_handle_at, AT_FDCWD, "file", &handle, &mount, 0) == -1); // EOVERFLOW, or EOPNOTSUPP
    SHOW(syscall(SYS_name_to_handle_at, AT_FDCWD, "missing", &handle, &mount, 0));
    SHOW(syscall(SYS_open_by_handle_at, AT_FDCWD, &handle, O_RDONLY));
}

CASE(refused, descriptors_of_others) // pidfd_getfd(2)
{
    int fd = syscall(SYS_pidfd_open, getpid(), 0), file = open_file("file", "abc");
    SHOW_IF(fd >= 0);
    int copy = SHOW(syscall(SYS_pidfd_getfd, fd, file, 0)); // one's own
    SHOW(fcntl(copy, F_GETFD));
    SHOW(syscall(SYS_pidfd_getfd, fd, 99, 0));
    SHOW(syscall(SYS_pidfd_getfd, fd, file, 1));
    SHOW(syscall(SYS_pidfd_getfd, 0, file, 0));
    SHOW_IF(syscall(SYS_process_madvise, -1, NULL, 0L, 99, 0) == -1);
    SHOW_IF(syscall(SYS_process_mrelease, fd, 0) == -1); // EINVAL: it is not dying
}

CASE(refused, local_descriptor_table) // modify_ldt(2): may be missing
{
    long answer = syscall(SYS_modify_ldt, 99, NULL, 0L); // of 32 bits: its error does not look like one
    SHOW_IF(answer == -1 || (int)answer == -ENOSYS);
    SHOW_IF(syscall(SYS_restart_syscall) == -1); // EINTR outside of a restart
}

CASE(refused, landlock_arguments) // landlock_create_ruleset(2): may be missing
{
    SHOW_IF(syscall(SYS_landlock_create_ruleset, bad(), 8L, 0) == -1);
    SHOW_IF(syscall(SYS_landlock_add_rule, -1, 1, NULL, 0) == -1);
    SHOW_IF(syscall(SYS_landlock_restrict_self, -1, 0) == -1);
}

CASE(refused, clock_of_the_system) // clock_adjtime(2): EPERM
{
    NOT_PRIVILEGED
    long zero[64] = { 0 };
    SHOW_OK(syscall(SYS_clock_adjtime, CLOCK_REALTIME, zero));
    SHOW(syscall(SYS_clock_adjtime, 99, zero));
    ((unsigned *)zero)[0] = 1;
    SHOW(syscall(SYS_clock_adjtime, CLOCK_REALTIME, zero));
}

CASE(refused, raw_sockets_and_options) // EPERM
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), value = 1;
    SHOW(setsockopt(fd, SOL_SOCKET, SO_MARK, &value, sizeof value));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_DEBUG, &value, sizeof value) == -1);
    SHOW(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &value, sizeof value));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &(int){ 7 }, sizeof value));
}
