using System.Collections.Generic;

namespace Bulkhead.Oci;

/// <summary>config.json: the Spec of the OCI runtime specification 1.3, as far as Linux is concerned.</summary>
public sealed class RuntimeConfig
{
    /// <summary>Semantic version of the specification that the bundle follows.</summary>
    public string OciVersion { get; set; } = "";

    /// <summary>Absent: the container can be created, not started.</summary>
    public Process? Process { get; set; }

    public Root? Root { get; set; }

    public string? Hostname { get; set; }

    public string? Domainname { get; set; }

    /// <summary>In the order in which they are mounted.</summary>
    public Mount[] Mounts { get; set; } = [];

    public Hooks? Hooks { get; set; }

    /// <summary>Unique keys, in the order of the document.</summary>
    public KeyValuePair<string, string>[] Annotations { get; set; } = [];

    public LinuxConfig? Linux { get; set; }
}
