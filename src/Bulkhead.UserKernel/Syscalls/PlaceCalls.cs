using System;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>Where a process is: chdir(2), getcwd(2), chroot(2), umask(2).</summary>
internal static class PlaceCalls
{
    public static long GetCwd(GuestTask task)
    {
        if (task.Kernel.FileSystem.WorkingPath(task.Process.Place) is not { } text)
            return Fail.ENOENT;
        if (text.Length >= FileSystem.MostPath)
            return Fail.ENAMETOOLONG;
        Span<byte> path = stackalloc byte[text.Length + 1];
        path[Encoding.Latin1.GetBytes(text, path)] = 0;
        if (task.A1 < (ulong)path.Length)
            return Fail.ERANGE;
        return HostMemory.Write(task.HostPid, task.A0, path) ? path.Length : Fail.EFAULT;
    }

    /// <summary>The working directory of a process that no guest has made is held like any other.</summary>
    public static long Begin(GuestTask task)
    {
        long error = task.Kernel.FileSystem.Locate(task, FileSystem.AtCwd, task.Process.Place.Cwd, follow: true, out Target target, resolve: true);
        return error < 0 ? error : Enter(task, target);
    }

    public static long ChangeDirectory(GuestTask task)
    {
        long error = Guest.Path(task, task.A0, out string path);
        if (error < 0)
            return error;
        error = task.Kernel.FileSystem.Locate(task, FileSystem.AtCwd, path, follow: true, out Target target, resolve: true);
        return error < 0 ? error : Enter(task, target);
    }

    private static long Enter(GuestTask task, Target target)
    {
        long error = MayEnter(task, ref target, out OpenFile? directory);
        if (error == 0)
            task.Process.Place.Enter(target.Path, directory, target.Open is null ? task.Kernel.FileSystem.Changes : -1);
        return error;
    }

    /// <summary>A directory that may be searched: 0 and, of the host's, itself.</summary>
    private static long MayEnter(GuestTask task, ref Target target, out OpenFile? directory)
    {
        const int AccessExecute = 1, EffectiveIds = 0x200;
        directory = null;
        target.MustBeDirectory = true;
        long fd = task.Kernel.FileSystem.Object(task, follow: true, ref target, out Node? node);
        if (fd < 0)
            return fd;
        if (node is not null)
            return !node.IsDirectory ? Fail.ENOTDIR : node.Allows(task.Credentials, AccessExecute) ? 0 : Fail.EACCES;
        var held = new Fd((int)fd);
        long error = HostFiles.Stat((int)fd, out stat status) == 0 && (status.st_mode & StatMode.S_IFMT) != StatMode.S_IFDIR
            ? Fail.ENOTDIR
            : HostFiles.Named(SysNr.faccessat2, (int)fd, "", AccessExecute, EffectiveIds | Fcntl.AT_EMPTY_PATH);
        if (error == 0)
            directory = new PathFile(task.Kernel, task, held, null, target.Path, isDirectory: true);
        else
            held.Dispose();
        return error;
    }

    public static long ChangeDirectoryTo(GuestTask task)
    {
        switch (Guest.File(task, task.A0))
        {
            case HostFile { IsDirectory: true } or PathFile { IsDirectory: true, HostFd: >= 0 }:
                OpenFile file = Guest.File(task, task.A0)!;
                return Enter(task, new Target { Path = task.Kernel.FileSystem.NameOf(file), IsResolved = true, Open = file });
            case NodeDirectory directory:
                return Enter(task, new Target { Path = directory.Name, IsResolved = true, Node = directory.Node });
            case PathFile { IsDirectory: true } place:
                return Enter(task, new Target { Path = place.Name, IsResolved = true, Node = place.Node });
            case null:
                return Fail.EBADF;
            default:
                return Fail.ENOTDIR;
        }
    }

    /// <summary>chroot(2): later absolute paths begin there. As on Linux, the working directory stays.</summary>
    public static long ChangeRoot(GuestTask task)
    {
        const int Capability = 18;
        long error = Guest.Path(task, task.A0, out string path);
        if (error < 0)
            return error;
        error = task.Kernel.FileSystem.Locate(task, FileSystem.AtCwd, path, follow: true, out Target target, resolve: true);
        OpenFile? directory = null;
        if (error == 0)
            error = MayEnter(task, ref target, out directory);
        directory?.Release();
        if (error < 0)
            return error;
        if (!task.Credentials.Has(Capability))
            return Fail.EPERM;
        task.Process.Place.Root = target.Path;
        return 0;
    }

    public static long Umask(GuestTask task)
    {
        uint before = task.Process.Place.Umask;
        task.Process.Place.Umask = (uint)task.A0 & 0x1FF;
        return before;
    }
}
