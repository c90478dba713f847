using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Cli;

/// <summary>--cidfile and --pidfile: a number for scripts, in a file of the caller's.</summary>
internal static class OutputFile
{
    /// <summary>As Docker: one that is there is not overwritten, since a script may still hold to it.</summary>
    public static void WriteNew(string? path, string flag, string text)
    {
        if (path is not null)
            Write(path, flag, text, Fcntl.O_EXCL);
    }

    public static void Write(string? path, string flag, int number)
    {
        if (path is not null)
            Write(path, flag, number.ToString(CultureInfo.InvariantCulture), Fcntl.O_TRUNC);
    }

    private static void Write(string path, string flag, string text, int flags)
    {
        using Fd file = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_WRONLY | Fcntl.O_CREAT | flags, 0x1A4).OrThrow(flag + ": make", path);
        Errno error = Sys.WriteAll(file, Encoding.ASCII.GetBytes(text));
        if (error != Errno.None)
            throw new StepException(flag + ": write", error, path);
    }
}
