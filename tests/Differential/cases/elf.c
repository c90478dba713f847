// The loader: small programs written byte by byte, right and wrong ones (execve(2), elf(5)), and what a program finds at its first instruction.
#include "harness.h"
#include <elf.h>

#define BASE 0x400000ul

struct image {
    Elf64_Ehdr head;
    Elf64_Phdr parts[3];
    unsigned char code[512];
};

// mov edi, status; mov eax, exit; syscall
static const unsigned char exit_42[] = { 0xbf, 42, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };

static struct image program(const unsigned char *code, size_t length)
{
    struct image image = {
        .head = {
            .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
            .e_type = ET_EXEC,
            .e_machine = EM_X86_64,
            .e_version = EV_CURRENT,
            .e_entry = BASE + offsetof(struct image, code),
            .e_phoff = offsetof(struct image, parts),
            .e_ehsize = sizeof(Elf64_Ehdr),
            .e_phentsize = sizeof(Elf64_Phdr),
            .e_phnum = 1,
        },
        .parts = { { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE, .p_paddr = BASE, .p_filesz = sizeof(struct image),
            .p_memsz = sizeof(struct image), .p_align = 4096 } },
    };
    memcpy(image.code, code, length);
    return image;
}

static void run(const struct image *image, long length)
{
    static int number;
    char name[16];
    char *words[] = { "one", "two", "three", NULL }, *environment[] = { "A=B", NULL };
    sprintf(name, "program%d", number++); // a new file: an old one may still run
    int fd = open(name, O_CREAT | O_WRONLY, 0755);
    write(fd, image, length);
    close(fd);
    pid_t child = fork();
    if (child == 0) {
        execve(name, words, environment);
        out("execve errno %s\n", errno_name(errno));
        _exit(1);
    }
    SHOW_WAIT(child);
}

CASE(elf, smallest)
{
    struct image image = program(exit_42, sizeof exit_42);
    run(&image, sizeof image);
}

CASE(elf, argument_count_on_the_stack)
{
    // mov edi, [rsp]; mov eax, exit; syscall
    static const unsigned char code[] = { 0x8b, 0x3c, 0x24, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };
    struct image image = program(code, sizeof code);
    run(&image, sizeof image);
}

CASE(elf, stack_is_aligned)
{
    // mov edi, esp; and edi, 15; mov eax, exit; syscall
    static const unsigned char code[] = { 0x89, 0xe7, 0x83, 0xe7, 15, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };
    struct image image = program(code, sizeof code);
    run(&image, sizeof image);
}

CASE(elf, registers_are_zero)
{
    // or all registers but rsp and rip into rdi: or rdi, rax ... ; neg rdi; sbb edi, edi; and edi, 1; mov eax, exit; syscall
    static const unsigned char code[] = {
        0x48, 0x09, 0xc7, 0x48, 0x09, 0xdf, 0x48, 0x09, 0xcf, 0x48, 0x09, 0xd7, 0x48, 0x09, 0xf7, 0x48, 0x09, 0xef, // rax rbx rcx rdx rsi rbp
        0x4c, 0x09, 0xc7, 0x4c, 0x09, 0xcf, 0x4c, 0x09, 0xd7, 0x4c, 0x09, 0xdf, 0x4c, 0x09, 0xe7, 0x4c, 0x09, 0xef, // r8 r9 r10 r11 r12 r13
        0x4c, 0x09, 0xf7, 0x4c, 0x09, 0xff,                                                                         // r14 r15
        0x48, 0xf7, 0xdf, 0x19, 0xff, 0x83, 0xe7, 1, 0xb8, 60, 0, 0, 0, 0x0f, 0x05,
    };
    struct image image = program(code, sizeof code);
    run(&image, sizeof image);
}

CASE(elf, memory_beyond_the_file_is_zero)
{
    // movzx edi, byte [BASE + 0x2800]; add edi, 7; mov eax, exit; syscall
    static const unsigned char code[] = { 0x0f, 0xb6, 0x3c, 0x25, 0x00, 0x28, 0x40, 0x00, 0x83, 0xc7, 7, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };
    struct image image = program(code, sizeof code);
    image.parts[0].p_memsz = 0x3000;
    image.parts[0].p_flags |= PF_W;
    run(&image, sizeof image);
}

CASE(elf, rest_of_the_last_page_is_zero)
{
    // movzx edi, byte [BASE + 0xf00]: after p_filesz in its page, where the file has bytes
    static const unsigned char code[] = { 0x0f, 0xb6, 0x3c, 0x25, 0x00, 0x0f, 0x40, 0x00, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };
    static struct { struct image image; unsigned char more[4096]; } file;
    file.image = program(code, sizeof code);
    file.image.parts[0].p_memsz = 0x1000;
    file.image.parts[0].p_flags |= PF_W;
    memset(file.more, 9, sizeof file.more);
    run(&file.image, sizeof file);
}

CASE(elf, read_only_segment_is_enforced)
{
    // mov byte [BASE + 0x800], 1
    static const unsigned char code[] = { 0xc6, 0x04, 0x25, 0x00, 0x08, 0x40, 0x00, 1 };
    struct image image = program(code, sizeof code);
    run(&image, sizeof image);
}

CASE(elf, segment_without_execution)
{
    struct image image = program(exit_42, sizeof exit_42);
    image.parts[0].p_flags = PF_R;
    image.parts[1] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W };
    image.head.e_phnum = 2;
    run(&image, sizeof image);
}

static void stack_with(unsigned flags)
{
    // push 0xc3 (ret) ; call rsp -- then exit 42
    static const unsigned char code[] = { 0x68, 0xc3, 0, 0, 0, 0x89, 0xe0, 0x48, 0x89, 0xe0, 0xff, 0xd0, 0xbf, 42, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };
    struct image image = program(code, sizeof code);
    image.parts[1] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_flags = flags };
    image.head.e_phnum = 2;
    run(&image, sizeof image);
}

CASE(elf, stack_execution_is_by_header)
{
    stack_with(PF_R | PF_W);
    stack_with(PF_R | PF_W | PF_X);
}

CASE(elf, position_independent)
{
    struct image image = program(exit_42, sizeof exit_42);
    image.head.e_type = ET_DYN;
    image.head.e_entry = offsetof(struct image, code);
    image.parts[0].p_vaddr = image.parts[0].p_paddr = 0;
    run(&image, sizeof image);
}

CASE(elf, entry_nowhere)
{
    struct image image = program(exit_42, sizeof exit_42);
    image.head.e_entry = 0x10;
    run(&image, sizeof image);
}

CASE(elf, wrong_heads) // ENOEXEC
{
    struct image good = program(exit_42, sizeof exit_42), image = good;
    image.head.e_machine = EM_AARCH64;
    run(&image, sizeof image);
    image = good;
    image.head.e_type = ET_REL;
    run(&image, sizeof image);
    image = good;
    image.head.e_phentsize = 32;
    run(&image, sizeof image);
    image = good;
    image.head.e_phnum = 0;
    run(&image, sizeof image);
    image = good;
    image.head.e_ident[1] = 'e';
    run(&image, sizeof image);
    run(&good, 20); // cut in the head
}

CASE(elf, missing_interpreter) // ENOENT
{
    struct image image = program(exit_42, sizeof exit_42);
    strcpy((char *)image.code + 256, "/no/such/loader");
    image.parts[1] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_offset = offsetof(struct image, code) + 256, .p_filesz = 16, .p_memsz = 16 };
    image.head.e_phnum = 2;
    run(&image, sizeof image);
}

CASE(elf, interpreter_that_is_none)
{
    struct image image = program(exit_42, sizeof exit_42);
    make_file("loader", "this is text and longer than the head of a program, so that it is read as one: it is refused by its magic");
    chmod("loader", 0755);
    strcpy((char *)image.code + 256, "loader");
    image.parts[1] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_offset = offsetof(struct image, code) + 256, .p_filesz = 7, .p_memsz = 7 };
    image.head.e_phnum = 2;
    run(&image, sizeof image);
    image.code[256 + 6] = 'x'; // without an end: ENOEXEC
    run(&image, sizeof image);
}

CASE(elf, interpreter_runs_first)
{
    // the loader: mov edi, 77 ...
    static const unsigned char loader[] = { 0xbf, 77, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };
    struct image image = program(loader, sizeof loader);
    image.head.e_type = ET_DYN;
    image.head.e_entry = offsetof(struct image, code);
    image.parts[0].p_vaddr = image.parts[0].p_paddr = 0;
    int fd = open("loader", O_CREAT | O_WRONLY, 0755);
    write(fd, &image, sizeof image);
    close(fd);
    image = program(exit_42, sizeof exit_42);
    strcpy((char *)image.code + 256, "loader");
    image.parts[1] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_offset = offsetof(struct image, code) + 256, .p_filesz = 7, .p_memsz = 7 };
    image.head.e_phnum = 2;
    run(&image, sizeof image);
}
