using System;

namespace Bulkhead.Workloads.Monitor;

/// <summary>A monitor waits for hours: what creation needed is given back.</summary>
internal static class Memory
{
    public static void Trim() => GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
}
