using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

public static unsafe partial class Sys
{
    /// <summary>Landlock's ABI version; ENOSYS or EOPNOTSUPP: the kernel was built, or booted, without it.</summary>
    public static Result<int> LandlockAbi() =>
        ToInt(Raw(SysNr.landlock_create_ruleset, 0, 0, (nint)Landlock.LANDLOCK_CREATE_RULESET_VERSION));
}
