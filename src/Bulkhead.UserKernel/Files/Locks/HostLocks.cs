using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Files.Locks;

/// <summary>
/// What guests hold of a file is held on the host too, by one open file of the kernel's own: a volume may be another sandbox's as well. The
/// host sees one owner for all guests of this sandbox; who of them holds what is <see cref="FileLocks"/>' matter.
/// </summary>
internal sealed unsafe class HostLocks
{
    private const int GetOfdLock = 36, SetOfdLock = 37, FlockSize = 32;
    private Fd? fd;
    private bool writes;

    /// <summary>Opens the file for locks of this type. False: the host does not let us; then guests see the lock, and nobody else.</summary>
    public bool Open(OpenFile file, FileLocks held, bool write)
    {
        if (fd is not null && (writes || !write))
            return true;
        if (file.HostFd < 0)
            return false;
        file.Kernel.Identity.AssumeOwn();
        bool both = file.CanWrite || write;
        Result<Fd> opened = Reopen(file, both ? Fcntl.O_RDWR : Fcntl.O_RDONLY);
        if (!opened.Ok && both && !write)
            opened = Reopen(file, Fcntl.O_RDONLY);
        if (!opened.Ok)
            return false;
        Fd? before = fd;
        (fd, writes) = (opened.Value, both);
        // Only shared locks are held so far: they do not stand in each other's way.
        if (before is not null)
            held.Publish(0, long.MaxValue);
        before?.Dispose();
        return true;
    }

    private static Result<Fd> Reopen(OpenFile file, int flags) =>
        Sys.OpenAt(Fd.Cwd, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{file.HostFd}"), flags | Fcntl.O_NONBLOCK);

    public long Set(short type, long start, long end)
    {
        if (fd is null)
            return 0;
        byte* record = stackalloc byte[FlockSize];
        Fill(record, type, start, end);
        return HostFiles.Plain(SysNr.fcntl, fd.Value, SetOfdLock, (nint)record);
    }

    /// <summary>A lock that others than our guests hold in the way of this one; null: none.</summary>
    public RecordLock? Conflict(OpenFile file, in RecordLock wanted)
    {
        int asked = fd?.Value ?? file.HostFd;
        if (asked < 0)
            return null;
        byte* record = stackalloc byte[FlockSize];
        Fill(record, wanted.Type, wanted.Start, wanted.End);
        if (HostFiles.Plain(SysNr.fcntl, asked, GetOfdLock, (nint)record) < 0 || *(short*)record == RecordLock.None)
            return null;
        long start = *(long*)(record + 8), length = *(long*)(record + 16);
        return new RecordLock(this, *(int*)(record + 24), *(short*)record, start, length == 0 ? long.MaxValue : start + length - 1);
    }

    private static void Fill(byte* record, short type, long start, long end)
    {
        *(short*)record = type;
        *(long*)(record + 8) = start;
        *(long*)(record + 16) = end == long.MaxValue ? 0 : end - start + 1;
    }

    public void Close()
    {
        fd?.Dispose();
        fd = null;
    }
}
