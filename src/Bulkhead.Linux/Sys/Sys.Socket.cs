using System;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

public static unsafe partial class Sys
{
    /// <summary>socket(2), always close-on-exec.</summary>
    public static Result<Fd> CreateSocket(int family, int type, int protocol = 0) =>
        ToFd(Raw(SysNr.socket, family, type | Socket.SOCK_CLOEXEC, protocol));

    /// <summary>
    /// connect(2) to the socket file at <paramref name="path"/>. A path beyond the 107 bytes that sun_path holds goes by way of
    /// /proc/self/fd.
    /// </summary>
    public static Errno ConnectUnix(Fd socket, string path)
    {
        if (Encoding.UTF8.GetByteCount(path) < sizeof(sockaddr_un) - sizeof(ushort))
            return ConnectShort(socket, path);
        Result<Fd> file = OpenAt(Fd.Cwd, path, Fcntl.O_PATH);
        using Fd held = file.Ok ? file.Value : new Fd(-1);
        return file.Ok ? ConnectShort(socket, $"/proc/self/fd/{held.Value}") : file.Error;
    }

    /// <summary>bind(2) to a new socket file and listen(2). The path has at most 107 bytes (/proc/self/fd/N/NAME where it would be longer).</summary>
    public static Errno ListenUnix(Fd socket, string path, int backlog)
    {
        Errno error = WithAddress(SysNr.bind, socket, path);
        return error == Errno.None ? ToErrno(Raw(SysNr.listen, socket.Value, backlog)) : error;
    }

    /// <summary>bind(2) to a new socket file, as <see cref="ListenUnix"/>: for datagrams.</summary>
    public static Errno BindUnix(Fd socket, string path) => WithAddress(SysNr.bind, socket, path);

    /// <summary>accept4(2), close-on-exec.</summary>
    public static Result<Fd> Accept(Fd socket, int flags = 0) => ToFd(Raw(SysNr.accept4, socket.Value, 0, 0, flags | Socket.SOCK_CLOEXEC));

    /// <summary>sendmsg(2) of <paramref name="data"/> with one descriptor (SCM_RIGHTS). At least one byte of data is needed.</summary>
    public static Errno SendFd(Fd socket, Fd fd, ReadOnlySpan<byte> data)
    {
        FdMessage message = default;
        fixed (byte* p = data)
        {
            message.Prepare(p, data.Length);
            message.Control.Fd = fd.Value;
            return ToErrno(Raw(SysNr.sendmsg, socket.Value, (nint)(&message.Header), Socket.MSG_NOSIGNAL));
        }
    }

    /// <summary>recvmsg(2): the count of data bytes, 0 at the end; <paramref name="fd"/> is invalid when none came along.</summary>
    public static Result<int> ReceiveFd(Fd socket, Span<byte> data, out Fd fd)
    {
        FdMessage message = default;
        fixed (byte* p = data)
        {
            message.Prepare(p, data.Length);
            Result<int> length = ToInt(Raw(SysNr.recvmsg, socket.Value, (nint)(&message.Header), Socket.MSG_CMSG_CLOEXEC));
            bool came = length.Ok && message.Header.msg_controllen >= (nuint)(sizeof(cmsghdr) + sizeof(int)) &&
                message.Control.Header is { cmsg_level: Socket.SOL_SOCKET, cmsg_type: Socket.SCM_RIGHTS };
            fd = new Fd(came ? message.Control.Fd : -1);
            return length;
        }
    }

    /// <summary>recv(2). With MSG_TRUNC the whole length of a datagram that did not fit.</summary>
    public static Result<int> Receive(Fd socket, Span<byte> data, int flags = 0)
    {
        fixed (byte* p = data)
            return ToInt(Raw(SysNr.recvfrom, socket.Value, (nint)p, data.Length, flags));
    }

    /// <summary>setsockopt(2) with an int.</summary>
    public static Errno SetSocketOption(Fd socket, int level, int option, int value) =>
        ToErrno(Raw(SysNr.setsockopt, socket.Value, level, option, (nint)(&value), sizeof(int)));

    /// <summary>An ioctl(2) on an interface; <paramref name="request"/> carries a struct ifreq of 40 bytes.</summary>
    public static Errno InterfaceControl(Fd socket, uint command, ReadOnlySpan<byte> request)
    {
        fixed (byte* p = request)
            return ToErrno(Raw(SysNr.ioctl, socket.Value, (nint)command, (nint)p));
    }

    private static Errno ConnectShort(Fd socket, string path) => WithAddress(SysNr.connect, socket, path);

    private static Errno WithAddress(int call, Fd socket, string path)
    {
        if (Encoding.UTF8.GetByteCount(path) >= sizeof(sockaddr_un) - sizeof(ushort))
            return Errno.ENAMETOOLONG;
        sockaddr_un address = default;
        address.sun_family = Socket.AF_UNIX;
        int length = Encoding.UTF8.GetBytes(path, new Span<byte>(address.sun_path, sizeof(sockaddr_un) - sizeof(ushort) - 1));
        return ToErrno(Raw(call, socket.Value, (nint)(&address), sizeof(ushort) + length + 1));
    }

    /// <summary>A control message with room for one descriptor: CMSG_SPACE(sizeof(int)) is 24 on 64-bit.</summary>
    private struct FdControl
    {
        public cmsghdr Header;
        public int Fd;
        private readonly int _pad;
    }

    private struct FdMessage
    {
        public msghdr Header;
        public iovec Data;
        public FdControl Control;

        // SAFETY: the struct is a local of the caller and does not move; data is pinned by the caller.
        public void Prepare(byte* data, int length)
        {
            fixed (iovec* vector = &Data)
            fixed (FdControl* control = &Control)
            {
                vector->iov_base = data;
                vector->iov_len = (nuint)length;
                control->Header.cmsg_len = (nuint)(sizeof(cmsghdr) + sizeof(int));
                control->Header.cmsg_level = Socket.SOL_SOCKET;
                control->Header.cmsg_type = Socket.SCM_RIGHTS;
                Header.msg_iov = vector;
                Header.msg_iovlen = 1;
                Header.msg_control = control;
                Header.msg_controllen = control->Header.cmsg_len; // and not CMSG_SPACE: a second descriptor would fit there, and leak
            }
        }
    }
}
