// Mirrors <linux/memfd.h> and the flags of close_range(2).
namespace Bulkhead.Linux.Abi;

public static class Memfd
{
    public const uint MFD_CLOEXEC = 1;
    public const uint MFD_ALLOW_SEALING = 2;
    /// <summary>Linux 6.3.</summary>
    public const uint MFD_EXEC = 0x10;

    public const uint CLOSE_RANGE_UNSHARE = 2;
    public const uint CLOSE_RANGE_CLOEXEC = 4;
}
