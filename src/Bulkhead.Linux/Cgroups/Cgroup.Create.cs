using System.Collections.Generic;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups;

public sealed partial class Cgroup
{
    private const uint DirectoryMode = 0x1ED; // 0755

    private Fd[] _joinFds = [];

    /// <summary>
    /// The tasks files of all v1 hierarchies: the container's first process, single-threaded, writes "0" to each. "0" to tasks moves one
    /// thread, the writer, so the kernel takes no lock of all thread groups (a grace period of 10 ms, docs/decisions/0010). Empty on v2.
    /// </summary>
    public IReadOnlyList<Fd> JoinFds => _joinFds.Length > 0 ? _joinFds : _joinFds = OpenJoinFds();

    /// <summary>
    /// The unified hierarchy's directory (v2 and hybrid) for CLONE_INTO_CGROUP (Linux 5.7); null where only v1 is mounted. A process
    /// that joins by cgroup.procs instead pays the lock of all thread groups.
    /// </summary>
    public Fd? CloneFd => Unified?.Dir;

    /// <summary>
    /// Makes the directory in every hierarchy, inherits cpusets, enables controllers, writes the limits. On an error everything made is
    /// removed again. For systemd targets use <see cref="Systemd.SystemdScope"/>.
    /// </summary>
    /// <param name="layout">The machine's hierarchies.</param>
    /// <param name="target">Where.</param>
    /// <param name="resources">Limits; null writes none.</param>
    /// <param name="rootless">Device rules that cannot be set are no error, as in runc.</param>
    public static Cgroup Create(CgroupLayout layout, CgroupTarget target, CgroupResources? resources, bool rootless = false)
    {
        var made = new List<string>(16);
        Cgroup? cgroup = null;
        try
        {
            cgroup = MakeDirectories(layout, target, resources, made, mayExist: false);
            if (resources is not null)
                cgroup.Apply(resources, fresh: true, rootless);
            _ = cgroup.JoinFds;
            return cgroup;
        }
        catch
        {
            cgroup?.Dispose();
            for (int i = made.Count - 1; i >= 0; i--)
                _ = Sys.UnlinkAt(Fd.Cwd, made[i], Fcntl.AT_REMOVEDIR);
            throw;
        }
    }

    /// <summary>The directories without limits. <paramref name="mayExist"/>: systemd made some of them, and a process is in already.</summary>
    internal static Cgroup MakeDirectories(CgroupLayout layout, CgroupTarget target, CgroupResources? resources, List<string> made, bool mayExist)
    {
        IReadOnlyList<CgroupHierarchy> hierarchies = layout.Hierarchies;
        var entries = new CgroupEntry[hierarchies.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            CgroupHierarchy hierarchy = hierarchies[i];
            string inner = layout.Inner(hierarchy, target);
            var entry = new CgroupEntry(hierarchy.Key, hierarchy.Controllers, hierarchy.Mount + "/" + inner);
            entries[i] = entry;
            if (!MakeDirectory(hierarchy.Mount, entry.Path, made) && !mayExist)
                RefuseUsed(entry);
            if ((entry.Controllers & CgroupControllers.CpuSet) != 0)
                CpusetInheritance.Apply(hierarchy.Mount, entry, resources);
            if (entry.IsUnified && (layout.Mode == CgroupMode.Unified || NeedsUnified(resources)))
                UnifiedTree.EnableControllers(hierarchy.Mount, entry, resources);
        }
        return new Cgroup(entries, target.Systemd ? target.Unit : null, target.UserManager);
    }

    /// <summary>mkdir of the last part, and of its parents only when they are missing. False when it existed.</summary>
    private static bool MakeDirectory(string mount, string path, List<string> made)
    {
        Errno error = Sys.MkdirAt(Fd.Cwd, path, DirectoryMode);
        if (error == Errno.ENOENT)
        {
            string parent = path[..path.LastIndexOf('/')];
            if (parent.Length <= mount.Length)
                throw new StepException("mkdir", error, path);
            _ = MakeDirectory(mount, parent, made);
            error = Sys.MkdirAt(Fd.Cwd, path, DirectoryMode);
        }
        if (error == Errno.None)
        {
            made.Add(path);
            return true;
        }
        return error == Errno.EEXIST ? false : throw new StepException("mkdir", error, path);
    }

    /// <summary>A left-over directory may be used again, but not one with processes or a frozen one: the container would not be alone.</summary>
    private static void RefuseUsed(CgroupEntry entry)
    {
        string procs = entry.Read("cgroup.procs").OrThrow("read processes of existing cgroup", entry.Path);
        if (procs.Length > 0)
            throw new StepException($"container's cgroup is not empty: {entry.Path}");
        if (entry.Read(entry.IsUnified ? "cgroup.freeze" : "freezer.state") is { Ok: true } state && state.Value.Trim() is "1" or "FROZEN" or "FREEZING")
            throw new StepException($"container's cgroup unexpectedly frozen: {entry.Path}");
    }

    private static bool NeedsUnified(CgroupResources? resources) =>
        resources is not null && (resources.Unified.Count > 0 || resources.Hugepages.Count > 0);

    private Fd[] OpenJoinFds()
    {
        var fds = new Fd[_entries.Length - (Unified is null ? 0 : 1)];
        int count = 0;
        foreach (CgroupEntry entry in _entries)
        {
            if (entry.IsUnified)
                continue;
            string file = entry.Path + "/tasks";
            fds[count++] = Sys.OpenAt2(Fd.Cwd, file, Fcntl.O_WRONLY, Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_MAGICLINKS).OrThrow("open", file);
        }
        return fds;
    }

    /// <summary>Moves a process, with all its threads, into every hierarchy.</summary>
    public void AddProcess(int pid)
    {
        string text = CgroupIo.Text(pid);
        foreach (CgroupEntry entry in _entries)
        {
            Errno error = entry.TryWrite("cgroup.procs", text);
            // EINVAL: the task is still being made (TASK_NEW); the kernel asks to come again.
            for (int i = 0; error == Errno.EINVAL && i < 5; i++)
            {
                Sys.Pause(30);
                error = entry.TryWrite("cgroup.procs", text);
            }
            if (error != Errno.None)
                throw new StepException($"move process {text} to", error, entry.Path);
        }
    }
}
