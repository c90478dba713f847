using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;
using Mount = Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Isolation.Plan;

/// <summary>
/// The root file system as a detached tree: a clone of where it lies; with the container's id mappings if the annotation says so; over further layers and under one for
/// writes if they are given. An overlay itself cannot be idmapped (EINVAL, Linux 6.18), each of its layers can (5.19).
/// </summary>
internal static class RootTree
{
    public static Fd Make(RuntimeConfig config, Fd place, NamespacePlan namespaces, string path)
    {
        string? upper = Extensions.Get(config, Extensions.RootUpper);
        string[] below = Extensions.LayersOf(config);
        using Fd? ids = Ids(config, namespaces);
        // An overlay takes one mount as a layer, not what is mounted below it.
        if (upper is null && below.Length == 0)
            return Clone(place, ids, recursive: true, path);
        var lowers = new List<Fd>();
        try
        {
            lowers.Add(Clone(place, ids, recursive: false, path));
            foreach (string layer in below)
                lowers.Add(Clone(layer, Extensions.RootLayers, ids));
            using Fd? writes = upper is null ? null : Clone(upper, Extensions.RootUpper, ids);
            // The overlay keeps the ids of who mounts it, for what it makes in the upper layer: they must be among those that are mapped there.
            using FileSystemIds? mapped = ids is null || writes is null ? null : FileSystemIds.Assume(RootOf(namespaces.UidMappings), RootOf(namespaces.GidMappings));
            return OverlayMount.Make(lowers, writes, path);
        }
        finally
        {
            lowers.ForEach(fd => fd.Dispose());
        }
    }

    private static Fd Clone(string path, string annotation, Fd? ids)
    {
        using Fd directory = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow($"$.annotations[\"{annotation}\"]: open", path);
        return Clone(directory, ids, recursive: false, path);
    }

    private static Fd? Ids(RuntimeConfig config, NamespacePlan namespaces)
    {
        if (!Extensions.Has(config, Extensions.RootIdMap))
            return null;
        if (namespaces.UidMappings.Length == 0)
            throw new StepException($"$.annotations[\"{Extensions.RootIdMap}\"]: needs a user namespace with mappings");
        return UserNamespaces.Make(namespaces.UidMappings, namespaces.GidMappings);
    }

    /// <summary>
    /// With <paramref name="ids"/> the container's ids stand for the same numbers on the disk, so that a root file system unpacked once serves every
    /// range of ids (MOUNT_ATTR_IDMAP, Linux 5.12).
    /// </summary>
    private static Fd Clone(Fd place, Fd? ids, bool recursive, string path)
    {
        Fd tree = Sys.OpenTree(place, "", Mount.OPEN_TREE_CLONE | (recursive ? Fcntl.AT_RECURSIVE : 0) | Fcntl.AT_EMPTY_PATH)
            .OrThrow("$.root.path: clone the root file system's mounts", path);
        if (ids is null)
            return tree;
        Errno error = Sys.MountSetAttr(tree, new mount_attr { attr_set = Mount.MOUNT_ATTR_IDMAP, userns_fd = (ulong)ids.Value }, recursive: false);
        if (error == Errno.None)
            return tree;
        tree.Dispose();
        throw new StepException("map the ids of the root file system (does its file system support idmapped mounts? overlayfs does not)", error, path);
    }

    private static uint RootOf(LinuxIdMapping[] mappings)
    {
        foreach (LinuxIdMapping mapping in mappings)
        {
            if (mapping.ContainerId == 0)
                return mapping.HostId;
        }
        throw new StepException($"$.annotations[\"{Extensions.RootUpper}\"]: needs mappings with the container's id 0");
    }
}
