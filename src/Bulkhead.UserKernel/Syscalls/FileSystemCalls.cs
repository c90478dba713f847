using System;
using System.Runtime.CompilerServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>statfs(2): the host's numbers for its files, names of file systems for ours.</summary>
internal static unsafe class FileSystemCalls
{
    private const int Size = 120;
    private const long PipeMagic = 0x50495045, SocketMagic = 0x534F434B, AnonymousMagic = 0x09041934, CgroupMagic = 0x63677270;

    public static long Stat(GuestTask task)
    {
        long error = Guest.Path(task, task.A0, out string path);
        if (error < 0)
            return error;
        error = task.Kernel.FileSystem.Locate(task, FileSystem.AtCwd, path, follow: true, out Target target);
        if (error < 0)
            return error;
        byte* buffer = stackalloc byte[Size];
        if (target.Open is { } open)
            return Answer(task, Fill(open.HostFd, open.Name, buffer), buffer);
        long fd = task.Kernel.FileSystem.Object(task, follow: true, ref target, out Node? node);
        if (fd < 0)
            return fd;
        error = Fill(node is null ? (int)fd : -1, target.Path, buffer);
        if (node is null)
            HostFiles.Close((int)fd);
        return Answer(task, error, buffer);
    }

    public static long StatOf(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file)
            return Fail.EBADF;
        byte* buffer = stackalloc byte[Size];
        return Answer(task, Fill(file.HostFd, file.Name, buffer), buffer);
    }

    private static long Answer(GuestTask task, long error, byte* buffer) => error < 0 ? error : Guest.Put(task, task.A1, new ReadOnlySpan<byte>(buffer, Size));

    private static long Fill(int fd, string name, byte* to)
    {
        if (fd >= 0)
            return HostFiles.Plain(SysNr.fstatfs, fd, (nint)to);
        Unsafe.InitBlock(to, 0, Size);
        long* words = (long*)to;
        words[0] = Magic(name);
        words[1] = 4096;
        words[8] = 255;
        words[9] = 4096;
        words[10] = 0x20 | 0xE; // ST_VALID, nosuid, nodev, noexec
        return 0;
    }

    private static long Magic(string name)
    {
        static bool Beneath(string path, string top) => path == top || path.StartsWith(top + "/", StringComparison.Ordinal);
        if (Beneath(name, "/proc"))
            return Mount.PROC_SUPER_MAGIC;
        if (Beneath(name, "/sys"))
            return Beneath(name, "/sys/fs/cgroup") ? CgroupMagic : Mount.SYSFS_MAGIC;
        if (name.StartsWith('/'))
            return Mount.TMPFS_MAGIC;
        return name.StartsWith("pipe:", StringComparison.Ordinal) ? PipeMagic : name.StartsWith("socket:", StringComparison.Ordinal) ? SocketMagic : AnonymousMagic;
    }
}
