namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>Numbers of socket(7), unix(7), ip(7), ipv6(7), tcp(7) that guests use (asm-generic/socket.h, linux/socket.h, linux/in.h, linux/in6.h, linux/tcp.h).</summary>
internal static class SocketAbi
{
    public const int FamilyUnspecified = 0, FamilyUnix = 1, FamilyInet = 2, FamilyInet6 = 10, FamilyNetlink = 16, FamilyPacket = 17, Families = 46;
    public const int Stream = 1, Datagram = 2, Raw = 3, SeqPacket = 5, MostTypes = 11, TypeMask = 0xf;

    public const int LevelIp = 0, LevelSocket = 1, LevelTcp = 6, LevelUdp = 17, LevelIpv6 = 41;

    public const int Oob = 1, Peek = 2, ControlTruncated = 8, Truncated = 0x20, DontWait = 0x40, EndOfRecord = 0x80, WaitAll = 0x100;
    public const int ErrorQueue = 0x2000, NoSignal = 0x4000, WaitForOne = 0x10000, ControlCloseOnExec = 0x40000000;

    public const int ScmRights = 1, ScmCredentials = 2, MostPassed = 253;

    public const int ReuseAddress = 2, TypeOption = 3, ErrorOption = 4, SendBuffer = 7, ReceiveBuffer = 8, Linger = 13, ReusePort = 15, PassCredentials = 16;
    public const int PeerCredentials = 17, ReceiveLow = 18, SendLow = 19, ReceiveTimeout = 20, SendTimeout = 21, BindToDevice = 25, AcceptConnections = 30, PeerSecurity = 31, Debug = 1, Mark = 36;
    public const int SendBufferForce = 32, ReceiveBufferForce = 33, ProtocolOption = 38, DomainOption = 39, PeerGroups = 59, ReceiveTimeoutNew = 66, SendTimeoutNew = 67;

    public const int PacketInfo = 8, ReceiveError = 11, FreeBind = 15, V6Only = 26, ReceivePacketInfo6 = 49, PacketInfo6 = 50;
    public const int MaxSegment = 2, TcpInfo = 11, Congestion = 13;

    public const int ProtocolTcp = 6, ProtocolUdp = 17;

    /// <summary>net.core.wmem_default, and the highest that a guest may ask for (net.core.wmem_max); what is asked for is doubled (socket(7)).</summary>
    public const int DefaultBuffer = 212992, LeastSendBuffer = 4608, LeastReceiveBuffer = 2304;

    public const int ShutReceive = 1, ShutSend = 2, ShutBoth = 3;

    public const int CapabilitySetGid = 6, CapabilitySetUid = 7, CapabilityBindService = 10, CapabilityNetRaw = 13, CapabilitySysAdmin = 21;
}
