using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Isolation.Users;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;

namespace Bulkhead.Workloads.Ids;

/// <summary>
/// Disjoint ranges of host ids for containers that live. A range in use is a symbolic link named by its first id; it points to the folder of
/// its container, so that a range whose container is gone is free whoever removed the container.
/// </summary>
/// <param name="directory">Where the links are; one for the machine, whatever state directories are in use.</param>
/// <param name="pools">From where ranges are taken, in this order.</param>
/// <param name="size">Of each range.</param>
public sealed class IdRanges(string directory, IReadOnlyList<IdRange> pools, uint size = IdRanges.RangeSize)
{
    /// <summary>Ids 0 to 65535, as images use them.</summary>
    public const uint RangeSize = 65536;

    /// <summary>Above what systemd gives to users and containers (its "UIDs and GIDs" page: 1879048192 to 2147483647 is unused): 4,096 ranges.</summary>
    private static readonly IdRange OwnPool = new(1879048192, 4096 * RangeSize);

    /// <summary>Eight of them in the 65,536 ids that Debian gives to a user.</summary>
    private const uint SmallSize = 8192;

    private const uint DirectoryMode = 0x1C0; // 0700

    /// <summary>The ranges that /etc/subuid and /etc/subgid give to the user "bulkhead" alike; without one the pool of our own.</summary>
    public static IdRanges OfMachine(string directory)
    {
        List<IdExtent> uids = SubordinateIds.Read("/etc/subuid", "bulkhead"), gids = SubordinateIds.Read("/etc/subgid", "bulkhead");
        var pools = new List<IdRange>();
        foreach (IdExtent range in uids)
        {
            if (range.Size >= RangeSize && gids.Contains(range))
                pools.Add(new IdRange(range.First, range.Size));
        }
        if (uids.Count + gids.Count > 0 && pools.Count == 0)
            throw new StepException($"/etc/subuid and /etc/subgid give user bulkhead no range of {RangeSize} ids that is the same in both");
        return new IdRanges(directory, pools.Count > 0 ? pools : [OwnPool]);
    }

    /// <summary>
    /// Of a caller without root: small ones where it has few ids, so that several containers can run beside each other with none in common.
    /// </summary>
    public static IdRanges OfCaller(string directory)
    {
        var pools = new List<IdRange>();
        ulong all = 0;
        foreach (IdExtent range in CallerUsers.Ranges())
        {
            pools.Add(new IdRange(range.First, range.Size));
            all += range.Size;
        }
        return new IdRanges(directory, pools, all >= 4 * RangeSize ? RangeSize : SmallSize);
    }

    /// <summary>The range of the container whose folder is <paramref name="owner"/> (an absolute path): the one it has, else a free one.</summary>
    public IdRange Take(string owner)
    {
        using Fd place = Open();
        using Fd gate = Lock(place);
        HashSet<uint> used = Used(place, owner, out uint? own);
        if (own is { } mine)
            return new IdRange(mine, size);
        foreach (IdRange pool in pools)
        {
            for (uint offset = 0; offset + size <= pool.Size; offset += size)
            {
                uint first = pool.First + offset;
                if (used.Contains(first))
                    continue;
                Errno error = Sys.SymlinkAt(owner, place, Name(first));
                if (error != Errno.None)
                    throw new StepException("take a range of user ids", error, directory);
                return new IdRange(first, size);
            }
        }
        throw new StepException($"all ranges of user ids are in use ({used.Count} containers): stop some, or give {Owner()} more in /etc/subuid and /etc/subgid, the same in both");
    }

    /// <summary>The range that the container whose folder is <paramref name="owner"/> has; null: none. Takes none, and no lock.</summary>
    public IdRange? Find(string owner)
    {
        using Fd place = Open();
        foreach (string name in Sys.ReadDirectory(place).OrThrow("list the ranges of user ids"))
        {
            if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint first) && Sys.ReadLinkAt(place, name) is { Ok: true } link && link.Value == owner)
                return new IdRange(first, size);
        }
        return null;
    }

    /// <summary>Gives a range back. One that is free already is no error.</summary>
    public void Free(IdRange range)
    {
        using Fd place = Open();
        Sys.UnlinkAt(place, Name(range.First));
    }

    /// <summary>Drops links whose containers are gone.</summary>
    private static HashSet<uint> Used(Fd place, string asking, out uint? own)
    {
        own = null;
        var used = new HashSet<uint>();
        foreach (string name in Sys.ReadDirectory(place).OrThrow("list the ranges of user ids"))
        {
            if (!uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint first))
                continue;
            Result<string> owner = Sys.ReadLinkAt(place, name);
            if (owner.Ok && owner.Value == asking)
                own = first;
            else if (owner.Ok && Sys.StatAt(Fd.Cwd, owner.Value).Error == Errno.ENOENT)
                Sys.UnlinkAt(place, name);
            else
                used.Add(first);
        }
        return used;
    }

    private Fd Open()
    {
        Errno error = Sys.MkdirAt(Fd.Cwd, directory, DirectoryMode);
        if (error is not (Errno.None or Errno.EEXIST))
            throw new StepException("make the directory of user id ranges", error, directory);
        return Sys.OpenAt(Fd.Cwd, directory, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", directory);
    }

    private Fd Lock(Fd place)
    {
        Fd gate = Sys.OpenAt(place, "lock", Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_NOFOLLOW, 0x180).OrThrow("open the lock of", directory);
        Errno error = Sys.Flock(gate, Fcntl.LOCK_EX);
        if (error == Errno.None)
            return gate;
        gate.Dispose();
        throw new StepException("lock", error, directory);
    }

    private static string Owner() => UserEntry.IsRootless ? "yourself" : "user bulkhead";

    private static string Name(uint first) => first.ToString(CultureInfo.InvariantCulture);
}
