using System;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;
using AbiMount = Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Cli.Doctor;

/// <summary>Maps the ids of a mount of the data directory, which is attached nowhere and gone with its descriptor.</summary>
internal static class IdMap
{
    public static (bool Good, string Detail) Probe()
    {
        string path = Existing(Machine.DataRoot);
        if (!Machine.IsRoot)
            return (true, "not used without root: the caller's own id is mapped instead");
        try
        {
            LinuxIdMapping[] map = [new() { ContainerId = 0, HostId = Workloads.Ids.IdRanges.RangeSize, Size = 1 }];
            using Fd users = UserNamespaces.Make(map, map);
            using Fd place = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open", path);
            using Fd tree = Sys.OpenTree(place, "", AbiMount.OPEN_TREE_CLONE | Fcntl.AT_EMPTY_PATH).OrThrow("clone the mount of", path);
            var attributes = new mount_attr { attr_set = AbiMount.MOUNT_ATTR_IDMAP, userns_fd = (ulong)users.Value };
            Errno error = Sys.MountSetAttr(tree, attributes, recursive: false);
            return (error == Errno.None, path + ": " + (error == Errno.None ? "works" : error.Describe()));
        }
        catch (StepException error)
        {
            return (false, error.Message);
        }
    }

    /// <summary>The directory itself is made by the first container.</summary>
    private static string Existing(string path)
    {
        while (path.Length > 1 && !HostFile.Exists(path))
            path = path[..Math.Max(path.LastIndexOf('/'), 1)];
        return path;
    }
}
