// Mirrors <linux/audit.h>: the architectures of a seccomp filter's data.
namespace Bulkhead.Linux.Abi;

public static class Audit
{
    public const uint AUDIT_ARCH_X86_64 = 0xC000003E;
    public const uint AUDIT_ARCH_I386 = 0x40000003;
}
