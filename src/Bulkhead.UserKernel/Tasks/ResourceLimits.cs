using System;

namespace Bulkhead.UserKernel.Tasks;

/// <summary>getrlimit(2): soft and hard values by resource number, ~0 for infinity.</summary>
internal sealed class ResourceLimits
{
    public const int Count = 16, Cpu = 0, FileSize = 1, Data = 2, Stack = 3, Core = 4, Processes = 6, Files = 7, LockedMemory = 8, AddressSpace = 9, QueuedSignals = 11, MessageQueues = 12, Nice = 13, RealTimePriority = 14;
    private const ulong Infinity = ulong.MaxValue;
    private readonly (ulong Soft, ulong Hard)[] values = new (ulong, ulong)[Count];

    public ResourceLimits()
    {
        Array.Fill(values, (Infinity, Infinity));
        values[Stack] = (8 << 20, Infinity);
        values[Core] = (0, Infinity);
        values[Files] = (1024, 4096);
        values[LockedMemory] = (8 << 20, 8 << 20);
        values[MessageQueues] = (819200, 819200);
        values[Nice] = (0, 0);
        values[RealTimePriority] = (0, 0);
    }

    public ref (ulong Soft, ulong Hard) this[int resource] => ref values[resource];

    public ResourceLimits Copy()
    {
        var copy = new ResourceLimits();
        values.CopyTo(copy.values.AsSpan());
        return copy;
    }
}
