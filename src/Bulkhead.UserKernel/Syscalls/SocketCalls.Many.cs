using System;
using Bulkhead.UserKernel.Files.Sockets;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>sendmmsg(2) and recvmmsg(2): the task's progress counts the messages that are done.</summary>
internal static partial class SocketCalls
{
    private const int MostMessages = 1024, EntrySize = 64;

    public static long SendMany(GuestTask task)
    {
        long error = Find(task, task.A0, out SocketFile? socket);
        if (error < 0)
            return error;
        uint count = Math.Min((uint)task.A2, MostMessages);
        for (; task.Progress < count; task.Progress++)
        {
            ulong entry = task.A1 + ((ulong)task.Progress * EntrySize);
            long sent = SendHeader(task, socket!, entry, (int)task.A3, isOneOfMany: true);
            if (sent == Fail.Blocked)
                return sent;
            if (sent >= 0 && !Guest.Write(task, entry + HeaderSize, (uint)sent))
                sent = Fail.EFAULT;
            if (sent < 0)
                return task.Progress > 0 ? task.Progress : sent;
        }
        return task.Progress;
    }

    /// <summary>The time is looked at after each message only, as recvmmsg(2) says under BUGS.</summary>
    public static long ReceiveMany(GuestTask task)
    {
        long error = 0, end = -1;
        if (task.A4 != 0)
            error = Guest.Time(task, task.A4, out end);
        if (error == 0)
            error = Find(task, task.A0, out _);
        if (error < 0)
            return error;
        Find(task, task.A0, out SocketFile? socket);
        if (end >= 0)
            end += HostEvents.Now(1);
        long result = ReceiveUntil(task, socket!, end);
        if (result > 0 && end >= 0 && !Guest.Write(task, task.A4, new TimeSpec(Math.Max(0, end - HostEvents.Now(1)))))
            return Fail.EFAULT;
        return result;
    }

    private static long ReceiveUntil(GuestTask task, SocketFile socket, long end)
    {
        uint count = Math.Min((uint)task.A2, MostMessages);
        int flags = (int)task.A3 & ~SocketAbi.WaitForOne;
        bool waitsForOne = ((int)task.A3 & SocketAbi.WaitForOne) != 0;
        while (task.Progress < count)
        {
            ulong entry = task.A1 + ((ulong)task.Progress * EntrySize);
            int now = waitsForOne && task.Progress > 0 ? flags | SocketAbi.DontWait : flags;
            long length = ReceiveHeader(task, socket, entry, now, isOneOfMany: true);
            if (length == Fail.Blocked)
                return length;
            if (length >= 0 && !Guest.Write(task, entry + HeaderSize, (uint)length))
                length = Fail.EFAULT;
            if (length < 0)
                return task.Progress > 0 ? task.Progress : length;
            task.Progress++;
            if (end >= 0 && HostEvents.Now(1) >= end)
                break;
        }
        return task.Progress;
    }
}
