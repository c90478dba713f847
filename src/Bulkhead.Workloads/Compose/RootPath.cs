using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads.Monitor;

namespace Bulkhead.Workloads.Compose;

/// <summary>Where the files of a container's root file system are looked at: its directory, or the layers of its image merged.</summary>
public static class RootPath
{
    /// <summary>Merged views of this process, by the topmost layer; they end with it.</summary>
    private static readonly Dictionary<string, Fd> Views = [];

    /// <summary>A path that this process can open, the files' ids as they are on the disk.</summary>
    public static string Of(WorkloadOptions options)
    {
        if (options.Image is not { Layers.Length: > 1 } image)
            return options.Rootfs;
        string key = string.Join(':', image.Layers);
        lock (Views)
        {
            if (!Views.TryGetValue(key, out Fd? view))
                Views[key] = view = UserEntry.IsRootless && !UserEntry.IsPrivileged ? MonitorLauncher.View(image.Layers) : OverlayMount.View(image.Layers);
            return "/proc/self/fd/" + view.Value.ToString(CultureInfo.InvariantCulture);
        }
    }
}
