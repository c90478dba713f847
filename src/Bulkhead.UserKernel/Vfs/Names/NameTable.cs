using System;
using System.Runtime.CompilerServices;

namespace Bulkhead.UserKernel.Vfs.Names;

/// <summary>Entries by directory and name, without an allocation for a look.</summary>
internal sealed class NameTable
{
    private const int LeastBuckets = 256;
    private Entry?[] buckets = new Entry?[LeastBuckets];

    public int Count { get; private set; }

    /// <summary>Seeded anew in each kernel: guests cannot choose names that fall together.</summary>
    public static int HashOf(Entry directory, ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        hash.Add(RuntimeHelpers.GetHashCode(directory));
        hash.AddBytes(name);
        return hash.ToHashCode();
    }

    public Entry? Find(Entry directory, ReadOnlySpan<byte> name, int hash)
    {
        for (Entry? entry = buckets[hash & (buckets.Length - 1)]; entry is not null; entry = entry.Next)
        {
            if (entry.Hash == hash && ReferenceEquals(entry.Parent, directory) && name.SequenceEqual(entry.Name.AsSpan(0, entry.Name.Length - 1)))
                return entry;
        }
        return null;
    }

    public void Add(Entry entry)
    {
        if (++Count > buckets.Length * 2)
            Grow();
        ref Entry? bucket = ref buckets[entry.Hash & (buckets.Length - 1)];
        (entry.Next, bucket) = (bucket, entry);
    }

    public void Remove(Entry entry)
    {
        ref Entry? bucket = ref buckets[entry.Hash & (buckets.Length - 1)];
        if (ReferenceEquals(bucket, entry))
        {
            bucket = entry.Next;
            Count--;
            return;
        }
        for (Entry? before = bucket; before is not null; before = before.Next)
        {
            if (!ReferenceEquals(before.Next, entry))
                continue;
            before.Next = entry.Next;
            Count--;
            return;
        }
    }

    public void Clear()
    {
        buckets = new Entry?[LeastBuckets];
        Count = 0;
    }

    private void Grow()
    {
        Entry?[] before = buckets;
        buckets = new Entry?[before.Length * 4];
        foreach (Entry? first in before)
        {
            for (Entry? entry = first; entry is not null;)
            {
                Entry? next = entry.Next;
                ref Entry? bucket = ref buckets[entry.Hash & (buckets.Length - 1)];
                (entry.Next, bucket) = (bucket, entry);
                entry = next;
            }
        }
    }
}
