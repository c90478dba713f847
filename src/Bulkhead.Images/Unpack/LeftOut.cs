namespace Bulkhead.Images.Unpack;

/// <summary>How much a layer's tree lacks of what its tar has, because the caller may not make it or no tar may say it. It is kept with the layer.</summary>
public sealed record LeftOut
{
    /// <summary>Device nodes: a plain user makes none.</summary>
    public long Devices { get; set; }

    /// <summary>Entries that belong to the caller in place of an owner whom the caller's user namespace does not have.</summary>
    public long Owners { get; set; }

    /// <summary>Extended attributes that are not taken from tars, that the file system does not keep, or that the caller may not set.</summary>
    public long Attributes { get; set; }
}
