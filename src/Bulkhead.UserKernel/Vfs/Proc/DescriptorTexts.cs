using System;
using System.Globalization;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/PID/fdinfo/N (proc_pid_fdinfo(5)).</summary>
internal static class DescriptorTexts
{
    private const int LargeFile = 0x8000;

    public static string Info(Process process, int fd, OpenFile file)
    {
        int flags = file.Flags | (process.Files.IsCloseOnExec(fd) ? Fcntl.O_CLOEXEC : 0) | (file is HostFile ? LargeFile : 0);
        long position = file is HostFile ? Math.Max(0, file.Seek(0, 1)) : file.Position;
        ulong inode = file.Stat(out stat status) == 0 ? status.st_ino : 0;
        return string.Create(CultureInfo.InvariantCulture, $"pos:\t{position}\nflags:\t0{Convert.ToString(flags, 8)}\nmnt_id:\t{MountTexts.RootId}\nino:\t{inode}\n");
    }
}
