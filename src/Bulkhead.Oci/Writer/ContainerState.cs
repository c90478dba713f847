using System.Collections.Generic;

namespace Bulkhead.Oci;

/// <summary>What `state` and `list` say about one container.</summary>
public sealed class ContainerState
{
    public string OciVersion { get; set; } = StateWriter.OciVersion;

    public string Id { get; set; } = "";

    /// <summary>Seen from the caller; 0 when stopped.</summary>
    public int Pid { get; set; }

    /// <summary>creating, created, running, paused or stopped.</summary>
    public string Status { get; set; } = "";

    public string Bundle { get; set; } = "";

    public string Rootfs { get; set; } = "";

    /// <summary>RFC 3339; see <see cref="Rfc3339"/>.</summary>
    public string Created { get; set; } = "";

    public KeyValuePair<string, string>[] Annotations { get; set; } = [];

    /// <summary>The owner of the state directory by name.</summary>
    public string Owner { get; set; } = "";
}
