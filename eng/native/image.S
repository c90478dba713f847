/* The ELF files of the stub and of the init as data of the runtime. */
    .section .rodata
    .globl bh_stub_begin, bh_stub_end, bh_init_begin, bh_init_end
    .balign 16
bh_stub_begin:
    .incbin "stub"
bh_stub_end:
    .balign 16
bh_init_begin:
    .incbin "init"
bh_init_end:
    .section .note.GNU-stack,"",@progbits
