using System;
using System.Collections.Generic;

namespace Bulkhead.Workloads.Compose;

/// <summary>The order of volumes: what lies deeper comes later, as in Docker, so that no order of flags hides one under another.</summary>
internal static class MountOrder
{
    /// <summary>Volumes of one depth stay as they were given.</summary>
    public static List<VolumeOption> ByDepth(VolumeOption[] volumes)
    {
        var ordered = new List<VolumeOption>();
        foreach (VolumeOption volume in volumes)
        {
            int at = ordered.Count;
            while (at > 0 && Depth(ordered[at - 1].Target) > Depth(volume.Target))
                at--;
            ordered.Insert(at, volume);
        }
        return ordered;
    }

    /// <summary>Whether a target lies in another one, and where in it.</summary>
    public static bool IsBelow(string target, string outer, out string path)
    {
        string[] inner = Parts(target), around = Parts(outer);
        bool below = inner.Length > around.Length && inner.AsSpan(0, around.Length).SequenceEqual(around);
        path = below ? string.Join('/', inner[around.Length..]) : "";
        return below;
    }

    private static int Depth(string target) => Parts(target).Length;

    private static string[] Parts(string target)
    {
        var parts = new List<string>();
        foreach (string part in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part != ".")
                parts.Add(part);
        }
        return parts.ToArray();
    }
}
