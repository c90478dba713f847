using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Seccomp;

/// <summary>Where a jump goes: to an instruction already written, or to "return this action", wherever one is near.</summary>
internal readonly record struct BpfTarget(uint Value, bool IsReturn)
{
    public static BpfTarget Return(uint action) => new(action, true);

    /// <summary>An instruction, counted from the end of the program, the last being 1.</summary>
    public static BpfTarget Label(int fromEnd) => new((uint)fromEnd, false);

    public static BpfTarget Kill => Return(SeccompAbi.SECCOMP_RET_KILL_THREAD);
}
