using System;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>The container's mounts: the root, the configured ones, and the change of root. Every source and target is a descriptor.</summary>
internal sealed class MountSteps(CompileContext context, SandboxPlan plan, RootPaths paths)
{
    private const int MountAttrSize = 32;
    private const int MoveFlags = Mount.MOVE_MOUNT_F_EMPTY_PATH | Mount.MOVE_MOUNT_T_EMPTY_PATH;
    private readonly SpawnProgram program = context.Program;

    /// <summary>Options that mean the superblock, not the mount: fsopen(2) file systems take them by name.</summary>
    private static ReadOnlySpan<ulong> SuperFlags =>
        [Mount.MS_SYNCHRONOUS, Mount.MS_DIRSYNC, Mount.MS_MANDLOCK, Mount.MS_LAZYTIME];

    private static readonly string[] SuperFlagNames = ["sync", "dirsync", "mand", "lazytime"];

    /// <summary>Cuts the host off from our mounts and puts the root's tree where the mount namespace has its directory.</summary>
    public void EnterRoot()
    {
        program.Step("make the host's mounts private to the container");
        ulong propagation = plan.Root.Propagation == 0 ? Mount.MS_SLAVE | Mount.MS_REC : plan.Root.Propagation | Mount.MS_REC;
        // "shared" would send the container's mounts back to the host: the host's tree becomes a slave, only the root is shared.
        if ((propagation & Mount.MS_SHARED) != 0)
            propagation = Mount.MS_SLAVE | Mount.MS_REC;
        program.Call(SysNr.mount, 0, program.Text("/"), 0, propagation, 0);
        program.Step("mount the root file system", plan.Root.Path);
        int mark = program.Mark();
        Slot place = program.NewSlot();
        // The host side resolved every symbolic link: one that appears now was planted.
        ulong how = program.Struct(new open_how
        {
            flags = Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC,
            resolve = Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_MAGICLINKS,
        });
        program.CallInto(place, SysNr.openat2, Fcntl.AT_FDCWD, program.Text(plan.Root.Place), how, 24);
        Move(context.Use(plan.Root.Tree), place);
        context.Close(place);
        program.Release(mark);
    }

    public void MountAll(CgroupMounts cgroups)
    {
        foreach (MountPlan mount in plan.Mounts)
        {
            program.Step("mount " + mount.Type + " at", mount.Destination);
            int mark = program.Mark();
            if (mount.Type is "cgroup" or "cgroup2" && mount.Source is null)
                cgroups.Add(mount, this);
            else if (mount.Type == MountPlan.Remount)
                Remount(mount);
            else
                MountOne(mount);
            program.Release(mark);
        }
    }

    private void Remount(MountPlan mount)
    {
        MountSpec options = mount.Options;
        Slot target = paths.Open(program.NewSlot(), mount.Destination);
        ulong set = IsReadOnlyDev(mount) ? options.AttrSet & ~Mount.MOUNT_ATTR_RDONLY : options.AttrSet;
        if ((set | options.AttrClr) != 0)
            SetAttributes(target, set, options.AttrClr, recursive: false);
        if ((options.RecAttrSet | options.RecAttrClr) != 0)
            SetAttributes(target, options.RecAttrSet, options.RecAttrClr, recursive: true);
        if (options.Propagation != 0)
            SetPropagation(target, options.Propagation);
        context.Close(target);
    }

    private void MountOne(MountPlan mount)
    {
        bool directory = mount.Source is null || mount.SourceIsDirectory;
        // procfs and sysfs on a link would put masked paths elsewhere (CVE-2019-19921, CVE-2023-27561).
        bool follow = !mount.Options.DestNoFollow && mount.Type is not ("proc" or "sysfs");
        Arg source = mount.Source is { } tree ? context.Use(tree) : NewFileSystem(mount.Type, mount);
        Slot target = paths.OpenOrMake(program.NewSlot(), mount.Destination, directory, follow);
        Move(source, target);
        context.Close(target);
        if (mount.Source is null && mount.Options.Propagation != 0)
            SetPropagation(source, mount.Options.Propagation);
        context.Close(source);
    }

    /// <summary>fsopen(2) to fsmount(2): a detached mount of a new file system.</summary>
    public Slot NewFileSystem(string type, MountPlan mount)
    {
        ulong attributes = mount.Options.AttrSet | mount.Options.RecAttrSet;
        if (IsReadOnlyDev(mount))
            attributes &= ~Mount.MOUNT_ATTR_RDONLY;
        return NewFileSystem(type, mount.SourceText, mount.Data, mount.Options.Flags, attributes);
    }

    public Slot NewFileSystem(string type, string source, ReadOnlySpan<string> data, ulong flags, ulong attributes)
    {
        Slot fs = program.CallInto(program.NewSlot(), SysNr.fsopen, program.Text(type), Mount.FSOPEN_CLOEXEC);
        if (source.Length > 0)
            program.Call(SysNr.fsconfig, fs, Mount.FSCONFIG_SET_STRING, program.Text("source"), program.Text(source), 0);
        foreach (string option in data)
            Configure(fs, option);
        for (int i = 0; i < SuperFlags.Length; i++)
        {
            if ((flags & SuperFlags[i]) != 0)
                program.Call(SysNr.fsconfig, fs, Mount.FSCONFIG_SET_FLAG, program.Text(SuperFlagNames[i]), 0, 0);
        }
        program.Call(SysNr.fsconfig, fs, Mount.FSCONFIG_CMD_CREATE, 0, 0, 0);
        Slot mounted = program.CallInto(program.NewSlot(), SysNr.fsmount, fs, Mount.FSMOUNT_CLOEXEC, attributes);
        context.Close(fs);
        return mounted;
    }

    private void Configure(Slot fs, string option)
    {
        int equals = option.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            program.Call(SysNr.fsconfig, fs, Mount.FSCONFIG_SET_FLAG, program.Text(option), 0, 0);
        else
            program.Call(SysNr.fsconfig, fs, Mount.FSCONFIG_SET_STRING, program.Text(option[..equals]), program.Text(option[(equals + 1)..]), 0);
    }

    /// <summary>move_mount(2) from descriptor to descriptor.</summary>
    public void Move(Arg source, Arg target)
    {
        ulong empty = program.Text("");
        program.Call(SysNr.move_mount, source, empty, target, empty, MoveFlags);
    }

    public void SetAttributes(Arg mount, ulong set, ulong clear, bool recursive)
    {
        ulong attributes = program.Struct(new mount_attr { attr_set = set, attr_clr = clear });
        SetAttributes(mount, attributes, recursive);
    }

    private void SetPropagation(Arg mount, ulong propagation)
    {
        ulong attributes = program.Struct(new mount_attr { propagation = propagation & ~Mount.MS_REC });
        SetAttributes(mount, attributes, (propagation & Mount.MS_REC) != 0);
    }

    private void SetAttributes(Arg mount, ulong attributes, bool recursive)
    {
        int flags = Fcntl.AT_EMPTY_PATH | (recursive ? Fcntl.AT_RECURSIVE : 0);
        program.Call(SysNr.mount_setattr, mount, program.Text(""), flags, attributes, MountAttrSize);
    }

    /// <summary>The root becomes "/", and nothing of the host's mounts stays reachable.</summary>
    public void ChangeRoot()
    {
        program.Step("enter the root file system", plan.Root.Path);
        program.Call(SysNr.fchdir, context.Use(plan.Root.Tree));
        ulong dot = program.Text(".");
        if (!plan.Namespaces.Has(Sched.CLONE_NEWNS))
        {
            program.Call(SysNr.chroot, dot);
        }
        else if (plan.Root.NoPivot)
        {
            program.Call(SysNr.mount, dot, program.Text("/"), 0, Mount.MS_MOVE, 0);
            program.Call(SysNr.chroot, dot);
        }
        else
        {
            LeaveOldRoot(dot);
        }
        program.Call(SysNr.chdir, program.Text("/"));
    }

    /// <summary>The old root is stacked on the new one and goes; named by descriptor, since "." is the new one (pivot_root(2)).</summary>
    private void LeaveOldRoot(ulong dot)
    {
        int mark = program.Mark();
        Slot oldRoot = program.CallInto(program.NewSlot(), SysNr.openat, Fcntl.AT_FDCWD, program.Text("/"),
            Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC);
        program.Call(SysNr.pivot_root, dot, dot);
        program.Call(SysNr.fchdir, oldRoot);
        context.Close(oldRoot);
        program.Release(mark);
        // Unmounting below must not travel to the host's mounts.
        program.Call(SysNr.mount, 0, dot, 0, Mount.MS_SLAVE | Mount.MS_REC, 0);
        program.Call(SysNr.umount2, dot, Mount.MNT_DETACH);
    }

    /// <summary>After the masks: they are clones of what is below, and what is unbindable cannot be cloned.</summary>
    public void SetRootPropagation()
    {
        if (plan.Root.Propagation == 0)
            return;
        program.Step("set the propagation of the root file system");
        SetPropagation(plan.Root.Tree, plan.Root.Propagation);
    }

    /// <summary>The root, and /dev if it is to be read-only, now that all nodes and mount points are made in them.</summary>
    public void Seal()
    {
        foreach (MountPlan mount in plan.Mounts)
        {
            if (!IsReadOnlyDev(mount))
                continue;
            program.Step("make read-only", mount.Destination);
            int mark = program.Mark();
            Slot dev = paths.Open(program.NewSlot(), mount.Destination);
            SetAttributes(dev, Mount.MOUNT_ATTR_RDONLY, 0, recursive: false);
            context.Close(dev);
            program.Release(mark);
        }
        if (!plan.Root.ReadOnly)
            return;
        program.Step("make the root file system read-only");
        SetAttributes(plan.Root.Tree, Mount.MOUNT_ATTR_RDONLY, 0, recursive: false);
    }

    private static bool IsReadOnlyDev(MountPlan mount) =>
        mount.Source is null && mount.Destination == "/dev" && ((mount.Options.AttrSet | mount.Options.RecAttrSet) & Mount.MOUNT_ATTR_RDONLY) != 0;
}
