// Mirrors <linux/seccomp.h>.
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Abi;

/// <summary>The constants; not named Seccomp, which is the namespace of the compiler.</summary>
public static class SeccompAbi
{
    public const int SECCOMP_MODE_FILTER = 2;
    public const uint SECCOMP_SET_MODE_FILTER = 1;
    public const uint SECCOMP_GET_ACTION_AVAIL = 2;
    public const uint SECCOMP_GET_NOTIF_SIZES = 3;

    public const uint SECCOMP_FILTER_FLAG_TSYNC = 1;
    public const uint SECCOMP_FILTER_FLAG_LOG = 2;
    public const uint SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;
    public const uint SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
    public const uint SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 16;
    public const uint SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 32;

    public const uint SECCOMP_RET_KILL_PROCESS = 0x80000000;
    public const uint SECCOMP_RET_KILL_THREAD = 0x00000000;
    public const uint SECCOMP_RET_TRAP = 0x00030000;
    public const uint SECCOMP_RET_ERRNO = 0x00050000;
    public const uint SECCOMP_RET_USER_NOTIF = 0x7fc00000;
    public const uint SECCOMP_RET_TRACE = 0x7ff00000;
    public const uint SECCOMP_RET_LOG = 0x7ffc0000;
    public const uint SECCOMP_RET_ALLOW = 0x7fff0000;
    public const uint SECCOMP_RET_DATA = 0x0000ffff;

    /// <summary>Bit 30 of a number marks an x32 call: asm/unistd.h.</summary>
    public const uint X32_SYSCALL_BIT = 0x40000000;
}

/// <summary>struct seccomp_data: what a filter reads.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct seccomp_data
{
    public int nr;
    public uint arch;
    public ulong instruction_pointer;
    public fixed ulong args[6];
}
