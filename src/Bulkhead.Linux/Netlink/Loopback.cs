using System;

namespace Bulkhead.Linux.Netlink;

/// <summary>
/// Brings lo up, as data for a spawn plan: the new network namespace's first process does socket(<see cref="Family"/>,
/// <see cref="Type"/>, 0), ioctl(fd, <see cref="Request"/>, address of <see cref="Argument"/>). An ioctl answers with its errno, where a
/// netlink message would want a second call to read it.
/// </summary>
public static class Loopback
{
    /// <summary>AF_UNIX: interface ioctls work on every family, and this one's socket is the cheapest to make.</summary>
    public const int Family = Abi.Socket.AF_UNIX;

    public const int Type = Abi.Socket.SOCK_DGRAM | Abi.Socket.SOCK_CLOEXEC;

    public const uint Request = Abi.NetIf.SIOCSIFFLAGS;

    /// <summary>struct ifreq: 16 bytes of name, then ifr_flags = IFF_UP; 40 bytes in all.</summary>
    public static ReadOnlySpan<byte> Argument =>
    [
        (byte)'l', (byte)'o', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        (byte)Abi.NetIf.IFF_UP, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}
