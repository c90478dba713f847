using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Syscalls;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>A regular file or a directory of the host, below the guest's root. The host keeps its position.</summary>
internal sealed unsafe class HostFile(Kernel kernel, Fd fd, string path, bool isDirectory) : OpenFile(kernel)
{
    private const uint FionRead = 0x541B;

    public override bool IsStream => false;

    public bool IsDirectory => isDirectory;

    public override int HostFd => fd.Value;

    /// <summary>Told when the last reference goes.</summary>
    public System.Action? Closed { get; set; }

    /// <summary>As it was opened: a later rename is not seen.</summary>
    public override string Name => path;

    /// <summary>Its opening was told to inotify, so its end will be too.</summary>
    public bool IsAnnounced { get; set; }

    /// <summary>By what name, by whom, and as of which changes.</summary>
    public Vfs.Names.OpenedBy Opened { get; set; }

    /// <summary>It was opened for reading and nothing else was asked of it.</summary>
    public bool MayBeKept { get; set; }

    protected override bool IsKept()
    {
        if (isDirectory || !MayBeKept || Opened.Entry is null || Flags != 0 || Locks is not null || Closed is not null || Owner is not null || !Kernel.Watches.IsEmpty || Seek(0, 0) != 0)
            return false;
        IsAnnounced = false;
        return Kernel.FileSystem.Names.Keep(this);
    }

    /// <summary>It was kept and nobody came.</summary>
    public void Discard() => fd.Dispose();

    public override long Read(byte* to, long count, long offset) => Told(HostFiles.Read(fd.Value, to, count, offset), Happened.Access);

    public override long Write(byte* from, long count, long offset) => Write(from, count, offset, 0);

    /// <summary>With RWF_APPEND or RWF_NOAPPEND of pwritev2(2).</summary>
    public long Write(byte* from, long count, long offset, int flags)
    {
        long fits = isDirectory ? count : ProcessLimits.Clip(this, offset, count);
        return fits < 0 ? fits : Told(HostFiles.Write(fd.Value, from, fits, offset, flags), Happened.Modify);
    }

    private long Told(long result, uint what)
    {
        if (result > 0 && !Kernel.Watches.IsEmpty)
            Kernel.Watches.TellFile(fd.Value, what);
        return result;
    }

    public override long Seek(long offset, int whence) => HostFiles.Seek(fd.Value, offset, whence);

    public override long Stat(out stat status) => HostFiles.Stat(fd.Value, out status);

    public override long Truncate(long size)
    {
        long error = ProcessLimits.Grow(this, size);
        if (error == 0)
            error = HostFiles.Plain(SysNr.ftruncate, fd.Value, (nint)size);
        if (error == 0)
            Kernel.Watches.TellFile(fd.Value, Happened.Modify);
        return error;
    }

    public override long ReadDirectory(byte* to, long count)
    {
        long used = HostFiles.Entries(fd.Value, to, count);
        if (used >= 0)
            Kernel.Watches.TellFile(fd.Value, Happened.Access);
        return used;
    }

    public override long Control(GuestTask task, uint command, ulong argument)
    {
        if (command != FionRead || isDirectory || Stat(out stat status) < 0)
            return Fail.ENOTTY;
        int left = (int)(status.st_size - Seek(0, 1));
        return HostMemory.Write(task.HostPid, argument, left) ? 0 : Fail.EFAULT;
    }

    protected override void OnClose()
    {
        if (IsAnnounced)
            Kernel.Watches.TellClosed(fd.Value, CanWrite);
        fd.Dispose();
        Closed?.Invoke();
    }
}
