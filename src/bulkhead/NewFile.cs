using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Cli;

/// <summary>A file of the caller's that is there whole or not at all: written beside its place, and put there by rename. A pipe or a device is written as it is.</summary>
internal static class NewFile
{
    private const uint Mode = 0x1A4; // 0644

    public static void Write(string path, string flag, Action<Fd> write)
    {
        Result<stat> there = Sys.StatAt(Fd.Cwd, path);
        if (there.Ok && (there.Value.st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
        {
            using Fd special = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_WRONLY).OrThrow(flag + ": open", path);
            write(special);
            return;
        }
        string fresh = path + ".part-" + Guid.NewGuid().ToString("N")[..8];
        try
        {
            using (Fd file = Sys.OpenAt(Fd.Cwd, fresh, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, Mode).OrThrow(flag + ": make", path))
                Fill(file, write, path, flag);
            Errno error = Sys.RenameAt(Fd.Cwd, fresh, Fd.Cwd, path);
            if (error != Errno.None)
                throw new StepException(flag + ": put in its place", error, path);
        }
        finally
        {
            Sys.UnlinkAt(Fd.Cwd, fresh);
        }
    }

    /// <summary>A stream does not know its file's name.</summary>
    private static void Fill(Fd file, Action<Fd> write, string path, string flag)
    {
        try
        {
            write(file);
        }
        catch (StepException failure) when (failure.Errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG)
        {
            throw new StepException(flag + ": write", failure.Errno, path);
        }
    }
}
