using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose;

/// <summary>The profile of every container that asks for none.</summary>
internal static class SeccompProfile
{
    public static LinuxSeccomp? Default() => null; // filled by the profile's own table
}
