namespace Bulkhead.Oci;

/// <summary>The root file system.</summary>
public sealed class Root
{
    /// <summary>Absolute, or relative to the bundle.</summary>
    public string Path { get; set; } = "";

    public bool Readonly { get; set; }
}
