using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs.Names;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>Programs: what may be executed, and what must not change meanwhile.</summary>
internal sealed partial class FileSystem
{
    /// <summary>ETXTBSY while somebody executes it, else it is noted: execve fails as long as it is open for writing.</summary>
    private long Writing(HostFile file, in stat status, int flags)
    {
        if (!Busy.BeginWriting((status.st_dev, status.st_ino)))
            return Fail.ETXTBSY;
        (ulong, ulong) key = (status.st_dev, status.st_ino);
        file.Closed = () => Busy.EndWriting(key);
        return (flags & Fcntl.O_TRUNC) != 0 ? HostFiles.Plain(SysNr.ftruncate, file.HostFd, 0) : 0;
    }

    /// <summary>Who writes and who executes.</summary>
    public BusyFiles Busy { get; } = new();

    public Leases Leases { get; } = new(kernel);

    /// <summary>What a process executes: open for /proc/PID/exe, and nobody may write to it. Null: the host has no descriptor left.</summary>
    public HostFile? Program(int fd, string path)
    {
        long kept = HostFiles.Plain(SysNr.fcntl, fd, Fcntl.F_DUPFD_CLOEXEC, 0);
        if (kept < 0)
            return null;
        var file = new HostFile(kernel, new Fd((int)kept), path, isDirectory: false);
        if (file.Stat(out stat status) == 0)
        {
            (ulong, ulong) key = (status.st_dev, status.st_ino);
            Busy.BeginExecuting(key);
            file.Closed = () => Busy.EndExecuting(key);
        }
        return file;
    }

    /// <summary>A regular file that may be executed, open for reading.</summary>
    public long OpenForExec(GuestTask task, int dirfd, byte[] path, int flags, out Fd? file, out string name)
    {
        file = null;
        name = "";
        string text = Encoding.Latin1.GetString(path);
        OpenFile? open = null;
        if (text.Length == 0 && (flags & Fcntl.AT_EMPTY_PATH) != 0)
        {
            open = task.Process.Files[dirfd];
            if (open is null)
                return Fail.EBADF;
        }
        else
        {
            long error = Locate(task, dirfd, text, (flags & Fcntl.AT_SYMLINK_NOFOLLOW) == 0, out Target target);
            if (error < 0)
                return error;
            if (target.Open is not null)
                open = target.Open;
            else
                return OpenHostForExec(task, (flags & Fcntl.AT_SYMLINK_NOFOLLOW) == 0, ref target, out file, out name);
        }
        if (open is not (HostFile { IsDirectory: false } or PathFile { IsDirectory: false, HostFd: >= 0 }))
            return Fail.EACCES;
        name = open.Name;
        return Executable(task, open.HostFd, out file);
    }

    private long OpenHostForExec(GuestTask task, bool follow, ref Target target, out Fd? file, out string name)
    {
        file = null;
        name = target.Path;
        if (OpenKnownForExec(target, out file, out long known))
            return known;
        long fd = Object(task, follow, ref target, out Node? node);
        if (node is not null)
            return Fail.EACCES;
        if (fd < 0)
            return fd;
        name = target.Path; // with its links resolved
        if (target.Entry is not { IsFixed: true })
            Names.Turn++; // it is read, and so is its interpreter
        long error = Executable(task, (int)fd, out file);
        HostFiles.Close((int)fd);
        return error;
    }

    /// <summary>By its name at once, where the guest may read it too. False: it is to be looked at closer.</summary>
    private bool OpenKnownForExec(in Target target, out Fd? file, out long error)
    {
        (file, error) = (null, 0);
        if (target is not { Entry: { Kind: EntryKind.File } entry, Descriptor: > 0 } || !ReferenceEquals(target.Tail, entry.Text))
            return false;
        long fd = HostFiles.Open(target.Descriptor - 1, entry.Name, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW | Fcntl.O_NONBLOCK, 0);
        if (fd < 0)
            return false;
        if (!entry.IsFixed)
            Names.Turn++; // it is read, and so is its interpreter
        var opened = new Fd((int)fd);
        error = MayExecute((int)fd, out _);
        if (error < 0)
            opened.Dispose();
        else
            file = opened;
        return true;
    }

    private long MayExecute(int fd, out stat status)
    {
        const int AccessExecute = 1, EffectiveIds = 0x200;
        long error = HostFiles.Stat(fd, out status);
        if (error < 0)
            return error;
        if ((status.st_mode & StatMode.S_IFMT) == StatMode.S_IFLNK)
            return Fail.ELOOP;
        if ((status.st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
            return Fail.EACCES;
        error = HostFiles.Named(SysNr.faccessat2, fd, "", AccessExecute, EffectiveIds | Fcntl.AT_EMPTY_PATH);
        return error == 0 && Busy.IsWritten((status.st_dev, status.st_ino)) ? Fail.ETXTBSY : error;
    }

    /// <summary>It is read by the kernel: the guest needs no right to read what it may execute (execve(2)).</summary>
    private long Executable(GuestTask task, int fd, out Fd? file)
    {
        file = null;
        long error = MayExecute(fd, out stat status);
        if (error < 0)
            return error;
        string path = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}");
        kernel.Identity.AssumeOwn();
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY);
        if (opened.Error == Errno.EACCES)
            opened = OpenUnreadable(fd, path, status.st_mode & 0xFFF);
        kernel.Identity.Assume(task.Credentials);
        if (!opened.Ok)
            return -(long)opened.Error;
        file = opened.Value;
        return 0;
    }

    /// <summary>
    /// A kernel without capabilities that owns the file (it is the guest's own then) gives itself the right for as long as the open takes. No guest runs
    /// a call meanwhile; what stays is the time of the change.
    /// </summary>
    private static Result<Fd> OpenUnreadable(int fd, string path, uint mode)
    {
        const uint OwnerReads = 0x100;
        if (HostFiles.Named(SysNr.fchmodat2, fd, "", (nint)(mode | OwnerReads), Fcntl.AT_EMPTY_PATH) < 0)
            return Errno.EACCES;
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY);
        HostFiles.Named(SysNr.fchmodat2, fd, "", (nint)mode, Fcntl.AT_EMPTY_PATH);
        return opened;
    }
}
