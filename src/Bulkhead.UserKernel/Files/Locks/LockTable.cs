using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Locks;

/// <summary>
/// The locks of all files by inode. For the host all guests are one process, so whose a lock is can be known here only; the host holds the sum
/// of them (<see cref="HostLocks"/>).
/// </summary>
internal sealed class LockTable(Kernel kernel)
{
    private const int MostLocks = 65536, LongestChain = 10;
    private readonly Dictionary<object, FileLocks> files = [];
    private readonly List<Waiter> waiters = [];

    private readonly record struct Waiter(GuestTask Task, FileLocks Locks, RecordLock Wanted)
    {
        public bool IsWaiting => Task.State == TaskState.Blocked && Task.Queues.Contains(Locks.Queue);
    }

    public Kernel Kernel => kernel;

    /// <summary>Of all files: what guests may make the kernel remember is bounded.</summary>
    public int Count { get; set; }

    public bool IsFull => Count >= MostLocks;

    /// <summary>The file's locks, from now on until it is closed.</summary>
    public FileLocks Of(OpenFile file)
    {
        if (file.Locks is { } known)
            return known;
        object key = Key(file);
        if (!files.TryGetValue(key, out FileLocks? locks))
            files.Add(key, locks = new FileLocks(this, key));
        locks.Users++;
        file.Locks = locks;
        return locks;
    }

    private static object Key(OpenFile file) => file switch
    {
        HostFile host when host.Stat(out stat status) == 0 => (status.st_dev, status.st_ino),
        PipeEnd end => end.Buffer,
        _ => file,
    };

    /// <summary>A descriptor of the table is closed: all locks of the process on that file go, whichever descriptor they came by (fcntl(2)).</summary>
    public void DescriptorClosed(FdTable descriptors, OpenFile file)
    {
        if ((file.Locks ?? files.GetValueOrDefault(Key(file))) is { } locks && descriptors.Locked!.Remove(locks))
            locks.Drop(descriptors);
    }

    /// <summary>The last reference to an open file goes.</summary>
    public void Closed(OpenFile file)
    {
        FileLocks locks = file.Locks!;
        file.Locks = null;
        locks.Drop(file);
        locks.Queue.WakeAll(kernel); // flock(2)
        if (--locks.Users > 0)
            return;
        locks.Close();
        files.Remove(locks.Key);
    }

    /// <summary>Whoever is in the way waits, over others perhaps, for the asker (posix_locks_deadlock of fs/locks.c).</summary>
    public bool IsDeadlock(in RecordLock wanted, RecordLock blocker)
    {
        waiters.RemoveAll(each => !each.IsWaiting);
        for (int i = 0; i < LongestChain; i++)
        {
            int at = waiters.FindIndex(each => each.Wanted.Owner == blocker.Owner);
            if (at < 0 || waiters[at].Locks.Conflict(waiters[at].Wanted) is not { } next)
                return false;
            if (next.Owner == wanted.Owner)
                return true;
            blocker = next;
        }
        return false;
    }

    public void Remember(GuestTask task, FileLocks locks, in RecordLock wanted)
    {
        waiters.RemoveAll(each => each.Task == task);
        waiters.Add(new Waiter(task, locks, wanted));
    }
}
