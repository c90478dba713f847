using System;
using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Ipc;

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
