using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;

namespace Bulkhead.UserKernel.Confinement;

/// <summary>
/// The wall around a cell: an exact allow-list by architecture, number and arguments. The look at the instruction pointer is bookkeeping
/// (a guest can jump to the gate's own instruction); that is why each line must be harmless by itself, with any register values.
/// </summary>
internal static class CellCalls
{
    private const uint All = uint.MaxValue;
    private const uint ThreadFlags = 0x2D0F00; // VM FS FILES SIGHAND THREAD SYSVSEM SETTLS CHILD_CLEARTID
    private const uint ForkFlags = 0x8000 | 17; // CLONE_PARENT | SIGCHLD: the kernel process reaps

    public static readonly HostCall[] Calls =
    [
        new(SysNr.mmap, "mmap", "its own memory; descriptors only those that the kernel sent to be mapped"),
        new(SysNr.munmap, "munmap", "its own memory"),
        new(SysNr.mprotect, "mprotect", "its own memory"),
        new(SysNr.mremap, "mremap", "its own memory"),
        // Not DOFORK: with its channel a child would have its parent's voice. Not what merges pages with others' or takes them from the machine.
        new(SysNr.madvise, "madvise", "its own memory", new ArgumentRule(2, All, [0, 1, 2, 3, 4, 8, 9, 10, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 102, 103])),
        new(SysNr.futex, "futex", "WAIT, WAKE and their BITSET forms only: no requeue, no PI", new ArgumentRule(1, 0xFFFFFE7F, [0, 1, 9, 10])),
        // A timed wait that the sandbox's freezer (or a tracer) interrupts goes on by this number; of what a cell may call only futex leaves the host
        // anything to go on with, and that is the host's own note, not the cell's.
        new(SysNr.restart_syscall, "restart_syscall", "its own futex wait, after a freeze; takes no argument"),
        new(SysNr.rt_sigreturn, "rt_sigreturn", "its own registers; the host's kernel checks segments and flags"),
        new(SysNr.clone, "clone", "a thread, or a child of the kernel process, with exactly these flags; bounded by pids", new ArgumentRule(0, All, [ThreadFlags, ForkFlags], Wide: true)),
        new(SysNr.exit, "exit", "itself"),
        new(SysNr.exit_group, "exit_group", "itself"),
        new(SysNr.arch_prctl, "arch_prctl", "its own FS and GS bases", new ArgumentRule(0, All, [0x1001, 0x1002, 0x1003, 0x1004])),
        new(SysNr.membarrier, "membarrier", "its own threads; the global one waits and changes nothing", new ArgumentRule(0, All, [1, 8, 16, 32, 64])),
        new(SysNr.recvmsg, "recvmsg", "from its one socket", new ArgumentRule(0, All, [GateLayout.SocketFd])),
        new(SysNr.sendto, "sendto", "a doorbell to the kernel on its one socket, without an address",
            new ArgumentRule(0, All, [GateLayout.SocketFd]), new ArgumentRule(4, All, [0], Wide: true)),
        new(SysNr.close, "close", "its own descriptors: files to map, for a moment"),
        new(SysNr.dup3, "dup3", "its own descriptors: a child's socket takes the place of its parent's", new ArgumentRule(1, All, [GateLayout.SocketFd])),
        new(SysNr.sched_yield, "sched_yield", "itself"),
    ];

    /// <summary>What is not allowed is trapped (SIGSYS): the kernel's way to see a guest's system call.</summary>
    public static byte[] Filter() => FilterCompiler.Compile(Calls, SeccompAbi.SECCOMP_RET_TRAP, (GateLayout.GateBase, GateLayout.TextSize));
}
