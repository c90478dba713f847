using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups;

public sealed partial class Cgroup
{
    /// <summary>
    /// Where a process that is added to the container goes. <paramref name="asked"/>: cgroups below the container's, "PATH" on v2,
    /// "CONTROLLER[,CONTROLLER...]:PATH" on v1, where hierarchies that are not named stay the container's; they must exist.
    /// Without a word the first process's cgroup on v2, if it moved below: a v2 cgroup that has children may hold no processes (EBUSY).
    /// </summary>
    public Cgroup ForExec(IReadOnlyList<string> asked, int init)
    {
        if (asked.Count == 0)
            return IsUnified ? OfProcess(init) : this;
        var entries = new CgroupEntry[_entries.Length];
        for (int i = 0; i < entries.Length; i++)
            entries[i] = new CgroupEntry(_entries[i].Key, _entries[i].Controllers, _entries[i].Path);
        CgroupControllers done = CgroupControllers.None;
        foreach (string one in asked)
        {
            int colon = one.IndexOf(':', StringComparison.Ordinal);
            if (IsUnified != colon < 0 || (IsUnified && asked.Count > 1))
                throw new StepException($"--cgroup: \"{one}\": " + (IsUnified ? "give one path below the container's cgroup" : "give CONTROLLER:PATH"));
            if (IsUnified)
                entries[0] = Below(entries[0], one);
            else
                Place(entries, one[..colon], one[(colon + 1)..], ref done);
        }
        return new Cgroup(entries, null, false);
    }

    private static void Place(CgroupEntry[] entries, string controllers, string path, ref CgroupControllers done)
    {
        foreach (string name in controllers.Split(','))
        {
            CgroupControllers one = ControllerNames.Parse(name == "systemd" ? "name=systemd" : name);
            int at = Array.FindIndex(entries, e => one != CgroupControllers.None && (e.Controllers & one) != 0);
            if (at < 0)
                throw new StepException($"--cgroup: no hierarchy with controller \"{name}\"");
            // "cpu,cpuacct:x" names one hierarchy twice; two places in it cannot be.
            bool again = (done & entries[at].Controllers) != 0;
            if (again && entries[at].Path.EndsWith("/" + path.Trim('/'), StringComparison.Ordinal))
                continue;
            if (again)
                throw new StepException($"--cgroup: controller {name} specified multiple times");
            done |= entries[at].Controllers;
            entries[at] = Below(entries[at], path);
        }
    }

    /// <summary>Resolved beneath the container's own directory: neither "..", nor a link, leads out.</summary>
    private static CgroupEntry Below(CgroupEntry entry, string path)
    {
        const ulong Beneath = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_MAGICLINKS;
        string inner = path.Trim('/');
        if (inner.Length == 0)
            return entry;
        using Fd found = Sys.OpenAt2(entry.Dir, inner, Fcntl.O_PATH | Fcntl.O_DIRECTORY, Beneath)
            .OrThrow("--cgroup: open a cgroup below the container's", entry.Path + "/" + inner);
        return new CgroupEntry(entry.Key, entry.Controllers, entry.Path + "/" + inner);
    }

    private Cgroup OfProcess(int pid)
    {
        string file = $"/proc/{CgroupIo.Text(pid)}/cgroup";
        // "0::/path", seen from our cgroup namespace; only what is below the container's own cgroup counts.
        if (CgroupIo.Read(Fd.Cwd, file) is not { Ok: true } text || !text.Value.StartsWith("0::/", StringComparison.Ordinal))
            return this;
        string path = text.Value[3..].TrimEnd('\n');
        string own = _entries[0].Path;
        int at = 0;
        // Our mount point is a prefix of the directory: the longest tail of it that the process's path starts with.
        while ((at = own.IndexOf('/', at + 1)) > 0)
        {
            string tail = own[at..];
            if (path.StartsWith(tail + "/", StringComparison.Ordinal) && !path.EndsWith(" (deleted)", StringComparison.Ordinal))
                return new Cgroup([new CgroupEntry("", CgroupControllers.Unified, own + path[tail.Length..])], null, false);
        }
        return this;
    }
}
