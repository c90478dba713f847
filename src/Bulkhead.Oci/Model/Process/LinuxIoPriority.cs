namespace Bulkhead.Oci;

/// <summary>ioprio_set(2).</summary>
public sealed class LinuxIoPriority
{
    /// <summary>IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE.</summary>
    public string Class { get; set; } = "";

    public int Priority { get; set; }
}
