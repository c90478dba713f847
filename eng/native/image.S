/* The stub's ELF file as data of the runtime. */
    .section .rodata
    .globl bh_stub_begin, bh_stub_end
    .balign 16
bh_stub_begin:
    .incbin "stub"
bh_stub_end:
    .section .note.GNU-stack,"",@progbits
