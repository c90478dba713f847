/* The gate's ways in and out. The stack of a handler is a gate stack: its lowest 64 KiB boundary is the thread's block. */
    .text
    .globl _start, gate_entry, kick_entry, gate_restorer, gate_futex, gate_clone_thread, gate_jump, gate_begin, gate_begun, gate_on_stack, gate_fast
    .globl fast_begin, fast_end, fast_kicked, gate_ids
    .globl exit_begin, exit_end, exit_again, futex_begin, futex_end, futex_stop
    .globl gate_load, gate_load_long, gate_store_long, gate_swap, gate_probe, gate_text, gate_copy
    .globl safe_begin, safe_end, safe_fault, copy_begin, copy_fault

#define SLOT 0
#define KICKED 8
#define SELF 48
#define GUEST_SP 56
#define RESULT 64
#define ANSWERED 72
#define SITE 80
#define IDS 192
#define FILTERED 144 /* in the slot, as PID and those that follow it */
#define PID 160
#define ANSWER_LOCAL 2
#define STACK_SIZE 65536

_start:
    mov %rsp, %rdi
    and $-16, %rsp
    call gate_template
    hlt

/* A signal handler (rdi signal, rsi siginfo, rdx context). Every register is the host's to restore, so none is saved here. */
gate_entry:
    cld
    mov %rsp, %r14
    and $-16, %r14
    mov %r14, %rsp
    mov %rsp, %r13
    and $-65536, %r13
    call gate_main
    mov %rax, %r12
    test $1, %al
    jnz gate_back
/* From the look at `kicked` to the return: a kick in here goes to exit_again (gate_kick). */
exit_begin:
    cmpl $0, KICKED(%r13)
    jne exit_again
    mov %r12, %rsp
    mov $15, %eax
    syscall
exit_end:
    hlt
exit_again:
    mov %r14, %rsp
    movl $0, KICKED(%r13)
    mov %r12, %rdi
    call gate_signals
    mov %rax, %r12
    jmp exit_begin

gate_back:
    lea -1(%r12), %rsp
    jmp gate_restorer

kick_entry:
    cld
    mov %rdx, %r12
    mov %rsp, %r14
    and $-16, %r14
    mov %r14, %rsp
    mov %rsp, %r13
    and $-65536, %r13
    mov %rdx, %rdi
    call gate_kick
    test %eax, %eax
    jnz exit_again
    mov %r12, %rsp
gate_restorer:
    mov $15, %eax
    syscall
    hlt

/* futex(2) unless kicked: (kicked, word, op, value, timeout, bits). A kick between the look and the call goes to futex_stop. */
gate_futex:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    xor %r8d, %r8d
    mov %rax, %rcx
futex_begin:
    cmpl $0, (%rcx)
    jne futex_stop
    mov $202, %eax
    syscall
futex_end:
    ret
futex_stop:
    mov $-4, %rax
    ret

/* Between safe_begin and safe_end a fault is the answer -EFAULT. (address, value *): 0. */
safe_begin:
gate_load:
    mov (%rdi), %eax
    mov %eax, (%rsi)
    xor %eax, %eax
    ret
gate_load_long:
    mov (%rdi), %rax
    mov %rax, (%rsi)
    xor %eax, %eax
    ret
gate_store_long:
    mov %rsi, (%rdi)
    xor %eax, %eax
    ret
/* (address, old *, new): 1, or 0 with what was there in old. */
gate_swap:
    mov (%rsi), %eax
    lock cmpxchg %edx, (%rdi)
    mov %eax, (%rsi)
    sete %al
    movzbl %al, %eax
    ret
/* (address): 0, when it can be written; it is not changed. */
gate_probe:
    lock orb $0, (%rdi)
    xor %eax, %eax
    ret
/* (to, from, most): how many bytes up to a NUL, with it; 0: there is none within `most`. */
gate_text:
    xor %eax, %eax
1:  cmp %rdx, %rax
    jae 2f
    mov (%rsi, %rax), %cl
    mov %cl, (%rdi, %rax)
    inc %rax
    test %cl, %cl
    jnz 1b
    ret
2:  xor %eax, %eax
    ret
/* (to, from, size): how many bytes are left. */
gate_copy:
    mov %rdx, %rcx
copy_begin:
    cmp $32, %rcx
    jae 2f
    test %rcx, %rcx
    jz 3f
1:  movzbl (%rsi), %eax
    mov %al, (%rdi)
    inc %rsi
    inc %rdi
    dec %rcx
    jnz 1b
    xor %eax, %eax
    ret
2:  rep movsb
3:  xor %eax, %eax
    ret
safe_end:
safe_fault:
    mov $-14, %rax
    ret
copy_fault:
    mov %rcx, %rax
    ret

/* (flags, stack = a context, child_tid, tls, GS base or 0): the child restores the context, or asks before it. */
gate_clone_thread:
    mov %r8, %r9
    mov %rdx, %r10
    mov %rcx, %r8
    xor %edx, %edx
    mov $56, %eax
    syscall
    test %rax, %rax
    jz 1f
    ret
1:  test %r9, %r9
    jz 2f
    mov %r9, %rsi
    mov $0x1001, %edi
    mov $158, %eax
    syscall
2:  mov %rsp, %r12
    mov %rsp, %r14
    mov %rsp, %r13
    and $-65536, %r13
    jmp exit_begin

/* A rewritten call: rax number, rcx the trampoline's syscall instruction, the rest as for a system call. Frame: number, six arguments, rcx. */
gate_fast:
    cmpl $0, fast_off(%rip)
    jne fast_slow
    cmp $IDS, %rax
    jae fast_ask
    lea gate_ids(%rip), %r11
    movzbl (%r11, %rax), %r11d
    test %r11d, %r11d
    jnz fast_id
fast_ask:
    mov %gs:SELF, %r11
    mov %rsp, GUEST_SP(%r11)
    lea STACK_SIZE(%r11), %rsp
    push %rcx
    push %r9
    push %r8
    push %r10
    push %rdx
    push %rsi
    push %rdi
    push %rax
    mov %r11, %rdi
    mov %rsp, %rsi
    call gate_fast_call
    pop %rax
    pop %rdi
    pop %rsi
    pop %rdx
    pop %r10
    pop %r8
    pop %r9
    pop %rcx
    mov %gs:SELF, %r11
    mov GUEST_SP(%r11), %rsp
    cmpl $0, ANSWERED(%r11)
    jne fast_slow
/* From the look at `kicked` to the return: a kick in here goes to fast_kicked (gate_kick). */
fast_begin:
    cmpl $0, KICKED(%r11)
    jne fast_kicked
    lea 2(%rcx), %r11
    jmp *%r11
fast_end:
    hlt
/* getpid(2) and its like: from the slot, if nobody else has a say. The order is the slot's. */
fast_id:
    mov %rcx, %gs:SITE
    mov %gs:SLOT, %rcx
    testb $1, FILTERED(%rcx)
    jnz fast_asked
    mov (%rcx, %r11), %eax
    mov %gs:SITE, %rcx
    mov %gs:SELF, %r11
    jmp fast_begin
fast_asked:
    mov %gs:SITE, %rcx
    jmp fast_ask
gate_ids:
    .fill 39, 1, 0
    .byte PID
    .fill 62, 1, 0
    .byte PID + 12, 0, PID + 20, 0, 0, PID + 16, PID + 24, 0, PID + 8 /* getuid 102, getgid 104, geteuid 107, getegid 108, getppid 110 */
    .fill 75, 1, 0
    .byte PID + 4 /* gettid 186 */
    .fill 5, 1, 0
/* There are signals: the trap that follows finds the result. */
fast_kicked:
    mov %gs:SELF, %r11
    mov %rax, RESULT(%r11)
    movl $ANSWER_LOCAL, ANSWERED(%r11)
fast_slow:
    jmp *%rcx

    .macro empty_registers
    xor %eax, %eax
    xor %ebx, %ebx
    xor %ecx, %ecx
    xor %edx, %edx
    xor %esi, %esi
    xor %edi, %edi
    xor %ebp, %ebp
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    .endm

/* A new image begins with empty registers (ELF psABI: rdx 0, no atexit function): its address waits below its stack. */
gate_jump:
    mov %rsi, %rsp
    push %rdi
    empty_registers
    ret

/* The same for one that a tracer stops before its first instruction: any call that the filter traps brings it to gate_main. */
gate_begin:
    mov %rdi, %rsp
    empty_registers
    mov $39, %eax
    syscall
gate_begun:
    hlt

gate_on_stack:
    mov %rdi, %rsp
    call *%rsi
    hlt
    .section .note.GNU-stack,"",@progbits
