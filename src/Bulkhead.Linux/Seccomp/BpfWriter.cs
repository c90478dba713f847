using System;
using System.Buffers.Binary;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Seccomp;

/// <summary>
/// Writes a classic BPF program from its end to its start: jumps only go forward, so every target is known when a jump is written,
/// and one that is too far for the 8-bit offset of a conditional jump gets a nearer copy (a RET) or a JA.
/// </summary>
internal sealed class BpfWriter
{
    private const int InstructionSize = 8;
    private const int FarthestJump = 255;

    // Filled from the back; an instruction is the eight bytes of struct sock_filter in one number.
    private ulong[] _code = new ulong[512];
    private int _count;

    // The nearest RET of each action.
    private uint[] _returnActions = new uint[8];
    private int[] _returnLabels = new int[8];
    private int _returns;

    /// <summary>Instructions so far: also the label of the newest.</summary>
    public int Count => _count;

    /// <summary>if (A op k) goto ifTrue else goto ifFalse. Nothing is written when both are the same.</summary>
    public BpfTarget Jump(ushort comparison, uint k, BpfTarget ifTrue, BpfTarget ifFalse)
    {
        if (ifTrue == ifFalse)
            return ifTrue;
        // The second may push the first one step away: one is kept in hand for it.
        int trueLabel = Near(ifTrue, FarthestJump - 1);
        int falseLabel = Near(ifFalse, FarthestJump);
        return Write((ushort)(ClassicBpf.BPF_JMP | comparison | ClassicBpf.BPF_K), k, _count - trueLabel, _count - falseLabel);
    }

    /// <summary>A = the 32-bit word of struct seccomp_data at <paramref name="offset"/>, then go on at <paramref name="next"/>.</summary>
    public BpfTarget Load(uint offset, BpfTarget next)
    {
        if (next.IsReturn)
            return next;
        Adjoin(next);
        return Write(ClassicBpf.BPF_LD | ClassicBpf.BPF_W | ClassicBpf.BPF_ABS, offset);
    }

    /// <summary>Makes <paramref name="start"/> the first instruction: needed when it is a RET, which is only written where it is used.</summary>
    public void Start(BpfTarget start) => Adjoin(start);

    /// <summary>A &amp;= mask, then go on at <paramref name="next"/>.</summary>
    public BpfTarget And(uint mask, BpfTarget next)
    {
        Adjoin(next);
        return Write(ClassicBpf.BPF_ALU | ClassicBpf.BPF_AND | ClassicBpf.BPF_K, mask);
    }

    /// <summary>The program as the kernel takes it.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[_count * InstructionSize];
        for (int i = 0; i < _count; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * InstructionSize), _code[_code.Length - _count + i]);
        return bytes;
    }

    private void Adjoin(BpfTarget next)
    {
        if (next.IsReturn)
            WriteReturn(next.Value);
        else if ((int)next.Value != _count)
            Write(ClassicBpf.BPF_JMP | ClassicBpf.BPF_JA, (uint)(_count - (int)next.Value));
    }

    private int Near(BpfTarget target, int limit)
    {
        if (!target.IsReturn)
        {
            int label = (int)target.Value;
            return _count - label <= limit ? label : (int)Write(ClassicBpf.BPF_JMP | ClassicBpf.BPF_JA, (uint)(_count - label)).Value;
        }
        for (int i = 0; i < _returns; i++)
        {
            if (_returnActions[i] == target.Value && _count - _returnLabels[i] <= limit)
                return _returnLabels[i];
        }
        return WriteReturn(target.Value);
    }

    private int WriteReturn(uint action)
    {
        int label = (int)Write(ClassicBpf.BPF_RET | ClassicBpf.BPF_K, action).Value;
        int slot = Array.IndexOf(_returnActions, action, 0, _returns);
        if (slot < 0)
        {
            slot = _returns++;
            if (slot == _returnActions.Length)
            {
                Array.Resize(ref _returnActions, slot * 2);
                Array.Resize(ref _returnLabels, slot * 2);
            }
            _returnActions[slot] = action;
        }
        _returnLabels[slot] = label;
        return label;
    }

    private BpfTarget Write(int code, uint k, int ifTrue = 0, int ifFalse = 0)
    {
        if (_count == ClassicBpf.BPF_MAXINSNS)
            throw new StepException($"the seccomp profile needs more than the kernel's {ClassicBpf.BPF_MAXINSNS} BPF instructions");
        if (_count == _code.Length)
        {
            ulong[] larger = new ulong[_code.Length * 2];
            _code.CopyTo(larger, _code.Length);
            _code = larger;
        }
        _count++;
        _code[^_count] = (uint)code | ((ulong)ifTrue << 16) | ((ulong)ifFalse << 24) | ((ulong)k << 32);
        return BpfTarget.Label(_count);
    }
}
