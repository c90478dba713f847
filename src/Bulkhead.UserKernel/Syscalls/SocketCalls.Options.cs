using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Files.Sockets;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>getsockopt(2) and setsockopt(2).</summary>
internal static partial class SocketCalls
{
    private const int CapabilityNetAdmin = 12, TimeSize = 16, LingerSize = 8;

    public static long SetOption(GuestTask task)
    {
        int level = (int)task.A1, name = (int)task.A2, length = (int)task.A4;
        if (length < 0)
            return Guest.File(task, task.A0) is null ? Fail.EBADF : Fail.EINVAL;
        long error = Find(task, task.A0, out SocketFile? socket);
        if (error < 0)
            return error;
        if (!socket!.HasLevel(level))
            return socket is UnixSocket ? Fail.EOPNOTSUPP : Fail.ENOPROTOOPT;
        if (level == SocketAbi.LevelSocket && name == SocketAbi.BindToDevice)
            return BindToDevice(task, length);
        if (level == SocketAbi.LevelTcp && name == SocketAbi.Congestion)
            return length < 1 ? Fail.EINVAL : 0;
        error = ReadValue(task, level, length, out int value);
        if (error < 0)
            return error;
        return level == SocketAbi.LevelSocket ? SetSocketOption(task, socket, name, value) : SetNumber(task, socket, level, name, value);
    }

    /// <summary>An int; options of IP may be given as a byte (ip_setsockopt).</summary>
    private static long ReadValue(GuestTask task, int level, int length, out int value)
    {
        value = 0;
        if (length >= sizeof(int))
            return Guest.Read(task, task.A3, out value) ? 0 : Fail.EFAULT;
        if (level != SocketAbi.LevelIp)
            return Fail.EINVAL;
        if (length == 0)
            return 0;
        if (!Guest.Read(task, task.A3, out byte small))
            return Fail.EFAULT;
        value = small;
        return 0;
    }

    private static long SetSocketOption(GuestTask task, SocketFile socket, int name, int value)
    {
        SocketOptions options = socket.Options;
        switch (name)
        {
            case SocketAbi.SendBuffer:
            case SocketAbi.SendBufferForce when task.Credentials.Has(CapabilityNetAdmin):
                options.SendBuffer = Math.Max((int)Math.Min((uint)value, SocketAbi.DefaultBuffer) * 2, SocketAbi.LeastSendBuffer);
                socket.Wake();
                return 0;
            case SocketAbi.ReceiveBuffer:
            case SocketAbi.ReceiveBufferForce when task.Credentials.Has(CapabilityNetAdmin):
                options.ReceiveBuffer = Math.Max((int)Math.Min((uint)value, SocketAbi.DefaultBuffer) * 2, SocketAbi.LeastReceiveBuffer);
                return 0;
            case SocketAbi.SendBufferForce or SocketAbi.ReceiveBufferForce:
                return Fail.EPERM;
            case SocketAbi.Mark when !task.Credentials.Has(CapabilityNetAdmin):
                return Fail.EPERM;
            case SocketAbi.Debug when value != 0 && !task.Credentials.Has(CapabilityNetAdmin):
                return Fail.EACCES;
            case SocketAbi.ReceiveLow:
                options.ReceiveLow = value < 0 ? int.MaxValue : Math.Max(value, 1);
                return 0;
            case SocketAbi.Linger:
                return SetLinger(task, options);
            case SocketAbi.ReceiveTimeout or SocketAbi.ReceiveTimeoutNew:
                return SetTime(task, time => options.ReceiveTimeout = time);
            case SocketAbi.SendTimeout or SocketAbi.SendTimeoutNew:
                return SetTime(task, time => options.SendTimeout = time);
            default:
                return SetNumber(task, socket, SocketAbi.LevelSocket, name, value);
        }
    }

    private static long SetNumber(GuestTask task, SocketFile socket, int level, int name, int value)
    {
        const int Priority = 12;
        if (level == SocketAbi.LevelTcp && name == SocketAbi.MaxSegment)
            return value is < 88 or > 32767 ? Fail.EINVAL : 0;
        if (!OptionTable.Find(level, name, out OptionEntry entry))
            return Fail.ENOPROTOOPT;
        if (entry.IsFlag)
            value = value != 0 ? 1 : 0;
        if (value == -1 && level is SocketAbi.LevelIp or SocketAbi.LevelIpv6)
            value = entry.Default;
        if (value < entry.Least || value > entry.Most)
            return level == SocketAbi.LevelSocket && name == Priority && !task.Credentials.Has(CapabilityNetAdmin) ? Fail.EPERM : Fail.EINVAL;
        long error = socket.CheckOption(level, name, value);
        if (error == 0)
            socket.Options.Set(level, name, value);
        return error;
    }

    private static long SetLinger(GuestTask task, SocketOptions options)
    {
        if ((int)task.A4 < LingerSize)
            return Fail.EINVAL;
        if (!Guest.Read(task, task.A3, out int isOn) || !Guest.Read(task, task.A3 + 4, out int seconds))
            return Fail.EFAULT;
        options.IsLingering = isOn != 0;
        options.LingerSeconds = seconds;
        return 0;
    }

    /// <summary>struct timeval; nought is for ever, before nought is at once.</summary>
    private static long SetTime(GuestTask task, Action<long> set)
    {
        if ((int)task.A4 < TimeSize)
            return Fail.EINVAL;
        if (!Guest.Read(task, task.A3, out long seconds) || !Guest.Read(task, task.A3 + 8, out long micros))
            return Fail.EFAULT;
        if (micros is < 0 or >= 1_000_000)
            return Fail.EDOM;
        if (seconds == 0 && micros == 0)
            set(-1);
        else
            set(seconds < 0 ? 0 : seconds > 4_000_000_000 ? -1 : (seconds * 1_000_000_000) + (micros * 1000));
        return 0;
    }

    private static long BindToDevice(GuestTask task, int length)
    {
        Span<byte> name = stackalloc byte[16];
        name.Clear();
        int count = Math.Min(length, 15);
        if (count > 0 && !HostMemory.Read(task.HostPid, task.A3, name[..count]))
            return Fail.EFAULT;
        int end = name.IndexOf((byte)0);
        return end == 0 || name[..end].SequenceEqual("lo"u8) ? 0 : Fail.ENODEV;
    }

    public static long GetOption(GuestTask task)
    {
        int level = (int)task.A1, name = (int)task.A2;
        long error = Find(task, task.A0, out SocketFile? socket);
        if (error < 0)
            return error;
        if (!socket!.HasLevel(level))
            return socket is InetSocket { Domain: SocketAbi.FamilyInet6 } ? Fail.ENOPROTOOPT : Fail.EOPNOTSUPP;
        if (!Guest.Read(task, task.A4, out int room))
            return Fail.EFAULT;
        if (room < 0)
            return Fail.EINVAL;
        if ((socket.SpecialOption(level, name) ?? Value(socket, level, name)) is not { } value)
            return Fail.ENOPROTOOPT;
        // Options of IP that fit into a byte are told as one where there is no room for more.
        int count = level == SocketAbi.LevelIp && room < sizeof(int) ? Math.Min(room, 1) : Math.Min(room, value.Length);
        if (count > 0 && !HostMemory.Write(task.HostPid, task.A3, value.AsSpan(0, count)))
            return Fail.EFAULT;
        return Guest.Put(task, task.A4, count);
    }

    private static byte[]? Value(SocketFile socket, int level, int name)
    {
        SocketOptions options = socket.Options;
        if (level == SocketAbi.LevelSocket)
        {
            switch (name)
            {
                case SocketAbi.Linger:
                    return Two(options.IsLingering ? 1 : 0, options.LingerSeconds);
                case SocketAbi.ReceiveTimeout or SocketAbi.ReceiveTimeoutNew:
                    return Time(options.ReceiveTimeout);
                case SocketAbi.SendTimeout or SocketAbi.SendTimeoutNew:
                    return Time(options.SendTimeout);
                case SocketAbi.PeerCredentials:
                    return Identity((socket as UnixSocket)?.PeerIdentity);
            }
            if (SocketNumber(socket, name) is { } number)
                return BitConverter.GetBytes(number);
        }
        return OptionTable.Find(level, name, out _) ? BitConverter.GetBytes(options.Get(level, name)) : null;
    }

    private static int? SocketNumber(SocketFile socket, int name) => name switch
    {
        SocketAbi.TypeOption => socket.Type,
        SocketAbi.DomainOption => socket.Domain,
        SocketAbi.ProtocolOption => socket.Protocol,
        SocketAbi.ErrorOption => (int)-socket.TakeError(),
        SocketAbi.AcceptConnections => socket.IsListening ? 1 : 0,
        SocketAbi.SendBuffer => socket.SendBuffer,
        SocketAbi.ReceiveBuffer => socket.ReceiveBuffer,
        SocketAbi.ReceiveLow => socket.Options.ReceiveLow,
        SocketAbi.SendLow => 1,
        _ => null,
    };

    private static byte[] Two(int first, int second)
    {
        byte[] bytes = new byte[LingerSize];
        MemoryMarshal.Write(bytes, first);
        MemoryMarshal.Write(bytes.AsSpan(4), second);
        return bytes;
    }

    private static byte[] Time(long nanoseconds)
    {
        byte[] bytes = new byte[TimeSize];
        MemoryMarshal.Write(bytes, Math.Max(0, nanoseconds) / 1_000_000_000);
        MemoryMarshal.Write(bytes.AsSpan(8), Math.Max(0, nanoseconds) % 1_000_000_000 / 1000);
        return bytes;
    }

    /// <summary>struct ucred; without a peer pid 0 and no ids.</summary>
    private static byte[] Identity(PeerId? who)
    {
        PeerId peer = who ?? new PeerId(0, uint.MaxValue, uint.MaxValue);
        byte[] bytes = new byte[12];
        MemoryMarshal.Write(bytes, peer.Pid);
        MemoryMarshal.Write(bytes.AsSpan(4), peer.Uid);
        MemoryMarshal.Write(bytes.AsSpan(8), peer.Gid);
        return bytes;
    }
}
