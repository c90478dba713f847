// Mirrors <linux/ioprio.h>.
namespace Bulkhead.Linux.Abi;

public static class Ioprio
{
    public const int IOPRIO_CLASS_NONE = 0;
    public const int IOPRIO_CLASS_RT = 1;
    public const int IOPRIO_CLASS_BE = 2;
    public const int IOPRIO_CLASS_IDLE = 3;
    public const int IOPRIO_CLASS_SHIFT = 13;
    public const int IOPRIO_NR_LEVELS = 8;
    public const int IOPRIO_WHO_PROCESS = 1;
}
