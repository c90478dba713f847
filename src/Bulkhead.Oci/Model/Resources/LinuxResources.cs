using System.Collections.Generic;

namespace Bulkhead.Oci;

/// <summary>Limits of the cgroup.</summary>
public sealed class LinuxResources
{
    public LinuxDeviceCgroup[] Devices { get; set; } = [];

    public LinuxMemory? Memory { get; set; }

    public LinuxCpu? Cpu { get; set; }

    public LinuxPids? Pids { get; set; }

    public LinuxBlockIo? BlockIo { get; set; }

    public LinuxHugepageLimit[] HugepageLimits { get; set; } = [];

    public LinuxNetwork? Network { get; set; }

    public KeyValuePair<string, LinuxRdma>[] Rdma { get; set; } = [];

    /// <summary>cgroup v2 file to text.</summary>
    public KeyValuePair<string, string>[] Unified { get; set; } = [];
}
