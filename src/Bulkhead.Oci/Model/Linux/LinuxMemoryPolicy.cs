namespace Bulkhead.Oci;

/// <summary>set_mempolicy(2).</summary>
public sealed class LinuxMemoryPolicy
{
    public string Mode { get; set; } = "";

    public string? Nodes { get; set; }

    public string[] Flags { get; set; } = [];
}
