using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Confinement;

/// <summary>From a list of allowed calls to a seccomp filter: exact numbers, so that no foreign ABI slips past (x32, i386).</summary>
internal static class FilterCompiler
{
    private const uint ArchX8664 = 0xC000003E;
    private const int NrOffset = 0, ArchOffset = 4, PointerOffset = 8, ArgumentsOffset = 16;

    /// <summary>struct sock_filter instructions.</summary>
    /// <param name="calls">What is allowed.</param>
    /// <param name="refused">What happens to all else, SECCOMP_RET_*.</param>
    /// <param name="code">Begin and size of the only code that may call; size 0: any.</param>
    public static byte[] Compile(HostCall[] calls, uint refused, (ulong Begin, ulong Size) code = default)
    {
        var program = new List<sock_filter>();
        Load(program, ArchOffset);
        program.Add(Jump(ClassicBpf.BPF_JEQ, ArchX8664, 1, 0));
        program.Add(Return(refused));
        if (code.Size != 0)
            RequireCode(program, refused, code);
        Load(program, NrOffset);
        foreach (HostCall call in calls)
        {
            List<sock_filter> body = Body(call, refused);
            program.Add(Jump(ClassicBpf.BPF_JEQ, (uint)call.Nr, 0, (byte)body.Count));
            program.AddRange(body);
        }
        program.Add(Return(refused));
        return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(program)).ToArray();
    }

    /// <summary>The code begins on a multiple of 4 GiB: its upper half is one number.</summary>
    private static void RequireCode(List<sock_filter> program, uint refused, (ulong Begin, ulong Size) code)
    {
        Load(program, PointerOffset + 4);
        program.Add(Jump(ClassicBpf.BPF_JEQ, (uint)(code.Begin >> 32), 1, 0));
        program.Add(Return(refused));
        Load(program, PointerOffset);
        program.Add(Jump(ClassicBpf.BPF_JGE, (uint)code.Size, 0, 1));
        program.Add(Return(refused));
    }

    private static List<sock_filter> Body(HostCall call, uint refused)
    {
        var body = new List<sock_filter>();
        foreach (ArgumentRule rule in call.Arguments)
        {
            int offset = ArgumentsOffset + (rule.Index * 8);
            Load(body, offset);
            if (rule.Mask != uint.MaxValue)
                body.Add(new sock_filter { code = ClassicBpf.BPF_ALU | ClassicBpf.BPF_AND | ClassicBpf.BPF_K, k = rule.Mask });
            for (int i = 0; i < rule.Values.Length; i++)
                body.Add(Jump(ClassicBpf.BPF_JEQ, rule.Values[i], (byte)(rule.Values.Length - i), 0));
            body.Add(Return(refused));
            if (!rule.Wide)
                continue;
            Load(body, offset + 4);
            body.Add(Jump(ClassicBpf.BPF_JEQ, 0, 1, 0));
            body.Add(Return(refused));
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
