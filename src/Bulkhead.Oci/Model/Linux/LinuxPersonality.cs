namespace Bulkhead.Oci;

/// <summary>personality(2).</summary>
public sealed class LinuxPersonality
{
    /// <summary>LINUX or LINUX32.</summary>
    public string Domain { get; set; } = "";

    public string[] Flags { get; set; } = [];
}
