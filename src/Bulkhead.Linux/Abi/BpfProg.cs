// Mirrors what device programs need of <linux/bpf.h>.
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Abi;

public static class BpfProg
{
    public const int BPF_PROG_LOAD = 5;
    public const int BPF_PROG_ATTACH = 8;
    public const int BPF_PROG_DETACH = 9;
    public const int BPF_PROG_GET_FD_BY_ID = 13;
    public const int BPF_OBJ_GET_INFO_BY_FD = 15;
    public const int BPF_PROG_QUERY = 16;

    public const uint BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    public const uint BPF_CGROUP_DEVICE = 6;
    public const uint BPF_F_ALLOW_MULTI = 2;
    public const uint BPF_F_REPLACE = 4;
    public const int BPF_OBJ_NAME_LEN = 16;

    public const int BPF_DEVCG_ACC_MKNOD = 1;
    public const int BPF_DEVCG_ACC_READ = 2;
    public const int BPF_DEVCG_ACC_WRITE = 4;
    public const int BPF_DEVCG_DEV_BLOCK = 1;
    public const int BPF_DEVCG_DEV_CHAR = 2;

    public const byte BPF_LDX_MEM_W = 0x61;
    public const byte BPF_ALU_AND_K = 0x54;
    public const byte BPF_ALU_RSH_K = 0x74;
    public const byte BPF_ALU_MOV_X = 0xbc;
    public const byte BPF_ALU_MOV_K = 0xb4;
    public const byte BPF_JMP32_JNE_K = 0x56;
    public const byte BPF_JMP32_JEQ_K = 0x16;
    public const byte BPF_JMP_EXIT = 0x95;
}

/// <summary>struct bpf_insn: dst_reg is the low half of <see cref="regs"/>, src_reg the high half.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct bpf_insn
{
    public byte code;
    public byte regs;
    public short off;
    public int imm;
}

/// <summary>The head of union bpf_attr for BPF_PROG_LOAD.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct bpf_attr_prog_load
{
    public uint prog_type;
    public uint insn_cnt;
    public ulong insns;
    public ulong license;
    public uint log_level;
    public uint log_size;
    public ulong log_buf;
    public uint kern_version;
    public uint prog_flags;
    public fixed byte prog_name[BpfProg.BPF_OBJ_NAME_LEN];
}

/// <summary>The head of union bpf_attr for BPF_PROG_ATTACH and BPF_PROG_DETACH.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct bpf_attr_prog_attach
{
    public uint target_fd;
    public uint attach_bpf_fd;
    public uint attach_type;
    public uint attach_flags;
    public uint replace_bpf_fd;
}

/// <summary>The head of union bpf_attr for BPF_PROG_QUERY.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct bpf_attr_prog_query
{
    public uint target_fd;
    public uint attach_type;
    public uint query_flags;
    public uint attach_flags;
    public ulong prog_ids;
    public uint prog_cnt;
    private readonly uint pad;
}

/// <summary>The head of union bpf_attr for BPF_OBJ_GET_INFO_BY_FD.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct bpf_attr_info
{
    public uint bpf_fd;
    public uint info_len;
    public ulong info;
}

/// <summary>The head of struct bpf_prog_info, up to the name.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct bpf_prog_info_head
{
    public uint type;
    public uint id;
    public fixed byte tag[8];
    public uint jited_prog_len;
    public uint xlated_prog_len;
    public ulong jited_prog_insns;
    public ulong xlated_prog_insns;
    public ulong load_time;
    public uint created_by_uid;
    public uint nr_map_ids;
    public ulong map_ids;
    public fixed byte name[BpfProg.BPF_OBJ_NAME_LEN];
}
