using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>
/// This thread's ids for files (setfsuid(2)), changed for a while with its capabilities kept: the kernel would take CAP_DAC_OVERRIDE and its like
/// away with uid 0, but for SECBIT_NO_SETUID_FIXUP (capabilities(7)). Ids and bits are the thread's own: dispose it on the same thread.
/// </summary>
public sealed class FileSystemIds : IDisposable
{
    private readonly int _bits;

    private FileSystemIds(int bits) => _bits = bits;

    public static FileSystemIds Assume(uint uid, uint gid)
    {
        int bits = Sys.ProcessControl(Prctl.PR_GET_SECUREBITS).OrThrow("read the secure bits");
        Sys.ProcessControl(Prctl.PR_SET_SECUREBITS, bits | Prctl.SECBIT_NO_SETUID_FIXUP).OrThrow("keep capabilities over a change of ids");
        Sys.SetFileSystemIds(uid, gid);
        return new FileSystemIds(bits);
    }

    public void Dispose()
    {
        Sys.SetFileSystemIds(Sys.GetEuid(), Sys.GetEgid());
        Sys.ProcessControl(Prctl.PR_SET_SECUREBITS, _bits).OrThrow("set the secure bits back");
    }
}
