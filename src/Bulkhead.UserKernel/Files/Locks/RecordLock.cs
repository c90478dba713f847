namespace Bulkhead.UserKernel.Files.Locks;

/// <summary>
/// A lock of a range of bytes, both ends included (fcntl(2)). It belongs to a process, which is its table of descriptors as in fs/locks.c, or
/// to an open file, and says -1 for a pid then.
/// </summary>
internal readonly record struct RecordLock(object Owner, int Pid, short Type, long Start, long End)
{
    public const short Shared = 0, Exclusive = 1, None = 2;

    public const int PidOfOpenFile = -1;

    public bool Overlaps(in RecordLock other) => Start <= other.End && other.Start <= End;

    public bool ConflictsWith(in RecordLock other) => Owner != other.Owner && Overlaps(other) && (Type == Exclusive || other.Type == Exclusive);
}
