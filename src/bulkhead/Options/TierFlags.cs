using System;
using System.Collections.Generic;
using Bulkhead.Isolation.UserKernel;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>Flags that a tier has no answer for: refused by their names before anything is made (docs/userkernel.md has them all).</summary>
internal static class TierFlags
{
    /// <param name="Given">The flag as it was typed; null: it was not.</param>
    /// <param name="Why">Why it cannot be.</param>
    private sealed record Row(Func<WorkloadOptions, string?> Given, string Why);

    private static readonly Row[] NotInUserKernel =
    [
        new(options => options.Privileged ? "--privileged" : null, "it takes down the host's walls, which stand around the guests' kernel"),
        new(options => options.Devices.Length > 0 ? "--device" : null, "guests have no devices of the host's"),
        new(options => options.Network != "none" ? "--network " + options.Network.Split(':')[0] : null, "guests have a loopback device of their own and no other network"),
        new(Sysctl, "of these the guests' kernel has " + string.Join(", ", UserKernelTier.Sysctls).Replace('/', '.')),
    ];

    public static void Check(WorkloadOptions options)
    {
        if (options.Isolation != UserKernelTier.TierName)
            return;
        foreach (Row row in NotInUserKernel)
        {
            if (row.Given(options) is { } flag)
                throw new StepException($"{flag}: not with --isolation {options.Isolation}: {row.Why}");
        }
    }

    private static string? Sysctl(WorkloadOptions options)
    {
        foreach (KeyValuePair<string, string> pair in options.Sysctls)
        {
            if (Array.IndexOf(UserKernelTier.Sysctls, SysctlKey.ToPath(pair.Key)) < 0)
                return $"--sysctl {pair.Key}={pair.Value}";
        }
        return null;
    }
}
