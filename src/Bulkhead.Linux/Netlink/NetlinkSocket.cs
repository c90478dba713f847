using System;
using System.Threading;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Netlink;

/// <summary>A NETLINK_ROUTE socket. It stays in the network namespace of the thread that opened it.</summary>
public sealed class NetlinkSocket : IDisposable
{
    private readonly Fd _fd;
    private uint _sequence;

    private NetlinkSocket(Fd fd) => _fd = fd;

    /// <summary>Sees one message of a dump; false stops nothing, it is only not called again.</summary>
    public delegate void Visitor<TState>(ref TState state, in MessageReader message) where TState : allows ref struct;

    /// <summary>In the network namespace of this process.</summary>
    public static NetlinkSocket Open() => new(OpenHere().OrThrow("open a netlink socket"));

    /// <summary>
    /// In the network namespace behind <paramref name="netns"/>. A thread of its own joins it and ends: setns(2) moves one thread, and
    /// no other may run there.
    /// </summary>
    public static NetlinkSocket OpenIn(Fd netns)
    {
        Result<Fd> socket = Errno.None;
        string step = "join the network namespace";
        var thread = new Thread(() =>
        {
            Errno error = Sys.SetNs(netns, Sched.CLONE_NEWNET);
            if (error != Errno.None)
            {
                socket = error;
                return;
            }
            step = "open a netlink socket";
            socket = OpenHere();
        }, maxStackSize: 128 * 1024);
        thread.Start();
        thread.Join();
        return new NetlinkSocket(socket.OrThrow(step));
    }

    /// <summary>Sends one request and reads its acknowledgement.</summary>
    public Errno Execute(NetlinkWriter request)
    {
        Errno error = Sys.WriteAll(_fd, request.Finish(++_sequence));
        if (error != Errno.None)
            return error;
        Span<byte> buffer = stackalloc byte[4096];
        for (; ; )
        {
            Result<int> length = Sys.Receive(_fd, buffer);
            if (!length.Ok)
                return length.Error;
            var reader = new MessageReader(buffer[..length.Value]);
            while (reader.Next())
            {
                if (reader.Header.nlmsg_seq == _sequence && reader.Header.nlmsg_type == Abi.Netlink.NLMSG_ERROR)
                    return reader.Error;
            }
        }
    }

    /// <summary>
    /// Sends one dump request and shows each message to <paramref name="visit"/>. EINTR when the kernel says that what it listed changed
    /// meanwhile: ask again.
    /// </summary>
    public Errno Dump<TState>(NetlinkWriter request, ref TState state, Visitor<TState> visit) where TState : allows ref struct
    {
        Errno error = Sys.WriteAll(_fd, request.Finish(++_sequence));
        // The kernel fills up to 32 KiB a datagram only for readers that offer as much (af_netlink.c, netlink_dump).
        byte[] buffer = new byte[32 * 1024];
        bool changed = false;
        while (error == Errno.None)
        {
            Result<int> length = Sys.Receive(_fd, buffer);
            if (!length.Ok)
                return length.Error;
            var reader = new MessageReader(buffer.AsSpan(0, length.Value));
            while (reader.Next())
            {
                if (reader.Header.nlmsg_seq != _sequence)
                    continue;
                changed |= (reader.Header.nlmsg_flags & Abi.Netlink.NLM_F_DUMP_INTR) != 0;
                if (reader.Header.nlmsg_type is Abi.Netlink.NLMSG_DONE or Abi.Netlink.NLMSG_ERROR)
                    return reader.Error == Errno.None && changed ? Errno.EINTR : reader.Error;
                visit(ref state, reader);
            }
        }
        return error;
    }

    public void Dispose() => _fd.Dispose();

    private static Result<Fd> OpenHere() => Sys.CreateSocket(Socket.AF_NETLINK, Socket.SOCK_RAW, Abi.Netlink.NETLINK_ROUTE);
}
