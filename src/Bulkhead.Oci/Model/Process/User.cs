namespace Bulkhead.Oci;

/// <summary>Ids of a process.</summary>
public sealed class User
{
    public uint Uid { get; set; }

    public uint Gid { get; set; }

    public uint? Umask { get; set; }

    public uint[] AdditionalGids { get; set; } = [];
}
