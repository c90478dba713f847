#!/usr/bin/env python3
"""Writes src/Bulkhead.Linux/Seccomp/SeccompSyscalls.Table.cs: the system call names and numbers of x86-64, i386 and x32.

Numbers come from the kernel's user headers (package linux-libc-dev). What is newer than those headers is listed below: since
Linux 5.1 a new call has the same number on every architecture (Documentation/process/adding-syscalls.rst).
Run it again when the headers or the list grow; tests/Bulkhead.Linux.Tests compares the table with the headers.
"""
import pathlib
import re

HEADERS = pathlib.Path("/usr/include/x86_64-linux-gnu/asm")
OUTPUT = pathlib.Path(__file__).parent.parent / "src/Bulkhead.Linux/Seccomp/SeccompSyscalls.Table.cs"

NEWER = """451 cachestat 452 fchmodat2 453 map_shadow_stack 454 futex_wake 455 futex_wait 456 futex_requeue 457 statmount
458 listmount 459 lsm_get_self_attr 460 lsm_set_self_attr 461 lsm_list_modules 462 mseal 463 setxattrat 464 getxattrat
465 listxattrat 466 removexattrat 467 open_tree_attr 468 file_getattr 469 file_setattr 470 listns 471 rseq_slice_yield""".split()
NEWER_X86_64 = {"uretprobe": 335, "uprobe": 336}

# i386 reaches these through socketcall(2) and ipc(2) too: their call numbers (linux/net.h, linux/ipc.h).
SOCKETCALL = """socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown
setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg""".split()
IPC = {"semop": 1, "semget": 2, "semctl": 3, "semtimedop": 4, "msgsnd": 11, "msgrcv": 12, "msgget": 13, "msgctl": 14,
       "shmat": 21, "shmdt": 22, "shmget": 23, "shmctl": 24}
IPC_BIT = 0x80


def header(name):
    pattern = re.compile(r"#define __NR_(\w+)\s+\(?(?:__X32_SYSCALL_BIT \+ )?(\d+)\)?\s*$", re.MULTILINE)
    return {call: int(number) for call, number in pattern.findall((HEADERS / name).read_text())}


def wrap(items, separator, width=120):
    line, lines = "", []
    for item in items:
        if len(line) + len(item) + len(separator) > width:
            lines.append(line.rstrip())
            line = ""
        line += item + separator
    return lines + [line.rstrip()]


def main():
    newer = {NEWER[i + 1]: int(NEWER[i]) for i in range(0, len(NEWER), 2)}
    x64, x86, x32 = ({**newer, **header(f)} for f in ("unistd_64.h", "unistd_32.h", "unistd_x32.h"))
    x64 = {**NEWER_X86_64, **x64}
    x32 = {**NEWER_X86_64, **x32}
    names = sorted(set(x64) | set(x86) | set(x32) | set(SOCKETCALL), key=str.encode)
    offsets, blob = [0], ""
    for name in names:
        blob += name
        offsets.append(len(blob))
    texts = [blob[i:i + 110] for i in range(0, len(blob), 110)]
    literal = " +\n".join(f'        "{text}"u8' for text in texts)
    numbers = [str(table.get(name, -1)) for name in names for table in (x64, x86, x32)]
    multiplexed = {call: i + 1 for i, call in enumerate(SOCKETCALL)} | {call: IPC_BIT | n for call, n in IPC.items()}
    top = max(max(table.values()) for table in (x64, x86, x32))

    def table(type_name, name, doc, items):
        body = "\n".join("        " + line for line in wrap(items, ", "))
        return f"    /// <summary>{doc}</summary>\n    private static ReadOnlySpan<{type_name}> {name} =>\n    [\n{body}\n    ];\n"

    OUTPUT.write_text(f"""// Written by eng/generate-syscall-table.py from the kernel's headers; do not edit.
using System;

namespace Bulkhead.Linux.Seccomp;

public static partial class SeccompSyscalls
{{
    /// <summary>How many names the table has.</summary>
    internal const int Count = {len(names)};

    /// <summary>Above every number of every table, without x32's bit.</summary>
    internal const int NumberLimit = {top + 1};

    /// <summary>All names in byte order, end to end.</summary>
    private static ReadOnlySpan<byte> Names =>
{literal};

{table("ushort", "Offsets", "Where name i starts; the next one's start is its end.", [str(o) for o in offsets])}
{table("short", "Numbers", "Three numbers a name: x86-64, i386, x32 (without its bit); -1 where the architecture has no such call.", numbers)}
{table("byte", "Multiplexed", "i386: the call of socketcall(2), or with 0x80 of ipc(2), that does the same; 0 for none.",
       [str(multiplexed.get(name, 0)) for name in names])}}}
""")


main()
