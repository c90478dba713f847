using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Tests.Seccomp;

/// <summary>A call as a filter sees it.</summary>
internal readonly record struct Call(uint Arch, uint Number, ulong[] Arguments);

/// <summary>Runs a filter as the kernel does; refuses what the kernel's checker refuses.</summary>
internal sealed class BpfInterpreter
{
    // struct seccomp_data: number and architecture stand before it, the arguments behind.
    private const uint InstructionPointerOffset = 8;

    private readonly sock_filter[] _code;

    public BpfInterpreter(byte[] program)
    {
        _code = MemoryMarshal.Cast<byte, sock_filter>(program).ToArray();
        Assert.InRange(_code.Length, 1, ClassicBpf.BPF_MAXINSNS);
        Assert.Equal(ClassicBpf.BPF_RET, _code[^1].code & 7);
        for (int i = 0; i < _code.Length; i++)
        {
            long farthest = (_code[i].code & 7) != ClassicBpf.BPF_JMP ? 0
                : _code[i].code == ClassicBpf.BPF_JMP ? _code[i].k : Math.Max(_code[i].jt, _code[i].jf);
            Assert.True(i + 1 + farthest < _code.Length || (_code[i].code & 7) == ClassicBpf.BPF_RET, $"jump out of the program at {i}");
        }
    }

    public int Length => _code.Length;

    /// <summary>Instructions of the last run.</summary>
    public int Steps { get; private set; }

    /// <summary>Whether the last run looked at an argument (or the instruction pointer), not only at number and architecture.</summary>
    public bool ReadsArguments { get; private set; }

    public uint Run(Call call)
    {
        Span<byte> data = stackalloc byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(data, call.Number);
        BinaryPrimitives.WriteUInt32LittleEndian(data[4..], call.Arch);
        for (int i = 0; i < 6; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(data[(16 + i * 8)..], call.Arguments[i]);
        uint a = 0;
        int pc = 0;
        ReadsArguments = false;
        for (Steps = 1; ; Steps++)
        {
            sock_filter op = _code[pc++];
            switch (op.code)
            {
                case ClassicBpf.BPF_LD | ClassicBpf.BPF_W | ClassicBpf.BPF_ABS:
                    a = BinaryPrimitives.ReadUInt32LittleEndian(data[(int)op.k..]);
                    ReadsArguments |= op.k >= InstructionPointerOffset;
                    break;
                case ClassicBpf.BPF_ALU | ClassicBpf.BPF_AND:
                    a &= op.k;
                    break;
                case ClassicBpf.BPF_JMP | ClassicBpf.BPF_JA:
                    pc += (int)op.k;
                    break;
                case ClassicBpf.BPF_JMP | ClassicBpf.BPF_JEQ:
                    pc += a == op.k ? op.jt : op.jf;
                    break;
                case ClassicBpf.BPF_JMP | ClassicBpf.BPF_JGT:
                    pc += a > op.k ? op.jt : op.jf;
                    break;
                case ClassicBpf.BPF_JMP | ClassicBpf.BPF_JGE:
                    pc += a >= op.k ? op.jt : op.jf;
                    break;
                case ClassicBpf.BPF_JMP | ClassicBpf.BPF_JSET:
                    pc += (a & op.k) != 0 ? op.jt : op.jf;
                    break;
                case ClassicBpf.BPF_RET:
                    return op.k;
                default:
                    Assert.Fail($"unknown instruction {op.code:x} at {pc - 1}");
                    break;
            }
        }
    }
}
