namespace Bulkhead.Linux;

public static unsafe partial class Sys
{
    /// <summary>
    /// A system call for the user kernel, which hands errnos on to its guests: the kernel's own result, -errno on failure, repeated while a
    /// signal interrupts it. Typed by Bulkhead.UserKernel.Host, its only caller.
    /// </summary>
    internal static nint Direct(int nr, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0) => Raw(nr, a, b, c, d, e, f);
}
