using System;

namespace Bulkhead.Oci;

/// <summary>What the caller knows that changes which configs are valid.</summary>
[Flags]
public enum ValidateOptions
{
    None = 0,

    /// <summary>--systemd-cgroup: cgroupsPath is slice:prefix:name.</summary>
    SystemdCgroup = 1,

    /// <summary>The caller is not root (euid != 0).</summary>
    Rootless = 2,

    /// <summary>--no-pivot.</summary>
    NoPivot = 4,

    /// <summary>The host has no unified cgroup hierarchy: linux.resources.unified cannot be applied.</summary>
    CgroupV1 = 8,
}
