// System V shared memory, semaphores and message queues, all private and removed by their case: they outlive a process.
#include "harness.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

union semun {
    int value;
    struct semid_ds *state;
    unsigned short *values;
};

struct message {
    long type;
    char text[16];
};

CASE(ipc, shared_memory)
{
    int id = shmget(IPC_PRIVATE, 5000, IPC_CREAT | 0600);
    SHOW_IF(id >= 0);
    char *area = shmat(id, NULL, 0);
    SHOW_IF(area != (void *)-1);
    SHOW(area[0] + area[4999]); // zeros
    pid_t child = fork();
    if (child == 0) {
        strcpy(area, "from the child");
        _exit(shmdt(area));
    }
    SHOW_WAIT(child);
    SHOW_STRING(area);
    SHOW(shmdt(area));
    SHOW(shmdt(area)); // EINVAL
    SHOW(shmctl(id, IPC_RMID, NULL));
    SHOW(shmctl(id, IPC_RMID, NULL)); // EINVAL
}

CASE(ipc, shared_memory_state)
{
    struct shmid_ds state;
    int id = shmget(IPC_PRIVATE, 5000, IPC_CREAT | 0640);
    char *one = shmat(id, NULL, 0), *two = shmat(id, NULL, SHM_RDONLY);
    SHOW(shmctl(id, IPC_STAT, &state));
    out("size %lu attached %lu mode %o creator %d\n", state.shm_segsz, (unsigned long)state.shm_nattch, state.shm_perm.mode & 0777,
        state.shm_cpid == getpid());
    one[0] = 'x';
    SHOW(two[0]);
    SHOW(shmctl(id, IPC_RMID, NULL)); // goes with the last who has it
    SHOW(one[0]);
    SHOW(shmctl(id, IPC_STAT, &state));
    out("attached %lu marked %d\n", (unsigned long)state.shm_nattch, (state.shm_perm.mode & SHM_DEST) != 0);
    shmdt(one);
    shmdt(two);
    SHOW(shmctl(id, IPC_STAT, &state));
}

CASE(ipc, shared_memory_errors) // shmget(2), shmat(2), shmctl(2)
{
    struct shmid_ds state;
    SHOW(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600));
    SHOW(shmget(0x43415345 + getpid(), 10, 0600)); // ENOENT
    SHOW(syscall(SYS_shmat, -1, NULL, 0));
    SHOW(shmctl(-1, IPC_STAT, &state));
    int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    SHOW(syscall(SYS_shmat, id, (void *)0x10001, 0)); // EINVAL: not aligned
    SHOW(shmctl(id, 99, NULL));
    SHOW(shmctl(id, IPC_STAT, (struct shmid_ds *)bad()));
    shmctl(id, IPC_RMID, NULL);
    id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0);
    SHOW(syscall(SYS_shmat, id, NULL, 0)); // EACCES
    shmctl(id, IPC_RMID, NULL);
}

CASE(ipc, keys)
{
    key_t key = 0x43000000 + getpid(); // of this run
    int id = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
    SHOW_IF(id >= 0);
    SHOW(shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600)); // EEXIST
    SHOW_IF(shmget(key, 100, 0) == id);
    SHOW(shmget(key, 5000, 0)); // EINVAL: larger than it is
    shmctl(id, IPC_RMID, NULL);
    SHOW(shmget(key, 100, 0));
}

CASE(ipc, semaphores)
{
    struct sembuf up = { 0, 2, 0 }, down = { 0, -1, IPC_NOWAIT }, zero = { 0, 0, IPC_NOWAIT };
    int id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
    SHOW_IF(id >= 0);
    SHOW(semop(id, &up, 1));
    SHOW(semctl(id, 0, GETVAL));
    SHOW(semop(id, &down, 1));
    SHOW(semop(id, &zero, 1)); // EAGAIN
    SHOW(semop(id, &down, 1));
    SHOW(semop(id, &zero, 1));
    SHOW(semop(id, &down, 1)); // EAGAIN
    SHOW_IF(semctl(id, 0, GETPID) == getpid());
    SHOW(semctl(id, 0, IPC_RMID));
    SHOW(semop(id, &up, 1)); // EINVAL
}

CASE(ipc, semaphores_all_or_nothing)
{
    struct sembuf both[2] = { { 0, 1, 0 }, { 1, -1, IPC_NOWAIT } };
    unsigned short values[2] = { 9, 9 };
    int id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
    SHOW(semop(id, both, 2));
    SHOW(semctl(id, 0, GETALL, (union semun){ .values = values }));
    out("%d %d\n", values[0], values[1]);
    values[1] = 1;
    SHOW(semctl(id, 0, SETALL, (union semun){ .values = values }));
    SHOW(semop(id, both, 2));
    semctl(id, 0, GETALL, (union semun){ .values = values });
    out("%d %d\n", values[0], values[1]);
    semctl(id, 0, IPC_RMID);
}

CASE(ipc, semaphore_wakes_another)
{
    struct sembuf down = { 0, -1, 0 }, up = { 0, 1, 0 };
    int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    pid_t child = fork();
    if (child == 0)
        _exit(semop(id, &down, 1) == 0 ? 0 : 1);
    for (int i = 0; i < 1000 && semctl(id, 0, GETNCNT) != 1; i++)
        nap_ms(1);
    SHOW(semctl(id, 0, GETNCNT));
    SHOW(semop(id, &up, 1));
    SHOW_WAIT(child);
    child = fork();
    if (child == 0)
        _exit(semop(id, &down, 1) == -1 && errno == EIDRM ? 0 : 1);
    for (int i = 0; i < 1000 && semctl(id, 0, GETNCNT) != 1; i++)
        nap_ms(1);
    SHOW(semctl(id, 0, IPC_RMID)); // EIDRM for who waits
    SHOW_WAIT(child);
}

CASE(ipc, semaphore_undo) // semop(2): SEM_UNDO
{
    int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    pid_t child = fork();
    if (child == 0) {
        struct sembuf up = { 0, 5, SEM_UNDO };
        semop(id, &up, 1);
        _exit(semctl(id, 0, GETVAL));
    }
    SHOW_WAIT(child);
    SHOW(semctl(id, 0, GETVAL));
    semctl(id, 0, IPC_RMID);
}

CASE(ipc, semaphore_errors)
{
    struct sembuf wrong = { 7, 1, 0 }, one = { 0, 1, 0 }, large = { 0, 32767, 0 };
    struct timespec some = { 0, 10000000 };
    int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    SHOW(semget(IPC_PRIVATE, 0, IPC_CREAT | 0600));
    SHOW(semop(id, &wrong, 1)); // EFBIG
    SHOW(semop(id, &one, 0));
    SHOW(semop(id, (struct sembuf *)bad(), 1));
    SHOW(semop(-1, &one, 1));
    SHOW(semop(id, &one, 1));
    SHOW(semop(id, &large, 1)); // ERANGE
    SHOW(semctl(id, 0, SETVAL, (union semun){ .value = -1 }));
    SHOW(semctl(id, 5, GETVAL));
    SHOW(semctl(id, 0, 99));
    one.sem_op = -3;
    SHOW(semtimedop(id, &one, 1, &some)); // EAGAIN
    semctl(id, 0, IPC_RMID);
}

CASE(ipc, messages)
{
    struct message one = { 1, "first" }, two = { 2, "second" }, got = { 0 };
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    SHOW_IF(id >= 0);
    SHOW(msgsnd(id, &one, 6, 0));
    SHOW(msgsnd(id, &two, 7, 0));
    SHOW(msgsnd(id, &one, 0, 0));
    SHOW(msgrcv(id, &got, 16, 2, 0)); // by type
    out("%ld %s\n", got.type, got.text);
    SHOW(msgrcv(id, &got, 16, 0, 0)); // the oldest
    out("%ld %s\n", got.type, got.text);
    SHOW(msgrcv(id, &got, 16, -5, 0)); // the lowest type up to 5
    SHOW(msgrcv(id, &got, 16, 0, IPC_NOWAIT)); // ENOMSG
    SHOW(msgctl(id, IPC_RMID, NULL));
    SHOW(msgsnd(id, &one, 1, 0)); // EINVAL
}

CASE(ipc, message_errors)
{
    struct message one = { 0, "x" }, got;
    struct msqid_ds state;
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    SHOW(msgsnd(id, &one, 1, 0)); // EINVAL: the type is not positive
    one.type = 3;
    SHOW(msgsnd(id, &one, 1 << 30, 0));
    SHOW(msgsnd(id, bad(), 1, 0));
    SHOW(msgsnd(id, &one, 10, 0));
    SHOW(msgrcv(id, &got, 4, 0, 0)); // E2BIG
    SHOW(msgrcv(id, &got, 4, 0, MSG_NOERROR));
    SHOW(msgctl(id, IPC_STAT, &state));
    SHOW((long)state.msg_qnum);
    SHOW_IF(state.msg_lspid == getpid());
    SHOW(msgget(0x43800000 + getpid(), 0600)); // ENOENT
    msgctl(id, IPC_RMID, NULL);
}

CASE(ipc, message_wakes_another)
{
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    pid_t child = fork();
    if (child == 0) {
        struct message got;
        _exit(msgrcv(id, &got, 16, 5, 0) == 3 ? 0 : 1);
    }
    struct message four = { 4, "no" }, five = { 5, "ok" };
    SHOW(msgsnd(id, &four, 3, 0));
    SHOW(msgsnd(id, &five, 3, 0));
    SHOW_WAIT(child);
    SHOW(msgctl(id, IPC_RMID, NULL));
}
