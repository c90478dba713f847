using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

public static unsafe partial class Sys
{
    /// <summary>bpf(BPF_PROG_LOAD) of a BPF_PROG_TYPE_CGROUP_DEVICE program. <paramref name="log"/> takes the verifier's words when not empty.</summary>
    public static Result<Fd> BpfLoadDevice(ReadOnlySpan<bpf_insn> program, ReadOnlySpan<byte> name, Span<byte> log)
    {
        fixed (bpf_insn* insns = program)
        fixed (byte* license = "Apache\0"u8)
        fixed (byte* text = log)
        {
            var attr = new bpf_attr_prog_load
            {
                prog_type = BpfProg.BPF_PROG_TYPE_CGROUP_DEVICE,
                insn_cnt = (uint)program.Length,
                insns = (ulong)insns,
                license = (ulong)license,
                log_level = log.IsEmpty ? 0u : 1u,
                log_size = (uint)log.Length,
                log_buf = (ulong)text,
            };
            for (int i = 0; i < name.Length && i < BpfProg.BPF_OBJ_NAME_LEN - 1; i++)
                attr.prog_name[i] = name[i];
            return ToFd(Raw(SysNr.bpf, BpfProg.BPF_PROG_LOAD, (nint)(&attr), sizeof(bpf_attr_prog_load)));
        }
    }

    /// <summary>bpf(BPF_PROG_ATTACH) of a device program to a cgroup v2 directory.</summary>
    public static Errno BpfAttachDevice(Fd cgroup, Fd program, uint flags)
    {
        bpf_attr_prog_attach attr = DeviceAttach(cgroup, program, flags);
        return ToErrno(Raw(SysNr.bpf, BpfProg.BPF_PROG_ATTACH, (nint)(&attr), sizeof(bpf_attr_prog_attach)));
    }

    /// <summary>bpf(BPF_PROG_DETACH).</summary>
    public static Errno BpfDetachDevice(Fd cgroup, Fd program)
    {
        bpf_attr_prog_attach attr = DeviceAttach(cgroup, program, 0);
        return ToErrno(Raw(SysNr.bpf, BpfProg.BPF_PROG_DETACH, (nint)(&attr), sizeof(bpf_attr_prog_attach)));
    }

    /// <summary>bpf(BPF_PROG_QUERY): the ids of the device programs attached to this very cgroup; the count.</summary>
    public static Result<int> BpfQueryDevice(Fd cgroup, Span<uint> ids)
    {
        fixed (uint* p = ids)
        {
            var attr = new bpf_attr_prog_query
            {
                target_fd = (uint)cgroup.Value,
                attach_type = BpfProg.BPF_CGROUP_DEVICE,
                prog_ids = (ulong)p,
                prog_cnt = (uint)ids.Length,
            };
            Errno error = ToErrno(Raw(SysNr.bpf, BpfProg.BPF_PROG_QUERY, (nint)(&attr), sizeof(bpf_attr_prog_query)));
            return error == Errno.None ? (int)attr.prog_cnt : error;
        }
    }

    /// <summary>bpf(BPF_PROG_GET_FD_BY_ID).</summary>
    public static Result<Fd> BpfProgramById(uint id)
    {
        var attr = new bpf_attr_info { bpf_fd = id };
        return ToFd(Raw(SysNr.bpf, BpfProg.BPF_PROG_GET_FD_BY_ID, (nint)(&attr), sizeof(bpf_attr_info)));
    }

    /// <summary>Whether a loaded program carries this name (bpf(BPF_OBJ_GET_INFO_BY_FD)).</summary>
    public static bool BpfHasName(Fd program, ReadOnlySpan<byte> name)
    {
        bpf_prog_info_head info = default;
        var attr = new bpf_attr_info { bpf_fd = (uint)program.Value, info_len = (uint)sizeof(bpf_prog_info_head), info = (ulong)(&info) };
        if (ToErrno(Raw(SysNr.bpf, BpfProg.BPF_OBJ_GET_INFO_BY_FD, (nint)(&attr), sizeof(bpf_attr_info))) != Errno.None)
            return false;
        // SAFETY: name is an inline array of BPF_OBJ_NAME_LEN bytes of a local.
        return new ReadOnlySpan<byte>(info.name, BpfProg.BPF_OBJ_NAME_LEN).TrimEnd((byte)0).SequenceEqual(name);
    }

    private static bpf_attr_prog_attach DeviceAttach(Fd cgroup, Fd program, uint flags) => new()
    {
        target_fd = (uint)cgroup.Value,
        attach_bpf_fd = (uint)program.Value,
        attach_type = BpfProg.BPF_CGROUP_DEVICE,
        attach_flags = flags,
    };
}
