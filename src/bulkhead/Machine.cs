using System;
using Bulkhead.Images;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Trust;
using Bulkhead.Isolation.Hardened;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Events;
using Bulkhead.Workloads.Ids;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Cli;

/// <summary>Where things are for this caller.</summary>
internal static class Machine
{
    public static bool IsRoot => !UserEntry.IsRootless;

    /// <summary>States of what runs.</summary>
    public static string OciRoot => StateRoots.Default();

    /// <summary>What is kept over a restart of the machine.</summary>
    public static string DataRoot => Environment.GetEnvironmentVariable("BULKHEAD_DATA") is { Length: > 0 } given ? given : IsRoot ? "/var/lib/bulkhead" : DataHome + "/bulkhead";

    public static WorkloadStore Store => new(DataRoot);

    public static VolumeStore Volumes => new(DataRoot);

    public static EventJournal Events => new(DataRoot);

    public static ImageLibrary Images => new(DataRoot + "/images");

    /// <summary>/etc/bulkhead/trust, and podman's policy while there is none of ours.</summary>
    public static TrustFiles TrustFiles => new(Environment.GetEnvironmentVariable("BULKHEAD_TRUST") is { Length: > 0 } given ? given : "/etc/bulkhead/trust", "/etc/containers/policy.json");

    public static TrustGate Trust(bool allowUnsigned) => new(TrustFiles, allowUnsigned);

    public static RegistryOptions RegistryOptions => RegistryOptions.FromHost() with { Warn = Program.Say };

    public static RegistryClient Registry() => new(RegistryOptions);

    public static Containers Containers => new(new StateStore(OciRoot), new HardenedTier(), Program.Say);

    public static IdRanges Ranges => IsRoot ? IdRanges.OfMachine("/run/bulkhead-ids") : IdRanges.OfCaller(StateRoots.Runtime() + "/bulkhead-ids");

    private static string DataHome => Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } directory
        ? directory
        : Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home + "/.local/share"
        : throw new StepException("neither XDG_DATA_HOME nor HOME is set: set one, or name a directory by BULKHEAD_DATA");
}
