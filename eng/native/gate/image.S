/* The gate's ELF file as data of the kernel process; a function of its own keeps it out of the programs that do not ask for it. */
    .section .rodata
    .balign 16
gate_begin:
    .incbin "gate.elf"
gate_end:
    .text
    .globl bh_gate_image
bh_gate_image:
    lea gate_end(%rip), %rax
    lea gate_begin(%rip), %rcx
    sub %rcx, %rax
    mov %rax, (%rdi)
    mov %rcx, %rax
    ret
    .section .note.GNU-stack,"",@progbits
