/* Signal frames: those that the host made for us, and those that we make for the guest. */
#include "internal.h"

uint64_t state_size(const uint8_t *fp)
{
    const uint32_t *software = (const uint32_t *)(fp + FP_SW_OFFSET);
    uint64_t size = software[0] == FP_MAGIC1 ? software[1] : FP_LEGACY_SIZE;
    return size > SAVE_SIZE - 1024 ? FP_LEGACY_SIZE : size;
}

/* A copy of a host frame below `top`, whole for a sigreturn. */
struct ucontext_k *copy_frame(const struct ucontext_k *uc, uint64_t top)
{
    uint64_t size = uc->mc.fpstate ? state_size(uc->mc.fpstate) : 0;
    uint64_t fp = (top - size) & -64ul;
    struct ucontext_k *copy = (struct ucontext_k *)((fp - sizeof *copy) & -16ul);
    *copy = *uc;
    if (size) {
        memcpy((void *)fp, uc->mc.fpstate, size);
        copy->mc.fpstate = (uint8_t *)fp;
    }
    return copy;
}

void set_host_stack(struct ucontext_k *uc, const struct thread *t)
{
    uc->stack.sp = (uint64_t)AT_STACK(t);
    uc->stack.size = HANDLER_STACK_SIZE;
    uc->stack.flags = 0;
    uc->sigmask = 0;
}

/* The guest's frame as Linux builds it (arch/x86/kernel/signal_64.c), and the registers for its handler. */
void build_frame(const struct slot *s, struct ucontext_k *uc)
{
    uint64_t size = uc->mc.fpstate ? state_size(uc->mc.fpstate) : 0;
    uint64_t fp = (s->frame_top - size) & -64ul;
    struct frame *f = (struct frame *)(((fp - sizeof *f) & -16ul) - 8);
    f->restorer = s->restorer;
    f->uc = *uc;
    f->uc.mc.rip = shown_in_frame(uc->mc.rip);
    f->uc.sigmask = s->mask;
    f->uc.stack.sp = s->alternate_sp;
    f->uc.stack.size = s->alternate_size;
    f->uc.stack.flags = (int32_t)s->alternate_flags;
    if (size) {
        memcpy((void *)fp, uc->mc.fpstate, size);
        f->uc.mc.fpstate = (uint8_t *)fp;
    }
    memcpy(f->info, s->info, sizeof f->info);
    uc->mc.rip = s->handler;
    uc->mc.rsp = (uint64_t)f;
    uc->mc.rdi = s->signal;
    uc->mc.rsi = (uint64_t)f->info;
    uc->mc.rdx = (uint64_t)&f->uc;
    uc->mc.rax = 0;
    uc->mc.eflags &= ~0x10500ul; /* RF, DF, TF */
}
