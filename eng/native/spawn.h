/* The spawn program: what managed code compiles and the native interpreter runs.
 * Mirrored by src/Bulkhead.Linux/Spawn/ProgramLayout.cs; tests/Abi compares sizes and offsets. */
#ifndef BULKHEAD_SPAWN_H
#define BULKHEAD_SPAWN_H

#include <stdint.h>

#define BH_SLOTS 96
#define BH_NO_SLOT 0xff

/* Pseudo system calls, above every real number. */
#define BH_OP_JUMP 0x10000     /* continue at target */
#define BH_OP_TEST 0x10001     /* if ((*(u32 *)a0 & a1) == a2) continue at target */
#define BH_OP_STORE32 0x10002  /* *(u32 *)a0 = a1 */
#define BH_OP_STORE64 0x10003  /* *(u64 *)a0 = a1 */
#define BH_OP_FAIL 0x10004     /* report failure of this op with errno a0 and exit 1 */
#define BH_OP_SYNC 0x10005     /* report (BH_REPORT_SYNC, a0, value a1), wait for one byte, exit 1 on end of file */
#define BH_OP_FORK 0x10006     /* clone with flags a0: the child goes on, the parent reports its pid and exits 0 */
#define BH_OP_SET 0x10007      /* slot save = a0 */
#define BH_OP_DIE 0x10008      /* print the text at a0 (a1 bytes) on fd 2 and exit with status a2 */

#define BH_FLAG_OK_JUMP 1      /* on success continue at target */
#define BH_FLAG_ERR_JUMP 2     /* on errno1 or errno2 (on any, if errno1 is 0) continue at target */
#define BH_FLAG_ANY_ERRNO 4    /* every errno is accepted */

struct bh_op {
    uint32_t nr;
    uint8_t slot_args;   /* bit i: a[i] is a slot index, not a value */
    uint8_t save;        /* slot for the result, or BH_NO_SLOT */
    uint8_t flags;
    uint8_t pad;
    uint16_t errno1;     /* accepted errors; 0 accepts none */
    uint16_t errno2;
    uint16_t target;
    uint16_t pad2;
    uint64_t a[6];
};

struct bh_program {
    uint64_t ops;        /* address of the first op */
    uint32_t op_count;
    int32_t report_fd;   /* socket of the parent */
    uint32_t phase;      /* BH_PHASE_*: told in reports of failure */
    uint32_t pad;
};

#define BH_PHASE_LAUNCH 0 /* in the child that still shares the runtime's memory */
#define BH_PHASE_STUB 1

/* The plan file of the stub is mapped here; its first bytes are a bh_program. */
#define BH_PLAN_ADDRESS 0x70000000ul

#define BH_REPORT_FAIL 1
#define BH_REPORT_SYNC 2
#define BH_REPORT_FORKED 3

struct bh_report {
    uint32_t kind;
    uint32_t op;         /* op index, or the number of a sync */
    int32_t error;       /* errno of a failure */
    int32_t value;       /* the phase of a failure, the value of a sync, the pid of BH_REPORT_FORKED */
};

struct bh_launch {
    uint64_t clone_flags;    /* CLONE_VM is added; CLONE_VFORK if the caller wants to wait for exec */
    int32_t cgroup_fd;       /* for CLONE_INTO_CGROUP, else -1 */
    int32_t pidfd;           /* out, when CLONE_PIDFD is asked for */
    struct bh_program program;
};

void bh_interpret(const struct bh_program *program);
long bh_launch(struct bh_launch *launch);
long bh_syscall(long nr, long a, long b, long c, long d, long e, long f);
const void *bh_stub_image(uint64_t *size);
const void *bh_init_image(uint64_t *size);
long bh_signals_catch(uint64_t set, int fd);
long bh_signals_release(uint64_t set);

#endif
