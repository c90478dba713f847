using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose.Seccomp;

/// <summary>What socket(2) makes: by family, and where it matters by protocol.</summary>
public static class SocketFamilies
{
    // linux/in.h and linux/in6.h: 0 is the type's own.
    private static readonly ulong[] s_protocols4 = [0, 1, 6, 17];
    private static readonly ulong[] s_protocols6 = [0, 6, 17, 58];

    // sys/socket.h, linux/netlink.h
    private const ulong Inet = 2, Inet6 = 10, Packet = 17, Raw = 3, TypeMask = 0xf, Route = 0, Audit = 9;

    /// <summary>The last family that is judged by a rule of its own; those above are not known to the container.</summary>
    private const ulong LastKnown = Socket.AF_NETLINK;

    public static LinuxSyscall[] Rules()
    {
        var rules = new List<LinuxSyscall> { Allow(ArgumentRules.Equal(0, Socket.AF_UNIX)) };
        foreach (ulong protocol in s_protocols4)
            rules.Add(Allow(ArgumentRules.Equal(0, Inet), ArgumentRules.Equal(2, protocol)));
        foreach (ulong protocol in s_protocols6)
            rules.Add(Allow(ArgumentRules.Equal(0, Inet6), ArgumentRules.Equal(2, protocol)));
        rules.Add(Allow(ArgumentRules.Equal(0, Socket.AF_NETLINK), ArgumentRules.Equal(2, Route)));
        // As a kernel without the family: programs that only ask whether there is one go on.
        rules.Add(ArgumentRules.Refuse(["socket"], Errno.EAFNOSUPPORT, ArgumentRules.Above(0, LastKnown)));
        return rules.ToArray();
    }

    /// <summary>What a capability adds; empty: nothing.</summary>
    public static LinuxSyscall[] Of(string capability) => capability switch
    {
        "CAP_NET_RAW" =>
        [
            Allow(ArgumentRules.Equal(0, Inet), ArgumentRules.Bits(1, TypeMask, Raw)),
            Allow(ArgumentRules.Equal(0, Inet6), ArgumentRules.Bits(1, TypeMask, Raw)),
            Allow(ArgumentRules.Equal(0, Packet)),
        ],
        "CAP_NET_ADMIN" => [Allow(ArgumentRules.Equal(0, Socket.AF_NETLINK))],
        "CAP_AUDIT_WRITE" or "CAP_AUDIT_CONTROL" => [Allow(ArgumentRules.Equal(0, Socket.AF_NETLINK), ArgumentRules.Equal(2, Audit))],
        _ => [],
    };

    private static LinuxSyscall Allow(params LinuxSeccompArg[] conditions) => ArgumentRules.Allow(["socket"], conditions);
}
