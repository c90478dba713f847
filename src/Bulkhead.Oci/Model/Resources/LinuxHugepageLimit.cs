namespace Bulkhead.Oci;

/// <summary>Limit of one huge page size.</summary>
public sealed class LinuxHugepageLimit
{
    /// <summary>2MB and so on.</summary>
    public string PageSize { get; set; } = "";

    public ulong Limit { get; set; }
}
