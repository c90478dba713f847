using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;
using Mount = Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Isolation.Plan;

internal static class RootPlanner
{
    public static RootPlan Plan(RuntimeConfig config, PlanRequest request, NamespacePlan namespaces, List<Fd> opened)
    {
        string asked = config.Root?.Path ?? "";
        string path = asked.StartsWith('/') ? asked : request.Bundle + "/" + asked;
        using Fd place = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("$.root.path: open the root file system", path);
        string real = Sys.ReadLinkAt(Fd.Cwd, "/proc/self/fd/" + place.Value.ToString(CultureInfo.InvariantCulture)).OrThrow("resolve", path);
        if (real == "/")
            throw new StepException("$.root.path: the host's own root cannot be a container's root; give a directory of its own");
        Fd tree = RootTree.Make(config, place, namespaces, path);
        opened.Add(tree);
        ulong propagation = MountOptions.ParsePropagation(config.Linux?.RootfsPropagation ?? "");
        MakeDetached(tree, propagation, path);
        return new RootPlan
        {
            Path = real,
            // A root of mapped ids may lie where those ids cannot pass: in a store of root's own. Nothing outside looks for it at its path, as hooks would.
            Place = Extensions.Has(config, Extensions.RootIdMap) && !request.NoPivot ? "/" : real,
            Tree = tree,
            ReadOnly = config.Root!.Readonly,
            Propagation = propagation,
            NoPivot = request.NoPivot,
        };
    }

    /// <summary>A clone of a shared mount is its peer: mounts in the container would appear on the host (escape E37).</summary>
    private static void MakeDetached(Fd tree, ulong propagation, string path)
    {
        bool shared = (propagation & Mount.MS_SHARED) != 0;
        var attributes = new mount_attr { propagation = shared ? Mount.MS_PRIVATE : Mount.MS_SLAVE };
        Errno error = Sys.MountSetAttr(tree, attributes, recursive: true);
        if (error != Errno.None)
            throw new StepException("cut the root file system off from the host's mounts", error, path);
    }
}
