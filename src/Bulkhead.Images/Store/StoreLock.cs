using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Store;

/// <summary>
/// Keeps the collector away. Held shared by whoever needs content that no name and no container speaks for yet: a pull until its name is written, a run from reading the name until
/// its container is recorded. Of the store's locks it is the first: then that of an ingest or a layer, then that of names.
/// </summary>
public sealed class StoreLock : IDisposable
{
    private const string LockFile = "lock";
    private const uint FileMode = 0x180; // 0600

    private readonly Fd _file;

    private StoreLock(Fd file) => _file = file;

    /// <summary>Waits while a collector works.</summary>
    public static StoreLock Shared(string root) => Take(root, Fcntl.LOCK_SH)!;

    /// <summary>Waits until nobody holds it.</summary>
    public static StoreLock Exclusive(string root) => Take(root, Fcntl.LOCK_EX)!;

    /// <summary>Null: somebody holds it.</summary>
    public static StoreLock? TryExclusive(string root) => Take(root, Fcntl.LOCK_EX | Fcntl.LOCK_NB);

    public void Dispose() => _file.Dispose();

    private static StoreLock? Take(string root, int operation)
    {
        using Fd folder = StoreFolder.Open(root, ".");
        Fd file = Sys.OpenAt(folder, LockFile, Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_NOFOLLOW, FileMode).OrThrow("open", root + "/" + LockFile);
        Errno error = Sys.Flock(file, operation);
        if (error == Errno.None)
            return new StoreLock(file);
        file.Dispose();
        return error == Errno.EAGAIN ? null : throw new StepException("lock", error, root + "/" + LockFile);
    }
}
