using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Ipc;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>mq_open(2) and its family.</summary>
internal static class PosixQueueCalls
{
    private const int CapSysResource = 24, CapDacOverride = 1, CapFowner = 3, MostName = 255;

    /// <summary>struct mq_attr.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Attributes
    {
        public long Flags;
        public long Most;
        public long Size;
        public long Now;
    }

    private static long Name(GuestTask task, out string name)
    {
        long error = Guest.Path(task, task.A0, out name);
        if (error < 0)
            return error;
        if (name.Length == 0)
            return Fail.ENOENT;
        if (name.Length > MostName)
            return Fail.ENAMETOOLONG;
        return name is "." or ".." || name.Contains('/', StringComparison.Ordinal) ? Fail.EACCES : 0;
    }

    public static long Open(GuestTask task)
    {
        int flags = (int)task.A1;
        var wanted = new Attributes { Most = PosixQueue.DefaultMessages, Size = PosixQueue.DefaultSize };
        if (task.A3 != 0 && !Guest.Read(task, task.A3, out wanted))
            return Fail.EFAULT;
        long error = Name(task, out string name);
        if (error < 0)
            return error;
        if ((flags & 3) == 3)
            return Fail.EINVAL;
        PosixQueue? queue = task.Kernel.Ipc.Named.GetValueOrDefault(name);
        if (queue is null)
            error = (flags & Fcntl.O_CREAT) == 0 ? Fail.ENOENT : Create(task, name, wanted, out queue);
        else if ((flags & (Fcntl.O_CREAT | Fcntl.O_EXCL)) == (Fcntl.O_CREAT | Fcntl.O_EXCL))
            error = Fail.EEXIST;
        else if (!Allows(task, queue, (flags & 3) switch { Fcntl.O_RDONLY => 4, Fcntl.O_WRONLY => 2, _ => 6 }))
            error = Fail.EACCES;
        if (error < 0)
            return error;
        var file = new PosixQueueFile(task.Kernel, queue!, name) { Flags = flags & (3 | Fcntl.O_NONBLOCK) };
        return task.Process.Files.Add(file, closeOnExec: true, task.Process.Limits[ResourceLimits.Files].Soft);
    }

    private static long Create(GuestTask task, string name, in Attributes wanted, out PosixQueue? queue)
    {
        queue = null;
        bool privileged = task.Credentials.Has(CapSysResource);
        long most = privileged ? PosixQueue.MostMessages : PosixQueue.DefaultMessages, size = privileged ? PosixQueue.LargestSize : PosixQueue.DefaultSize;
        if (wanted.Most <= 0 || wanted.Size <= 0 || wanted.Most > most || wanted.Size > size)
            return Fail.EINVAL;
        if ((ulong)(wanted.Most * wanted.Size) > task.Process.Limits[ResourceLimits.MessageQueues].Soft)
            return Fail.EMFILE;
        if (task.Kernel.Ipc.Named.Count >= PosixQueue.MostQueues)
            return Fail.ENOSPC;
        queue = new PosixQueue((int)wanted.Most, (int)wanted.Size)
        {
            Mode = (uint)task.A2 & 0x1FF & ~task.Process.Place.Umask,
            Uid = task.Credentials.Fsuid,
            Gid = task.Credentials.Fsgid,
        };
        task.Kernel.Ipc.Named.Add(name, queue);
        return 0;
    }

    private static bool Allows(GuestTask task, PosixQueue queue, uint wanted)
    {
        Credentials user = task.Credentials;
        uint granted = user.Fsuid == queue.Uid ? queue.Mode >> 6 : user.InGroup(queue.Gid) ? queue.Mode >> 3 : queue.Mode;
        return (wanted & ~granted & 7) == 0 || user.Has(CapDacOverride);
    }

    public static long Unlink(GuestTask task)
    {
        long error = Name(task, out string name);
        if (error < 0)
            return error;
        if (task.Kernel.Ipc.Named.GetValueOrDefault(name) is not { } queue)
            return Fail.ENOENT;
        // The directory of queues is sticky.
        if (task.Credentials.Fsuid != queue.Uid && !task.Credentials.Has(CapFowner))
            return Fail.EPERM;
        task.Kernel.Ipc.Named.Remove(name);
        return 0;
    }

    /// <summary>Monotonic nanoseconds of an absolute time, -1: none.</summary>
    private static long Deadline(GuestTask task, out long deadline)
    {
        deadline = -1;
        if (task.A4 == 0 || task.Retry)
            return 0;
        long error = Guest.Time(task, task.A4, out long time);
        deadline = Math.Max(0, time - HostEvents.Now(0)) + HostEvents.Now(1);
        return error;
    }

    private static long Find(GuestTask task, bool write, out PosixQueueFile? file)
    {
        file = Guest.File(task, task.A0) as PosixQueueFile;
        return file is null || !(write ? file.CanWrite : file.CanRead) ? Fail.EBADF : 0;
    }

    public static long Send(GuestTask task)
    {
        long error = Deadline(task, out long deadline);
        if (error < 0)
            return error;
        if ((uint)task.A3 >= PosixQueue.HighestPriority)
            return Fail.EINVAL;
        error = Find(task, write: true, out PosixQueueFile? file);
        if (error < 0)
            return error;
        PosixQueue queue = file!.Messages;
        if (task.A2 > (ulong)queue.MessageSize)
            return Fail.EMSGSIZE;
        byte[] bytes = new byte[task.A2];
        if (!HostMemory.Read(task.HostPid, task.A1, bytes))
            return Fail.EFAULT;
        if (queue.IsFull)
            return Later(task, file, queue.Queue, deadline);
        queue.Put(task, (uint)task.A3, bytes);
        return 0;
    }

    public static long Receive(GuestTask task)
    {
        long error = Deadline(task, out long deadline);
        if (error == 0)
            error = Find(task, write: false, out _);
        if (error < 0)
            return error;
        var file = (PosixQueueFile)Guest.File(task, task.A0)!;
        PosixQueue queue = file.Messages;
        if (task.A2 < (ulong)queue.MessageSize)
            return Fail.EMSGSIZE;
        if (queue.Count == 0)
            return Later(task, file, queue.Receivers, deadline);
        (uint priority, byte[] bytes) = queue.Take(task.Kernel);
        if ((task.A3 != 0 && !Guest.Write(task, task.A3, priority)) || !HostMemory.Write(task.HostPid, task.A1, bytes))
            return Fail.EFAULT;
        return bytes.Length;
    }

    private static long Later(GuestTask task, OpenFile file, WaitQueue queue, long deadline)
    {
        if (file.IsNonBlocking)
            return Fail.EAGAIN;
        return task.TimedOut ? Fail.ETIMEDOUT : Guest.Wait(task, queue, deadline);
    }

    public static long Notify(GuestTask task)
    {
        const int NotifySignal = 0, NotifyNone = 1;
        ReadOnlySpan<int> none = [0, 0, 0, NotifyNone];
        Span<int> wanted = stackalloc int[4];
        none.CopyTo(wanted);
        if (task.A1 != 0 && !HostMemory.Read(task.HostPid, task.A1, MemoryMarshal.AsBytes(wanted)))
            return Fail.EFAULT;
        // SIGEV_THREAD is told by a netlink socket, which there is none of.
        if (wanted[3] is not (NotifySignal or NotifyNone) || (wanted[3] == NotifySignal && wanted[2] is < 0 or > SignalSet.Highest))
            return Fail.EINVAL;
        if (Guest.File(task, task.A0) is not PosixQueueFile file)
            return Fail.EBADF;
        if (task.A1 == 0)
        {
            file.Messages.Unregister(task.Process);
            return 0;
        }
        ulong value = MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(wanted));
        return file.Messages.Register(task.Process, wanted[3] == NotifyNone ? 0 : wanted[2], value) ? 0 : Fail.EBUSY;
    }

    public static long GetSetAttributes(GuestTask task)
    {
        Attributes wanted = default;
        if (task.A1 != 0 && !Guest.Read(task, task.A1, out wanted))
            return Fail.EFAULT;
        if ((wanted.Flags & ~Fcntl.O_NONBLOCK) != 0)
            return Fail.EINVAL;
        if (Guest.File(task, task.A0) is not PosixQueueFile file)
            return Fail.EBADF;
        PosixQueue queue = file.Messages;
        var before = new Attributes { Flags = file.Flags & Fcntl.O_NONBLOCK, Most = queue.Most, Size = queue.MessageSize, Now = queue.Count };
        if (task.A1 != 0)
            file.Flags = (file.Flags & ~Fcntl.O_NONBLOCK) | (int)wanted.Flags;
        return task.A2 == 0 ? 0 : Guest.Put(task, task.A2, before);
    }
}
