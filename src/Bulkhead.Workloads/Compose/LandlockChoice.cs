using System;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose;

/// <summary>--security-opt landlock=off, and what excludes a landlock domain.</summary>
internal static class LandlockChoice
{
    private const string Off = "landlock=off";

    /// <summary>Who may mount asked to: inside a domain no mount can be changed (landlock(7)).</summary>
    public static bool Of(WorkloadOptions options, LinuxCapabilities capabilities) =>
        !options.Privileged && Array.IndexOf(options.SecurityOptions, Off) < 0 && Array.IndexOf(capabilities.Bounding, "CAP_SYS_ADMIN") < 0;
}
