using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Filters;

/// <summary>
/// A classic BPF program over seccomp_data, as the guest gave it (seccomp(2)): checked once, then run by this interpreter. Jumps go forward only,
/// so that it always ends.
/// </summary>
internal sealed unsafe class FilterProgram
{
    private const int Words = 16; // of scratch memory: BPF_MEMWORDS
    private readonly sock_filter[] code;

    private FilterProgram(sock_filter[] code) => this.code = code;

    public int Length => code.Length;

    /// <summary>Null: EINVAL.</summary>
    public static FilterProgram? Check(sock_filter[] code) => FilterChecker.IsValid(code) ? new FilterProgram(code) : null;

    /// <summary>The program's word for a call's number, whatever its arguments; false: it looks at them.</summary>
    public bool TryRun(in seccomp_data call, out uint word)
    {
        word = Run(call, out bool looks);
        return !looks;
    }

    /// <summary>The program's word: action and data.</summary>
    public uint Run(in seccomp_data call) => Run(call, out _);

    private uint Run(in seccomp_data call, out bool looks)
    {
        const uint Instruction = 8; // number and architecture come before it
        looks = false;
        uint a = 0, x = 0;
        uint* memory = stackalloc uint[Words];
        new Span<uint>(memory, Words).Clear();
        fixed (seccomp_data* data = &call)
        {
            for (int at = 0; at < code.Length; at++)
            {
                ref readonly sock_filter step = ref code[at];
                switch (step.code)
                {
                    // SAFETY: the checker bounds k to an aligned word of seccomp_data, and to the scratch memory.
                    case BpfCode.LoadAbsolute:
                        looks |= step.k >= Instruction;
                        a = *(uint*)((byte*)data + step.k);
                        break;
                    case BpfCode.LoadLength: a = (uint)sizeof(seccomp_data); break;
                    case BpfCode.LoadIndexLength: x = (uint)sizeof(seccomp_data); break;
                    case BpfCode.LoadImmediate: a = step.k; break;
                    case BpfCode.LoadIndexImmediate: x = step.k; break;
                    case BpfCode.LoadMemory: a = memory[step.k]; break;
                    case BpfCode.LoadIndexMemory: x = memory[step.k]; break;
                    case BpfCode.Store: memory[step.k] = a; break;
                    case BpfCode.StoreIndex: memory[step.k] = x; break;
                    case BpfCode.IndexFromA: x = a; break;
                    case BpfCode.AFromIndex: a = x; break;
                    case BpfCode.ReturnConstant: return step.k;
                    case BpfCode.ReturnA: return a;
                    case BpfCode.Jump: at += (int)step.k; break;
                    default:
                        if ((step.code & 7) == ClassicBpf.BPF_JMP)
                            at += Holds(step, a, (step.code & BpfCode.UseIndex) != 0 ? x : step.k) ? step.jt : step.jf;
                        else if (!Compute(step, ref a, (step.code & BpfCode.UseIndex) != 0 ? x : step.k))
                            return 0; // a division by zero ends the program with 0
                        break;
                }
            }
        }
        return 0;
    }

    private static bool Holds(in sock_filter step, uint a, uint value) => (step.code & 0xF0) switch
    {
        ClassicBpf.BPF_JEQ => a == value,
        ClassicBpf.BPF_JGT => a > value,
        ClassicBpf.BPF_JGE => a >= value,
        _ => (a & value) != 0,
    };

    private static bool Compute(in sock_filter step, ref uint a, uint value)
    {
        switch (step.code & 0xF0)
        {
            case BpfCode.Add: a += value; break;
            case BpfCode.Subtract: a -= value; break;
            case BpfCode.Multiply: a *= value; break;
            case BpfCode.Divide:
                if (value == 0)
                    return false;
                a /= value;
                break;
            case BpfCode.Or: a |= value; break;
            case ClassicBpf.BPF_AND: a &= value; break;
            case BpfCode.ShiftLeft: a <<= (int)(value & 31); break;
            case BpfCode.ShiftRight: a >>= (int)(value & 31); break;
            case BpfCode.Negate: a = 0 - a; break;
            default: a ^= value; break;
        }
        return true;
    }
}
