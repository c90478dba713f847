using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;

namespace Bulkhead.Isolation.Users;

/// <summary>What user namespaces a caller without root can have on this machine.</summary>
public static class CallerUsers
{
    private const string SubUid = "/etc/subuid", SubGid = "/etc/subgid";

    /// <summary>Why the caller can hand on no ids but its own, and the mend; null: it can.</summary>
    public static string? WhyAlone()
    {
        foreach (string program in new[] { UserOrder.NewUidMap, UserOrder.NewGidMap })
        {
            if (Sys.StatAt(Fd.Cwd, program) is not { Ok: true } found || (found.Value.st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
                return $"{program} is not there: install it (Debian: apt-get install uidmap)";
        }
        foreach (string file in new[] { SubUid, SubGid })
        {
            if (SubordinateIds.OfCaller(file).Count == 0)
                return $"{file} gives user {Owners.Name(Sys.GetEuid())} no ids: add a line (usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {Owners.Name(Sys.GetEuid())})";
        }
        return null;
    }

    /// <summary>Ranges that /etc/subuid and /etc/subgid give to the caller alike.</summary>
    public static List<IdExtent> Ranges()
    {
        List<IdExtent> gids = SubordinateIds.OfCaller(SubGid);
        return SubordinateIds.OfCaller(SubUid).FindAll(gids.Contains);
    }

    /// <summary>A namespace with every id that the caller has.</summary>
    public static string All() =>
        WhyAlone() is null ? UserOrder.WithHelpers(SubordinateIds.OfCaller(SubUid), SubordinateIds.OfCaller(SubGid)) : UserOrder.Alone();

    /// <summary>The namespace that a container's own was made in: from there it can be entered (the container's itself gives no right to its parent's mounts).</summary>
    /// <param name="pid">The container's first process.</param>
    public static string Of(int pid)
    {
        Fd users = Open(pid);
        Sys.FileControl(users, Fcntl.F_SETFD, 0).OrThrow("pass on a user namespace");
        return UserOrder.Join(users.Value);
    }

    /// <summary>The namespace itself.</summary>
    public static Fd Open(int pid)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/user");
        using Fd own = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY).OrThrow("open the container's user namespace", path);
        return Sys.ParentNamespace(own).OrThrow("find the user namespace that the container's was made in");
    }
}
