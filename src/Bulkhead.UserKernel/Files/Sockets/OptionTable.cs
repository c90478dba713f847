namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>An option whose value is kept as it was set: its default and the values that it takes.</summary>
internal readonly record struct OptionEntry(int Level, int Name, int Default, int Least, int Most)
{
    /// <summary>Any value stands for 0 or 1.</summary>
    public bool IsFlag => Least == 0 && Most == 1;
}

/// <summary>
/// Options that are numbers. Many change nothing where both ends of a connection are in one kernel (TCP_NODELAY, SO_KEEPALIVE): programs set them
/// all the same, and read them back.
/// </summary>
internal static class OptionTable
{
    private const int Socket = SocketAbi.LevelSocket, Tcp = SocketAbi.LevelTcp, Ip = SocketAbi.LevelIp, Ipv6 = SocketAbi.LevelIpv6;

    private static readonly OptionEntry[] Entries =
    [
        new(Socket, SocketAbi.ReuseAddress, 0, 0, 1),
        new(Socket, SocketAbi.ReusePort, 0, 0, 1),
        new(Socket, SocketAbi.PassCredentials, 0, 0, 1),
        new(Socket, SocketAbi.Debug, 0, 0, 1),
        new(Socket, 5, 0, 0, 1), // SO_DONTROUTE
        new(Socket, 6, 0, 0, 1), // SO_BROADCAST
        new(Socket, 9, 0, 0, 1), // SO_KEEPALIVE
        new(Socket, 10, 0, 0, 1), // SO_OOBINLINE
        new(Socket, 11, 0, 0, 1), // SO_NO_CHECK
        new(Socket, 12, 0, 0, 6), // SO_PRIORITY
        new(Socket, 29, 0, 0, 1), // SO_TIMESTAMP
        new(Socket, 34, 0, 0, 1), // SO_PASSSEC
        new(Socket, 35, 0, 0, 1), // SO_TIMESTAMPNS
        new(Socket, SocketAbi.Mark, 0, int.MinValue, int.MaxValue),
        new(Socket, 40, 0, 0, 1), // SO_RXQ_OVFL
        new(Socket, 46, 0, 0, int.MaxValue), // SO_BUSY_POLL
        new(Tcp, 1, 0, 0, 1), // TCP_NODELAY
        new(Tcp, 3, 0, 0, 1), // TCP_CORK
        new(Tcp, 4, 7200, 1, 32767), // TCP_KEEPIDLE
        new(Tcp, 5, 75, 1, 32767), // TCP_KEEPINTVL
        new(Tcp, 6, 9, 1, 127), // TCP_KEEPCNT
        new(Tcp, 7, 6, 1, 127), // TCP_SYNCNT
        new(Tcp, 8, 60, -1, int.MaxValue), // TCP_LINGER2
        new(Tcp, 9, 0, 0, int.MaxValue), // TCP_DEFER_ACCEPT
        new(Tcp, 10, 0, 0, int.MaxValue), // TCP_WINDOW_CLAMP
        new(Tcp, 12, 1, 0, 1), // TCP_QUICKACK
        new(Tcp, 18, 0, 0, int.MaxValue), // TCP_USER_TIMEOUT
        new(Tcp, 23, 0, 0, int.MaxValue), // TCP_FASTOPEN
        new(Tcp, 25, 0, int.MinValue, int.MaxValue), // TCP_NOTSENT_LOWAT
        new(Tcp, 30, 0, 0, 1), // TCP_FASTOPEN_CONNECT
        new(Ip, 1, 0, 0, 255), // IP_TOS
        new(Ip, 2, 64, 1, 255), // IP_TTL
        new(Ip, SocketAbi.PacketInfo, 0, 0, 1),
        new(Ip, 10, 1, 0, 5), // IP_MTU_DISCOVER
        new(Ip, SocketAbi.ReceiveError, 0, 0, 1),
        new(Ip, 12, 0, 0, 1), // IP_RECVTTL
        new(Ip, 13, 0, 0, 1), // IP_RECVTOS
        new(Ip, SocketAbi.FreeBind, 0, 0, 1),
        new(Ip, 24, 0, 0, 1), // IP_BIND_ADDRESS_NO_PORT
        new(Ip, 33, 1, 0, 255), // IP_MULTICAST_TTL
        new(Ip, 34, 1, 0, 1), // IP_MULTICAST_LOOP
        new(Ipv6, 16, 64, -1, 255), // IPV6_UNICAST_HOPS
        new(Ipv6, 18, 1, -1, 255), // IPV6_MULTICAST_HOPS
        new(Ipv6, 19, 1, 0, 1), // IPV6_MULTICAST_LOOP
        new(Ipv6, 23, 1, 0, 5), // IPV6_MTU_DISCOVER
        new(Ipv6, 25, 0, 0, 1), // IPV6_RECVERR
        new(Ipv6, SocketAbi.V6Only, 0, 0, 1),
        new(Ipv6, SocketAbi.ReceivePacketInfo6, 0, 0, 1),
        new(Ipv6, 51, 0, 0, 1), // IPV6_RECVHOPLIMIT
        new(Ipv6, 66, 0, 0, 1), // IPV6_RECVTCLASS
        new(Ipv6, 67, 0, -1, 255), // IPV6_TCLASS
    ];

    public static bool Find(int level, int name, out OptionEntry entry)
    {
        foreach (OptionEntry each in Entries)
        {
            if (each.Level != level || each.Name != name)
                continue;
            entry = each;
            return true;
        }
        entry = default;
        return false;
    }
}
