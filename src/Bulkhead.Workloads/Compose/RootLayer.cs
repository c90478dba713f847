using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Mount = Bulkhead.Oci.Mount;

namespace Bulkhead.Workloads.Compose;

/// <summary>
/// A layer over the root file system: for what a --writable container writes, and for mount points that are missing, so that nothing is ever made
/// in the caller's own directory.
/// </summary>
internal static class RootLayer
{
    /// <summary>Its path; null when none is needed.</summary>
    public static string? For(WorkloadOptions options, List<Mount> mounts, WorkloadFolder folder)
    {
        if (!options.Writable && !options.Privileged && !IsMissing(RootPath.Of(options), mounts))
            return null;
        string layer = folder.LayerPath;
        stat root = Sys.StatAt(Fd.Cwd, RootPath.Of(options)).OrThrow("stat the root file system", options.Rootfs);
        Make(layer, 0x1C0);
        Make(layer + "/work", 0x1C0);
        // What stands for the root directory itself has its owner and permissions.
        if (Make(layer + "/upper", root.st_mode & 0xFFF))
            Sys.ChownAt(Fd.Cwd, layer + "/upper", root.st_uid, root.st_gid, 0);
        return layer;
    }

    private static bool IsMissing(string rootfs, List<Mount> mounts)
    {
        for (int i = 0; i < mounts.Count; i++)
        {
            if (!IsBelow(mounts, i) && RootFiles.Kind(rootfs, mounts[i].Destination) == 0)
                return true;
        }
        return false;
    }

    /// <summary>Its mount point lies in another mount.</summary>
    private static bool IsBelow(List<Mount> mounts, int index)
    {
        for (int i = 0; i < index; i++)
        {
            if (mounts[index].Destination.StartsWith(mounts[i].Destination + "/", StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    private static bool Make(string path, uint mode)
    {
        Errno error = Sys.MkdirAt(Fd.Cwd, path, mode);
        if (error is not (Errno.None or Errno.EEXIST))
            throw new StepException("make a layer for the root file system", error, path);
        return error == Errno.None;
    }
}
