// Mirrors <linux/bpf_common.h> and <linux/filter.h>: classic BPF.
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Abi;

public static class ClassicBpf
{
    public const ushort BPF_LD = 0x00;
    public const ushort BPF_ALU = 0x04;
    public const ushort BPF_JMP = 0x05;
    public const ushort BPF_RET = 0x06;
    public const ushort BPF_W = 0x00;
    public const ushort BPF_ABS = 0x20;
    public const ushort BPF_AND = 0x50;
    public const ushort BPF_JA = 0x00;
    public const ushort BPF_JEQ = 0x10;
    public const ushort BPF_JGT = 0x20;
    public const ushort BPF_JGE = 0x30;
    public const ushort BPF_JSET = 0x40;
    public const ushort BPF_K = 0x00;

    public const int BPF_MAXINSNS = 4096;
}

/// <summary>struct sock_filter: one instruction.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct sock_filter
{
    public ushort code;
    public byte jt;
    public byte jf;
    public uint k;
}

/// <summary>struct sock_fprog: the program that seccomp(2) takes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct sock_fprog
{
    public ushort len;
    public nint filter;
}
