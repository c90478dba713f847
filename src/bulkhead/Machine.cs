using System;
using Bulkhead.Images;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Trust;
using Bulkhead.Isolation.Hardened;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.State;
using Bulkhead.Isolation.UserKernel;
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
    private const string MachineTrust = "/etc/bulkhead/trust", PodmanPolicy = "/etc/containers/policy.json";

    public static bool IsRoot => !UserEntry.IsRootless;

    /// <summary>States of what runs.</summary>
    public static string OciRoot => StateRoots.Default();

    /// <summary>What is kept over a restart of the machine.</summary>
    public static string DataRoot => Environment.GetEnvironmentVariable("BULKHEAD_DATA") is { Length: > 0 } given ? given : IsRoot ? "/var/lib/bulkhead" : DataHome + "/bulkhead";

    public static WorkloadStore Store => new(DataRoot);

    public static VolumeStore Volumes => new(DataRoot);

    public static EventJournal Events => new(DataRoot);

    public static ImageLibrary Images => new(DataRoot + "/images");

    /// <summary>/etc/bulkhead/trust, and podman's policy while there is none of ours. A plain user's own policy begins with the machine's.</summary>
    public static TrustFiles TrustFiles => Environment.GetEnvironmentVariable("BULKHEAD_TRUST") is { Length: > 0 } given ? new(given, PodmanPolicy)
        : IsRoot ? new(MachineTrust, PodmanPolicy)
        : new(ConfigHome + "/bulkhead/trust", new TrustFiles(MachineTrust, PodmanPolicy).Path);

    public static TrustGate Trust(bool allowUnsigned) => new(TrustFiles, allowUnsigned);

    public static RegistryOptions RegistryOptions => RegistryOptions.FromHost() with { Warn = Program.Say };

    public static RegistryClient Registry() => new(RegistryOptions);

    public static Containers Containers => new(new StateStore(OciRoot), Tiers(), Program.Say);

    private static Tiers Tiers()
    {
        var hardened = new HardenedTier();
        return new Tiers(hardened, new UserKernelTier(hardened));
    }

    public static IdRanges Ranges => IsRoot ? IdRanges.OfMachine("/run/bulkhead-ids") : IdRanges.OfCaller(StateRoots.Runtime() + "/bulkhead-ids");

    private static string DataHome => Below("XDG_DATA_HOME", "/.local/share", "BULKHEAD_DATA");

    private static string ConfigHome => Below("XDG_CONFIG_HOME", "/.config", "BULKHEAD_TRUST");

    private static string Below(string variable, string inHome, string other) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } directory ? directory
        : Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home + inHome
        : throw new StepException($"neither {variable} nor HOME is set: set one, or name a directory by {other}");
}
