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
    private const ulong Packet = 17, Raw = 3, TypeMask = 0xf, Route = 0, Audit = 9;

    public static LinuxSyscall[] Rules()
    {
        var rules = new List<LinuxSyscall> { Allow(ArgumentRules.Equal(0, Socket.AF_UNIX)) };
        foreach (ulong protocol in s_protocols4)
            rules.Add(Allow(ArgumentRules.Equal(0, Socket.AF_INET), ArgumentRules.Equal(2, protocol)));
        foreach (ulong protocol in s_protocols6)
            rules.Add(Allow(ArgumentRules.Equal(0, Socket.AF_INET6), ArgumentRules.Equal(2, protocol)));
        rules.Add(Allow(ArgumentRules.Equal(0, Socket.AF_NETLINK), ArgumentRules.Equal(2, Route)));
        return rules.ToArray();
    }

    /// <summary>
    /// The rest as on a kernel without it, so that programs go on: su and groupadd without audit, Go without multipath TCP.
    /// </summary>
    /// <param name="raw">Raw sockets are allowed, of any protocol.</param>
    public static LinuxSyscall[] Refusals(bool raw)
    {
        var rules = new List<LinuxSyscall>
        {
            ArgumentRules.Refuse(["socket"], Errno.EAFNOSUPPORT, ArgumentRules.Above(0, Socket.AF_NETLINK)),
            Unsupported(Socket.AF_NETLINK, Route),
        };
        if (!raw)
            rules.AddRange([Unsupported(Socket.AF_INET, s_protocols4[^1]), Unsupported(Socket.AF_INET6, s_protocols6[^1])]);
        return rules.ToArray();
    }

    private static LinuxSyscall Unsupported(ulong family, ulong above) =>
        ArgumentRules.Refuse(["socket"], Errno.EPROTONOSUPPORT, ArgumentRules.Equal(0, family), ArgumentRules.Above(2, above));

    /// <summary>What a capability adds; empty: nothing.</summary>
    public static LinuxSyscall[] Of(string capability) => capability switch
    {
        "CAP_NET_RAW" =>
        [
            Allow(ArgumentRules.Equal(0, Socket.AF_INET), ArgumentRules.Bits(1, TypeMask, Raw)),
            Allow(ArgumentRules.Equal(0, Socket.AF_INET6), ArgumentRules.Bits(1, TypeMask, Raw)),
            Allow(ArgumentRules.Equal(0, Packet)),
        ],
        "CAP_NET_ADMIN" => [Allow(ArgumentRules.Equal(0, Socket.AF_NETLINK))],
        "CAP_AUDIT_WRITE" or "CAP_AUDIT_CONTROL" => [Allow(ArgumentRules.Equal(0, Socket.AF_NETLINK), ArgumentRules.Equal(2, Audit))],
        _ => [],
    };

    private static LinuxSyscall Allow(params LinuxSeccompArg[] conditions) => ArgumentRules.Allow(["socket"], conditions);
}
