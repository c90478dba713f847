using System.Collections.Generic;

namespace Bulkhead.Oci;

/// <summary>The section `linux`.</summary>
public sealed class LinuxConfig
{
    public LinuxIdMapping[] UidMappings { get; set; } = [];

    public LinuxIdMapping[] GidMappings { get; set; } = [];

    public KeyValuePair<string, string>[] Sysctl { get; set; } = [];

    public LinuxResources? Resources { get; set; }

    public string? CgroupsPath { get; set; }

    public LinuxNamespace[] Namespaces { get; set; } = [];

    public LinuxDevice[] Devices { get; set; } = [];

    /// <summary>By name on the host.</summary>
    public KeyValuePair<string, LinuxNetDevice>[] NetDevices { get; set; } = [];

    public LinuxSeccomp? Seccomp { get; set; }

    public string? RootfsPropagation { get; set; }

    public string[] MaskedPaths { get; set; } = [];

    public string[] ReadonlyPaths { get; set; } = [];

    public string? MountLabel { get; set; }

    public LinuxIntelRdt? IntelRdt { get; set; }

    public LinuxMemoryPolicy? MemoryPolicy { get; set; }

    public LinuxPersonality? Personality { get; set; }

    /// <summary>By clock: monotonic, boottime.</summary>
    public KeyValuePair<string, LinuxTimeOffset>[] TimeOffsets { get; set; } = [];
}
