using System;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>poll(2), select(2), epoll(7), eventfd(2).</summary>
internal static class PollCalls
{
    private const long Millisecond = 1_000_000;
    private const uint ReadBits = OpenFile.In | OpenFile.HangUp | OpenFile.Error, WriteBits = OpenFile.Out | OpenFile.Error;

    public static long Poll(GuestTask task) => Poll(task, (int)task.A2 < 0 ? -1 : (int)task.A2 * Millisecond);

    public static long PollWithMask(GuestTask task)
    {
        long error = Timeout(task, task.A2, out long time);
        if (error == 0)
            error = UseMask(task, task.A3, task.A4);
        return error < 0 ? error : Rest(task, Keep(task, Poll(task, time)), task.A2, microseconds: false);
    }

    /// <summary>A null pointer is no timeout: -1.</summary>
    private static long Timeout(GuestTask task, ulong address, out long time)
    {
        time = -1;
        return address == 0 || task.Retry ? 0 : Guest.Time(task, address, out time);
    }

    public static long UseMask(GuestTask task, ulong address, ulong size)
    {
        if (address == 0 || task.Retry)
            return 0;
        if (size != 8)
            return Fail.EINVAL;
        if (!Guest.Read(task, address, out ulong mask))
            return Fail.EFAULT;
        task.MaskBefore ??= task.Mask;
        task.Mask = mask & ~SignalSet.Unblockable;
        return 0;
    }

    /// <summary>The mask comes back with the answer, unless a signal's frame takes it along.</summary>
    public static long Keep(GuestTask task, long result)
    {
        if (result is Fail.Blocked || task.MaskBefore is not { } mask)
            return result;
        task.Mask = mask;
        task.MaskBefore = null;
        return result;
    }

    /// <summary>select and ppoll write back what is left of the time (select(2), "Linux notes").</summary>
    private static long Rest(GuestTask task, long result, ulong address, bool microseconds)
    {
        if (result is Fail.Blocked || result == Fail.EFAULT || address == 0)
            return result;
        long left = task.Deadline < 0 ? 0 : Math.Max(0, task.Deadline - HostEvents.Now(1));
        if (!task.Retry && task.Deadline < 0)
            return result;
        var rest = new TimeSpec(left);
        if (microseconds)
            rest.Nanoseconds /= 1000;
        Guest.Write(task, address, rest);
        return result;
    }

    /// <summary>EINTR, with what is left of the time.</summary>
    public static long Interrupted(GuestTask task) => task.Nr switch
    {
        SysNr.select => Rest(task, Fail.EINTR, task.A4, microseconds: true),
        SysNr.pselect6 => Rest(task, Fail.EINTR, task.A4, microseconds: false),
        SysNr.ppoll => Rest(task, Fail.EINTR, task.A2, microseconds: false),
        _ => Fail.EINTR,
    };

    private static long Begin(GuestTask task, long timeout)
    {
        if (task.Retry)
            return task.Deadline;
        return timeout < 0 ? -1 : HostEvents.Now(1) + timeout;
    }

    private static long Poll(GuestTask task, long timeout)
    {
        ulong count = task.A1;
        if (count > task.Process.Limits[ResourceLimits.Files].Soft)
            return Fail.EINVAL;
        Span<pollfd> entries = task.Kernel.Scratch.Of<pollfd>((int)count);
        if (!HostMemory.Read(task.HostPid, task.A0, MemoryMarshal.AsBytes(entries)))
            return Fail.EFAULT;
        int ready = 0;
        foreach (ref pollfd entry in entries)
        {
            entry.revents = 0;
            if (entry.fd < 0)
                continue;
            OpenFile? file = task.Process.Files[entry.fd];
            uint events = file is null || (file.Flags & Fcntl.O_PATH) != 0 ? (uint)Linux.Abi.Poll.POLLNVAL : Extend(file.Poll()) & ((uint)(ushort)entry.events | OpenFile.Error | OpenFile.HangUp);
            entry.revents = (short)events;
            ready += events != 0 ? 1 : 0;
        }
        task.Deadline = Begin(task, timeout);
        if (ready > 0 || task.TimedOut || timeout == 0)
            return HostMemory.Write(task.HostPid, task.A0, MemoryMarshal.AsBytes(entries)) ? ready : Fail.EFAULT;
        int place = 0;
        foreach (pollfd entry in entries)
        {
            if (entry.fd >= 0)
                WaitOn(task, entry.fd, place++, (uint)(ushort)entry.events);
        }
        return Fail.Blocked;
    }

    /// <summary>POLLRDNORM and POLLWRNORM go with POLLIN and POLLOUT.</summary>
    private static uint Extend(uint events) => events | ((events & OpenFile.In) != 0 ? 0x40u : 0) | ((events & OpenFile.Out) != 0 ? 0x100u : 0);

    /// <summary>As do_poll and do_select of fs/select.c: what it waits on is what it found first, what it tells is what the descriptors are now.</summary>
    private static void WaitOn(GuestTask task, int fd, int place, uint events)
    {
        OpenFile? file = task.Retry ? task.Held.At(place, fd) ?? task.Process.Files[fd] : task.Process.Files[fd];
        if (file is null)
            return;
        if (!task.Retry)
            task.Held.Add(fd, file);
        file.Arm(events);
        if (file is EpollFile epoll)
            epoll.WaitOnAll(task);
        else
            file.Queue.Add(task);
    }

    public static long Select(GuestTask task)
    {
        long time = -1;
        if (task.A4 != 0 && !task.Retry)
        {
            if (!Guest.Read(task, task.A4, out TimeSpec value))
                return Fail.EFAULT;
            if (value.Seconds < 0 || value.Nanoseconds < 0)
                return Fail.EINVAL;
            time = (value.Seconds * 1_000_000_000) + (value.Nanoseconds * 1000);
        }
        return Rest(task, Select(task, time), task.A4, microseconds: true);
    }

    public static long SelectWithMask(GuestTask task)
    {
        long error = Timeout(task, task.A4, out long time);
        if (error == 0 && task.A5 != 0)
        {
            ulong mask = 0, size = 0;
            if (!Guest.Read(task, task.A5, out mask) || !Guest.Read(task, task.A5 + 8, out size))
                return Fail.EFAULT;
            error = UseMask(task, mask, size);
        }
        return error < 0 ? error : Rest(task, Keep(task, Select(task, time)), task.A4, microseconds: false);
    }

    private static long Select(GuestTask task, long timeout)
    {
        int count = (int)task.A0;
        if (count < 0)
            return Fail.EINVAL;
        count = Math.Min(count, Math.Max(64, task.Process.Files.Count));
        int bytes = (count + 63) / 64 * 8;
        ReadOnlySpan<ulong> addresses = [task.A1, task.A2, task.A3];
        Span<byte> sets = task.Kernel.Scratch.Of<byte>(bytes * 6), ready = sets[(bytes * 3)..];
        sets.Clear();
        for (int i = 0; i < 3; i++)
        {
            if (addresses[i] != 0 && !HostMemory.Read(task.HostPid, addresses[i], sets.Slice(i * bytes, bytes)))
                return Fail.EFAULT;
        }
        Span<byte> reading = sets[..bytes], writing = sets.Slice(bytes, bytes), others = sets.Slice(bytes * 2, bytes);
        int found = 0;
        for (int fd = 0; fd < count; fd++)
        {
            bool reads = Has(reading, fd), writes = Has(writing, fd), other = Has(others, fd);
            if (!reads && !writes && !other)
                continue;
            // One that was closed while it waited counts as ready (select_poll_one of fs/select.c).
            OpenFile? file = task.Process.Files[fd];
            bool isThere = file is not null && (file.Flags & Fcntl.O_PATH) == 0;
            if (!isThere && !task.Retry)
                return Fail.EBADF;
            uint events = isThere ? file!.Poll() : uint.MaxValue;
            found += reads && (events & ReadBits) != 0 ? Mark(ready, fd) : 0;
            found += writes && (events & WriteBits) != 0 ? Mark(ready[bytes..], fd) : 0;
            found += other && (events & OpenFile.Priority) != 0 ? Mark(ready[(bytes * 2)..], fd) : 0;
        }
        task.Deadline = Begin(task, timeout);
        if (found == 0 && !task.TimedOut && timeout != 0)
        {
            for (int fd = 0, place = 0; fd < count; fd++)
            {
                if (Has(reading, fd) || Has(writing, fd) || Has(others, fd))
                    WaitOn(task, fd, place++, (Has(reading, fd) ? OpenFile.In : 0) | (Has(writing, fd) ? OpenFile.Out : 0));
            }
            return Fail.Blocked;
        }
        for (int i = 0; i < 3; i++)
        {
            if (addresses[i] != 0 && !HostMemory.Write(task.HostPid, addresses[i], ready.Slice(i * bytes, bytes)))
                return Fail.EFAULT;
        }
        return found;
    }

    private static bool Has(ReadOnlySpan<byte> set, int fd) => (set[fd / 8] >> (fd % 8) & 1) != 0;

    private static int Mark(Span<byte> set, int fd)
    {
        set[fd / 8] |= (byte)(1 << (fd % 8));
        return 1;
    }

    public static long Event(GuestTask task) => MakeEvent(task, 0);

    public static long Event2(GuestTask task) => MakeEvent(task, (int)task.A1);

    private static long MakeEvent(GuestTask task, int flags)
    {
        const int Semaphore = 1;
        if ((flags & ~(Semaphore | Fcntl.O_CLOEXEC | Fcntl.O_NONBLOCK)) != 0)
            return Fail.EINVAL;
        var file = new EventFile(task.Kernel, (uint)task.A0, (flags & Semaphore) != 0) { Flags = Fcntl.O_RDWR | (flags & Fcntl.O_NONBLOCK) };
        return Add(task, file, flags);
    }

    private static long Add(GuestTask task, OpenFile file, int flags) =>
        task.Process.Files.Add(file, (flags & Fcntl.O_CLOEXEC) != 0, task.Process.Limits[ResourceLimits.Files].Soft);

    public static long EpollCreate(GuestTask task) => (int)task.A0 <= 0 ? Fail.EINVAL : Add(task, new EpollFile(task.Kernel) { Flags = Fcntl.O_RDWR }, 0);

    public static long EpollCreate1(GuestTask task) => (task.A0 & ~(ulong)Fcntl.O_CLOEXEC) != 0 ? Fail.EINVAL : Add(task, new EpollFile(task.Kernel) { Flags = Fcntl.O_RDWR }, (int)task.A0);

    public static long EpollControl(GuestTask task)
    {
        const int AddOne = 1, Remove = 2, Modify = 3;
        int operation = (int)task.A1;
        epoll_event wanted = default;
        if (operation != Remove && !Guest.Read(task, task.A3, out wanted))
            return Fail.EFAULT;
        if (Guest.File(task, task.A0) is not { } set || Guest.File(task, task.A2) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        if (file is HostFile or NodeDirectory or TextFile)
            return Fail.EPERM;
        if (set is not EpollFile epoll || set == file)
            return Fail.EINVAL;
        if ((wanted.events & EpollFile.Exclusive) != 0 && (operation == Modify || file is EpollFile || (wanted.events & ~EpollFile.WithExclusive) != 0))
            return Fail.EINVAL;
        EpollFile.Interest? interest = epoll.Find((int)task.A2, file);
        switch (operation)
        {
            case AddOne when interest is not null:
                return Fail.EEXIST;
            case AddOne when !epoll.MayWatch(file):
                return Fail.ELOOP;
            case AddOne:
                epoll.Add(new EpollFile.Interest((int)task.A2, file) { Events = wanted.events, Data = wanted.data });
                return 0;
            case Remove or Modify when interest is null:
                return Fail.ENOENT;
            case Remove:
                epoll.Remove(interest);
                return 0;
            case Modify when (interest.Events & EpollFile.Exclusive) != 0:
                return Fail.EINVAL;
            case Modify:
                interest.Events = wanted.events;
                interest.Data = wanted.data;
                epoll.Renew(interest);
                return 0;
            default:
                return Fail.EINVAL;
        }
    }

    public static long EpollWait(GuestTask task) => EpollWait(task, (int)task.A3 < 0 ? -1 : (int)task.A3 * Millisecond);

    public static long EpollWaitWithMask(GuestTask task)
    {
        long error = UseMask(task, task.A4, task.A5);
        return error < 0 ? error : Keep(task, EpollWait(task, (int)task.A3 < 0 ? -1 : (int)task.A3 * Millisecond));
    }

    public static long EpollWaitPrecise(GuestTask task)
    {
        long error = Timeout(task, task.A3, out long time);
        if (error == 0)
            error = UseMask(task, task.A4, task.A5);
        return error < 0 ? error : Keep(task, EpollWait(task, time));
    }

    private static long EpollWait(GuestTask task, long timeout)
    {
        const int MostEvents = int.MaxValue / 12;
        int most = (int)task.A2;
        if (most is <= 0 or > MostEvents)
            return Fail.EINVAL;
        if (Guest.File(task, task.A0) is not { } file)
            return Fail.EBADF;
        if (file is not EpollFile epoll)
            return Fail.EINVAL;
        Span<epoll_event> events = task.Kernel.Scratch.Of<epoll_event>(Math.Min(most, epoll.Count));
        events = events[..epoll.Take(events)];
        if (events.IsEmpty && !task.TimedOut && timeout != 0)
        {
            epoll.WaitOnAll(task);
            task.Deadline = Begin(task, timeout);
            return Fail.Blocked;
        }
        return HostMemory.Write(task.HostPid, task.A1, MemoryMarshal.AsBytes(events)) ? events.Length : Fail.EFAULT;
    }
}
