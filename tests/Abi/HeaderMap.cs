using System.Collections.Generic;

namespace Bulkhead.Abi.Tests;

/// <summary>Where a type of ours comes from in C.</summary>
/// <param name="Headers">Included in this order, in a C file of their own: some headers do not bear each other.</param>
/// <param name="CName">A struct's C type; null: "struct " and our name.</param>
/// <param name="IsHead">Ours is the beginning of a longer C type.</param>
/// <param name="Members">C expressions of members whose name differs.</param>
/// <param name="Prefix">Put before every constant's name.</param>
/// <param name="Grew">Newer kernels' struct is longer than the headers': ours has the later members too.</param>
internal sealed record Source(
    string[] Headers, string? CName = null, bool IsHead = false, Dictionary<string, string>? Members = null, string Prefix = "", bool Grew = false);

/// <summary>Every type in src/Bulkhead.Linux/Abi and Spawn/ProgramLayout.cs has a line here.</summary>
internal static class HeaderMap
{
    private static readonly string[] s_spawn = ["spawn.h"];
    private static readonly string[] s_socket = ["sys/socket.h", "sys/un.h", "sys/uio.h"];
    private static readonly string[] s_bpf = ["linux/bpf.h"];
    private static readonly string[] s_filter = ["linux/bpf_common.h", "linux/filter.h"];
    private static readonly string[] s_termios = ["asm/termbits.h", "asm/ioctls.h", "asm-generic/termios.h"];
    private static readonly string[] s_route = ["linux/rtnetlink.h", "linux/if_link.h", "linux/if_addr.h"];
    private static readonly string[] s_sched = ["linux/sched.h", "linux/sched/types.h"];
    private static readonly string[] s_fcntl = ["fcntl.h", "sys/file.h", "linux/openat2.h"];
    private static readonly string[] s_resource = ["linux/resource.h"];

    public static readonly Dictionary<string, Source> Types = new()
    {
        ["Audit"] = new(["linux/audit.h"]),
        ["epoll_event"] = new(["sys/epoll.h"]),
        ["ClassicBpf"] = new(s_filter),
        ["sock_filter"] = new(s_filter),
        ["sock_fprog"] = new(s_filter),
        ["BpfProg"] = new(s_bpf, Members: new()
        {
            ["BPF_LDX_MEM_W"] = "BPF_LDX | BPF_MEM | BPF_W",
            ["BPF_ALU_AND_K"] = "BPF_ALU | BPF_AND | BPF_K",
            ["BPF_ALU_RSH_K"] = "BPF_ALU | BPF_RSH | BPF_K",
            ["BPF_ALU_MOV_X"] = "BPF_ALU | BPF_MOV | BPF_X",
            ["BPF_ALU_MOV_K"] = "BPF_ALU | BPF_MOV | BPF_K",
            ["BPF_JMP32_JNE_K"] = "BPF_JMP32 | BPF_JNE | BPF_K",
            ["BPF_JMP32_JEQ_K"] = "BPF_JMP32 | BPF_JEQ | BPF_K",
            ["BPF_JMP_EXIT"] = "BPF_JMP | BPF_EXIT",
        }),
        // Two bit fields of four bits share the byte behind the code: they have no offset of their own.
        ["bpf_insn"] = new(s_bpf, Members: new() { ["regs"] = "" }),
        ["bpf_attr_prog_load"] = new(s_bpf, "union bpf_attr", IsHead: true),
        ["bpf_attr_prog_attach"] = new(s_bpf, "union bpf_attr", IsHead: true),
        ["bpf_attr_prog_query"] = new(s_bpf, "union bpf_attr", IsHead: true, Members: new()
        {
            ["target_fd"] = "query.target_fd",
            ["attach_type"] = "query.attach_type",
            ["query_flags"] = "query.query_flags",
            ["attach_flags"] = "query.attach_flags",
            ["prog_ids"] = "query.prog_ids",
            ["prog_cnt"] = "query.prog_cnt",
        }),
        ["bpf_attr_info"] = new(s_bpf, "union bpf_attr", IsHead: true, Members: new()
        {
            ["bpf_fd"] = "info.bpf_fd",
            ["info_len"] = "info.info_len",
            ["info"] = "info.info",
        }),
        ["bpf_prog_info_head"] = new(s_bpf, "struct bpf_prog_info", IsHead: true),
        ["Capability"] = new(["linux/capability.h"]),
        ["cap_user_header"] = new(["linux/capability.h"], "struct __user_cap_header_struct"),
        ["cap_user_data"] = new(["linux/capability.h"], "struct __user_cap_data_struct"),
        ["CgroupMagic"] = new(["linux/magic.h"]),
        ["Eventfd"] = new(["sys/eventfd.h"]),
        ["Inotify"] = new(["sys/inotify.h"]),
        ["Dirent"] = new(["dirent.h"]),
        ["Errno"] = new(["errno.h"]),
        ["Fcntl"] = new(s_fcntl),
        ["open_how"] = new(s_fcntl),
        ["Ioprio"] = new(["linux/ioprio.h"]),
        ["Landlock"] = new(["linux/landlock.h"]),
        ["landlock_ruleset_attr"] = new(["linux/landlock.h"], Members: new() { ["handled_access_net"] = "", ["scoped"] = "" }, Grew: true),
        ["landlock_path_beneath_attr"] = new(["linux/landlock.h"]),
        ["Memfd"] = new(["linux/memfd.h", "linux/close_range.h"]),
        ["Mempolicy"] = new(["linux/mempolicy.h"]),
        ["Mount"] = new(["sys/mount.h", "linux/magic.h"]),
        ["mount_attr"] = new(["sys/mount.h"]),
        ["NetIf"] = new(["linux/if.h", "linux/sockios.h"]),
        ["Netlink"] = new(["linux/netlink.h"]),
        ["nlmsghdr"] = new(["linux/netlink.h"]),
        ["nlattr"] = new(["linux/netlink.h"]),
        ["Personality"] = new(["linux/personality.h"]),
        ["Poll"] = new(["poll.h"]),
        ["pollfd"] = new(["poll.h"]),
        ["Prctl"] = new(["linux/prctl.h", "linux/securebits.h", "linux/keyctl.h"]),
        ["Resource"] = new(s_resource),
        ["rlimit64"] = new(s_resource),
        ["Rtnetlink"] = new(s_route),
        ["ifinfomsg"] = new(s_route),
        ["ifaddrmsg"] = new(s_route),
        ["Sched"] = new(s_sched),
        ["SchedAttr"] = new(s_sched),
        ["sched_attr"] = new(s_sched),
        ["SeccompAbi"] = new(["linux/seccomp.h", "asm/unistd.h"], Members: new() { ["X32_SYSCALL_BIT"] = "__X32_SYSCALL_BIT" }),
        ["seccomp_data"] = new(["linux/seccomp.h"]),
        ["Signal"] = new(["asm/signal.h", "linux/wait.h", "asm/siginfo.h"]),
        ["Socket"] = new(s_socket),
        ["iovec"] = new(s_socket),
        ["msghdr"] = new(s_socket),
        ["cmsghdr"] = new(s_socket),
        ["sockaddr_un"] = new(s_socket),
        ["StatMode"] = new(["sys/stat.h"]),
        ["stat"] = new(["sys/stat.h"], Members: new()
        {
            ["st_atime"] = "st_atim.tv_sec",
            ["st_atime_nsec"] = "st_atim.tv_nsec",
            ["st_mtime"] = "st_mtim.tv_sec",
            ["st_mtime_nsec"] = "st_mtim.tv_nsec",
            ["st_ctime"] = "st_ctim.tv_sec",
            ["st_ctime_nsec"] = "st_ctim.tv_nsec",
        }),
        ["SysNr"] = new(["asm/unistd.h"], Prefix: "__NR_"),
        ["Termbits"] = new(s_termios),
        ["termios"] = new(s_termios),
        ["termios2"] = new(s_termios),
        ["winsize"] = new(s_termios),
        ["ProgramLayout"] = new(s_spawn, Prefix: "BH_"),
        ["ProgramOp"] = new(s_spawn, "struct bh_op"),
        ["ProgramHeader"] = new(s_spawn, "struct bh_program"),
        ["ProgramReport"] = new(s_spawn, "struct bh_report"),
        ["LaunchArguments"] = new(s_spawn, "struct bh_launch"),
    };

    /// <summary>
    /// Constants that Linux 6.1's headers (Debian 12) do not have yet, with the kernel that brought them. No header here can check them: the
    /// value stands a second time, typed apart, so that a slip in one of the two places shows.
    /// </summary>
    public static readonly Dictionary<string, (string Kernel, ulong Value)> Newer = new()
    {
        ["LANDLOCK_ACCESS_FS_TRUNCATE"] = ("6.2", 0x4000),
        ["LANDLOCK_ACCESS_FS_IOCTL_DEV"] = ("6.10", 0x8000),
        ["LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET"] = ("6.12", 1),
        ["MFD_EXEC"] = ("6.3", 0x10),
        ["MPOL_WEIGHTED_INTERLEAVE"] = ("6.9", 6),
        ["__NR_cachestat"] = ("6.5", 451),
        ["__NR_fchmodat2"] = ("6.6", 452),
        ["__NR_map_shadow_stack"] = ("6.6", 453),
        ["__NR_futex_wake"] = ("6.7", 454),
        ["__NR_futex_wait"] = ("6.7", 455),
        ["__NR_futex_requeue"] = ("6.7", 456),
        ["__NR_statmount"] = ("6.8", 457),
        ["__NR_listmount"] = ("6.8", 458),
        ["__NR_lsm_get_self_attr"] = ("6.8", 459),
        ["__NR_lsm_set_self_attr"] = ("6.8", 460),
        ["__NR_lsm_list_modules"] = ("6.8", 461),
        ["__NR_mseal"] = ("6.10", 462),
        ["__NR_setxattrat"] = ("6.13", 463),
        ["__NR_getxattrat"] = ("6.13", 464),
        ["__NR_listxattrat"] = ("6.13", 465),
        ["__NR_removexattrat"] = ("6.13", 466),
        ["__NR_open_tree_attr"] = ("6.15", 467),
        ["__NR_file_getattr"] = ("6.17", 468),
        ["__NR_file_setattr"] = ("6.17", 469),
    };
}
