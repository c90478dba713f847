using System;
using System.Collections.Generic;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>One v1 hierarchy or the v2 tree as the container shall see it: a name below /sys/fs/cgroup, and the container's own directory.</summary>
/// <param name="Name">Directory name below the mount: "cpu,cpuacct", "systemd", "unified"; empty for pure v2.</param>
/// <param name="Options">v1 mount options of the hierarchy ("cpu", "name=systemd"); empty for v2.</param>
/// <param name="Directory">Host path of the container's cgroup in this hierarchy.</param>
internal sealed record CgroupView(string Name, string[] Options, string Directory);

/// <summary>
/// A mount of type "cgroup": on v2 one cgroup2; on v1 a tmpfs with a directory for each hierarchy. With a cgroup namespace a fresh
/// mount shows the container's cgroup as its root; without one, only the container's own directory is bound (CVE-2023-25809).
/// </summary>
internal sealed class CgroupMounts(CompileContext context, SandboxPlan plan, RootPaths paths, IReadOnlyList<CgroupView> views)
{
    private readonly SpawnProgram program = context.Program;

    public void Add(MountPlan mount, MountSteps mounts)
    {
        // Without a cgroup of its own there is nothing to show: an empty tmpfs, not the caller's cgroups.
        if (views.Count == 1 && views[0].Name.Length == 0)
            AddOne(mount, mounts, views[0]);
        else
            AddHierarchies(mount, mounts);
    }

    private bool OwnNamespace => plan.Namespaces.Has(Sched.CLONE_NEWCGROUP);

    private void AddOne(MountPlan mount, MountSteps mounts, CgroupView view)
    {
        Arg source = Source(view, mounts, mount.Options.AttrSet | mount.Options.RecAttrSet);
        Slot target = paths.OpenOrMake(program.NewSlot(), mount.Destination, directory: true);
        mounts.Move(source, target);
        context.Close(source);
        context.Close(target);
    }

    private void AddHierarchies(MountPlan mount, MountSteps mounts)
    {
        ulong attributes = mount.Options.AttrSet | mount.Options.RecAttrSet;
        ulong flags = attributes & ~Mount.MOUNT_ATTR_RDONLY;
        Slot tmpfs = mounts.NewFileSystem("tmpfs", "tmpfs", ["mode=755"], 0, flags);
        Slot target = paths.OpenOrMake(program.NewSlot(), mount.Destination, directory: true);
        mounts.Move(tmpfs, target);
        context.Close(target);
        foreach (CgroupView view in views)
        {
            int mark = program.Mark();
            ulong name = program.Text(view.Name);
            program.Call(SysNr.mkdirat, tmpfs, name, 0x1ED);
            Slot place = program.CallInto(program.NewSlot(), SysNr.openat, tmpfs, name,
                Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC);
            Arg source = Source(view, mounts, attributes);
            mounts.Move(source, place);
            context.Close(source);
            context.Close(place);
            program.Release(mark);
            LinkParts(tmpfs, view);
        }
        if ((attributes & Mount.MOUNT_ATTR_RDONLY) != 0)
            mounts.SetAttributes(tmpfs, Mount.MOUNT_ATTR_RDONLY, 0, recursive: false);
        context.Close(tmpfs);
    }

    /// <summary>"cpu,cpuacct" is also found as "cpu" and as "cpuacct".</summary>
    private void LinkParts(Slot tmpfs, CgroupView view)
    {
        if (!view.Name.Contains(',', StringComparison.Ordinal))
            return;
        foreach (string part in view.Name.Split(','))
        {
            program.Call(SysNr.symlinkat, program.Text(view.Name), tmpfs, program.Text(part));
            program.Accept(Errno.EEXIST);
        }
    }

    private Arg Source(CgroupView view, MountSteps mounts, ulong attributes)
    {
        if (OwnNamespace)
        {
            return view.Options.Length == 0
                ? mounts.NewFileSystem("cgroup2", "cgroup", [], 0, attributes)
                : mounts.NewFileSystem("cgroup", "cgroup", view.Options, 0, attributes);
        }
        const int Clone = Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC;
        Slot tree = program.CallInto(program.NewSlot(), SysNr.open_tree, Fcntl.AT_FDCWD, program.Text(view.Directory), Clone);
        mounts.SetAttributes(tree, attributes, 0, recursive: false);
        return tree;
    }
}
