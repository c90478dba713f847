using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;
using Bulkhead.UserKernel.Vfs.Proc;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>close(2), dup(2), fcntl(2), ioctl(2), pipe(2), fsync(2).</summary>
internal static class DescriptorCalls
{
    private const long LargeAllocation = 8 << 20;
    private const int DupFd = 0, SetPipeSize = 1031, GetPipeSize = 1032;
    private const int GetSeals = 1034;
    private const int Changeable = Fcntl.O_APPEND | Fcntl.O_NONBLOCK | 0x4000 | 0x40000;
    private const uint CloseOnExec = 0x5451, NotCloseOnExec = 0x5450, NonBlocking = 0x5421;

    private static ulong Limit(GuestTask task) => task.Process.Limits[ResourceLimits.Files].Soft;

    public static long Close(GuestTask task) => task.A0 > int.MaxValue ? Fail.EBADF : task.Process.Files.Close((int)task.A0);

    public static long Duplicate(GuestTask task) => Guest.File(task, task.A0) is { } file ? task.Process.Files.Add(file.Share(), closeOnExec: false, Limit(task)) : Fail.EBADF;

    public static long DuplicateTo(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file || (uint)task.A1 >= Limit(task))
            return Fail.EBADF;
        if ((int)task.A0 != (int)task.A1)
            SetTo(task, (int)task.A1, file, closeOnExec: false);
        return (int)task.A1;
    }

    public static long DuplicateTo3(GuestTask task)
    {
        if ((task.A2 & ~(ulong)Fcntl.O_CLOEXEC) != 0 || (int)task.A0 == (int)task.A1)
            return Fail.EINVAL;
        if (Guest.File(task, task.A0) is not { } file || (uint)task.A1 >= Limit(task))
            return Fail.EBADF;
        SetTo(task, (int)task.A1, file, task.A2 != 0);
        return (int)task.A1;
    }

    private static void SetTo(GuestTask task, int fd, OpenFile file, bool closeOnExec)
    {
        task.Process.Files.Set(fd, file.Share(), closeOnExec);
        task.Process.Files.NoteFull(file, Limit(task));
    }

    public static long CloseRange(GuestTask task)
    {
        uint first = (uint)task.A0, last = (uint)task.A1, flags = (uint)task.A2;
        if (first > last || (flags & ~(Memfd.CLOSE_RANGE_UNSHARE | Memfd.CLOSE_RANGE_CLOEXEC)) != 0)
            return Fail.EINVAL;
        FdTable files = task.Process.Files;
        for (long fd = first; fd <= last && fd < files.Count; fd++)
        {
            if (files[(int)fd] is null)
                continue;
            if ((flags & Memfd.CLOSE_RANGE_CLOEXEC) != 0)
                files.SetCloseOnExec((int)fd, true);
            else
                files.Close((int)fd);
        }
        return 0;
    }

    public static long Control(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file)
            return Fail.EBADF;
        int fd = (int)task.A0;
        FdTable files = task.Process.Files;
        int command = (int)task.A1;
        if ((file.Flags & Fcntl.O_PATH) != 0 && command is not (DupFd or Fcntl.F_DUPFD_CLOEXEC or Fcntl.F_GETFD or Fcntl.F_SETFD or Fcntl.F_GETFL))
            return Fail.EBADF;
        switch (command)
        {
            case DupFd:
            case Fcntl.F_DUPFD_CLOEXEC:
                if (task.A2 >= Limit(task))
                    return Fail.EINVAL;
                return files.Add(file.Share(), command == Fcntl.F_DUPFD_CLOEXEC, Limit(task), (int)task.A2);
            case Fcntl.F_GETFD:
                return files.IsCloseOnExec(fd) ? Fcntl.FD_CLOEXEC : 0;
            case Fcntl.F_SETFD:
                files.SetCloseOnExec(fd, (task.A2 & Fcntl.FD_CLOEXEC) != 0);
                return 0;
            case Fcntl.F_GETFL:
                return file.Flags | (file is HostFile ? 0x8000 : 0);
            case Fcntl.F_SETFL:
                OwnerCalls.Switch(file, (task.A2 & OwnerCalls.AsyncFlag) != 0, fd);
                return SetFlags(file, (int)task.A2);
            case GetPipeSize:
                return file is PipeEnd sized ? (long)sized.Buffer.MostPages * PipeBuffer.PageSize : Fail.EBADF;
            case SetPipeSize:
                return file is PipeEnd pipe ? Resize(pipe, task.A2) : Fail.EBADF;
            case OwnerCalls.SetOwner or OwnerCalls.GetOwner or OwnerCalls.SetSignal or OwnerCalls.GetSignal or OwnerCalls.SetOwnerEx or OwnerCalls.GetOwnerEx:
                return OwnerCalls.Control(task, file, command, task.A2);
            case LockCalls.GetLock or LockCalls.SetLock or LockCalls.SetLockWait or LockCalls.GetOfdLock or LockCalls.SetOfdLock or LockCalls.SetOfdLockWait:
                return LockCalls.Record(task, file, command);
            case Leases.SetLease or Leases.GetLease:
                return task.Kernel.FileSystem.Leases.Control(task, file, command, (int)task.A2);
            case Fcntl.F_ADD_SEALS or GetSeals:
                return file is HostFile ? HostFiles.Plain(SysNr.fcntl, file.HostFd, command, (nint)task.A2) : Fail.EINVAL;
            default:
                return Fail.EINVAL;
        }
    }

    private static long Resize(PipeEnd end, ulong size)
    {
        long result = end.Buffer.Resize((uint)size);
        end.Queue.WakeAll(end.Kernel);
        return result;
    }

    private static long SetFlags(OpenFile file, int flags)
    {
        long error = 0;
        if (file is HostFile)
            error = HostFiles.Plain(SysNr.fcntl, file.HostFd, Fcntl.F_SETFL, (flags & (Fcntl.O_APPEND | 0x40000 | Fcntl.O_DIRECT)) | Fcntl.O_NONBLOCK);
        else if ((flags & Fcntl.O_DIRECT) != 0 && file is not (PipeEnd or Files.Sockets.SocketFile))
            error = Fail.EINVAL;
        if (error == 0)
            file.Flags = (file.Flags & ~Changeable) | (flags & Changeable);
        return error;
    }

    public static long Ioctl(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        switch ((uint)task.A1)
        {
            case CloseOnExec:
            case NotCloseOnExec:
                task.Process.Files.SetCloseOnExec((int)task.A0, (uint)task.A1 == CloseOnExec);
                return 0;
            case NonBlocking:
                if (!Guest.Read(task, task.A2, out int on))
                    return Fail.EFAULT;
                return SetFlags(file, on != 0 ? file.Flags | Fcntl.O_NONBLOCK : file.Flags & ~Fcntl.O_NONBLOCK);
            case OwnerCalls.Asynchronous:
                if (!Guest.Read(task, task.A2, out int wanted))
                    return Fail.EFAULT;
                return OwnerCalls.Switch(file, wanted != 0, (int)task.A0) ? 0 : Fail.ENOTTY;
            default:
                return file.Control(task, (uint)task.A1, task.A2);
        }
    }

    public static long Pipe(GuestTask task) => MakePipe(task, 0);

    public static long Pipe2(GuestTask task) => (task.A1 & ~(ulong)(Fcntl.O_CLOEXEC | Fcntl.O_NONBLOCK | 0x4000)) != 0 ? Fail.EINVAL : MakePipe(task, (int)task.A1);

    private static long MakePipe(GuestTask task, int flags)
    {
        var pipe = new PipeBuffer();
        bool closeOnExec = (flags & Fcntl.O_CLOEXEC) != 0;
        int kept = flags & (Fcntl.O_NONBLOCK | PipeEnd.Packets);
        FdTable files = task.Process.Files;
        long read = files.Add(new PipeEnd(task.Kernel, pipe, Fcntl.O_RDONLY | (kept & Fcntl.O_NONBLOCK)), closeOnExec, Limit(task));
        if (read < 0)
            return read;
        long write = files.Add(new PipeEnd(task.Kernel, pipe, Fcntl.O_WRONLY | kept), closeOnExec, Limit(task));
        if (write < 0)
        {
            files.Close((int)read);
            return write;
        }
        if (Guest.Write(task, task.A0, (int)read) && Guest.Write(task, task.A0 + 4, (int)write))
            return 0;
        files.Close((int)read);
        files.Close((int)write);
        return Fail.EFAULT;
    }

    public static long Sync(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        return file.HostFd < 0 ? Fail.EINVAL : HostFiles.Plain(task.Nr, file.HostFd);
    }

    /// <summary>sync(2): the root's file system. What lies in a volume is synced by fsync and syncfs of a file there.</summary>
    public static long SyncAll(GuestTask task)
    {
        long root = HostFiles.Open(task.Kernel.FileSystem.Root, ".", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        if (root < 0)
            return 0; // sync(2) tells no error
        HostFiles.Plain(SysNr.syncfs, (int)root);
        HostFiles.Close((int)root);
        return 0;
    }

    public static long Truncate(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file)
            return Fail.EBADF;
        if ((long)task.A1 < 0)
            return Fail.EINVAL;
        if ((file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        return file.CanWrite ? file.Truncate((long)task.A1) : Fail.EINVAL;
    }

    public static long Allocate(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file || !file.CanWrite)
            return Fail.EBADF;
        if (file is PipeEnd)
            return Fail.ESPIPE;
        if (file.HostFd < 0)
            return Fail.ENODEV;
        if ((long)task.A3 > LargeAllocation && IsBeyondMemory(task, file, (long)task.A3))
            return Fail.ENOSPC;
        long result = HostFiles.Plain(SysNr.fallocate, file.HostFd, (nint)task.A1, (nint)task.A2, (nint)task.A3);
        if (result == 0)
            task.Kernel.Watches.TellFile(file.HostFd, Vfs.Happened.Modify);
        return result;
    }

    /// <summary>
    /// Pages of a memory file are taken at once, by this process: where the sandbox's limit ends, the host would end it, not the guest that asked.
    /// Page cache counts as used: rather too early an ENOSPC than that.
    /// </summary>
    private static unsafe bool IsBeyondMemory(GuestTask task, OpenFile file, long length)
    {
        long* status = stackalloc long[15];
        if (HostFiles.Plain(SysNr.fstatfs, file.HostFd, (nint)status) < 0 || status[0] != Mount.TMPFS_MAGIC || file.Stat(out stat now) < 0)
            return false;
        return length - (now.st_blocks * 512) > SandboxMemory.Read(task.Kernel).Free;
    }

    public static long Advise(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        if (file is PipeEnd)
            return Fail.ESPIPE;
        return (uint)task.A3 > 5 || (long)task.A2 < 0 ? Fail.EINVAL : 0;
    }

    public static long ReadAhead(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { CanRead: true } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        return file is HostFile { IsDirectory: false } ? 0 : Fail.EINVAL;
    }

    public static long SyncRange(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        if ((task.A3 & ~7UL) != 0 || (long)task.A1 < 0 || (long)task.A2 < 0 || (long)(task.A1 + task.A2) < 0)
            return Fail.EINVAL;
        // All of it where a part is asked for: that is more than was promised.
        return file.HostFd < 0 ? Fail.ESPIPE : task.A3 == 0 ? 0 : HostFiles.Plain(SysNr.fdatasync, file.HostFd);
    }
}
