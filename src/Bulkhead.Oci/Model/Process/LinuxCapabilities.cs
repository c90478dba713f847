namespace Bulkhead.Oci;

/// <summary>The five sets, by name (CAP_KILL).</summary>
public sealed class LinuxCapabilities
{
    public string[] Bounding { get; set; } = [];

    public string[] Effective { get; set; } = [];

    public string[] Inheritable { get; set; } = [];

    public string[] Permitted { get; set; } = [];

    public string[] Ambient { get; set; } = [];
}
