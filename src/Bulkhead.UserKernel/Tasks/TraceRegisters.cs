using System;

namespace Bulkhead.UserKernel.Tasks;

/// <summary>Between struct sigcontext (the gate's frame) and struct user_regs_struct (sys/user.h), both in words.</summary>
internal static class TraceRegisters
{
    public const int R10 = 7, R9 = 8, R8 = 9, Rax = 10, Rdx = 12, Rsi = 13, Rdi = 14, OriginalRax = 15, Rip = 16, Cs = 17, Flags = 18, Rsp = 19, Ss = 20, FsBase = 21, GsBase = 22;
    public const ulong TrapFlag = 0x100;

    /// <summary>FLAG_MASK of arch/x86/kernel/ptrace.c: what a tracer may set of eflags.</summary>
    private const ulong SettableFlags = 0x50DD5;
    private const ulong AddressEnd = 0x7fff_ffff_f000;
    private const int SegmentWord = 18, FlagsWord = 17;

    public const int FpStateWord = 23, RipWord = 16;

    /// <summary>Where each register lies in a context; -1: elsewhere.</summary>
    private static ReadOnlySpan<sbyte> Places => [7, 6, 5, 4, 10, 11, 3, 2, 1, 0, 13, 14, 12, 9, 8, -1, 16, -1, FlagsWord, 15, -1, -1, -1, -1, -1, -1, -1];

    public static void Show(Trace trace, ulong fsBase, ulong gsBase, long number, long? result)
    {
        ulong[] registers = trace.Registers, context = trace.Context;
        for (int i = 0; i < Trace.RegisterWords; i++)
            registers[i] = Places[i] >= 0 ? context[Places[i]] : 0;
        if (trace.Trampoline != 0 && registers[Rip] == trace.Trampoline)
            registers[Rip] = trace.Site;
        if (result is { } shown)
            registers[Rax] = (ulong)shown;
        registers[OriginalRax] = (ulong)number;
        registers[Cs] = context[SegmentWord] & 0xffff;
        registers[Ss] = context[SegmentWord] >> 48;
        registers[FsBase] = fsBase;
        registers[GsBase] = gsBase;
        registers.CopyTo(trace.Shown, 0);
    }

    /// <summary>What differs from what was shown goes into the context. True: something did.</summary>
    public static bool Apply(Trace trace)
    {
        bool changed = false;
        for (int i = 0; i < Trace.RegisterWords; i++)
        {
            if (Places[i] < 0 || trace.Registers[i] == trace.Shown[i])
                continue;
            trace.Context[Places[i]] = trace.Registers[i];
            changed = true;
        }
        return changed;
    }

    public static bool Differs(Trace trace, int register) => trace.Registers[register] != trace.Shown[register];

    /// <summary>putreg of arch/x86/kernel/ptrace.c. Code and stack segment stay: the mode of the CPU is no matter of a tracer's here.</summary>
    public static bool Set(Trace trace, int register, ulong value)
    {
        switch (register)
        {
            case Flags:
                value = (value & SettableFlags) | (trace.Registers[Flags] & ~SettableFlags);
                break;
            case Cs or Ss:
                return value == trace.Registers[register];
            case FsBase or GsBase when value >= AddressEnd:
                return false;
            case > GsBase:
                return value is 0 or 0x2b or 0x33; // ds, es, fs, gs: empty ones in this mode
        }
        trace.Registers[register] = value;
        return true;
    }

    public static void SetTrap(Trace trace, bool on) => trace.Context[FlagsWord] = on ? trace.Context[FlagsWord] | TrapFlag : trace.Context[FlagsWord] & ~TrapFlag;

    public static bool HasTrap(Trace trace) => (trace.Context[FlagsWord] & TrapFlag) != 0;
}
