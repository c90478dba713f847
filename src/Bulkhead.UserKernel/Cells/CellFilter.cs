using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Cells;

/// <summary>An argument of an allowed call: masked, it must be one of the values.</summary>
internal readonly record struct ArgumentRule(int Index, uint Mask, uint[] Values);

/// <summary>A host call that a cell may make, and why it is harmless with any register values.</summary>
internal readonly record struct CellCall(int Nr, string Name, string Reason, ArgumentRule[] Arguments);

/// <summary>
/// The wall around a cell: an exact allow-list by architecture, number and arguments. The look at the instruction pointer is bookkeeping
/// (a guest can jump to the gate's own instruction); that is why each line must be harmless by itself.
/// </summary>
internal static class CellFilter
{
    private const uint ArchX8664 = 0xC000003E;
    private const uint ThreadFlags = 0x2D0F00; // VM FS FILES SIGHAND THREAD SYSVSEM SETTLS CHILD_CLEARTID
    private const uint ForkFlags = 0x8000 | 17; // CLONE_PARENT | SIGCHLD: the kernel process reaps

    public static readonly CellCall[] Calls =
    [
        new(SysNr.mmap, "mmap", "its own memory; descriptors only those that the kernel sent to be mapped", []),
        new(SysNr.munmap, "munmap", "its own memory", []),
        new(SysNr.mprotect, "mprotect", "its own memory", []),
        new(SysNr.mremap, "mremap", "its own memory", []),
        new(SysNr.madvise, "madvise", "its own memory; what concerns the machine needs a capability", []),
        new(SysNr.futex, "futex", "WAIT, WAKE and their BITSET forms only: no requeue, no PI", [new(1, 0xFFFFFE7F, [0, 1, 9, 10])]),
        new(SysNr.rt_sigreturn, "rt_sigreturn", "its own registers; the host's kernel checks segments and flags", []),
        new(SysNr.clone, "clone", "a thread, or a child of the kernel process, with exactly these flags; bounded by pids", [new(0, uint.MaxValue, [ThreadFlags, ForkFlags])]),
        new(SysNr.exit, "exit", "itself", []),
        new(SysNr.exit_group, "exit_group", "itself", []),
        new(SysNr.arch_prctl, "arch_prctl", "its own FS base", [new(0, uint.MaxValue, [0x1002, 0x1003])]),
        new(SysNr.recvmsg, "recvmsg", "from its one socket", [new(0, uint.MaxValue, [GateLayout.SocketFd])]),
        new(SysNr.sendto, "sendto", "a doorbell to the kernel on its one socket, without an address",
            [new(0, uint.MaxValue, [GateLayout.SocketFd]), new(4, uint.MaxValue, [0])]),
        new(SysNr.close, "close", "its own descriptors: files to map, for a moment", []),
        new(SysNr.dup3, "dup3", "its own descriptors: a child's socket takes the place of its parent's", [new(1, uint.MaxValue, [GateLayout.SocketFd])]),
        new(SysNr.sched_yield, "sched_yield", "itself", []),
    ];

    /// <summary>struct sock_filter instructions: what is not allowed is trapped (SIGSYS), the kernel's way to see a guest's system call.</summary>
    public static byte[] Compile()
    {
        var code = new List<sock_filter>();
        Load(code, 4);
        code.Add(Jump(ClassicBpf.BPF_JEQ, ArchX8664, 1, 0));
        code.Add(Return(SeccompAbi.SECCOMP_RET_TRAP));
        // instruction_pointer: offset 8, low word first. The text lies in [GateBase, GateBase + TextSize).
        Load(code, 12);
        code.Add(Jump(ClassicBpf.BPF_JEQ, (uint)(GateLayout.GateBase >> 32), 1, 0));
        code.Add(Return(SeccompAbi.SECCOMP_RET_TRAP));
        Load(code, 8);
        code.Add(Jump(ClassicBpf.BPF_JGE, (uint)GateLayout.TextSize, 0, 1));
        code.Add(Return(SeccompAbi.SECCOMP_RET_TRAP));
        Load(code, 0);
        foreach (CellCall call in Calls)
        {
            List<sock_filter> body = Body(call);
            code.Add(Jump(ClassicBpf.BPF_JEQ, (uint)call.Nr, 0, (byte)body.Count));
            code.AddRange(body);
        }
        code.Add(Return(SeccompAbi.SECCOMP_RET_TRAP));
        return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(code)).ToArray();
    }

    private static List<sock_filter> Body(CellCall call)
    {
        var body = new List<sock_filter>();
        foreach (ArgumentRule rule in call.Arguments)
        {
            int offset = 16 + (rule.Index * 8);
            Load(body, offset);
            if (rule.Mask != uint.MaxValue)
                body.Add(new sock_filter { code = ClassicBpf.BPF_ALU | ClassicBpf.BPF_AND | ClassicBpf.BPF_K, k = rule.Mask });
            for (int i = 0; i < rule.Values.Length; i++)
                body.Add(Jump(ClassicBpf.BPF_JEQ, rule.Values[i], (byte)(rule.Values.Length - i), 0));
            body.Add(Return(SeccompAbi.SECCOMP_RET_TRAP));
            // The upper half: descriptors and operations are 32 bits wide for the host too, flags and addresses are not.
            if (call.Nr is not (SysNr.clone or SysNr.sendto) || rule.Index == 0 && call.Nr == SysNr.sendto)
                continue;
            Load(body, offset + 4);
            body.Add(Jump(ClassicBpf.BPF_JEQ, 0, 1, 0));
            body.Add(Return(SeccompAbi.SECCOMP_RET_TRAP));
        }
        body.Add(Return(SeccompAbi.SECCOMP_RET_ALLOW));
        return body;
    }

    private static void Load(List<sock_filter> code, int offset) =>
        code.Add(new sock_filter { code = ClassicBpf.BPF_LD | ClassicBpf.BPF_W | ClassicBpf.BPF_ABS, k = (uint)offset });

    private static sock_filter Jump(ushort test, uint value, byte yes, byte no) =>
        new() { code = (ushort)(ClassicBpf.BPF_JMP | test | ClassicBpf.BPF_K), jt = yes, jf = no, k = value };

    private static sock_filter Return(uint action) => new() { code = ClassicBpf.BPF_RET | ClassicBpf.BPF_K, k = action };
}
