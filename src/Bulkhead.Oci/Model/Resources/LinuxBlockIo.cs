namespace Bulkhead.Oci;

/// <summary>Block I/O weights and rates.</summary>
public sealed class LinuxBlockIo
{
    public ushort? Weight { get; set; }

    public ushort? LeafWeight { get; set; }

    public LinuxWeightDevice[] WeightDevice { get; set; } = [];

    public LinuxThrottleDevice[] ThrottleReadBpsDevice { get; set; } = [];

    public LinuxThrottleDevice[] ThrottleWriteBpsDevice { get; set; } = [];

    public LinuxThrottleDevice[] ThrottleReadIopsDevice { get; set; } = [];

    public LinuxThrottleDevice[] ThrottleWriteIopsDevice { get; set; } = [];
}
