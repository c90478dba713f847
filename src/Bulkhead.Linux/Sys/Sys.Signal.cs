using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

public static unsafe partial class Sys
{
    [LibraryImport(Native, EntryPoint = "bh_signals_catch")]
    private static partial nint SignalsCatch(ulong set, int fd);

    [LibraryImport(Native, EntryPoint = "bh_signals_release")]
    private static partial nint SignalsRelease(ulong set);

    /// <summary>
    /// From now on each signal in <paramref name="set"/> (bit n-1 is signal n) writes its number as one byte into <paramref name="pipe"/>,
    /// whichever thread the kernel picks. EINVAL for a signal that cannot be caught.
    /// </summary>
    internal static Errno CatchSignals(ulong set, Fd pipe) => ToErrno(SignalsCatch(set, pipe.Value));

    /// <summary>Back to what was before <see cref="CatchSignals"/>.</summary>
    internal static Errno ReleaseSignals(ulong set) => ToErrno(SignalsRelease(set));

    /// <summary>dup3(2) onto a number that keeps open over exec: for standard streams.</summary>
    public static Errno Duplicate(Fd fd, int number) => ToErrno(Raw(SysNr.dup3, fd.Value, number, 0));

    /// <summary>pipe2(2) with O_CLOEXEC and <paramref name="flags"/>.</summary>
    public static Errno Pipe(out Fd read, out Fd write, int flags = 0)
    {
        int* pair = stackalloc int[2];
        Errno error = ToErrno(Raw(SysNr.pipe2, (nint)pair, flags | Fcntl.O_CLOEXEC));
        read = new Fd(error == Errno.None ? pair[0] : -1);
        write = new Fd(error == Errno.None ? pair[1] : -1);
        return error;
    }
}
