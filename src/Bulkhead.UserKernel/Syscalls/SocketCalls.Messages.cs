using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Files.Sockets;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>send(2) and recv(2) in all their forms, and what read(2) and write(2) do on a socket.</summary>
internal static partial class SocketCalls
{
    /// <summary>struct msghdr of x86-64.</summary>
    private const int HeaderSize = 56, NameLengthAt = 8, ControlLengthAt = 40, FlagsAt = 48;

    private readonly record struct Header(ulong Name, int NameLength, ulong Vector, ulong VectorLength, ulong Control, ulong ControlLength);

    private static long ReadHeader(GuestTask task, ulong address, out Header header, out MessageBuffer buffer)
    {
        header = default;
        buffer = default;
        Span<byte> bytes = stackalloc byte[HeaderSize];
        if (!HostMemory.Read(task.HostPid, address, bytes))
            return Fail.EFAULT;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        header = new Header(words[0], words[0] == 0 ? 0 : (int)words[1], words[2], words[3], words[4], words[4] == 0 ? 0 : words[5]);
        if (header.NameLength < 0)
            return Fail.EINVAL;
        return MessageBuffer.OfVector(task, header.Vector, header.VectorLength, Fail.EMSGSIZE, out buffer);
    }

    public static long SendTo(GuestTask task)
    {
        long error = Find(task, task.A0, out SocketFile? socket);
        SocketAddress to = default;
        if (error == 0 && task.A4 != 0)
            error = SocketAddress.Read(task, task.A4, (int)task.A5, out to);
        if (error < 0)
            return error;
        var message = new Outgoing { Task = task, Buffer = MessageBuffer.OfGuest(task, task.A1, task.A2), To = to, Flags = (int)task.A3 };
        return Send(task, socket!, ref message, isOneOfMany: false);
    }

    public static long SendMessage(GuestTask task)
    {
        long error = Find(task, task.A0, out SocketFile? socket);
        return error < 0 ? error : SendHeader(task, socket!, task.A1, (int)task.A2, isOneOfMany: false);
    }

    private static long SendHeader(GuestTask task, SocketFile socket, ulong address, int flags, bool isOneOfMany)
    {
        long error = ReadHeader(task, address, out Header header, out MessageBuffer buffer);
        SocketAddress to = default;
        if (error == 0 && header.NameLength > 0)
            error = SocketAddress.Read(task, header.Name, Math.Min(header.NameLength, SocketAddress.Most), out to);
        ControlData? control = null;
        // What went with the first bytes does not go again with the rest.
        if (error == 0 && (isOneOfMany || task.Progress == 0))
            error = ControlData.Parse(task, header.Control, header.ControlLength, socket is UnixSocket, out control);
        if (error == 0 && control is { Files: { } files })
            error = CheckInFlight(task, files.Count);
        if (error < 0)
        {
            control?.Release(task.Kernel);
            return error;
        }
        var message = new Outgoing { Task = task, Buffer = buffer, To = to, Control = control, Flags = flags };
        long result = Send(task, socket, ref message, isOneOfMany);
        control?.Release(task.Kernel);
        return result;
    }

    /// <summary>As many may be on their way as a process may have open (unix(7), ETOOMANYREFS).</summary>
    private static long CheckInFlight(GuestTask task, int count)
    {
        const int SysResource = 24;
        InFlight before = task.Kernel.Network.InFlight;
        bool isFree = task.Credentials.Has(SysResource) || task.Credentials.Has(SocketAbi.CapabilitySysAdmin);
        ulong most = isFree ? NetworkStack.MostInFlight : Math.Min(NetworkStack.MostInFlight, Limit(task));
        if ((ulong)(before.Count + count) > most)
            before.Collect();
        return (ulong)(before.Count + count) > most ? Fail.ETOOMANYREFS : 0;
    }

    /// <summary>One of several messages keeps no count of its own: the task's progress counts messages then.</summary>
    private static long Send(GuestTask task, SocketFile socket, ref Outgoing message, bool isOneOfMany)
    {
        bool isNonBlocking = socket.IsNonBlocking || (message.Flags & SocketAbi.DontWait) != 0;
        long done = isOneOfMany ? 0 : task.Progress;
        message.Buffer.Skip(done);
        for (; ; )
        {
            long sent = socket.Send(ref message);
            if (sent >= 0)
            {
                done += sent;
                if (socket.KeepsMessages || message.Buffer.Left == 0 || sent == 0)
                    return done;
                if (!isOneOfMany)
                    task.Progress = done;
                continue;
            }
            if (sent == Fail.EAGAIN && !isNonBlocking && !task.TimedOut && !(isOneOfMany && done > 0))
                return WaitOn(task, socket, socket.Options.SendTimeout, message.WaitOn);
            if (done > 0)
                return done;
            bool isSilent = socket.KeepsMessages || (message.Flags & SocketAbi.NoSignal) != 0;
            return isSilent ? sent : IoCalls.Failed(task, sent);
        }
    }

    public static long ReceiveFrom(GuestTask task)
    {
        long error = Find(task, task.A0, out SocketFile? socket);
        if (error < 0)
            return error;
        var message = new Incoming { Buffer = MessageBuffer.OfGuest(task, task.A1, task.A2), Flags = (int)task.A3 };
        long count = Receive(task, socket!, ref message, isOneOfMany: false);
        message.Control?.Release(task.Kernel);
        if (count < 0 || task.A4 == 0)
            return count;
        error = message.From.Write(task, task.A4, task.A5);
        return error < 0 ? error : count;
    }

    public static long ReceiveMessage(GuestTask task)
    {
        long error = Find(task, task.A0, out SocketFile? socket);
        return error < 0 ? error : ReceiveHeader(task, socket!, task.A1, (int)task.A2, isOneOfMany: false);
    }

    private static long ReceiveHeader(GuestTask task, SocketFile socket, ulong address, int flags, bool isOneOfMany)
    {
        long error = ReadHeader(task, address, out Header header, out MessageBuffer buffer);
        if (error < 0)
            return error;
        var message = new Incoming { Buffer = buffer, Flags = flags, Result = flags & SocketAbi.ControlCloseOnExec };
        long count = Receive(task, socket, ref message, isOneOfMany);
        if (count < 0)
        {
            message.Control?.Release(task.Kernel);
            return count;
        }
        long used = 0;
        if (message.Control is { } control)
            used = control.Write(task, header.Control, header.ControlLength, (flags & SocketAbi.ControlCloseOnExec) != 0, ref message.Result);
        error = Math.Min(used, 0);
        if (error == 0 && header.Name != 0)
            error = message.From.Write(task, header.Name, address + NameLengthAt);
        if (error == 0 && (!Guest.Write(task, address + FlagsAt, message.Result) || !Guest.Write(task, address + ControlLengthAt, used)))
            error = Fail.EFAULT;
        return error < 0 ? error : count;
    }

    private static long Receive(GuestTask task, SocketFile socket, ref Incoming message, bool isOneOfMany)
    {
        bool isNonBlocking = socket.IsNonBlocking || (message.Flags & SocketAbi.DontWait) != 0;
        if (isNonBlocking)
            message.Flags |= SocketAbi.DontWait;
        long done = isOneOfMany ? 0 : task.Progress;
        message.Buffer.Skip(done);
        long wanted = (message.Flags & SocketAbi.WaitAll) != 0 ? message.Buffer.Length : Math.Min(socket.Options.ReceiveLow, message.Buffer.Length);
        for (; ; )
        {
            long count = socket.Receive(ref message);
            if (count >= 0)
            {
                done += count;
                if (count == 0 || socket.KeepsMessages || message.IsEnd || message.IsPeek || done >= wanted)
                    return done;
                if (!isOneOfMany)
                    task.Progress = done;
                continue;
            }
            if (count == Fail.EAGAIN && !isNonBlocking && !task.TimedOut && !(isOneOfMany && done > 0))
                return WaitOn(task, socket, socket.Options.ReceiveTimeout, null);
            if (done == 0)
                return count;
            // Told by the next call.
            if (count == Fail.ECONNRESET)
                socket.PendingError = count;
            return done;
        }
    }

    /// <summary>read(2) and readv(2): of no bytes, nothing is taken (sock_read_iter).</summary>
    public static long ReadFile(GuestTask task, SocketFile socket, in MessageBuffer buffer)
    {
        if (buffer.Length == 0)
            return 0;
        var message = new Incoming { Buffer = buffer };
        long count = Receive(task, socket, ref message, isOneOfMany: false);
        message.Control?.Release(task.Kernel);
        return count;
    }

    /// <summary>write(2) and writev(2): one message.</summary>
    public static long WriteFile(GuestTask task, SocketFile socket, in MessageBuffer buffer)
    {
        var message = new Outgoing { Task = task, Buffer = buffer };
        return Send(task, socket, ref message, isOneOfMany: false);
    }
}
