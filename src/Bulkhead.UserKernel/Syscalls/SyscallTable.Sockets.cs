using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Syscalls;

internal static unsafe partial class SyscallTable
{
    /// <summary>Sockets.</summary>
    private static void AddSockets(SyscallEntry[] table)
    {
        table[SysNr.socket] = new("socket", Support.Partial, &SocketCalls.Create, "AF_UNIX, TCP and UDP on loopback addresses, questions by rtnetlink");
        table[SysNr.socketpair] = new("socketpair", Support.Partial, &SocketCalls.Pair, "");
        table[SysNr.bind] = new("bind", Support.Partial, &SocketCalls.Bind, "");
        table[SysNr.listen] = new("listen", Support.Partial, &SocketCalls.Listen, "");
        table[SysNr.accept] = new("accept", Support.Partial, &SocketCalls.Accept, "");
        table[SysNr.accept4] = new("accept4", Support.Partial, &SocketCalls.Accept4, "");
        table[SysNr.connect] = new("connect", Support.Partial, &SocketCalls.Connect, "loopback addresses: others are ENETUNREACH");
        table[SysNr.getsockname] = new("getsockname", Support.Partial, &SocketCalls.LocalName, "");
        table[SysNr.getpeername] = new("getpeername", Support.Partial, &SocketCalls.PeerName, "");
        table[SysNr.sendto] = new("sendto", Support.Partial, &SocketCalls.SendTo, "no MSG_OOB");
        table[SysNr.recvfrom] = new("recvfrom", Support.Partial, &SocketCalls.ReceiveFrom, "no MSG_OOB");
        table[SysNr.sendmsg] = new("sendmsg", Support.Partial, &SocketCalls.SendMessage, "no MSG_OOB");
        table[SysNr.recvmsg] = new("recvmsg", Support.Partial, &SocketCalls.ReceiveMessage, "no MSG_OOB, no timestamps");
        table[SysNr.sendmmsg] = new("sendmmsg", Support.Partial, &SocketCalls.SendMany, "as sendmsg");
        table[SysNr.recvmmsg] = new("recvmmsg", Support.Partial, &SocketCalls.ReceiveMany, "as recvmsg");
        table[SysNr.shutdown] = new("shutdown", Support.Partial, &SocketCalls.Shutdown, "");
        table[SysNr.setsockopt] = new("setsockopt", Support.Partial, &SocketCalls.SetOption, "no filters, no multicast groups");
        table[SysNr.getsockopt] = new("getsockopt", Support.Partial, &SocketCalls.GetOption, "TCP_INFO: state and segment sizes");
    }
}
