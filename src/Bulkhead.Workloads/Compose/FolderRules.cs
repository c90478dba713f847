using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Workloads.Compose;

/// <summary>What cannot be asked of bind-mounted folders, said before anything is made.</summary>
internal static class FolderRules
{
    /// <exception cref="StepException">A combination of flags is refused, with what mends it.</exception>
    public static void Check(WorkloadOptions options, ProcessUser user, LinuxCapabilities capabilities)
    {
        List<VolumeOption> volumes = MountOrder.ByDepth(options.Mounts);
        for (int i = 0; i < volumes.Count; i++)
        {
            if (volumes[i].Kind != VolumeKind.Bind)
                continue;
            RefuseFileCapabilities(volumes[i], options, user, capabilities);
            RequireMountPoint(volumes, i);
        }
    }

    /// <summary>
    /// The root id in a file's capabilities is mapped as its owner is (vfs_caps, Linux 5.12): where the host's root is mapped, a program that the
    /// container gives capabilities has them on the host. Setuid bits are the seccomp profile's business, setxattr's value is out of its sight.
    /// </summary>
    private static void RefuseFileCapabilities(VolumeOption volume, WorkloadOptions options, ProcessUser user, LinuxCapabilities capabilities)
    {
        if (volume.ReadOnly || options.Privileged || Array.IndexOf(capabilities.Bounding, "CAP_SETFCAP") < 0)
            return;
        FolderOwner owner = FolderOwner.Of(volume.Source, options.AsRoot || user.Uid == 0);
        if (owner.Uid == 0 && !owner.IsHostRoot)
        {
            throw new StepException($"--cap-add SETFCAP: a program in {volume.Source}, which belongs to the host's root, could get capabilities that it has on the host; "
                + "use --cap-drop SETFCAP, mount the folder with ro, or chown it to a user");
        }
    }

    /// <summary>A missing mount point in a caller's folder is not made there: Docker leaves a directory of root's.</summary>
    private static void RequireMountPoint(List<VolumeOption> volumes, int index)
    {
        string target = volumes[index].Target;
        for (int i = index - 1; i >= 0; i--)
        {
            if (!MountOrder.IsBelow(target, volumes[i].Target, out string path))
                continue;
            if (volumes[i].Kind == VolumeKind.Bind && RootFiles.Kind(volumes[i].Source, path) == 0)
                throw new StepException($"--volume {volumes[index].Source}:{target}: it lies in {volumes[i].Target}, and {volumes[i].Source} has no {path}: make it there first");
            return;
        }
    }
}
