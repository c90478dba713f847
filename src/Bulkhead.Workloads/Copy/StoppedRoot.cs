using Bulkhead.Isolation;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Oci;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Ids;

namespace Bulkhead.Workloads.Copy;

/// <summary>
/// The files of a container of which nothing runs, as it would see them: planned as for its start, then mounted in a mount namespace of this
/// thread's own, which goes with the process. What it keeps in memory (tmpfs) is not there.
/// </summary>
public static class StoppedRoot
{
    /// <summary>Its root. It covers the container's own folder, where nobody has files to copy; else the namespace is as the host's.</summary>
    public static Fd Mount(WorkloadRecord record, ContainerIds ids, WorkloadFolder folder)
    {
        // Whose network it shares does not matter here, and may be gone.
        WorkloadRecord placed = record with { Options = record.Options with { Network = "none", Devices = [], Secrets = [], Init = false } };
        ShownFiles.Write(record, folder);
        RuntimeConfig config = ConfigComposer.Compose(placed, ids, folder, cgroup: null);
        JudgedSources sources = Policy.Load().Apply(config, folder.Path);
        using SandboxPlan plan = PlanBuilder.Build(config, new PlanRequest { Id = record.Id, Bundle = folder.Path }, sources);
        Enter();
        Fd root = Attach(plan.Root.Tree, folder.Path);
        foreach (MountPlan mount in plan.Mounts)
        {
            if (mount.Source is not null)
                Attach(mount, root, ids.Range ?? default);
        }
        if (plan.Root.ReadOnly)
            Require(Sys.MountSetAttr(plan.Root.Tree, new mount_attr { attr_set = Linux.Abi.Mount.MOUNT_ATTR_RDONLY }, recursive: false), "make read-only", plan.Root.Path);
        return root;
    }

    private static void Enter()
    {
        Require(Sys.Unshare(Sched.CLONE_NEWNS), "make a mount namespace", null);
        using Fd top = Sys.OpenAt(Fd.Cwd, "/", Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open", "/");
        Require(Sys.MountSetAttr(top, new mount_attr { propagation = Linux.Abi.Mount.MS_PRIVATE }, recursive: true), "keep mounts from the host", null);
    }

    private static Fd Attach(Fd tree, string path)
    {
        using Fd place = Sys.OpenAt2(Fd.Cwd, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY, Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_MAGICLINKS).OrThrow("open", path);
        Require(Sys.MoveMount(tree, place), "mount", path);
        return Sys.OpenAt(Fd.Cwd, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open", path);
    }

    /// <summary>A mount point that its first start would make is made as then: in the layer, as the container's root's; a plain user's own id is that or the program's.</summary>
    private static void Attach(MountPlan mount, Fd root, IdRange range)
    {
        if (mount.SourceIsDirectory)
        {
            using FileSystemIds? ids = UserEntry.IsRootless ? null : FileSystemIds.Assume(range.First, range.First);
            MakeDirectories(root, mount.Destination);
        }
        Result<Fd> found = Sys.OpenAt2(root, mount.Destination, Fcntl.O_PATH, Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS);
        // /etc/hosts and its like in a root file system without /etc.
        if (found.Error is Errno.ENOENT or Errno.ENOTDIR)
            return;
        using Fd place = found.OrThrow("open", mount.Destination);
        Require(Sys.MoveMount(mount.Source!, place), "mount", mount.Destination);
    }

    private static void MakeDirectories(Fd root, string path)
    {
        for (int slash = path.IndexOf('/', 1); ; slash = path.IndexOf('/', slash + 1))
        {
            string part = slash < 0 ? path : path[..slash];
            int last = part.LastIndexOf('/');
            Result<Fd> parent = Sys.OpenAt2(root, last == 0 ? "/" : part[..last], Fcntl.O_PATH | Fcntl.O_DIRECTORY, Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS);
            if (!parent.Ok)
                return;
            using (parent.Value)
                Sys.MkdirAt(parent.Value, part[(last + 1)..], 0x1ED);
            if (slash < 0)
                return;
        }
    }

    private static void Require(Errno error, string step, string? path)
    {
        if (error != Errno.None)
            throw new StepException("look into a container that does not run: " + step, error, path);
    }
}
