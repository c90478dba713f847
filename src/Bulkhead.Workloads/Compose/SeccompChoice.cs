using System;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose;

/// <summary>The default profile, one of the caller's, or none.</summary>
internal static class SeccompChoice
{
    public static LinuxSeccomp? Of(WorkloadOptions options)
    {
        foreach (string option in options.SecurityOptions)
        {
            if (option.StartsWith("seccomp=", StringComparison.Ordinal))
                return option[8..] == "unconfined" ? null : throw new StepException($"--security-opt {option}: only seccomp=unconfined is known yet");
        }
        return SeccompProfile.Default();
    }
}
