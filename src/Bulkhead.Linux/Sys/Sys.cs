using System.Runtime.InteropServices;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>
/// Typed system calls, one family a file. Each wrapper takes <see cref="Fd"/> and returns <see cref="Errno"/> or
/// <see cref="Result{T}"/>; none throws, none allocates beyond its path. The raw call goes to the kernel without libc's errno.
/// </summary>
public static unsafe partial class Sys
{
    private const string Native = "bulkheadnative";

    [LibraryImport(Native, EntryPoint = "bh_syscall")]
    private static partial nint RawOnce(nint nr, nint a, nint b, nint c, nint d, nint e, nint f);

    /// <summary>A system call, repeated while a signal interrupts it. Never for close(2).</summary>
    private static nint Raw(int nr, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        nint result;
        do
            result = RawOnce(nr, a, b, c, d, e, f);
        while (result == -(int)Errno.EINTR);
        return result;
    }

    private static Errno ToErrno(nint result) => result is < 0 and > -4096 ? (Errno)(-(int)result) : Errno.None;

    private static Result<nint> ToResult(nint result)
    {
        Errno error = ToErrno(result);
        return error == Errno.None ? result : error;
    }

    private static Result<int> ToInt(nint result)
    {
        Errno error = ToErrno(result);
        return error == Errno.None ? (int)result : error;
    }

    private static Result<Fd> ToFd(nint result)
    {
        Errno error = ToErrno(result);
        return error == Errno.None ? new Fd((int)result) : error;
    }

    /// <summary>NUL-terminated UTF-8, as every path argument needs.</summary>
    public static byte[] Z(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length) + 1];
        int length = Encoding.UTF8.GetBytes(text, bytes);
        System.Array.Resize(ref bytes, length + 1);
        return bytes;
    }


    /// <summary>close(2): never retried.</summary>
    internal static Errno Close(int fd) => ToErrno(RawOnce(SysNr.close, fd, 0, 0, 0, 0, 0));
}
