using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>The OCI scheduler object as struct sched_attr of sched_setattr(2).</summary>
internal static class SchedulerAttributes
{
    public static byte[] Encode(Scheduler scheduler)
    {
        Scheduling.TryParsePolicy(scheduler.Policy, out uint policy);
        ulong flags = 0;
        foreach (string name in scheduler.Flags)
        {
            if (Scheduling.TryParseFlag(name, out ulong flag))
                flags |= flag;
        }
        var attributes = new sched_attr
        {
            size = (uint)Unsafe.SizeOf<sched_attr>(),
            sched_policy = policy,
            sched_flags = flags,
            sched_nice = scheduler.Nice,
            sched_priority = (uint)scheduler.Priority,
            sched_runtime = scheduler.Runtime,
            sched_deadline = scheduler.Deadline,
            sched_period = scheduler.Period,
        };
        return MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref attributes, 1)).ToArray();
    }
}
