// Mirrors <linux/if.h> and <linux/sockios.h>.
namespace Bulkhead.Linux.Abi;

public static class NetIf
{
    public const int IFNAMSIZ = 16;
    public const uint IFF_UP = 0x01;
    public const uint IFF_LOOPBACK = 0x08;
    public const uint IFF_RUNNING = 0x40;
    public const uint SIOCGIFFLAGS = 0x8913;
    public const uint SIOCSIFFLAGS = 0x8914;
}
