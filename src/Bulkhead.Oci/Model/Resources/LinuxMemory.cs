namespace Bulkhead.Oci;

/// <summary>Memory limits in bytes; -1 is none.</summary>
public sealed class LinuxMemory
{
    public long? Limit { get; set; }

    public long? Reservation { get; set; }

    /// <summary>Memory plus swap.</summary>
    public long? Swap { get; set; }

    public long? Kernel { get; set; }

    public long? KernelTcp { get; set; }

    public ulong? Swappiness { get; set; }

    public bool? DisableOomKiller { get; set; }

    public bool? UseHierarchy { get; set; }

    public bool? CheckBeforeUpdate { get; set; }
}
