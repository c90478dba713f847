namespace Bulkhead.Oci;

/// <summary>A condition on one argument.</summary>
public sealed class LinuxSeccompArg
{
    public uint Index { get; set; }

    public ulong Value { get; set; }

    public ulong ValueTwo { get; set; }

    /// <summary>SCMP_CMP_EQ and so on.</summary>
    public string Op { get; set; } = "";
}
