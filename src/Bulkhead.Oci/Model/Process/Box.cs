namespace Bulkhead.Oci;

/// <summary>The size of a console.</summary>
public sealed class Box
{
    public uint Height { get; set; }

    public uint Width { get; set; }
}
