using System;
using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Locks;

/// <summary>The record locks of one file, as fs/locks.c keeps them: owners in the order of their first lock, ranges ascending.</summary>
internal sealed class FileLocks(LockTable table, object key)
{
    private readonly List<RecordLock> locks = [];
    private readonly HostLocks host = new();

    public object Key => key;

    /// <summary>Open files that know it; with the last one it goes.</summary>
    public int Users { get; set; }

    /// <summary>Woken when a lock, also one of flock(2), was given up.</summary>
    public WaitQueue Queue { get; } = new();

    /// <summary>The first lock in the way of this one; null: none.</summary>
    public RecordLock? Conflict(in RecordLock wanted)
    {
        foreach (RecordLock held in locks)
        {
            if (held.ConflictsWith(wanted))
                return held;
        }
        return null;
    }

    /// <summary>F_OFD_GETLK of F_UNLCK: a lock of one's own.</summary>
    public RecordLock? Own(in RecordLock wanted)
    {
        foreach (RecordLock held in locks)
        {
            if (held.Owner == wanted.Owner && held.Overlaps(wanted))
                return held;
        }
        return null;
    }

    /// <summary>The host's, where no guest's stands in the way.</summary>
    public RecordLock? ConflictOutside(OpenFile file, in RecordLock wanted) => host.Conflict(file, wanted);

    /// <summary>0, EAGAIN with the guest's lock in the way (null: it is not a guest's), ENOLCK.</summary>
    public long Take(OpenFile file, in RecordLock wanted, out RecordLock? blocker)
    {
        blocker = null;
        if (wanted.Type == RecordLock.None)
        {
            GiveUp(wanted);
            return 0;
        }
        blocker = Conflict(wanted);
        if (blocker is not null)
            return Fail.EAGAIN;
        if (table.IsFull)
            return Fail.ENOLCK;
        if (host.Open(file, this, wanted.Type == RecordLock.Exclusive))
        {
            long error = host.Set(wanted.Type, wanted.Start, wanted.End);
            if (error < 0)
                return error == Fail.EAGAIN || error == Fail.EACCES ? Fail.EAGAIN : Fail.ENOLCK;
        }
        Replace(wanted);
        if (wanted.Type == RecordLock.Shared && Queue.HasWaiters)
            Queue.WakeAll(table.Kernel);
        return 0;
    }

    private void GiveUp(in RecordLock wanted)
    {
        Replace(wanted);
        Publish(wanted.Start, wanted.End);
        Queue.WakeAll(table.Kernel);
    }

    /// <summary>All of an owner's.</summary>
    public void Drop(object owner)
    {
        if (locks.Exists(held => held.Owner == owner))
            GiveUp(new RecordLock(owner, 0, RecordLock.None, 0, long.MaxValue));
    }

    /// <summary>The owner's ranges with this one instead of what it covers; neighbours of one type become one.</summary>
    private void Replace(in RecordLock wanted)
    {
        object owner = wanted.Owner;
        int at = locks.FindIndex(held => held.Owner == owner), before = locks.Count;
        var own = new List<RecordLock>();
        foreach (RecordLock held in locks)
        {
            if (held.Owner != owner)
                continue;
            if (held.Start < wanted.Start)
                own.Add(held with { End = Math.Min(held.End, wanted.Start - 1) });
            if (held.End > wanted.End)
                own.Add(held with { Start = Math.Max(held.Start, wanted.End + 1) });
        }
        if (wanted.Type != RecordLock.None)
            own.Add(wanted);
        own.Sort((left, right) => left.Start.CompareTo(right.Start));
        for (int i = own.Count - 1; i > 0; i--)
        {
            if (own[i].Type != own[i - 1].Type || own[i - 1].End + 1 != own[i].Start)
                continue;
            own[i - 1] = own[i - 1] with { End = own[i].End };
            own.RemoveAt(i);
        }
        locks.RemoveAll(held => held.Owner == owner);
        locks.InsertRange(at < 0 ? locks.Count : at, own);
        table.Count += locks.Count - before;
    }

    /// <summary>Tells the host what of this range is held now: a part at a time, so that nothing that stays is given up between.</summary>
    public void Publish(long start, long end)
    {
        for (long at = start; ;)
        {
            short type = RecordLock.None;
            long last = end;
            foreach (RecordLock held in locks)
            {
                if (held.Start > at)
                    last = Math.Min(last, held.Start - 1);
                else if (held.End >= at)
                    (type, last) = (held.Type == RecordLock.Exclusive || type == RecordLock.None ? held.Type : type, Math.Min(last, held.End));
            }
            host.Set(type, at, last);
            if (last == end)
                return;
            at = last + 1;
        }
    }

    public void Close()
    {
        table.Count -= locks.Count;
        locks.Clear();
        host.Close();
    }
}
