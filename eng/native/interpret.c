/* Runs a spawn program: the only code of ours between clone and the container's own program (docs/decisions/0002).
 * Built twice: into the launcher, where it runs in the child that still shares the runtime's memory, and into the
 * freestanding stub. It calls nothing, allocates nothing and knows nothing of containers. */
#include <linux/errno.h>
#include <stddef.h>
#include <sys/syscall.h>

#define MSG_NOSIGNAL 0x4000
#define BH_MAX_WALKS 1000

#include "spawn.h"
#include "syscall.h"

#define call1(nr, a) raw_syscall(nr, (long)(a), 0, 0, 0, 0, 0)
#define call3(nr, a, b, c) raw_syscall(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)

static void report(const struct bh_program *program, uint32_t kind, uint32_t op, long error, long value)
{
    struct bh_report r = { kind, op, (int32_t)error, (int32_t)value };
    if (program->report_fd >= 0)
        raw_syscall(SYS_sendto, program->report_fd, (long)&r, sizeof r, MSG_NOSIGNAL, 0, 0);
}

static _Noreturn void quit(int status)
{
    for (;;)
        call1(SYS_exit_group, status);
}

static _Noreturn void fail(const struct bh_program *program, uint32_t op, long error)
{
    report(program, BH_REPORT_FAIL, op, error, program->phase);
    quit(1);
}

static void sync_with_parent(const struct bh_program *program, uint32_t number, long value)
{
    char byte;
    report(program, BH_REPORT_SYNC, number, 0, value);
    if (call3(SYS_read, program->report_fd, &byte, 1) != 1)
        quit(1);
}

static void fork_on(const struct bh_program *program, uint32_t op, long flags)
{
    long pid = raw_syscall(SYS_clone, flags, 0, 0, 0, 0, 0);
    if (pid == 0)
        return;
    if (pid < 0)
        fail(program, op, -pid);
    report(program, BH_REPORT_FORKED, op, 0, pid);
    quit(0);
}

/* Returns the next op's index. */
static uint32_t pseudo(const struct bh_program *program, const struct bh_op *op, uint32_t at, const uint64_t *a,
                       uint64_t *slots)
{
    switch (op->nr) {
    case BH_OP_JUMP:
        return op->target;
    case BH_OP_TEST:
        return ((*(volatile uint32_t *)a[0] & a[1]) == a[2]) ? op->target : at + 1;
    case BH_OP_STORE32:
        *(volatile uint32_t *)a[0] = (uint32_t)a[1];
        return at + 1;
    case BH_OP_STORE64:
        *(volatile uint64_t *)a[0] = a[1];
        return at + 1;
    case BH_OP_SET:
        slots[op->save] = a[0];
        return at + 1;
    case BH_OP_SYNC:
        sync_with_parent(program, (uint32_t)a[0], (long)a[1]);
        return at + 1;
    case BH_OP_FORK:
        fork_on(program, at, (long)a[0]);
        return at + 1;
    case BH_OP_DIE:
        call3(SYS_write, 2, a[0], a[1]);
        quit((int)a[2]);
    default:
        fail(program, at, op->nr == BH_OP_FAIL ? (long)a[0] : ENOSYS);
    }
}

/* The next op after a failed call, if the program allows for this error: a named one jumps, any other one only when none is named. */
static uint32_t after_error(const struct bh_program *program, const struct bh_op *op, uint32_t at, long error)
{
    int named = error == op->errno1 || error == op->errno2;
    if (!named && !(op->flags & BH_FLAG_ANY_ERRNO))
        fail(program, at, error);
    return (op->flags & BH_FLAG_ERR_JUMP) && (named || op->errno1 == 0) ? op->target : at + 1;
}

/* A walk that must not leave the root is given up with EAGAIN when a rename or a mount, by anybody on the machine, fell between its ".." steps
 * (openat2(2)): it is done again, but not for ever, since a container's own process may be the one that renames. */
static int is_disturbed_walk(const struct bh_op *op, long result, uint32_t *walks)
{
    return op->nr == SYS_openat2 && result == -EAGAIN && ++*walks < BH_MAX_WALKS;
}

void bh_interpret(const struct bh_program *program)
{
    const struct bh_op *ops = (const struct bh_op *)program->ops;
    uint64_t slots[BH_SLOTS];
    uint32_t at = 0, walks = 0;

    while (at < program->op_count) {
        const struct bh_op *op = &ops[at];
        uint64_t a[6];
        for (int i = 0; i < 6; i++)
            a[i] = (op->slot_args >> i) & 1 ? slots[op->a[i]] : op->a[i];
        if (op->nr >= BH_OP_JUMP) {
            at = pseudo(program, op, at, a, slots);
            continue;
        }
        long result = raw_syscall(op->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
        if ((result == -EINTR && op->nr != SYS_close) || is_disturbed_walk(op, result, &walks))
            continue;
        if (result < 0 && result > -4096) {
            at = after_error(program, op, at, -result);
            continue;
        }
        if (op->save != BH_NO_SLOT)
            slots[op->save] = (uint64_t)result;
        at = op->flags & BH_FLAG_OK_JUMP ? op->target : at + 1;
    }
    fail(program, at, ENOEXEC); /* a program ends by exec, never by running off its end */
}
