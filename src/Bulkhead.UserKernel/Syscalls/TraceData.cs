using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>ptrace(2): memory and registers of a thread that stands.</summary>
internal static unsafe class TraceData
{
    private const int StatusSet = 1, FloatSet = 2, ExtendedSet = 0x202; // NT_PRSTATUS, NT_PRFPREG, NT_X86_XSTATE of elf.h
    private const int RegisterBytes = Trace.RegisterWords * 8, FloatBytes = 512, SoftwareOffset = 464, MostState = 16384 - 1024;
    private const uint FpMagic = 0x46505853;

    // ---- Memory ----

    private static bool IsGate(ulong address) => address < GateLayout.GateEnd && address + 8 > GateLayout.GateBase;

    public static long Peek(GuestTask task, Trace trace)
    {
        ulong address = task.A2, word = 0;
        if (IsGate(address) || HostMemory.ReadForced(task.Kernel, trace.Tracee.HostPid, address, (byte*)&word, 8) != 8)
            return Fail.EIO;
        return Guest.Put(task, task.A3, word);
    }

    public static long Poke(GuestTask task, Trace trace)
    {
        ulong word = task.A3;
        return !IsGate(task.A2) && HostMemory.WriteForced(task.Kernel, trace.Tracee.HostPid, task.A2, (byte*)&word, 8) == 8 ? 0 : Fail.EIO;
    }

    // ---- struct user: registers first, debug registers last, nothing that counts between them ----

    private const ulong UserBytes = 912, DebugRegisters = 848;

    public static long PeekUser(GuestTask task, Trace trace)
    {
        ulong at = task.A2;
        if ((at & 7) != 0 || at >= UserBytes)
            return Fail.EIO;
        return Guest.Put(task, task.A3, at < RegisterBytes ? trace.Registers[at / 8] : 0UL);
    }

    /// <summary>Debug registers are the host's to set: none are offered.</summary>
    public static long PokeUser(GuestTask task, Trace trace)
    {
        ulong at = task.A2;
        if ((at & 7) != 0 || at >= UserBytes)
            return Fail.EIO;
        if (at < RegisterBytes)
            return TraceRegisters.Set(trace, (int)(at / 8), task.A3) ? 0 : Fail.EIO;
        return at >= DebugRegisters && task.A3 == 0 ? 0 : Fail.EIO;
    }

    // ---- Sets of registers ----

    public static long Registers(GuestTask task, Trace trace, bool set) => set
        ? SetRegisters(task, trace, task.A3, RegisterBytes)
        : Guest.Put(task, task.A3, MemoryMarshal.AsBytes(trace.Registers.AsSpan()));

    private static long SetRegisters(GuestTask task, Trace trace, ulong from, int bytes)
    {
        Span<ulong> words = stackalloc ulong[Trace.RegisterWords];
        words = words[..(bytes / 8)];
        if (!HostMemory.Read(task.HostPid, from, MemoryMarshal.AsBytes(words)))
            return Fail.EFAULT;
        for (int i = 0; i < words.Length; i++)
        {
            if (!TraceRegisters.Set(trace, i, words[i]))
                return Fail.EIO;
        }
        return 0;
    }

    public static long Floats(GuestTask task, Trace trace, bool set)
    {
        byte[] state = State(trace);
        return set ? SetState(task, trace, state, task.A3, FloatBytes) : Guest.Put(task, task.A3, state.AsSpan(0, FloatBytes));
    }

    /// <summary>PTRACE_GETREGSET, PTRACE_SETREGSET: the vector's length is what there is, afterwards what was moved.</summary>
    public static long RegisterSet(GuestTask task, Trace trace, bool set)
    {
        if (!Guest.Read(task, task.A3, out (ulong Base, ulong Length) vector))
            return Fail.EFAULT;
        byte[] state = (int)task.A2 is FloatSet or ExtendedSet ? State(trace) : [];
        int size = (int)task.A2 switch { StatusSet => RegisterBytes, FloatSet => FloatBytes, ExtendedSet => state.Length, _ => 0 };
        if (size == 0 || vector.Length % 8 != 0)
            return Fail.EINVAL;
        int count = (int)Math.Min(vector.Length, (ulong)size);
        long error;
        if (!set)
            error = Guest.Put(task, vector.Base, (int)task.A2 == StatusSet ? MemoryMarshal.AsBytes(trace.Registers.AsSpan())[..count] : Shown(state)[..count]);
        else if ((int)task.A2 == StatusSet)
            error = SetRegisters(task, trace, vector.Base, count);
        else
            error = (int)task.A2 == ExtendedSet && count != size ? Fail.EFAULT : SetState(task, trace, state, vector.Base, count);
        return error < 0 ? error : Guest.Put(task, task.A3 + 8, (ulong)count);
    }

    // ---- Floating point: an XSAVE area in the gate's frame ----

    /// <summary>As it lies in the frame; 512 empty bytes where there is none.</summary>
    private static byte[] State(Trace trace)
    {
        ulong at = trace.Context[TraceRegisters.FpStateWord];
        byte[] legacy = new byte[FloatBytes];
        if (at == 0 || !HostMemory.Read(trace.Tracee.HostPid, at, legacy))
            return legacy;
        uint magic = BitConverter.ToUInt32(legacy, SoftwareOffset), size = BitConverter.ToUInt32(legacy, SoftwareOffset + 16);
        if (magic != FpMagic || size is <= FloatBytes or > MostState)
            return legacy;
        byte[] state = new byte[size];
        return HostMemory.Read(trace.Tracee.HostPid, at, state) ? state : legacy;
    }

    /// <summary>The frame's own words are not shown, but the mask of features (struct xregs_state as ptrace has it: arch/x86/include/asm/user.h).</summary>
    private static Span<byte> Shown(byte[] state)
    {
        ulong features = BitConverter.ToUInt64(state, SoftwareOffset + 8);
        byte[] shown = (byte[])state.Clone();
        shown.AsSpan(SoftwareOffset, FloatBytes - SoftwareOffset).Clear();
        BitConverter.TryWriteBytes(shown.AsSpan(SoftwareOffset), features);
        return shown;
    }

    /// <summary>What the host would refuse to restore is refused here: it would end the tracee.</summary>
    private static long SetState(GuestTask task, Trace trace, byte[] state, ulong from, int count)
    {
        const int MxcsrOffset = 24, HeaderOffset = 512, HeaderBytes = 64;
        const uint MxcsrBits = 0xffff;
        byte[] wanted = (byte[])state.Clone();
        if (!HostMemory.Read(task.HostPid, from, wanted.AsSpan(0, count)))
            return Fail.EFAULT;
        state.AsSpan(SoftwareOffset, FloatBytes - SoftwareOffset).CopyTo(wanted.AsSpan(SoftwareOffset));
        if ((BitConverter.ToUInt32(wanted, MxcsrOffset) & ~MxcsrBits) != 0)
            return Fail.EINVAL;
        if (wanted.Length >= HeaderOffset + HeaderBytes)
        {
            ulong features = BitConverter.ToUInt64(state, SoftwareOffset + 8);
            if ((BitConverter.ToUInt64(wanted, HeaderOffset) & ~features) != 0 || wanted.AsSpan(HeaderOffset + 8, HeaderBytes - 8).ContainsAnyExcept((byte)0))
                return Fail.EINVAL;
            // The legacy part counts only where its features are in use.
            if (count <= FloatBytes)
                BitConverter.TryWriteBytes(wanted.AsSpan(HeaderOffset), BitConverter.ToUInt64(state, HeaderOffset) | 3);
        }
        return HostMemory.Write(trace.Tracee.HostPid, trace.Context[TraceRegisters.FpStateWord], wanted) ? 0 : Fail.EIO;
    }

    // ---- PTRACE_GET_SYSCALL_INFO ----

    public static long CallInfo(GuestTask task, Trace trace)
    {
        const uint ArchX8664 = 0xC000003E;
        const int None = 0, Entry = 1, Exit = 2, Seccomp = 3, Head = 24;
        Span<byte> info = stackalloc byte[88];
        info.Clear();
        ulong[] registers = trace.Registers;
        bool told = (trace.Options & Trace.GoodSyscalls) != 0;
        int kind = trace.Stop switch { TraceStop.Entry when told => Entry, TraceStop.Exit when told => Exit, TraceStop.Seccomp => Seccomp, _ => None };
        info[0] = (byte)kind;
        BitConverter.TryWriteBytes(info[4..], ArchX8664);
        BitConverter.TryWriteBytes(info[8..], registers[TraceRegisters.Rip]);
        BitConverter.TryWriteBytes(info[16..], registers[TraceRegisters.Rsp]);
        int size = Head;
        if (kind is Entry or Seccomp)
        {
            ReadOnlySpan<ulong> words =
            [
                registers[TraceRegisters.OriginalRax], registers[TraceRegisters.Rdi], registers[TraceRegisters.Rsi], registers[TraceRegisters.Rdx],
                registers[TraceRegisters.R10], registers[TraceRegisters.R8], registers[TraceRegisters.R9],
            ];
            MemoryMarshal.AsBytes(words).CopyTo(info[Head..]);
            BitConverter.TryWriteBytes(info[(Head + 56)..], (uint)trace.Message);
            size = kind == Entry ? Head + 56 : Head + 60;
        }
        else if (kind == Exit)
        {
            long result = (long)registers[TraceRegisters.Rax];
            BitConverter.TryWriteBytes(info[Head..], result);
            info[Head + 8] = result is < 0 and >= -4095 ? (byte)1 : (byte)0;
            size = Head + 9;
        }
        int count = (int)Math.Min(task.A2, (ulong)size);
        return count > 0 && Guest.Put(task, task.A3, info[..count]) < 0 ? Fail.EFAULT : size;
    }
}
