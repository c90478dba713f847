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
        Span<byte> value = stackalloc byte[SocketFile.LargestOption];
        value.Clear();
        int size = socket.SpecialOption(level, name, value);
        if (size < 0)
            size = Value(socket, level, name, value);
        if (size < 0)
            return Fail.ENOPROTOOPT;
        // Options of IP that fit into a byte are told as one where there is no room for more.
        int count = level == SocketAbi.LevelIp && room < sizeof(int) ? Math.Min(room, 1) : Math.Min(room, size);
        if (count > 0 && !HostMemory.Write(task.HostPid, task.A3, value[..count]))
            return Fail.EFAULT;
        return Guest.Put(task, task.A4, count);
    }

    /// <summary>The value's size; below 0: there is no such option.</summary>
    private static int Value(SocketFile socket, int level, int name, Span<byte> to)
    {
        SocketOptions options = socket.Options;
        if (level == SocketAbi.LevelSocket)
        {
            switch (name)
            {
                case SocketAbi.Linger:
                    return Numbers(to, options.IsLingering ? 1 : 0, options.LingerSeconds);
                case SocketAbi.ReceiveTimeout or SocketAbi.ReceiveTimeoutNew:
                    return Time(to, options.ReceiveTimeout);
                case SocketAbi.SendTimeout or SocketAbi.SendTimeoutNew:
                    return Time(to, options.SendTimeout);
                case SocketAbi.PeerCredentials:
                    // struct ucred; without a peer pid 0 and no ids.
                    PeerId peer = (socket as UnixSocket)?.PeerIdentity ?? new PeerId(0, uint.MaxValue, uint.MaxValue);
                    return Numbers(to, peer.Pid, (int)peer.Uid, (int)peer.Gid);
            }
            if (SocketNumber(socket, name) is { } number)
                return Numbers(to, number);
        }
        return OptionTable.Find(level, name, out _) ? Numbers(to, options.Get(level, name)) : -1;
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

    private static int Numbers(Span<byte> to, params ReadOnlySpan<int> numbers)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(numbers);
        bytes.CopyTo(to);
        return bytes.Length;
    }

    /// <summary>struct timeval.</summary>
    private static int Time(Span<byte> to, long nanoseconds)
    {
        MemoryMarshal.Write(to, Math.Max(0, nanoseconds) / 1_000_000_000);
        MemoryMarshal.Write(to[8..], Math.Max(0, nanoseconds) % 1_000_000_000 / 1000);
        return TimeSize;
    }
}
