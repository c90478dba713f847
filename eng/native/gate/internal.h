/* What the parts of the gate share. */
#ifndef BULKHEAD_GATE_INTERNAL_H
#define BULKHEAD_GATE_INTERNAL_H

#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "../syscall.h"
#include "gate.h"

#define ARCH_X86_64 0xc000003eu
#define ARCH_SET_FS_CODE 0x1002
#define ARCH_GET_FS_CODE 0x1003
#define ARCH_SET_GS_CODE 0x1001
#define ARCH_GET_GS_CODE 0x1004
#define SA_RESTORER_FLAG 0x04000000ul
#define TRAP_FLAG 0x100ul
#define FP_MAGIC1 0x46505853u
#define FP_LEGACY_SIZE 512u
#define FP_SW_OFFSET 464u
#define FILTER_MAX 8192
#define SITES 1024
#define PAGE 4096ul
#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_CHILD_CLEARTID)
#define FORK_FLAGS (CLONE_PARENT | SIGCHLD)
/* The call is made once more whatever the guest's handlers say (ERESTARTNOINTR of the host's kernel). */
#define AGAIN_ALWAYS (-513l)
#define CALL(nr, ...) call6(nr, __VA_ARGS__)

/* The kernel's layouts (arch/x86/include/uapi/asm/sigcontext.h and ucontext.h), without libc's longer masks. */
struct context {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
    uint16_t cs, gs, fs, ss;
    uint64_t err, trapno, oldmask, cr2;
    uint8_t *fpstate;
    uint64_t reserved[8];
};

struct ucontext_k {
    uint64_t flags;
    void *link;
    struct { uint64_t sp; int32_t flags; int32_t pad; uint64_t size; } stack;
    struct context mc;
    uint64_t sigmask;
};

struct frame {
    uint64_t restorer;
    struct ucontext_k uc;
    uint8_t info[128];
};

/* At the bottom of each gate stack, one per thread. */
struct thread {
    struct slot *slot;
    uint32_t kicked;
    uint32_t index;
    uint32_t busy;        /* the host clears it when the thread is off its gate stack (CLONE_CHILD_CLEARTID) */
    uint32_t borrowed;    /* a vfork child runs on it */
    uint32_t hasty;       /* requests that do not yield before they sleep */
    uint32_t crowd;       /* how many that will be when a yield takes long again */
    uint32_t asleep;      /* enum asleep: what the host puts it to sleep on */
    uint64_t clear_tid;   /* what the guest wants cleared and woken at its end */
    struct thread *self;  /* gate_fast finds its thread by GS */
    uint64_t guest_sp;
    int64_t result;       /* ANSWER_LOCAL */
    uint32_t answered;    /* enum answer: the trap that follows is a call that gate_fast has begun */
    uint64_t site;        /* gate_fast's, for a moment */
    /* What its waits have taught it (waits.c). */
    uint32_t least_yield; /* ticks of a yield to nobody */
    uint32_t beside;      /* the last yield was to somebody */
    uint32_t together;    /* waits in a row that such a yield ended */
    uint32_t patience;    /* with how many of them it sleeps instead */
    uint32_t soon;        /* waits for others than the kernel that were short, up to a few; 0 after a long one */
    uint8_t hits[SITES];  /* traps by address; here, as each page that is written costs a fork a copy */
};

enum asleep { ASLEEP_NOT, ASLEEP_LOOKING, ASLEEP_ON_HOST };

enum answer { ANSWER_NONE, ANSWER_SENT, ANSWER_LOCAL, ANSWER_ASK };

_Static_assert(offsetof(struct thread, kicked) == 8 && offsetof(struct thread, self) == 48 && offsetof(struct thread, guest_sp) == 56
    && offsetof(struct thread, result) == 64 && offsetof(struct thread, answered) == 72 && offsetof(struct thread, slot) == 0
    && offsetof(struct thread, site) == 80, "entry.S");
_Static_assert(offsetof(struct slot, filtered) == 144 && offsetof(struct slot, pid) == 160 && offsetof(struct slot, egid) == 184, "entry.S");

/* Above the block's page: the parent of a vfork child, a context on its way to a sigreturn, then the stack of handlers. */
#define AT_PARENT(t) ((char *)(t) + 4096)
#define AT_RESUME(t) (AT_PARENT(t) + SAVE_SIZE)
#define AT_STACK(t) (AT_RESUME(t) + SAVE_SIZE)
#define HANDLER_STACK_SIZE (STACK_SIZE - 4096 - 2 * SAVE_SIZE)

struct kernel_action { void *handler; unsigned long flags; void *restorer; uint64_t mask; };

/* The heap: private memory, so that a fork copies it. */
extern struct heap { volatile int lock; uint64_t base, end, mapped; } heap;

extern int fast_off, threaded;

/* The host's first thread of this cell. */
extern struct thread *leader;

/* By number: where in the slot the answer lies; 0: the call is another one. */
extern const uint8_t gate_ids[];
#define IDS 192

extern char exit_begin[], exit_end[], exit_again[], fast_begin[], fast_end[], fast_kicked[], futex_begin[], futex_end[], futex_stop[], gate_begun[];
extern char safe_begin[], safe_end[], safe_fault[], copy_begin[], copy_fault[];
void gate_entry(void);
void kick_entry(void);
void gate_restorer(void);
void gate_fast(void);
long gate_futex(const uint32_t *kicked, uint64_t word, long op, long value, uint64_t timeout, long bits);
/* Words of the guest's that need not be there: 0, or -EFAULT; 1, 0 (`old` is what was there) or -EFAULT. */
long gate_load(uint64_t address, uint32_t *value);
long gate_load_long(uint64_t address, uint64_t *value);
long gate_store_long(uint64_t address, uint64_t value);
long gate_swap(uint64_t address, uint32_t *old, uint32_t new);
/* 0 or -EFAULT; the count, 0 or -EFAULT; what is left, without an error. */
long gate_probe(uint64_t address);
long gate_text(uint8_t *to, uint64_t from, uint64_t most);
uint64_t gate_copy(uint64_t to, uint64_t from, uint64_t size);
long gate_clone_thread(long flags, void *stack, uint64_t child_tid, uint64_t tls, struct thread *gs);
_Noreturn void gate_jump(uint64_t ip, uint64_t sp);
_Noreturn void gate_begin(uint64_t sp);
_Noreturn void gate_on_stack(void *stack, void (*then)(void));

static inline long call6(long nr, long a, long b, long c, long d, long e, long f)
{
    return raw_syscall(nr, a, b, c, d, e, f);
}

static inline struct thread *self(void)
{
    uint64_t sp;
    __asm__ volatile("mov %%rsp, %0" : "=r"(sp));
    return (struct thread *)(sp & -STACK_SIZE);
}

static inline _Noreturn void quit(long status)
{
    for (;;)
        CALL(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
void ring(const struct thread *t);
void bury(const struct thread *t, int32_t tid);
void await_answer(struct thread *t, struct slot *s);
long await_release(struct thread *t, long op, uint64_t timeout);
struct slot *ask(struct thread *t, uint32_t kind);
int receive(int fds[2], void *data, size_t size, long *length);
void run_ops(struct slot *s);
void bind_cell(struct thread *t, const int fds[2]);
int was_held(uint64_t ip);
void finish_rewriting(void);
uint64_t site_of(uint64_t after);
uint64_t shown_in_frame(uint64_t ip);
void consider(struct thread *t, const struct context *mc);
int is_rewritable(uint64_t nr);
int is_asked(const struct slot *s, long nr);
int local_call(struct thread *t, long nr, const uint64_t a[6], long *result);
uint64_t send_along(struct slot *s, long nr, const uint64_t a[6], int *writable);
void take_along(struct slot *s);
int lasting_answer(const struct slot *s, long nr, const uint64_t a[6], uint64_t size, long *result);
void keep_answer(const struct slot *s, long nr, const uint64_t a[6], uint64_t turn);
void free_answers(void);
int memory_call(long nr, const uint64_t a[6], long *result);
long futex(struct thread *t, const uint64_t a[6]);
long wait_for_many(struct thread *t, const uint64_t a[6]);
long wake_word(uint64_t address, uint32_t kind, int32_t most, uint32_t bits);
void note_mapping(long address, uint64_t length, uint64_t flags);
void note_shared(uint64_t begin, uint64_t length);
int is_shared(uint64_t address);
void forget_locked(uint64_t begin, uint64_t length);
void replace_locked(uint64_t begin, uint64_t length);
void note_locked(uint64_t begin, uint64_t length);
int is_locked(uint64_t begin, uint64_t length);
void forget_all_locked(void);
int is_about_locks(uint64_t nr);
void locks_changed(uint64_t nr, const uint64_t a[6]);
void forget_waiters(void);
void hand_over_locks(uint32_t tid);
void hand_over_lock(uint64_t address);
uint64_t state_size(const uint8_t *fp);
struct ucontext_k *copy_frame(const struct ucontext_k *uc, uint64_t top);
void build_frame(const struct slot *s, struct ucontext_k *uc);
void set_host_stack(struct ucontext_k *uc, const struct thread *t);
long clone_thread(struct slot *s, const struct ucontext_k *uc);
_Noreturn void leave(const struct thread *t);
_Noreturn void exit_thread(struct thread *t);
_Noreturn void exit_process(struct thread *t);
int fork_cell(struct thread *t, long *result);

#endif
