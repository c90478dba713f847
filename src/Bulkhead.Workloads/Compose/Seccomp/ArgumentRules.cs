using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose.Seccomp;

/// <summary>Some calls, allowed with these arguments only.</summary>
/// <param name="Calls">Names.</param>
/// <param name="Allowed">In words, for the documentation.</param>
/// <param name="Reason">What the rest would open.</param>
/// <param name="Rules">One allowing or refusing rule each.</param>
public sealed record ArgumentRule(string[] Calls, string Allowed, string Reason, LinuxSyscall[] Rules);

/// <summary>The calls of the profile that are allowed with some arguments only.</summary>
public static class ArgumentRules
{
    /// <summary>CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET (NEWTIME is a signal's bit to clone).</summary>
    private const ulong NamespaceFlags = 0x7e020000;

    /// <summary>S_ISUID and S_ISGID.</summary>
    private const ulong SetId = 0xc00;

    private const ulong FormatBits = 0xf000;

    /// <summary>O_CREAT and __O_TMPFILE: without them the mode means nothing.</summary>
    private const ulong Creating = 0x400040;

    /// <summary>The kernel cuts an int argument to 32 bits; so does a comparison that is masked, whatever the caller leaves above.</summary>
    private const ulong Int = uint.MaxValue;

    private const string SetIdReason = "a setuid file in a volume would work on the host; as systemd's RestrictSUIDSGID (mkdir drops the bits by itself)";

    public static readonly ArgumentRule[] All =
    [
        new(["clone"], "without CLONE_NEW* flags", "new user namespaces open most of the kernel's privileged code", [Allow(["clone"], Bits(0, NamespaceFlags, 0))]),
        new(["personality"], "0, and 0xffffffff which only asks", "READ_IMPLIES_EXEC and ADDR_NO_RANDOMIZE weaken a program's own defence",
            [Allow(["personality"], Bits(0, Int, 0)), Allow(["personality"], Bits(0, Int, uint.MaxValue))]),
        new(["chmod", "fchmod", "fchmodat", "fchmodat2", "creat"], "modes without setuid and setgid bits", SetIdReason,
            [Allow(["chmod", "fchmod", "creat"], Bits(1, SetId, 0)), Allow(["fchmodat", "fchmodat2"], Bits(2, SetId, 0))]),
        new(["open", "openat"], "modes without setuid and setgid bits, where a file is made", SetIdReason,
            [Allow(["open"], Bits(1, Creating, 0)), Allow(["open"], Bits(2, SetId, 0)), Allow(["openat"], Bits(2, Creating, 0)), Allow(["openat"], Bits(3, SetId, 0))]),
        new(["mknod", "mknodat"], "files, fifos and sockets, without setuid and setgid bits", "device nodes are doors to the host's drivers", Nodes()),
        new(["ioctl"], "all but TIOCSTI and TIOCLINUX", "they type into the terminal of who looks at the container", Ioctls()),
        new(["prctl"], "the options in the list below", "PR_SET_MM, speculation and core scheduling controls, memory merging", PrctlOptions.Rules()),
        new(["socketpair"], "unix", "as for socket", [Allow(["socketpair"], Equal(0, Socket.AF_UNIX))]),
        new(["socket"], "unix; inet and inet6 with TCP, UDP and ICMP; netlink for routes", "families and protocols are loaded as modules on demand: AF_ALG, AF_VSOCK, AF_PACKET, SCTP",
            SocketFamilies.Rules()),
    ];

    /// <summary>What a capability adds; empty: nothing. Device nodes too, still without setuid bits: the host may see them in a folder.</summary>
    public static LinuxSyscall[] Of(string capability) =>
        capability == "CAP_MKNOD" ? [Allow(["mknod"], Bits(1, SetId, 0)), Allow(["mknodat"], Bits(2, SetId, 0))] : SocketFamilies.Of(capability);

    public static LinuxSyscall Allow(string[] names, params LinuxSeccompArg[] conditions) =>
        new() { Names = names, Action = "SCMP_ACT_ALLOW", Args = conditions };

    public static LinuxSyscall Refuse(string[] names, Errno errno, params LinuxSeccompArg[] conditions) =>
        new() { Names = names, Action = "SCMP_ACT_ERRNO", ErrnoRet = (uint)errno, Args = conditions };

    public static LinuxSeccompArg Equal(uint index, ulong value) => new() { Index = index, Op = "SCMP_CMP_EQ", Value = value };

    public static LinuxSeccompArg Above(uint index, ulong value) => new() { Index = index, Op = "SCMP_CMP_GT", Value = value };

    /// <summary>(argument &amp; mask) == value.</summary>
    public static LinuxSeccompArg Bits(uint index, ulong mask, ulong value) => new() { Index = index, Op = "SCMP_CMP_MASKED_EQ", Value = mask, ValueTwo = value };

    private static LinuxSyscall[] Nodes()
    {
        var rules = new List<LinuxSyscall>();
        foreach (ulong kind in new ulong[] { 0, StatMode.S_IFREG, StatMode.S_IFIFO, StatMode.S_IFSOCK })
        {
            rules.Add(Allow(["mknod"], Bits(1, FormatBits | SetId, kind)));
            rules.Add(Allow(["mknodat"], Bits(2, FormatBits | SetId, kind)));
        }
        return rules.ToArray();
    }

    /// <summary>
    /// "All but two" needs a rule that always holds and yet has a condition: an even or an odd descriptor. A condition on a later argument is
    /// judged first (libseccomp's order). The errors are the kernel's own where these requests are switched off.
    /// </summary>
    private static LinuxSyscall[] Ioctls() =>
    [
        Refuse(["ioctl"], Errno.EIO, Bits(1, Int, Termbits.TIOCSTI)),
        Refuse(["ioctl"], Errno.ENOTTY, Bits(1, Int, Termbits.TIOCLINUX)),
        Allow(["ioctl"], Bits(0, 1, 0)),
        Allow(["ioctl"], Bits(0, 1, 1)),
    ];
}
