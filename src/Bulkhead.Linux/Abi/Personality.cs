// Mirrors <linux/personality.h>.
namespace Bulkhead.Linux.Abi;

public static class Personality
{
    public const uint PER_LINUX = 0x0000;
    public const uint PER_LINUX32 = 0x0008;
}
