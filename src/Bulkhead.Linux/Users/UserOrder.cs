using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Bulkhead.Linux.Users;

/// <summary>Ids that mean the same inside and outside: what the caller may hand on to a container.</summary>
/// <param name="First">The first id.</param>
/// <param name="Size">How many.</param>
public readonly record struct IdExtent(uint First, uint Size);

/// <summary>
/// Orders for <see cref="UserEntry"/>. In the namespace every id keeps its number, so that configurations, owners of files and messages mean the
/// host's ids on both sides.
/// </summary>
public static class UserOrder
{
    public const string NewUidMap = "/usr/bin/newuidmap", NewGidMap = "/usr/bin/newgidmap";

    /// <summary>The caller's own user and group, which needs nobody's help.</summary>
    public static string Alone() =>
        string.Create(CultureInfo.InvariantCulture, $"alone;{Sys.GetEuid()} {Sys.GetEuid()} 1;{Sys.GetEgid()} {Sys.GetEgid()} 1");

    /// <summary>The caller's own, and these of its subordinate ids, by the programs of shadow-utils, which are setuid root.</summary>
    public static string WithHelpers(IReadOnlyList<IdExtent> uids, IReadOnlyList<IdExtent> gids) =>
        "helpers;" + Line(NewUidMap, Sys.GetEuid(), uids) + ";" + Line(NewGidMap, Sys.GetEgid(), gids);

    /// <summary>The namespace behind a descriptor that outlives exec.</summary>
    /// <param name="users">Its number.</param>
    /// <param name="ownMounts">For a new container beside the one there: mounts are made.</param>
    public static string Join(int users, bool ownMounts = false) =>
        string.Create(CultureInfo.InvariantCulture, $"{(ownMounts ? "join-mounts" : "join")};{users}");

    private static string Line(string program, uint own, IReadOnlyList<IdExtent> extents)
    {
        var line = new StringBuilder(program).Append(CultureInfo.InvariantCulture, $" {own} {own} 1");
        foreach (IdExtent extent in extents)
            line.Append(CultureInfo.InvariantCulture, $" {extent.First} {extent.First} {extent.Size}");
        return line.ToString();
    }
}
