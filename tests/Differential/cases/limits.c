// Errors of limits, owners and places that no other file has: EAGAIN, E2BIG, EDEADLK, EACCES, EXDEV, ETXTBSY, EFBIG.
#include "harness.h"
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <grp.h>

static void *nothing(void *argument)
{
    return argument;
}

CASE(limits, processes) // fork(2), clone(2): EAGAIN
{
    struct rlimit limit = { 0, 0 };
    SHOW(setrlimit(RLIMIT_NPROC, &limit));
    SHOW(fork());
    SHOW(vfork());
    SHOW(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    pthread_t thread;
    SHOW_STRING(errno_name(pthread_create(&thread, NULL, nothing, NULL)));
}

CASE(limits, deadlock_of_record_locks) // fcntl(2): EDEADLK
{
    int ready[2], fd = open_file("file", "0123456789");
    char byte;
    pipe(ready);
    struct flock first = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 }, second = first;
    second.l_start = 1;
    fcntl(fd, F_SETLK, &first);
    pid_t child = fork();
    if (child == 0) {
        fcntl(fd, F_SETLK, &second);
        write(ready[1], "r", 1);
        int refused = fcntl(fd, F_SETLKW, &first) == -1 && errno == EDEADLK;
        _exit(refused);
    }
    read(ready[0], &byte, 1);
    int status, refused = fcntl(fd, F_SETLKW, &second) == -1 && errno == EDEADLK;
    first.l_type = F_UNLCK;
    fcntl(fd, F_SETLK, &first);
    waitpid(child, &status, 0);
    SHOW(refused + WEXITSTATUS(status)); // whoever was the second to wait
}

CASE(limits, other_file_systems) // EXDEV
{
    char bytes[8];
    make_file("file", "x");
    SHOW(link("/proc/version", "version"));
    SHOW(rename("file", "/proc/file") == -1);
    SHOW(rename("/proc/version", "version"));
    SHOW(renameat2(AT_FDCWD, "/proc/version", AT_FDCWD, "file", RENAME_EXCHANGE) == -1);
    int proc = open("/proc/self/comm", O_RDONLY);
    SHOW(read(proc, bytes, 8) > 0);
}

CASE(limits, offsets_at_the_end) // EFBIG, EOVERFLOW, EINVAL; the largest file itself is the file system's matter
{
    int fd = open_file("file", "abc"), to = open_file("to", "");
    loff_t far = LONG_MAX;
    char byte = 0;
    SHOW(pread(fd, &byte, 1, LONG_MAX - 1));
    SHOW(pwrite(fd, &byte, 1, LONG_MAX) == -1);
    SHOW(fallocate(fd, 0, LONG_MAX, 1) == -1);
    SHOW(fallocate(fd, 0, 1, LONG_MAX) == -1);
    SHOW(copy_file_range(fd, NULL, to, &far, 3, 0) == -1);
}

CASE(limits, shared_memory_of_another_mode) // shmget(2), semget(2), msgget(2): EACCES, EEXIST
{
    key_t key = 0x44000000 + getpid();
    int id = shmget(key, 10, IPC_CREAT | 0);
    SHOW_IF(id >= 0);
    SHOW(shmget(key, 10, 0600));
    SHOW(shmat(id, NULL, SHM_RDONLY) == (void *)-1);
    struct shmid_ds state;
    SHOW(shmctl(id, IPC_STAT, &state)); // EACCES: no read bit
    SHOW(shmctl(id, IPC_RMID, NULL));   // the owner may
    id = semget(key, 1, IPC_CREAT | 0);
    SHOW(semget(key, 1, 0600));
    SHOW(semget(key, 1, IPC_CREAT | IPC_EXCL | 0600));
    SHOW(semctl(id, 0, GETVAL));
    SHOW(semget(key, 5, 0)); // EINVAL: more than it has
    SHOW(semctl(id, 0, IPC_RMID));
    SHOW(semget(key, 1, 0)); // ENOENT
    id = msgget(key, IPC_CREAT | 0);
    SHOW(msgget(key, 0600));
    SHOW(msgget(key, IPC_CREAT | IPC_EXCL | 0600));
    SHOW(msgsnd(id, "12345678x", 1, 0));
    SHOW(msgctl(id, IPC_RMID, NULL));
}

CASE(limits, message_queue_full_and_removed) // msgop(2): EAGAIN, EIDRM
{
    static struct { long type; char text[8192]; } message = { 1, "" };
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600), sent = 0;
    while (msgsnd(id, &message, 8000, IPC_NOWAIT) == 0 && sent < 100000)
        sent++;
    SHOW_STRING(errno_name(errno));
    struct msqid_ds state;
    msgctl(id, IPC_STAT, &state);
    SHOW_IF((int)state.msg_qnum == sent);
    pid_t child = fork();
    if (child == 0)
        _exit(msgsnd(id, &message, 8000, 0) == -1 && (errno == EIDRM || errno == EINVAL) ? 0 : 1);
    nap_ms(15);
    SHOW(msgctl(id, IPC_RMID, NULL));
    SHOW_WAIT(child);
}

CASE(limits, too_many_semaphore_operations) // semop(2): E2BIG
{
    static struct sembuf many[1000];
    int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    SHOW(semop(id, many, 1000));
    SHOW(semctl(id, 0, IPC_STAT, (struct semid_ds *)bad()));
    SHOW(semctl(id, 0, GETALL, (unsigned short *)bad()));
    semctl(id, 0, IPC_RMID);
}

CASE(limits, others_processes) // EPERM: of another user, where there is one
{
    NOT_PRIVILEGED
    struct rlimit limit;
    if (kill(1, 0) == 0) { // then process 1 is ours, and nothing is refused
        out("EPERM EPERM EPERM\n");
        return;
    }
    int answers[3] = { 0 };
    answers[0] = kill(1, SIGTERM) == -1 ? errno : 0;
    answers[1] = syscall(SYS_tgkill, 1, 1, SIGTERM) == -1 ? errno : 0;
    answers[2] = prlimit(1, RLIMIT_CORE, NULL, &limit) == -1 ? errno : 0;
    out("%s %s %s\n", errno_name(answers[0]), errno_name(answers[1]), errno_name(answers[2]));
}

CASE(limits, names_of_the_machine) // gethostname(2), sethostname(2): EPERM before anything else
{
    NOT_PRIVILEGED
    char name[256];
    SHOW(gethostname(name, sizeof name));
    SHOW(syscall(SYS_sethostname, bad(), 5L));
    SHOW(syscall(SYS_sethostname, "x", 100000L));
    SHOW(syscall(SYS_setdomainname, bad(), 5L));
    SHOW(syscall(SYS_settimeofday, bad(), NULL));
}

CASE(limits, attributes_of_lists) // listxattr(2): ERANGE
{
    char names[4];
    make_file("file", "");
    setxattr("file", "user.attribute", "x", 1, 0);
    SHOW(listxattr("file", names, 4) == -1 && errno == ERANGE);
    SHOW_IF(listxattr("file", NULL, 0) >= 15);
    SHOW(flistxattr(open("file", O_RDONLY), names, 4));
    SHOW(llistxattr("file", names, 4));
}

CASE(limits, vectors_of_vmsplice_and_splice)
{
    int ends[2];
    static char page[65536];
    struct iovec part = { page, 65536 };
    pipe2(ends, O_NONBLOCK);
    SHOW(vmsplice(ends[1], &part, 1, SPLICE_F_NONBLOCK) > 0);
    SHOW(vmsplice(ends[1], &part, 1, SPLICE_F_NONBLOCK)); // EAGAIN
    SHOW(syscall(SYS_vmsplice, ends[1], bad(), 1L, SPLICE_F_NONBLOCK));
    SHOW(syscall(SYS_vmsplice, ends[1], &part, 5000L, 0)); // EINVAL
    SHOW(sendfile(ends[1], open_file("file", "abc"), NULL, 3)); // EAGAIN
}

CASE(limits, mount_before_privilege) // mount(2), umount(2): what is looked at first
{
    NOT_PRIVILEGED
    SHOW(syscall(SYS_mount, bad(), ".", "tmpfs", 0L, NULL));
    SHOW(syscall(SYS_mount, "none", "missing", "tmpfs", 0L, NULL));
    SHOW(syscall(SYS_mount, "none", bad(), "tmpfs", 0L, NULL));
    SHOW(syscall(SYS_umount2, ".", 0x100));
    SHOW(syscall(SYS_umount2, "missing", 0));
    SHOW(syscall(SYS_umount2, bad(), 0));
}

CASE(limits, sched_sizes) // sched_setattr(2): E2BIG
{
    unsigned large[64] = { 256, 0 };
    large[60] = 1;
    SHOW(syscall(SYS_sched_setattr, 0, large, 0));
    SHOW(large[0] >= 48 && large[0] < 256); // and the kernel's size is told
    SHOW(syscall(SYS_sched_getattr, INT_MAX, large, 56, 0));
}

CASE(limits, priority_of_a_plain_user) // setpriority(2): EACCES
{
    struct rlimit limit = { 0, 0 };
    setrlimit(RLIMIT_NICE, &limit);
    setpriority(PRIO_PROCESS, 0, 10);
    SHOW(setpriority(PRIO_PROCESS, 0, 5));
    SHOW(nice(-1)); // EPERM
}
