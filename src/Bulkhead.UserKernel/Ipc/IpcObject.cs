using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Ipc;

/// <summary>What the three kinds of System V IPC share (svipc(7)).</summary>
internal abstract class IpcObject
{
    public const int Private = 0, Create = 0x200, Exclusive = 0x400, NoWait = 0x800;
    public const int Remove = 0, Set = 1, Stat = 2, Info = 3;
    public const int ReadMode = 0x124, WriteMode = 0x92, PermissionSize = 48;
    private const int CapIpcOwner = 15, CapSysAdmin = 21;

    public int Id { get; set; }

    public int Key { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    public uint CreatorUid { get; init; }

    public uint CreatorGid { get; init; }

    public uint Mode { get; set; }

    /// <summary>Seconds.</summary>
    public long ChangeTime { get; set; } = Now();

    public WaitQueue Queue { get; } = new();

    public static long Now() => HostEvents.Now(0) / 1_000_000_000;

    /// <summary>ipcperms: each bit that is asked for must be there for owner, group or others.</summary>
    public bool Allows(GuestTask task, int wanted)
    {
        Credentials user = task.Credentials;
        int asked = (wanted >> 6 | wanted >> 3 | wanted) & 7;
        int granted = (int)Mode;
        if (user.Euid == CreatorUid || user.Euid == Uid)
            granted >>= 6;
        else if (user.InGroup(CreatorGid) || user.InGroup(Gid))
            granted >>= 3;
        return (asked & ~granted & 7) == 0 || user.Has(CapIpcOwner);
    }

    public bool IsOwnedBy(GuestTask task) => task.Credentials.Euid == Uid || task.Credentials.Euid == CreatorUid || task.Credentials.Has(CapSysAdmin);

    /// <summary>struct ipc64_perm.</summary>
    public void Describe(Span<byte> to)
    {
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(to);
        (words[0], words[1], words[2], words[3], words[4], words[5]) = ((uint)Key, Uid, Gid, CreatorUid, CreatorGid, Mode);
        MemoryMarshal.Write(to[24..], (ushort)(Id / IpcTable<IpcObject>.Slots));
    }

    /// <summary>IPC_SET: owner and permissions.</summary>
    public void Apply(ReadOnlySpan<byte> permission)
    {
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(permission);
        (Uid, Gid) = (words[1], words[2]);
        Mode = (Mode & ~0x1FFu) | (words[5] & 0x1FF);
        ChangeTime = Now();
    }
}

/// <summary>All objects of one kind, by id and by key. An id is a slot and a count, so that it does not come back soon.</summary>
internal sealed class IpcTable<T>(int most) where T : IpcObject
{
    public const int Slots = 32768;
    private readonly List<T?> objects = [];
    private readonly Dictionary<int, T> keys = [];
    private int sequence;

    public int Count { get; private set; }

    /// <summary>The highest slot in use, 0 when there is none: what IPC_INFO returns.</summary>
    public int Highest => Math.Max(0, objects.FindLastIndex(each => each is not null));

    public IEnumerable<T> All
    {
        get
        {
            foreach (T? each in objects)
            {
                if (each is not null)
                    yield return each;
            }
        }
    }

    public T? Find(int id) => id >= 0 && id % Slots < objects.Count && objects[id % Slots] is { } found && found.Id == id ? found : null;

    public T? At(int slot) => slot >= 0 && slot < objects.Count ? objects[slot] : null;

    /// <summary>The key is forgotten: the object lives on without one.</summary>
    public void ForgetKey(T item)
    {
        if (item.Key != IpcObject.Private)
            keys.Remove(item.Key);
        item.Key = IpcObject.Private;
    }

    public void Remove(T item)
    {
        ForgetKey(item);
        objects[item.Id % Slots] = null;
        Count--;
    }

    /// <summary>shmget(2), semget(2), msgget(2): the id, or -errno.</summary>
    public long Get(GuestTask task, int key, int flags, Func<T, long> accept, Func<long> check, Func<T?> create)
    {
        if (key != IpcObject.Private && keys.TryGetValue(key, out T? known))
        {
            if ((flags & (IpcObject.Create | IpcObject.Exclusive)) == (IpcObject.Create | IpcObject.Exclusive))
                return Fail.EEXIST;
            long refused = accept(known);
            return refused < 0 ? refused : known.Allows(task, flags & 0x1FF) ? known.Id : Fail.EACCES;
        }
        if (key != IpcObject.Private && (flags & IpcObject.Create) == 0)
            return Fail.ENOENT;
        long error = check();
        if (error < 0)
            return error;
        if (Count >= most)
            return Fail.ENOSPC;
        return create() is { } item ? Add(item, key) : Fail.ENOMEM;
    }

    private int Add(T item, int key)
    {
        int slot = objects.FindIndex(each => each is null);
        if (slot < 0)
        {
            slot = objects.Count;
            objects.Add(null);
        }
        objects[slot] = item;
        item.Id = (sequence * Slots) + slot;
        sequence = (sequence + 1) % (int.MaxValue / Slots);
        item.Key = key;
        if (key != IpcObject.Private)
            keys.Add(key, item);
        Count++;
        return item.Id;
    }
}

/// <summary>The sandbox's IPC namespace (ipc_namespaces(7)).</summary>
internal sealed class IpcNamespace
{
    public const int MostSegments = 4096, MostSets = 4096, MostQueues = 4096;

    public IpcTable<SharedSegment> Segments { get; } = new(MostSegments);

    public IpcTable<SemaphoreSet> Semaphores { get; } = new(MostSets);

    public IpcTable<MessageQueue> Queues { get; } = new(MostQueues);

    /// <summary>A process ends, or its address space does.</summary>
    public void Detach(Process process)
    {
        foreach (Attachment each in process.Attachments)
            Release(each.Segment, process.Pid);
        process.Attachments.Clear();
    }

    public void Release(SharedSegment segment, int pid)
    {
        segment.Attached--;
        (segment.DetachTime, segment.LastPid) = (IpcObject.Now(), pid);
        Collect(segment);
    }

    /// <summary>A segment that was removed goes with its last user.</summary>
    public void Collect(SharedSegment segment)
    {
        if (!segment.IsRemoved || segment.Attached > 0)
            return;
        Segments.Remove(segment);
        segment.Memory.Dispose();
    }

    /// <summary>fork(2): the child has the same memory attached.</summary>
    public static void Inherit(Process parent, Process child)
    {
        foreach (Attachment each in parent.Attachments)
        {
            each.Segment.Attached++;
            child.Attachments.Add(each);
        }
    }

    /// <summary>exit(2): what SEM_UNDO asked for is taken back.</summary>
    public void Undo(Process process)
    {
        if (!process.HasSemaphoreUndo)
            return;
        foreach (SemaphoreSet set in Semaphores.All)
            set.Undo(process);
    }
}
