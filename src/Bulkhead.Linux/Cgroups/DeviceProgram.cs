using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups;

/// <summary>A device set as BPF_PROG_TYPE_CGROUP_DEVICE: r0 = 1 lets the access pass, 0 gives EPERM.</summary>
public static class DeviceProgram
{
    // A cgroup may carry programs of others (systemd's own): ours is known by its name when it is replaced.
    private static ReadOnlySpan<byte> Name => "bulkhead_dev"u8;

    /// <summary>Compiles rules that apply in order to "nothing allowed".</summary>
    public static bpf_insn[] Compile(IReadOnlyList<DeviceRule> rules)
    {
        DeviceSet set = DeviceSet.Of(rules);
        var code = new List<bpf_insn>(8 + set.Exceptions.Count * 7)
        {
            // struct bpf_cgroup_dev_ctx { u32 access_type = access << 16 | type; u32 major; u32 minor; } in r1.
            Insn(BpfProg.BPF_LDX_MEM_W, 2, 1, 0, 0),
            Insn(BpfProg.BPF_ALU_MOV_X, 3, 2, 0, 0),
            Insn(BpfProg.BPF_ALU_AND_K, 2, 0, 0, 0xffff),
            Insn(BpfProg.BPF_ALU_RSH_K, 3, 0, 0, 16),
            Insn(BpfProg.BPF_LDX_MEM_W, 4, 1, 4, 0),
            Insn(BpfProg.BPF_LDX_MEM_W, 5, 1, 8, 0),
        };
        foreach (DeviceException exception in set.Exceptions)
            Add(code, exception, set.AllowByDefault);
        code.Add(Insn(BpfProg.BPF_ALU_MOV_K, 0, 0, 0, set.AllowByDefault ? 1 : 0));
        code.Add(Insn(BpfProg.BPF_JMP_EXIT, 0, 0, 0, 0));
        return code.ToArray();
    }

    /// <summary>Loads the program for these rules: the verifier's words are in the exception when it refuses.</summary>
    public static Fd Load(IReadOnlyList<DeviceRule> rules)
    {
        bpf_insn[] code = Compile(rules);
        Result<Fd> program = Sys.BpfLoadDevice(code, Name, default);
        if (program.Ok)
            return program.Value;
        byte[] log = new byte[16384];
        Result<Fd> again = Sys.BpfLoadDevice(code, Name, log);
        if (again.Ok)
            return again.Value;
        int end = Array.IndexOf(log, (byte)0);
        throw new StepException("load device program", again.Error, System.Text.Encoding.ASCII.GetString(log, 0, end < 0 ? log.Length : end));
    }

    /// <summary>
    /// Attaches the rules to a v2 cgroup. Earlier programs of ours go away after the new one stands, so no moment is without rules.
    /// </summary>
    public static void Attach(Fd cgroup, string path, IReadOnlyList<DeviceRule> rules, bool fresh)
    {
        Span<uint> ids = stackalloc uint[64];
        int count = fresh ? 0 : Sys.BpfQueryDevice(cgroup, ids).OrThrow("query device programs of", path);
        using Fd program = Load(rules);
        Errno error = Sys.BpfAttachDevice(cgroup, program, BpfProg.BPF_F_ALLOW_MULTI);
        if (error != Errno.None)
            throw new StepException("attach device program to", error, path);
        for (int i = 0; i < count && i < ids.Length; i++)
        {
            Result<Fd> old = Sys.BpfProgramById(ids[i]);
            if (!old.Ok)
                continue;
            using (old.Value)
            {
                if (Sys.BpfHasName(old.Value, Name))
                    _ = Sys.BpfDetachDevice(cgroup, old.Value);
            }
        }
    }

    /// <summary>One exception: jumps over itself when type, numbers or access do not fit.</summary>
    private static void Add(List<bpf_insn> code, DeviceException exception, bool allowByDefault)
    {
        int start = code.Count;
        code.Add(Insn(BpfProg.BPF_JMP32_JNE_K, 2, 0, 0, exception.Type));
        if (exception.Major >= 0)
            code.Add(Insn(BpfProg.BPF_JMP32_JNE_K, 4, 0, 0, (int)(uint)exception.Major));
        if (exception.Minor >= 0)
            code.Add(Insn(BpfProg.BPF_JMP32_JNE_K, 5, 0, 0, (int)(uint)exception.Minor));
        // Allowing asks that every wanted access is in the exception; denying that one is (devcgroup_legacy_check_permission).
        code.Add(Insn(BpfProg.BPF_ALU_MOV_X, 1, 3, 0, 0));
        code.Add(Insn(BpfProg.BPF_ALU_AND_K, 1, 0, 0, allowByDefault ? exception.Access : ~exception.Access));
        code.Add(Insn(allowByDefault ? BpfProg.BPF_JMP32_JEQ_K : BpfProg.BPF_JMP32_JNE_K, 1, 0, 0, 0));
        code.Add(Insn(BpfProg.BPF_ALU_MOV_K, 0, 0, 0, allowByDefault ? 0 : 1));
        code.Add(Insn(BpfProg.BPF_JMP_EXIT, 0, 0, 0, 0));
        for (int i = start; i < code.Count; i++)
        {
            if (code[i].code is BpfProg.BPF_JMP32_JNE_K or BpfProg.BPF_JMP32_JEQ_K)
                code[i] = code[i] with { off = (short)(code.Count - i - 1) };
        }
    }

    private static bpf_insn Insn(byte code, int dst, int src, short off, int imm) => new() { code = code, regs = (byte)(dst | (src << 4)), off = off, imm = imm };
}
