namespace Bulkhead.Oci;

/// <summary>Limits of one RDMA device.</summary>
public sealed class LinuxRdma
{
    public uint? HcaHandles { get; set; }

    public uint? HcaObjects { get; set; }
}
