using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;
using AbiMount = Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Isolation.Plan;

internal static class MountPlanner
{
    public static MountPlan[] Plan(RuntimeConfig config, PlanRequest request, JudgedSources sources, RootPlan root, NamespacePlan namespaces,
        List<Fd> opened, List<string> warnings)
    {
        bool label = HasLabel(config.Linux?.MountLabel, warnings);
        var plans = new MountPlan[config.Mounts.Length];
        for (int i = 0; i < plans.Length; i++)
        {
            plans[i] = PlanOne(config, i, label, request, sources, root, namespaces, opened);
            if (plans[i].Type == "bind" && plans[i].Data.Length > 0)
                warnings.Add($"$.mounts[{i}].options: {string.Join(',', plans[i].Data)} is for file systems and means nothing to a bind mount");
            if ((plans[i].Options.Flags & AbiMount.MS_I_VERSION) != 0)
                warnings.Add($"$.mounts[{i}].options: iversion is up to the file system (fsconfig(2) has no such flag)");
        }
        return plans;
    }

    private static MountPlan PlanOne(RuntimeConfig config, int index, bool label, PlanRequest request, JudgedSources sources, RootPlan root,
        NamespacePlan namespaces, List<Fd> opened)
    {
        Oci.Mount mount = config.Mounts[index];
        var spec = default(MountSpec);
        var data = new List<string>();
        foreach (string option in mount.Options)
        {
            if (!MountOptions.TryApply(option, ref spec))
                SplitData(option, data);
        }
        bool remount = (spec.Flags & AbiMount.MS_REMOUNT) != 0;
        bool bind = !remount && (spec.Bind || mount.Type == "bind");
        // Kernel file systems have labels of their own.
        if (label && !bind && !remount && mount.Type is not ("proc" or "sysfs" or "cgroup" or "cgroup2" or "mqueue"))
            data.Add("context=" + config.Linux!.MountLabel);
        Fd? source = bind ? OpenSource(mount, index, request, sources, spec) : null;
        if (spec.TmpCopyUp && !bind)
            source = TmpCopyUp.Make(root, mount.Destination, index, data, spec);
        if (source is not null)
        {
            opened.Add(source);
            if (bind)
                SetAttributes(source, mount, index, spec, namespaces);
        }
        return new MountPlan
        {
            // "/a/../b" and "//b" name the same place; the kernel's resolution would need /a to exist. A link in the place of procfs or sysfs is
            // covered, not followed: masked paths are below the place that the configuration names (CVE-2019-19921, CVE-2023-27561).
            Destination = spec.DestNoFollow || mount.Type is "proc" or "sysfs"
                ? Destinations.Clean(mount.Destination)
                : Destinations.Resolve(root.Tree, mount.Destination),
            Type = bind ? "bind" : remount ? MountPlan.Remount : mount.Type ?? "",
            SourceText = mount.Source is { Length: > 0 } text ? text : mount.Type ?? "none",
            Source = source,
            SourceIsDirectory = source is not null && IsDirectory(source),
            Options = spec,
            Data = data.ToArray(),
        };
    }

    /// <summary>$.linux.mountLabel: the SELinux context of file systems made for the container, where the host has SELinux.</summary>
    private static bool HasLabel(string? label, List<string> warnings)
    {
        if (label is not { Length: > 0 })
            return false;
        if (Sys.StatAt(Fd.Cwd, "/sys/fs/selinux/enforce").Ok)
            return true;
        warnings.Add("$.linux.mountLabel: this host has no SELinux, so nothing is labelled");
        return false;
    }

    /// <summary>One option string may hold several, as in fstab.</summary>
    private static void SplitData(string option, List<string> data)
    {
        foreach (string part in option.Split(',', StringSplitOptions.RemoveEmptyEntries))
            data.Add(part);
    }

    private static Fd OpenSource(Oci.Mount mount, int index, PlanRequest request, JudgedSources sources, in MountSpec spec)
    {
        string source = mount.Source ?? "";
        string path = source.StartsWith('/') ? source : request.Bundle + "/" + source;
        int flags = AbiMount.OPEN_TREE_CLONE
            | (spec.Recursive ? Fcntl.AT_RECURSIVE : 0)
            | (spec.SrcNoFollow || spec.CopySymlink ? Fcntl.AT_SYMLINK_NOFOLLOW : 0);
        Fd tree = Sys.OpenTree(Fd.Cwd, path, flags).OrThrow($"$.mounts[{index}].source: open", path);
        try
        {
            sources.Require(index, tree, path);
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    private static bool IsDirectory(Fd fd) => (Sys.Fstat(fd).OrThrow("stat a mount's source").st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR;

    private static void SetAttributes(Fd tree, Oci.Mount mount, int index, in MountSpec spec, NamespacePlan namespaces)
    {
        // Without a word on propagation the host's later mounts may come in, none may go out: as for a bind inside a slave namespace.
        // "private" and "slave" are about the bind alone: what is mounted below is cut off all the same, as only "shared" asks for a way out.
        bool reachesAll = (spec.Propagation & (AbiMount.MS_SHARED | AbiMount.MS_REC)) != 0;
        if (!reachesAll)
            Set(tree, mount, index, new mount_attr { propagation = AbiMount.MS_SLAVE }, recursive: true);
        if (spec.Propagation != 0)
            Set(tree, mount, index, new mount_attr { propagation = spec.Propagation & ~AbiMount.MS_REC }, (spec.Propagation & AbiMount.MS_REC) != 0);
        if ((spec.AttrSet | spec.AttrClr) != 0)
            Set(tree, mount, index, new mount_attr { attr_set = spec.AttrSet, attr_clr = spec.AttrClr }, recursive: false);
        if ((spec.RecAttrSet | spec.RecAttrClr) != 0)
            Set(tree, mount, index, new mount_attr { attr_set = spec.RecAttrSet, attr_clr = spec.RecAttrClr }, recursive: true);
        if (spec.IdMap || mount.UidMappings.Length > 0)
            MapIds(tree, mount, index, spec, namespaces);
    }

    /// <summary>MOUNT_ATTR_IDMAP, Linux 5.12: the mount's own mappings, else the container's.</summary>
    private static void MapIds(Fd tree, Oci.Mount mount, int index, in MountSpec spec, NamespacePlan namespaces)
    {
        bool own = mount.UidMappings.Length > 0;
        LinuxIdMapping[] uids = own ? mount.UidMappings : namespaces.UidMappings, gids = own ? mount.GidMappings : namespaces.GidMappings;
        if (uids.Length == 0 || gids.Length == 0)
            throw new StepException($"$.mounts[{index}].options: idmap needs uidMappings and gidMappings, of the mount or of the user namespace");
        using Fd user = UserNamespaces.Make(uids, gids);
        var attributes = new mount_attr { attr_set = AbiMount.MOUNT_ATTR_IDMAP, userns_fd = (ulong)user.Value };
        Errno error = Sys.MountSetAttr(tree, attributes, spec.RecursiveIdMap);
        if (error != Errno.None)
            throw new StepException($"$.mounts[{index}]: map ids: {UnmappableMount.Explain(mount.Source ?? "", spec.RecursiveIdMap, attributes)}", error, mount.Source);
    }

    private static void Set(Fd tree, Oci.Mount mount, int index, in mount_attr attributes, bool recursive)
    {
        Errno error = Sys.MountSetAttr(tree, attributes, recursive);
        if (error == Errno.None)
            return;
        throw new StepException($"$.mounts[{index}]: set attributes of", error, mount.Source);
    }
}
