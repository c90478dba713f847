using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Files.Sockets;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>read(2), write(2) and their vectors.</summary>
internal static unsafe class IoCalls
{
    public const long MostBytes = 0x7ffff000;
    private const ulong PageSize = 4096, UserSpace = 0x7fff_ffff_f000;
    public const int MostVectors = 1024;

    /// <summary>RWF_* of preadv2(2): HIPRI, DSYNC and SYNC, which need nothing more here, NOWAIT, APPEND and NOAPPEND.</summary>
    public const int KnownFlags = 0x3F;

    private const int NoWait = 8, Append = 0x10, NoAppend = 0x20;

    public static long Read(GuestTask task) => Plain(task, task.A0, task.A1, task.A2, -1, write: false);

    public static long Write(GuestTask task) => Plain(task, task.A0, task.A1, task.A2, -1, write: true);

    public static long PositionedRead(GuestTask task) => (long)task.A3 < 0 ? Fail.EINVAL : Plain(task, task.A0, task.A1, task.A2, (long)task.A3, write: false);

    public static long PositionedWrite(GuestTask task) => (long)task.A3 < 0 ? Fail.EINVAL : Plain(task, task.A0, task.A1, task.A2, (long)task.A3, write: true);

    public static long ReadVector(GuestTask task) => Vector(task, task.A0, task.A1, task.A2, -1, write: false);

    public static long WriteVector(GuestTask task) => Vector(task, task.A0, task.A1, task.A2, -1, write: true);

    public static long PositionedReadVector(GuestTask task) => (long)task.A3 < 0 ? Fail.EINVAL : Vector(task, task.A0, task.A1, task.A2, (long)task.A3, write: false);

    public static long PositionedWriteVector(GuestTask task) => (long)task.A3 < 0 ? Fail.EINVAL : Vector(task, task.A0, task.A1, task.A2, (long)task.A3, write: true);

    public static long ReadVector2(GuestTask task) => Vector2(task, write: false);

    public static long WriteVector2(GuestTask task) => Vector2(task, write: true);

    /// <summary>preadv2(2): offset -1 is the file's own position.</summary>
    private static long Vector2(GuestTask task, bool write)
    {
        int flags = (int)task.A5;
        if ((long)task.A3 < -1)
            return Fail.EINVAL;
        if ((flags & ~KnownFlags) != 0 || (!write && (flags & (Append | NoAppend)) != 0))
            return Fail.EOPNOTSUPP;
        return (flags & Append) != 0 && (flags & NoAppend) != 0 ? Fail.EINVAL : Vector(task, task.A0, task.A1, task.A2, (long)task.A3, write, flags);
    }

    /// <summary>One range of memory; an offset below 0: the file's own position.</summary>
    public static long Plain(GuestTask task, ulong fd, ulong address, ulong length, long offset, bool write, int flags = 0) =>
        Transfer(task, fd, new Range(address, length), offset, write, flags);

    private readonly record struct Range(ulong Address, ulong Length);

    public static long Check(GuestTask task, ulong fd, long offset, bool write, out OpenFile? file)
    {
        file = Guest.File(task, fd);
        if (file is null || (file.Flags & Fcntl.O_PATH) != 0 || !(write ? file.CanWrite : file.CanRead))
            return Fail.EBADF;
        return offset >= 0 && file.IsStream ? Fail.ESPIPE : 0;
    }

    private static long Transfer(GuestTask task, ulong fd, Range range, long offset, bool write, int flags)
    {
        long error = Check(task, fd, offset, write, out OpenFile? file);
        if (error < 0)
            return error;
        // A length that no range of memory has: the address is at fault before the length is (access_ok).
        if (range.Length > UserSpace || range.Address > UserSpace - range.Length)
            return Fail.EFAULT;
        long total = (long)Math.Min(range.Length, MostBytes), done = task.Progress;
        if (file is SocketFile socket)
        {
            MessageBuffer buffer = MessageBuffer.OfGuest(task, range.Address, range.Length);
            return write ? SocketCalls.WriteFile(task, socket, buffer) : SocketCalls.ReadFile(task, socket, buffer);
        }
        if (file!.Guard(task, write) is var held and not 0)
            return held;
        if (!write && file.TryRead(task, range.Address, total, out long read))
            return read;
        do
        {
            long count = Math.Min(total - done, HostBuffer.BounceSize);
            bool isLast = done == 0 && count == total && task.Nr is SysNr.read or SysNr.pread64;
            long moved = Once(task, file!, range.Address + (ulong)done, count, offset < 0 ? -1 : offset + done, write, flags, isLast);
            if (moved == Fail.EAGAIN)
                return (flags & NoWait) != 0 ? done > 0 ? done : Fail.EAGAIN : Later(task, file!, done, write);
            if (moved < 0)
                return done > 0 ? done : Failed(task, moved);
            done += moved;
            task.Progress = done;
            if (moved < count && (!write || !file!.IsStream || moved == 0))
                break;
            if (!write && file!.IsStream && done > 0)
                break;
        }
        while (done < total);
        return done;
    }

    public static long Failed(GuestTask task, long error)
    {
        if (error == Fail.EPIPE)
            task.Kernel.SendSignal(task, SignalInfo.From(Signal.SIGPIPE, SignalInfo.UserCode, task.Process.Pid, task.Credentials.Uid));
        return error;
    }

    /// <summary>Not now: wait, or say what was done.</summary>
    private static long Later(GuestTask task, OpenFile file, long done, bool write)
    {
        if (done > 0 && (!write || file.IsNonBlocking))
            return done;
        if (file.IsNonBlocking)
            return Fail.EAGAIN;
        file.Arm(write ? OpenFile.Out : OpenFile.In);
        return Guest.Wait(task, file.Queue);
    }

    private static long Once(GuestTask task, OpenFile file, ulong address, long count, long offset, bool write, int flags, bool isLast)
    {
        HostBuffer bounce = task.Kernel.Bounce;
        if (count == 0 && file.IsStream)
            return 0;
        if (write && file is NullDevice)
            return count;
        var host = file as HostFile;
        // O_DIRECT: the host looks at the memory's alignment as at the guest's own.
        bool isDirect = host is not null && (file.Flags & Fcntl.O_DIRECT) != 0;
        byte* buffer = bounce.Pointer + (isDirect ? address % PageSize : 0);
        if (write)
        {
            // A file takes bytes that came along where they lie: what another thread writes there meanwhile goes into the file, as on Linux.
            byte* from = host is null || isDirect ? null : Guest.Came(task, address, count);
            long have = from is null ? Guest.Take(task, address, buffer, count) : count;
            if (have < 0 || (have == 0 && count > 0))
                return Fail.EFAULT;
            if (from is null)
                from = buffer;
            return host is not null ? host.Write(from, have, offset, flags & (Append | NoAppend)) : file.Write(from, have, offset);
        }
        // A destination that is not there must not cost the data: look before taking from a stream.
        bool isWritable = IsWritable(task, address);
        if (file.IsStream && count > 0 && !isWritable && !CanWrite(task, address))
            return Fail.EFAULT;
        byte* room = host is not null && !isDirect && isLast && count > Cells.GateLayout.MostLittle && GivesAll(address, count, isWritable, offset) ? Guest.Room(task, count) : null;
        long got = file.Read(room is null ? buffer : room, count, offset);
        if (got <= 0)
            return got;
        if (room is not null)
        {
            Guest.GiveRoom(task, address, count, got, isCounted: true);
            return got;
        }
        if (isLast && GivesAll(address, got, isWritable, offset) && Guest.Give(task, address, new ReadOnlySpan<byte>(buffer, (int)got), isCounted: true))
            return got;
        long put = HostMemory.WriteSome(task.HostPid, address, buffer, got);
        // What could not be given is still to be read.
        if (offset < 0 && put < got && !file.IsStream)
            file.Seek(Math.Max(0, put) - got, 1);
        return put <= 0 ? Fail.EFAULT : put;
    }

    /// <summary>The gate has tried the first byte of a plain read's destination. Its word costs nobody but the guest itself.</summary>
    private static bool IsWritable(GuestTask task, ulong address) =>
        task.Nr is SysNr.read or SysNr.pread64 && task.Trace is null && address == task.A1 && task.IsTried;

    /// <summary>What was read lies in the page that was tried, or can be read again.</summary>
    private static bool GivesAll(ulong address, long count, bool isWritable, long offset)
    {
        return count <= Cells.GateLayout.MostData && (offset >= 0 || (isWritable && (address % PageSize) + (ulong)count <= PageSize));
    }

    private static bool CanWrite(GuestTask task, ulong address) => HostMemory.Read(task.HostPid, address, out byte value) && HostMemory.Write(task.HostPid, address, value);

    public static long Vector(GuestTask task, ulong fd, ulong address, ulong number, long offset, bool write, int flags = 0)
    {
        long error = Check(task, fd, offset, write, out OpenFile? file);
        if (error < 0)
            return error;
        if (file is SocketFile socket)
        {
            error = MessageBuffer.OfVector(task, address, number, Fail.EINVAL, out MessageBuffer buffer);
            return error < 0 ? error : write ? SocketCalls.WriteFile(task, socket, buffer) : SocketCalls.ReadFile(task, socket, buffer);
        }
        long count = (int)number;
        if (count is < 0 or > MostVectors)
            return Fail.EINVAL;
        if (count == 0)
            return 0;
        ulong* entries = stackalloc ulong[MostVectors * 2];
        if (!HostMemory.Read(task.HostPid, address, new Span<byte>(entries, (int)count * 16)))
            return Fail.EFAULT;
        long before = task.Progress, position = 0, total = 0;
        for (int i = 0; i < count; i++)
        {
            if ((long)entries[(i * 2) + 1] < 0 || (total += (long)entries[(i * 2) + 1]) < 0)
                return Fail.EINVAL;
        }
        long done = before;
        for (int i = 0; i < count && position < MostBytes; i++)
        {
            long length = Math.Min((long)entries[(i * 2) + 1], MostBytes - position);
            if (position + length <= before)
            {
                position += length;
                continue;
            }
            long skip = Math.Max(0, before - position);
            task.Progress = skip;
            long moved = Transfer(task, fd, new Range(entries[i * 2], (ulong)length), offset < 0 ? -1 : offset + position, write, flags);
            // Of a wait: with what was moved before it.
            task.Progress = position + (moved >= 0 ? moved : task.Progress);
            if (moved == Fail.Blocked)
            {
                if (write || task.Progress == 0)
                    return moved;
                Cancel(task);
                return task.Progress;
            }
            if (moved < 0)
                return done > 0 ? done : moved;
            done = position + moved;
            position += length;
            if (moved < length)
                break;
            // The rest of a stream would be waited for.
            if (!write && file!.IsStream && i + 1 < count && (file.Poll() & OpenFile.In) == 0)
                break;
        }
        return done;
    }

    /// <summary>The wait that was begun is none.</summary>
    public static void Cancel(GuestTask task)
    {
        foreach (WaitQueue queue in task.Queues)
            queue.Remove(task);
        task.Queues.Clear();
    }

    public static long Seek(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file)
            return Fail.EBADF;
        return (uint)task.A2 > 4 ? Fail.EINVAL : file.Seek((long)task.A1, (int)task.A2);
    }
}
