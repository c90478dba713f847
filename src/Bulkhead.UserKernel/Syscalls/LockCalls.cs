using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Files.Locks;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>Record locks by process and by open file (fcntl(2), "Advisory record locking"), and flock(2).</summary>
internal static unsafe class LockCalls
{
    public const int GetLock = 5, SetLock = 6, SetLockWait = 7, GetOfdLock = 36, SetOfdLock = 37, SetOfdLockWait = 38;
    private const int FlockSize = 32, StartAt = 8, LengthAt = 16, PidAt = 24;

    public static long Record(GuestTask task, OpenFile file, int command)
    {
        byte* record = stackalloc byte[FlockSize];
        if (!HostMemory.Read(task.HostPid, task.A2, new Span<byte>(record, FlockSize)))
            return Fail.EFAULT;
        bool byFile = command >= GetOfdLock;
        short type = *(short*)record;
        if (command == GetLock && type is not (RecordLock.Shared or RecordLock.Exclusive))
            return Fail.EINVAL;
        long error = Range(file, record, out long start, out long end);
        if (error < 0)
            return error;
        if (type is < RecordLock.Shared or > RecordLock.None)
            return Fail.EINVAL;
        object owner = byFile ? file : task.Process.Files;
        var wanted = new RecordLock(owner, byFile ? RecordLock.PidOfOpenFile : task.Process.Pid, type, start, end);
        bool asks = command is GetLock or GetOfdLock;
        if (!asks && ((type == RecordLock.Shared && !file.CanRead) || (type == RecordLock.Exclusive && !file.CanWrite)))
            return Fail.EBADF;
        if (byFile && *(int*)(record + PidAt) != 0)
            return Fail.EINVAL;
        return asks ? Ask(task, file, wanted, record) : Set(task, file, wanted, command is SetLockWait or SetOfdLockWait);
    }

    /// <summary>flock_to_posix_lock of fs/locks.c: a length of 0 is up to the end, one below it lies before the start.</summary>
    private static long Range(OpenFile file, byte* record, out long start, out long end)
    {
        long from = *(long*)(record + StartAt), length = *(long*)(record + LengthAt), origin = 0;
        (start, end) = (0, long.MaxValue);
        switch (*(short*)(record + 2))
        {
            case 0:
                break;
            case 1:
                origin = file.IsStream ? 0 : Math.Max(0, file.Seek(0, 1));
                break;
            case 2:
                origin = file.Stat(out stat status) == 0 ? status.st_size : 0;
                break;
            default:
                return Fail.EINVAL;
        }
        if (from > long.MaxValue - origin)
            return Fail.EOVERFLOW;
        start = origin + from;
        if (start < 0)
            return Fail.EINVAL;
        if (length > 0)
        {
            if (length - 1 > long.MaxValue - start)
                return Fail.EOVERFLOW;
            end = start + length - 1;
        }
        else if (length < 0)
        {
            if (start + length < 0)
                return Fail.EINVAL;
            (start, end) = (start + length, start - 1);
        }
        return 0;
    }

    private static long Ask(GuestTask task, OpenFile file, in RecordLock wanted, byte* record)
    {
        FileLocks locks = task.Kernel.Locks.Of(file);
        RecordLock? found = wanted.Type == RecordLock.None ? locks.Own(wanted) : locks.Conflict(wanted) ?? locks.ConflictOutside(file, wanted);
        if (found is not { } held)
            return Guest.Put(task, task.A2, RecordLock.None);
        *(short*)record = held.Type;
        *(short*)(record + 2) = 0;
        *(long*)(record + StartAt) = held.Start;
        *(long*)(record + LengthAt) = held.End == long.MaxValue ? 0 : held.End - held.Start + 1;
        *(int*)(record + PidAt) = held.Pid;
        return Guest.Put(task, task.A2, new ReadOnlySpan<byte>(record, FlockSize));
    }

    private static long Set(GuestTask task, OpenFile file, in RecordLock wanted, bool waits)
    {
        LockTable table = task.Kernel.Locks;
        FileLocks locks = table.Of(file);
        long result = locks.Take(file, wanted, out RecordLock? blocker);
        if (result == 0)
            return Taken(task, file, locks, wanted);
        if (result != Fail.EAGAIN || !waits)
            return result;
        if (blocker is not { } held)
            return LookAgain(task, locks);
        if (wanted.Pid != RecordLock.PidOfOpenFile && table.IsDeadlock(wanted, held))
            return Fail.EDEADLK;
        table.Remember(task, locks, wanted);
        return Guest.Wait(task, locks.Queue);
    }

    private static long Taken(GuestTask task, OpenFile file, FileLocks locks, in RecordLock wanted)
    {
        FdTable descriptors = task.Process.Files;
        if (wanted.Pid == RecordLock.PidOfOpenFile || wanted.Type == RecordLock.None)
            return 0;
        (descriptors.Locked ??= []).Add(locks);
        // Its descriptor was closed while it waited: nothing would ever give the lock up (fcntl_setlk of fs/locks.c).
        if (!task.Retry || descriptors[(int)task.A0] == file)
            return 0;
        locks.Take(file, wanted with { Type = RecordLock.None }, out _);
        return Fail.EBADF;
    }

    /// <summary>Somebody outside holds it, and the host cannot tell us of the end: look again after a while.</summary>
    private static long LookAgain(GuestTask task, FileLocks locks)
    {
        const long Interval = 2_000_000;
        task.Kernel.Timers.At(HostEvents.Now(1) + Interval, _ => task.Kernel.MakeReady(task));
        return Guest.Wait(task, locks.Queue);
    }

    /// <summary>flock(2): an open file of the guest's is one of the host's, which decides.</summary>
    public static long FileLock(GuestTask task)
    {
        int operation = (int)task.A1;
        if (Guest.File(task, task.A0) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        if ((operation & ~Fcntl.LOCK_NB) is not (Fcntl.LOCK_SH or Fcntl.LOCK_EX or Fcntl.LOCK_UN))
            return Fail.EINVAL;
        if (file.HostFd < 0)
            return 0;
        FileLocks locks = task.Kernel.Locks.Of(file);
        if (file is HostFile host)
            host.MayBeKept = false; // the host gives a lock up when it is closed
        long result = HostFiles.Plain(SysNr.flock, file.HostFd, operation | Fcntl.LOCK_NB);
        // A conversion gives up what was held even where it fails.
        if (locks.Queue.HasWaiters)
            locks.Queue.WakeAll(task.Kernel);
        return result == Fail.EAGAIN && (operation & Fcntl.LOCK_NB) == 0 ? LookAgain(task, locks) : result;
    }
}
