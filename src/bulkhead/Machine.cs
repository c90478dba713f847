using System;
using Bulkhead.Isolation.Hardened;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Ids;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Cli;

/// <summary>Where things are for this caller.</summary>
internal static class Machine
{
    public static bool IsRoot => Sys.GetEuid() == 0;

    /// <summary>States of what runs.</summary>
    public static string OciRoot => IsRoot ? "/run/bulkhead" : RuntimeDirectory + "/bulkhead";

    /// <summary>What is kept over a restart of the machine.</summary>
    public static string DataRoot => Environment.GetEnvironmentVariable("BULKHEAD_DATA") is { Length: > 0 } given ? given : IsRoot ? "/var/lib/bulkhead" : DataHome + "/bulkhead";

    public static WorkloadStore Store => new(DataRoot);

    public static VolumeStore Volumes => new(DataRoot);

    public static Containers Containers => new(new StateStore(OciRoot), new HardenedTier(), Program.Say);

    public static IdRanges Ranges => IdRanges.OfMachine("/run/bulkhead-ids");

    private static string RuntimeDirectory => Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } directory
        ? directory
        : throw new StepException("XDG_RUNTIME_DIR is not set: log in with a session (loginctl enable-linger), or set it to a private directory");

    private static string DataHome => Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } directory
        ? directory
        : Environment.GetEnvironmentVariable("HOME") + "/.local/share";
}
