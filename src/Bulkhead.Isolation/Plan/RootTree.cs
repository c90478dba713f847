using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Oci;
using Mount = Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Isolation.Plan;

/// <summary>
/// The root file system as a detached tree: a clone of where it lies; with the container's id mappings if the annotation says so; under a layer for
/// writes if one is given. An overlay itself cannot be idmapped (EINVAL, Linux 6.18), each of its layers can (5.19).
/// </summary>
internal static class RootTree
{
    public static Fd Make(RuntimeConfig config, Fd place, NamespacePlan namespaces, string path)
    {
        string? upper = Extensions.Get(config, Extensions.RootUpper);
        using Fd? ids = Ids(config, namespaces);
        // An overlay takes one mount as a layer, not what is mounted below it.
        Fd lower = Clone(place, ids, recursive: upper is null, path);
        if (upper is null)
            return lower;
        using (lower)
        {
            using Fd directory = Sys.OpenAt(Fd.Cwd, upper, Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW)
                .OrThrow($"$.annotations[\"{Extensions.RootUpper}\"]: open", upper);
            using Fd layer = Clone(directory, ids, recursive: false, upper);
            // The overlay keeps the ids of who mounts it, for what it makes in the upper layer: they must be among those that are mapped there.
            using FileSystemIds? mapped = ids is null ? null : FileSystemIds.Assume(RootOf(namespaces.UidMappings), RootOf(namespaces.GidMappings));
            return Overlay(lower, layer, path);
        }
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

    private static Fd Overlay(Fd lower, Fd layer, string path)
    {
        using Fd context = Sys.FsOpen("overlay").OrThrow("make an overlay over", path);
        Set(context, "lowerdir", Of(lower), path);
        Set(context, "upperdir", Of(layer) + "/upper", path);
        Set(context, "workdir", Of(layer) + "/work", path);
        // Who is not the host's root may set no trusted.* attributes (docs of overlayfs, "userxattr", Linux 5.11).
        if (UserEntry.IsRootless)
            Set(context, "userxattr", null, path);
        return Sys.FsMount(context, 0).OrThrow("mount an overlay over", path);
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

    private static void Set(Fd context, string key, string? value, string path)
    {
        Errno error = Sys.FsConfig(context, key, value);
        if (error != Errno.None)
            throw new StepException($"set {key} of an overlay over", error, path);
    }

    private static string Of(Fd fd) => "/proc/self/fd/" + fd.Value.ToString(CultureInfo.InvariantCulture);
}
