/* The gate: what runs of ours inside a guest's address space (docs/userkernel.md). It is a program of its own at a fixed address. Started by
 * the kernel process it is the template: it confines itself, then forks a cell for every pair of descriptors that it is sent. In a cell it
 * is the signal handler that every system call of the guest ends in. Nothing here is trusted by the kernel: the guest can change all of it. */
#include "internal.h"

static void describe(struct slot *s, const struct ucontext_k *uc)
{
    s->ip = uc->mc.rip;
    s->sp = uc->mc.rsp;
    s->frame = (uint64_t)uc;
}

static struct ucontext_k *saved(const struct thread *t)
{
    return *(struct ucontext_k **)AT_PARENT(t);
}

/* The guest goes on behind the call with its result, or makes it once more after what its handlers do. */
static void give(struct ucontext_k *uc, long result)
{
    if (result == AGAIN_ALWAYS)
        uc->mc.rip -= 2;
    else
        uc->mc.rax = (uint64_t)result;
}

static void resume(struct thread *t, const struct slot *s, struct ucontext_k *uc, int64_t result)
{
    uc->mc.rax = (uint64_t)result;
    if (s->more)
        t->kicked = 1;
}

/* A child's first steps. The kernel wrote into its channel what it begins with: fork(2) has no arguments. */
static void begin_child(struct thread *t, struct ucontext_k *uc)
{
    struct slot *s = t->slot;
    if (s->args[0] & CLONE_CHILD_SETTID)
        *(int32_t *)s->args[3] = s->tid;
    if (s->args[0] & CLONE_SETTLS)
        CALL(SYS_arch_prctl, ARCH_SET_FS_CODE, (long)s->args[4], 0, 0, 0, 0);
    if (s->sp)
        uc->mc.rsp = s->sp;
    uc->mc.rax = 0;
    if (s->born_asking)
        t->kicked = 1;
    ring(t); /* whose this socket is */
}

/* A new thread or process. 1: the guest goes on; 0: the kernel is to hear of it (result). */
static int begets(struct thread *t, uint32_t action, struct ucontext_k *uc)
{
    struct slot *s = t->slot;
    int64_t id = s->result;
    long host;
    if (action == ACTION_CLONE)
        host = clone_thread(s, uc);
    else if (fork_cell(t, &host)) {
        begin_child(t, uc);
        return 1;
    }
    if (host > 0 && !__atomic_load_n(&s->report, __ATOMIC_SEQ_CST)) {
        resume(t, s, uc, id);
        return 1;
    }
    s->result = host;
    return 0;
}

/* Does what the kernel answered, until the guest goes on. */
static void obey(struct thread *t, struct slot *s, struct ucontext_k *uc)
{
    for (;;) {
        uint32_t action = s->action;
        switch (action) {
        case ACTION_OPS:
            run_ops(s);
            break;
        case ACTION_CLONE:
        case ACTION_FORK:
            if (begets(t, action, uc))
                return;
            break;
        case ACTION_VFORK:
            *(struct ucontext_k **)AT_PARENT(t) = copy_frame(uc, (uint64_t)AT_RESUME(t));
            t->borrowed = 1;
            uc->mc.rax = 0;
            if (s->sp)
                uc->mc.rsp = s->sp;
            return;
        case ACTION_VFORK_END: {
            struct ucontext_k *parent = saved(t);
            uint8_t *fp = uc->mc.fpstate;
            if (fp && parent->mc.fpstate)
                memcpy(fp, parent->mc.fpstate, state_size(parent->mc.fpstate));
            uc->mc = parent->mc;
            uc->mc.fpstate = fp;
            uc->mc.rax = (uint64_t)s->result;
            t->borrowed = 0;
            if (s->more)
                t->kicked = 1;
            return;
        }
        case ACTION_EXIT:
            bury(t, s->tid);
            leave(t);
        case ACTION_SIGNAL:
        case ACTION_CONTINUE:
            if (s->restart) {
                uc->mc.rip -= 2;
                uc->mc.rax = s->nr;
            }
            if (action == ACTION_SIGNAL)
                build_frame(s, uc);
            if (s->more)
                t->kicked = 1;
            return;
        case ACTION_LOCAL: {
            long result = -ENOSYS;
            uint64_t a[6];
            memcpy(a, s->args, sizeof a);
            local_call(t, (long)s->nr, a, &result);
            give(uc, result);
            if (s->more)
                t->kicked = 1;
            return;
        }
        case ACTION_RETURN:
            take_along(s);
            if (s->result == 0 && is_about_locks(s->nr))
                locks_changed(s->nr, s->args);
            resume(t, s, uc, s->result);
            return;
        default:
            quit(127);
        }
        s = ask(t, REQUEST_DONE);
    }
}

/* Before the guest goes on: what the kernel has for this thread. */
struct ucontext_k *gate_signals(struct ucontext_k *uc)
{
    struct thread *t = self();
    struct slot *s = t->slot;
    /* A frame of the guest's, on its way to be restored: the next handler's frame will lie where it lies. */
    if ((uint64_t)uc - (uint64_t)t >= STACK_SIZE)
        uc = copy_frame(uc, (uint64_t)AT_STACK(t));
    describe(s, uc);
    s = ask(t, REQUEST_SIGNALS);
    s->interrupted = 0;
    obey(t, s, uc);
    return uc;
}

/* The guest's rt_sigreturn: the host restores from the guest's own frame, with our mask and stack in it. */
static struct ucontext_k *signal_return(struct thread *t, struct ucontext_k *uc)
{
    struct ucontext_k *guest = (struct ucontext_k *)uc->mc.rsp;
    struct slot *s = t->slot;
    s->args[0] = guest->sigmask;
    s->args[1] = guest->stack.sp;
    s->args[2] = (uint64_t)(int64_t)guest->stack.flags;
    s->args[3] = guest->stack.size;
    describe(s, uc);
    obey(t, ask(t, REQUEST_SIGRETURN), uc);
    if (s->action == ACTION_VFORK_END)
        return uc;
    set_host_stack(guest, t);
    return guest;
}

/* What a call changes in the gate before it is asked. 1: it is answered already. */
static int prepare(struct thread *t, long nr, const uint64_t a[6], long *result)
{
    struct slot *s = t->slot;
    int writable;
    uint64_t sent = send_along(s, nr, a, &writable);
    if (lasting_answer(s, nr, a, sent, result))
        return 1;
    /* The line that the kernel looks at: all at once. */
    s->nr = (uint32_t)nr;
    s->sent = (uint16_t)sent;
    s->writable = (uint8_t)writable;
    for (int i = 0; i < 6; i++)
        s->args[i] = a[i];
    if (nr == SYS_set_tid_address)
        t->clear_tid = a[0];
    return 0;
}

/* gate_fast: a frame's number becomes the result, or t->answered says what the trap that follows is for. */
void gate_fast_call(struct thread *t, uint64_t frame[8])
{
    struct slot *s = t->slot;
    long nr = (long)frame[0], result;
    if (is_asked(s, nr) || !is_rewritable((uint64_t)nr) || (nr == SYS_exit && t->borrowed)) {
        t->answered = ANSWER_ASK;
        return;
    }
    if (nr == SYS_exit) {
        prepare(t, nr, frame + 1, &result);
        exit_thread(t);
    }
    if (local_call(t, nr, frame + 1, &result)) {
        if (result == AGAIN_ALWAYS)
            t->answered = ANSWER_ASK; /* the trap makes it once more */
        else
            frame[0] = (uint64_t)result;
        return;
    }
    if (prepare(t, nr, frame + 1, &result)) {
        frame[0] = (uint64_t)result;
        return;
    }
    s->ip = frame[7] + 2;
    s->sp = t->guest_sp;
    uint64_t turn = __atomic_load_n(&s->lasting_turn, __ATOMIC_RELAXED);
    s = ask(t, REQUEST_SYSCALL);
    while (nr == SYS_mmap && s->action == ACTION_OPS) { /* other calls' ops may change GS, which leads back from here */
        run_ops(s);
        s = ask(t, REQUEST_DONE);
    }
    if (s->action == ACTION_RETURN && !s->more) {
        if (s->lasting)
            keep_answer(s, nr, frame + 1, turn);
        take_along(s);
        frame[0] = (uint64_t)s->result;
    } else
        t->answered = ANSWER_SENT;
}

/* The rest of a call that gate_fast began. 0: all of it. */
static int finish(struct thread *t, struct ucontext_k *uc)
{
    uint32_t how = t->answered;
    t->answered = ANSWER_NONE;
    describe(t->slot, uc);
    if (how == ANSWER_SENT)
        obey(t, t->slot, uc);
    else if (how == ANSWER_LOCAL)
        uc->mc.rax = (uint64_t)t->result;
    return how != ANSWER_ASK;
}

static void system_call(struct thread *t, const siginfo_t *info, struct ucontext_k *uc)
{
    long nr = (long)uc->mc.rax, result;
    const uint64_t a[6] = { uc->mc.rdi, uc->mc.rsi, uc->mc.rdx, uc->mc.r10, uc->mc.r8, uc->mc.r9 };
    struct slot *s = t->slot;
    uc->mc.rip = site_of(uc->mc.rip);
    if (t->answered && finish(t, uc))
        return;
    if (info->si_arch != ARCH_X86_64) {
        uc->mc.rax = (uint64_t)-ENOSYS;
        return;
    }
    if (!(s->filtered & ASK_ALL))
        consider(t, &uc->mc);
    if (!is_asked(s, nr) && local_call(t, nr, a, &result)) {
        give(uc, result);
        return;
    }
    if (prepare(t, nr, a, &result)) {
        give(uc, result);
        return;
    }
    if (nr == SYS_exit && !t->borrowed && !(s->filtered & ASK_ALL))
        exit_thread(t);
    if (nr == SYS_exit_group && !t->borrowed && !(s->filtered & ASK_ALL) && !threaded)
        exit_process(t);
    describe(s, uc);
    obey(t, ask(t, REQUEST_SYSCALL), uc);
}

static int in_gate(uint64_t ip)
{
    return ip - GATE_BASE < GATE_TEXT_SIZE;
}

/* Every caught signal but the kick. Returns what the host shall restore from; with its lowest bit: at once (gate_back). */
struct ucontext_k *gate_main(int signal, const siginfo_t *info, struct ucontext_k *uc)
{
    struct thread *t = self();
    struct slot *s = t->slot;
    if (signal == SIGSYS) {
        if (uc->mc.rip == (uint64_t)gate_begun) {
            /* A new image that is to ask before it begins (gate_begin). */
            uc->mc.rip = s->ip;
            uc->mc.rax = uc->mc.rcx = uc->mc.r11 = 0;
            t->kicked = 1;
            return uc;
        }
        if (!t->answered && uc->mc.rax == SYS_rt_sigreturn && info->si_arch == ARCH_X86_64)
            return signal_return(t, uc);
        system_call(t, info, uc);
        return uc;
    }
    if ((signal == SIGSEGV || signal == SIGBUS) && uc->mc.rip >= (uint64_t)safe_begin && uc->mc.rip < (uint64_t)safe_end) {
        uc->mc.rip = (uint64_t)(uc->mc.rip < (uint64_t)copy_begin ? safe_fault : copy_fault);
        return (struct ucontext_k *)((uint64_t)uc | 1); /* back into the gate, without a look at signals */
    }
    /* A tracer's single step has come into gate_fast: the step goes on as the system call that this is. */
    if (signal == SIGTRAP && in_gate(uc->mc.rip) && uc->mc.eflags & TRAP_FLAG) {
        uc->mc.eflags &= ~TRAP_FLAG;
        return (struct ucontext_k *)((uint64_t)uc | 1);
    }
    if (signal == SIGTRAP && info->si_code == SI_KERNEL && was_held(uc->mc.rip)) {
        uc->mc.rip--;
        return uc;
    }
    if (in_gate(uc->mc.rip))
        quit(128 + signal); /* the guest's own memory under our hands: no way back */
    describe(s, uc);
    s->args[0] = uc->mc.trapno;
    s->args[1] = uc->mc.err;
    s->args[2] = uc->mc.cr2;
    memcpy(s->data, info, 128);
    obey(t, ask(t, REQUEST_FAULT), uc);
    return uc;
}

/* 1: the guest was interrupted, deliver; 0: we were, so leave word and go on. */
int gate_kick(struct ucontext_k *uc)
{
    uint64_t ip = uc->mc.rip;
    struct thread *t = self();
    if (!in_gate(ip) && !t->answered)
        return 1;
    t->kicked = 1;
    if (ip >= (uint64_t)exit_begin && ip < (uint64_t)exit_end)
        uc->mc.rip = (uint64_t)exit_again;
    else if (ip >= (uint64_t)fast_begin && ip < (uint64_t)fast_end)
        uc->mc.rip = (uint64_t)fast_kicked;
    else if (ip >= (uint64_t)futex_begin && ip < (uint64_t)futex_end)
        uc->mc.rip = (uint64_t)futex_stop;
    return 0;
}
