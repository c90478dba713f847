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
        if (path is null)
            return;
        using Fd file = Open(path, flag, Fcntl.O_EXCL);
        Write(file, flag, text);
    }

    /// <summary>Made before there is a container, so that one does not run whose number cannot be told; null: none was asked for.</summary>
    public static Fd? Open(string? path, string flag) => path is null ? null : Open(path, flag, Fcntl.O_TRUNC);

    public static void Write(Fd file, string flag, int number) => Write(file, flag, number.ToString(CultureInfo.InvariantCulture));

    private static Fd Open(string path, string flag, int flags) => Sys.OpenAt(Fd.Cwd, path, Fcntl.O_WRONLY | Fcntl.O_CREAT | flags, 0x1A4).OrThrow(flag + ": make", path);

    private static void Write(Fd file, string flag, string text)
    {
        Errno error = Sys.WriteAll(file, Encoding.ASCII.GetBytes(text));
        if (error != Errno.None)
            throw new StepException(flag + ": write", error);
    }
}
