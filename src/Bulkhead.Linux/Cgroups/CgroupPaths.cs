using System.Collections.Generic;

namespace Bulkhead.Linux.Cgroups;

/// <summary>
/// What state.json keeps of a cgroup. <see cref="Entries"/>: hierarchy ("memory", "cpu,cpuacct", "name=systemd", "" for v2 and hybrid's
/// unified) to absolute directory. <see cref="Unit"/> when systemd made it.
/// </summary>
public sealed record CgroupPaths(IReadOnlyList<KeyValuePair<string, string>> Entries, string? Unit = null, bool UserManager = false);
