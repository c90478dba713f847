using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Files.Sockets;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>socket(2), socketpair(2), bind(2), listen(2), accept(2), connect(2), getsockname(2), getpeername(2), shutdown(2).</summary>
internal static partial class SocketCalls
{
    private const ulong SocketFlags = Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC;
    private const int MostBacklog = 4096;

    private static ulong Limit(GuestTask task) => task.Process.Limits[ResourceLimits.Files].Soft;

    private static long Find(GuestTask task, ulong fd, out SocketFile? socket)
    {
        OpenFile? file = Guest.File(task, fd);
        socket = file as SocketFile;
        if (file is null || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        return socket is null ? Fail.ENOTSOCK : 0;
    }

    private static bool Exists(GuestTask task, ulong fd) => Guest.File(task, fd) is { } file && (file.Flags & Fcntl.O_PATH) == 0;

    public static long Create(GuestTask task)
    {
        long error = Make(task, (int)task.A0, (uint)task.A1, (int)task.A2, out SocketFile? socket);
        return error < 0 ? error : task.Process.Files.Add(socket!, (task.A1 & Fcntl.O_CLOEXEC) != 0, Limit(task));
    }

    private static long Make(GuestTask task, int domain, uint typeAndFlags, int protocol, out SocketFile? socket)
    {
        socket = null;
        int type = (int)(typeAndFlags & SocketAbi.TypeMask);
        if ((typeAndFlags & ~(SocketFlags | SocketAbi.TypeMask)) != 0)
            return Fail.EINVAL;
        if (domain is < 0 or >= SocketAbi.Families)
            return Fail.EAFNOSUPPORT;
        if (type >= SocketAbi.MostTypes)
            return Fail.EINVAL;
        long error = domain switch
        {
            SocketAbi.FamilyUnix => MakeUnix(task.Kernel, type, protocol, out socket),
            SocketAbi.FamilyInet or SocketAbi.FamilyInet6 => MakeInet(task, domain, type, protocol, out socket),
            SocketAbi.FamilyNetlink => MakeNetlink(task.Kernel, type, protocol, out socket),
            SocketAbi.FamilyPacket when !task.Credentials.Has(SocketAbi.CapabilityNetRaw) => Fail.EPERM,
            _ => Fail.EAFNOSUPPORT,
        };
        if (socket is not null)
            socket.Flags |= (int)typeAndFlags & Fcntl.O_NONBLOCK;
        return error;
    }

    private static long MakeUnix(Kernel kernel, int type, int protocol, out SocketFile? socket)
    {
        socket = null;
        if (protocol is not (0 or SocketAbi.FamilyUnix))
            return Fail.EPROTONOSUPPORT;
        switch (type)
        {
            case SocketAbi.Stream or SocketAbi.SeqPacket:
                socket = new UnixConnection(kernel, type);
                return 0;
            case SocketAbi.Datagram or SocketAbi.Raw:
                socket = new UnixDatagram(kernel);
                return 0;
            default:
                return Fail.ESOCKTNOSUPPORT;
        }
    }

    private static long MakeInet(GuestTask task, int domain, int type, int protocol, out SocketFile? socket)
    {
        const int MostProtocol = 263, Icmp = 1, Icmp6 = 58;
        socket = null;
        if (protocol is < 0 or >= MostProtocol)
            return Fail.EINVAL;
        switch (type)
        {
            case SocketAbi.Stream when protocol is 0 or SocketAbi.ProtocolTcp:
                socket = new TcpSocket(task.Kernel, domain) { Creator = task.Credentials.Euid };
                return 0;
            case SocketAbi.Datagram when protocol is 0 or SocketAbi.ProtocolUdp:
                socket = new UdpSocket(task.Kernel, domain) { Creator = task.Credentials.Euid };
                return 0;
            case SocketAbi.Datagram when protocol is Icmp or Icmp6:
                return Fail.EACCES; // net.ipv4.ping_group_range: nobody
            case SocketAbi.Raw:
                return task.Credentials.Has(SocketAbi.CapabilityNetRaw) ? Fail.EPROTONOSUPPORT : Fail.EPERM;
            case SocketAbi.Stream or SocketAbi.Datagram:
                return Fail.EPROTONOSUPPORT;
            default:
                return Fail.ESOCKTNOSUPPORT;
        }
    }

    private static long MakeNetlink(Kernel kernel, int type, int protocol, out SocketFile? socket)
    {
        const int Route = 0;
        socket = null;
        if (type is not (SocketAbi.Raw or SocketAbi.Datagram))
            return Fail.ESOCKTNOSUPPORT;
        if (protocol != Route)
            return Fail.EPROTONOSUPPORT;
        socket = new NetlinkSocket(kernel, type);
        return 0;
    }

    public static long Pair(GuestTask task)
    {
        long error = Make(task, (int)task.A0, (uint)task.A1, (int)task.A2, out SocketFile? one);
        if (error == 0)
            error = Make(task, (int)task.A0, (uint)task.A1, (int)task.A2, out SocketFile? two) is var made && made < 0 ? made : Join(task, one!, two!);
        return error;
    }

    private static long Join(GuestTask task, SocketFile one, SocketFile two)
    {
        var who = PeerId.Of(task);
        switch (one, two)
        {
            case (UnixConnection left, UnixConnection right):
                left.Join(right, who, who);
                break;
            case (UnixDatagram left, UnixDatagram right):
                left.Join(right, who, who);
                break;
            default:
                one.Release();
                two.Release();
                return Fail.EOPNOTSUPP;
        }
        bool closeOnExec = (task.A1 & Fcntl.O_CLOEXEC) != 0;
        FdTable files = task.Process.Files;
        long first = files.Add(one, closeOnExec, Limit(task));
        if (first < 0)
        {
            two.Release();
            return first;
        }
        long second = files.Add(two, closeOnExec, Limit(task));
        if (second >= 0 && Guest.Write(task, task.A3, (int)first) && Guest.Write(task, task.A3 + 4, (int)second))
            return 0;
        files.Close((int)first);
        if (second < 0)
            return second;
        files.Close((int)second);
        return Fail.EFAULT;
    }

    public static long Bind(GuestTask task)
    {
        long error = Find(task, task.A0, out SocketFile? socket);
        if (error == 0)
            error = SocketAddress.Read(task, task.A1, (int)task.A2, out SocketAddress address) is var read && read < 0 ? read : socket!.Bind(task, address);
        return error;
    }

    public static long Listen(GuestTask task)
    {
        long error = Find(task, task.A0, out SocketFile? socket);
        return error < 0 ? error : socket!.Listen(task, (uint)task.A1 > MostBacklog ? MostBacklog : (int)task.A1);
    }

    public static long Accept(GuestTask task) => Accept(task, 0);

    public static long Accept4(GuestTask task) => Accept(task, task.A3);

    private static long Accept(GuestTask task, ulong flags)
    {
        if (!Exists(task, task.A0))
            return Fail.EBADF;
        if ((uint)flags != ((uint)flags & SocketFlags))
            return Fail.EINVAL;
        long error = Find(task, task.A0, out SocketFile? socket);
        if (error < 0)
            return error;
        if (!HasFreeNumber(task))
            return Fail.EMFILE;
        error = socket!.Accept(out SocketFile? accepted);
        if (error == Fail.EAGAIN && !socket.IsNonBlocking && !task.TimedOut)
            return WaitOn(task, socket, socket.Options.ReceiveTimeout, null);
        if (error < 0)
            return error;
        accepted!.Flags |= (int)flags & Fcntl.O_NONBLOCK;
        if (task.A1 != 0)
        {
            accepted.PeerName(out SocketAddress name);
            error = name.Write(task, task.A1, task.A2);
        }
        if (error == 0)
            return task.Process.Files.Add(accepted, (flags & Fcntl.O_CLOEXEC) != 0, Limit(task));
        accepted.Release();
        return error;
    }

    /// <summary>Looked at before a connection is taken: without a number it stays in the queue.</summary>
    private static bool HasFreeNumber(GuestTask task)
    {
        FdTable files = task.Process.Files;
        if ((ulong)files.Count < Limit(task))
            return true;
        for (int fd = 0; fd < files.Count && (ulong)fd < Limit(task); fd++)
        {
            if (files[fd] is null)
                return true;
        }
        return false;
    }

    /// <summary>The task waits for the socket, at most the time of its SO_RCVTIMEO or SO_SNDTIMEO.</summary>
    private static long WaitOn(GuestTask task, SocketFile socket, long timeout, WaitQueue? other)
    {
        other?.Add(task);
        return Guest.Wait(task, socket.Queue, timeout < 0 ? -1 : HostEvents.Now(1) + timeout);
    }

    public static long Connect(GuestTask task)
    {
        if (!Exists(task, task.A0))
            return Fail.EBADF;
        long error = SocketAddress.Read(task, task.A1, (int)task.A2, out SocketAddress address);
        if (error == 0)
            error = Find(task, task.A0, out _);
        if (error < 0)
            return error;
        Find(task, task.A0, out SocketFile? socket);
        error = socket!.Connect(task, address, socket.IsNonBlocking, out WaitQueue? waitOn);
        if (error != Fail.EAGAIN || socket.IsNonBlocking)
            return error;
        if (!task.TimedOut)
            return WaitOn(task, socket, socket.Options.SendTimeout, waitOn);
        return socket is TcpSocket ? Fail.EINPROGRESS : Fail.EAGAIN;
    }

    public static long LocalName(GuestTask task)
    {
        long error = Find(task, task.A0, out SocketFile? socket);
        return error < 0 ? error : socket!.LocalName().Write(task, task.A1, task.A2);
    }

    public static long PeerName(GuestTask task)
    {
        long error = Find(task, task.A0, out SocketFile? socket);
        if (error == 0)
            error = socket!.PeerName(out SocketAddress name) is var found && found < 0 ? found : name.Write(task, task.A1, task.A2);
        return error;
    }

    public static long Shutdown(GuestTask task)
    {
        long error = Find(task, task.A0, out SocketFile? socket);
        if (error < 0)
            return error;
        int how = (int)task.A1;
        return how is < 0 or > 2 ? Fail.EINVAL : socket!.Shutdown(how + 1);
    }
}
