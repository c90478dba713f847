using System;
using System.Numerics;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Seccomp;

/// <summary>
/// Writes the comparisons of 64-bit arguments, which BPF sees as two 32-bit words (i386 and x32 compare the lower one only, as
/// libseccomp does). Equal pieces are written once: the tail of an x86-64 check is often the whole check of x32.
/// </summary>
internal sealed class ArgumentChecks(BpfWriter writer)
{
    private const uint ArgumentsOffset = 16;
    private const uint ArgumentSize = 8;
    private const uint HighWord = 4;

    // Pieces already written, to be found again by what they do.
    private (uint Offset, uint Mask, ushort Comparison, uint K, BpfTarget IfTrue, BpfTarget IfFalse, BpfTarget Where)[] _pieces = new (uint, uint, ushort, uint, BpfTarget, BpfTarget, BpfTarget)[16];
    private int _pieceCount;

    /// <summary>The rules of a call, one after the other, then <paramref name="otherwise"/>.</summary>
    public BpfTarget Write(CallRule? rule, bool is64Bit, BpfTarget otherwise)
    {
        if (rule is null)
            return otherwise;
        CallRule? last = LastOfEqualities(rule, is64Bit);
        BpfTarget next = Write((last ?? rule).Next, is64Bit, otherwise);
        if (last is not null)
            return Equalities(rule, last, is64Bit, next);
        BpfTarget target = BpfTarget.Return(rule.Action);
        for (int i = rule.Conditions.Length - 1; i >= 0; i--)
            target = Condition(rule.Conditions[i], is64Bit, target, next);
        return target;
    }

    private static uint Low(ulong value) => (uint)value;

    private static uint High(ulong value) => (uint)(value >> 32);

    private static uint Offset(int index) => ArgumentsOffset + (uint)index * ArgumentSize;

    private BpfTarget Condition(CallCondition condition, bool is64Bit, BpfTarget yes, BpfTarget no) => condition.Operator switch
    {
        SeccompOperator.Equal or SeccompOperator.MaskedEqual => Masked(condition, is64Bit, yes, no),
        SeccompOperator.NotEqual => Masked(condition, is64Bit, no, yes),
        SeccompOperator.GreaterOrEqual => Above(condition, ClassicBpf.BPF_JGE, is64Bit, yes, no),
        SeccompOperator.Greater => Above(condition, ClassicBpf.BPF_JGT, is64Bit, yes, no),
        SeccompOperator.Less => Above(condition, ClassicBpf.BPF_JGE, is64Bit, no, yes),
        SeccompOperator.LessOrEqual => Above(condition, ClassicBpf.BPF_JGT, is64Bit, no, yes),
        _ => throw new StepException("seccomp: unknown comparison operator"),
    };

    private BpfTarget Masked(CallCondition condition, bool is64Bit, BpfTarget yes, BpfTarget no)
    {
        uint offset = Offset(condition.Index);
        BpfTarget low = MaskedWord(offset, Low(condition.Mask), Low(condition.Value), yes, no);
        return is64Bit ? MaskedWord(offset + HighWord, High(condition.Mask), High(condition.Value), low, no) : low;
    }

    private BpfTarget MaskedWord(uint offset, uint mask, uint value, BpfTarget yes, BpfTarget no)
    {
        if (mask == 0)
            return yes;
        if (mask == uint.MaxValue)
            return Piece(offset, mask, ClassicBpf.BPF_JEQ, value, yes, no);
        if (value == 0)
            return Piece(offset, uint.MaxValue, ClassicBpf.BPF_JSET, mask, no, yes);
        return value == mask && BitOperations.IsPow2(mask)
            ? Piece(offset, uint.MaxValue, ClassicBpf.BPF_JSET, mask, yes, no)
            : Piece(offset, mask, ClassicBpf.BPF_JEQ, value, yes, no);
    }

    /// <summary>argument &gt; or &gt;= value: the high words decide unless they are equal.</summary>
    private BpfTarget Above(CallCondition condition, ushort comparison, bool is64Bit, BpfTarget yes, BpfTarget no)
    {
        uint offset = Offset(condition.Index);
        BpfTarget low = Piece(offset, uint.MaxValue, comparison, Low(condition.Value), yes, no);
        if (!is64Bit)
            return low;
        offset += HighWord;
        uint high = High(condition.Value);
        if (high == 0)
            return Piece(offset, uint.MaxValue, ClassicBpf.BPF_JEQ, 0, low, yes);
        if (high == uint.MaxValue)
            return Piece(offset, uint.MaxValue, ClassicBpf.BPF_JEQ, high, low, no);
        BpfTarget equal = writer.Jump(ClassicBpf.BPF_JEQ, high, low, no);
        return writer.Load(offset, writer.Jump(ClassicBpf.BPF_JGT, high, yes, equal));
    }

    /// <summary>Load a word, mask it, compare it.</summary>
    private BpfTarget Piece(uint offset, uint mask, ushort comparison, uint k, BpfTarget yes, BpfTarget no)
    {
        if (yes == no)
            return yes;
        for (int i = 0; i < _pieceCount; i++)
        {
            ref readonly var known = ref _pieces[i];
            if (known.Offset == offset && known.Mask == mask && known.Comparison == comparison && known.K == k && known.IfTrue == yes && known.IfFalse == no)
                return known.Where;
        }
        BpfTarget where = writer.Jump(comparison, k, yes, no);
        if (mask != uint.MaxValue)
            where = writer.And(mask, where);
        where = writer.Load(offset, where);
        if (_pieceCount == _pieces.Length)
            Array.Resize(ref _pieces, _pieceCount * 2);
        _pieces[_pieceCount++] = (offset, mask, comparison, k, yes, no, where);
        return where;
    }

    /// <summary>The end of a run of two rules or more that compare one argument for equality and share its upper word.</summary>
    private static CallRule? LastOfEqualities(CallRule first, bool is64Bit)
    {
        if (!IsEquality(first))
            return null;
        CallRule last = first;
        while (last.Next is CallRule next && IsEquality(next) && next.Conditions[0].Index == first.Conditions[0].Index
            && (!is64Bit || High(next.Conditions[0].Value) == High(first.Conditions[0].Value)))
        {
            last = next;
        }
        return last == first ? null : last;
    }

    private static bool IsEquality(CallRule rule) => rule.Conditions.Length == 1 && rule.Conditions[0].Operator == SeccompOperator.Equal;

    /// <summary>Each word is loaded once for the whole run.</summary>
    private BpfTarget Equalities(CallRule first, CallRule last, bool is64Bit, BpfTarget no)
    {
        uint offset = Offset(first.Conditions[0].Index);
        int count = 1;
        for (CallRule rule = first; rule != last; rule = rule.Next!)
            count++;
        var values = new (uint Value, uint Action)[count];
        CallRule at = first;
        for (int i = 0; i < count; i++, at = at.Next!)
            values[i] = (Low(at.Conditions[0].Value), at.Action);
        BpfTarget low = writer.Load(offset, OneOf(values, no));
        return is64Bit ? Piece(offset + HighWord, uint.MaxValue, ClassicBpf.BPF_JEQ, High(first.Conditions[0].Value), low, no) : low;
    }

    /// <summary>Values in falling order: a chain when they are few, else a tree.</summary>
    private BpfTarget OneOf(ReadOnlySpan<(uint Value, uint Action)> values, BpfTarget no)
    {
        const int Chain = 6;
        if (values.Length > Chain)
        {
            int middle = values.Length / 2;
            BpfTarget above = OneOf(values[..middle], no);
            return writer.Jump(ClassicBpf.BPF_JGE, values[middle - 1].Value, above, OneOf(values[middle..], no));
        }
        BpfTarget target = no;
        foreach ((uint value, uint action) in values)
            target = writer.Jump(ClassicBpf.BPF_JEQ, value, BpfTarget.Return(action), target);
        return target;
    }
}
