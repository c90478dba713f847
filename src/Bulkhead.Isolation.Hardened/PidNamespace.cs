using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.Hardened;

/// <summary>The processes of a pid namespace, for a container without a cgroup that would list them.</summary>
internal static class PidNamespace
{
    /// <summary>Host pids, ascending; those of namespaces made below it are not among them.</summary>
    public static List<int> Processes(int init)
    {
        var found = new List<int>();
        if (Link(init) is not { } wanted)
            return found;
        using Fd proc = Sys.OpenAt(Fd.Cwd, "/proc", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY).OrThrow("open", "/proc");
        foreach (string name in Sys.ReadDirectory(proc).OrThrow("list", "/proc"))
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && Link(pid) == wanted)
                found.Add(pid);
        }
        found.Sort();
        return found;
    }

    public static bool IsIn(int pid, int init) => Link(pid) is { } link && link == Link(init);

    private static string? Link(int pid) =>
        Sys.ReadLinkAt(Fd.Cwd, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/pid")) is { Ok: true } link ? link.Value : null;
}
