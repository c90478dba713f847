using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Filters;

/// <summary>What Linux asks of a seccomp program before it takes it (net/core/filter.c bpf_check_classic, kernel/seccomp.c seccomp_check_filter).</summary>
internal static class FilterChecker
{
    private const int MemoryWords = 16, AllWords = 0xFFFF;
    private const uint DataSize = 64;

    public static bool IsValid(sock_filter[] code)
    {
        if (code.Length is 0 or > ClassicBpf.BPF_MAXINSNS)
            return false;
        for (int at = 0; at < code.Length; at++)
        {
            if (!IsValid(code[at], code.Length - at - 1))
                return false;
        }
        return code[^1].code is BpfCode.ReturnConstant or BpfCode.ReturnA && LoadsOnlyWhatWasStored(code);
    }

    /// <param name="step">The instruction.</param>
    /// <param name="behind">How many follow it: a jump may go there and no further.</param>
    private static bool IsValid(in sock_filter step, int behind)
    {
        switch (step.code)
        {
            case BpfCode.LoadAbsolute:
                return step.k < DataSize && (step.k & 3) == 0;
            case BpfCode.LoadMemory or BpfCode.LoadIndexMemory or BpfCode.Store or BpfCode.StoreIndex:
                return step.k < MemoryWords;
            case BpfCode.LoadLength or BpfCode.LoadIndexLength or BpfCode.LoadImmediate or BpfCode.LoadIndexImmediate:
            case BpfCode.ReturnConstant or BpfCode.ReturnA or BpfCode.IndexFromA or BpfCode.AFromIndex:
                return true;
            case BpfCode.Jump:
                return step.k < (uint)behind;
        }
        if ((step.code & 7) == ClassicBpf.BPF_JMP)
            return (step.code & ~(7 | BpfCode.UseIndex)) is ClassicBpf.BPF_JEQ or ClassicBpf.BPF_JGT or ClassicBpf.BPF_JGE or ClassicBpf.BPF_JSET && step.jt < behind && step.jf < behind;
        return (step.code & 7) == ClassicBpf.BPF_ALU && IsArithmetic(step);
    }

    private static bool IsArithmetic(in sock_filter step)
    {
        bool constant = (step.code & BpfCode.UseIndex) == 0;
        return (step.code & ~(7 | BpfCode.UseIndex)) switch
        {
            BpfCode.Add or BpfCode.Subtract or BpfCode.Multiply or BpfCode.Or or ClassicBpf.BPF_AND or BpfCode.Xor => true,
            BpfCode.Divide => !constant || step.k != 0,
            BpfCode.ShiftLeft or BpfCode.ShiftRight => !constant || step.k < 32,
            BpfCode.Negate => constant,
            _ => false,
        };
    }

    /// <summary>A word of scratch memory is read only where every way to there has written it.</summary>
    private static bool LoadsOnlyWhatWasStored(sock_filter[] code)
    {
        int[] stored = new int[code.Length + 256];
        System.Array.Fill(stored, AllWords);
        int now = 0;
        for (int at = 0; at < code.Length; at++)
        {
            now &= stored[at];
            ref readonly sock_filter step = ref code[at];
            switch (step.code)
            {
                case BpfCode.Store or BpfCode.StoreIndex:
                    now |= 1 << (int)step.k;
                    break;
                case BpfCode.LoadMemory or BpfCode.LoadIndexMemory:
                    if ((now >> (int)step.k & 1) == 0)
                        return false;
                    break;
                case BpfCode.Jump:
                    stored[at + 1 + (int)step.k] &= now;
                    now = AllWords;
                    break;
                default:
                    if ((step.code & 7) != ClassicBpf.BPF_JMP)
                        break;
                    stored[at + 1 + step.jt] &= now;
                    stored[at + 1 + step.jf] &= now;
                    now = AllWords;
                    break;
            }
        }
        return true;
    }
}
