using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Signals;

/// <summary>Bit n-1 is signal n.</summary>
internal static class SignalSet
{
    public const ulong Unblockable = (1UL << (Signal.SIGKILL - 1)) | (1UL << (Signal.SIGSTOP - 1));

    public const ulong Stops = (1UL << (Signal.SIGSTOP - 1)) | (1UL << (Signal.SIGTSTP - 1)) | (1UL << (Signal.SIGTTIN - 1)) | (1UL << (Signal.SIGTTOU - 1));

    /// <summary>Ignored where nobody asked otherwise (signal(7)).</summary>
    public const ulong IgnoredByDefault = (1UL << (Signal.SIGCHLD - 1)) | (1UL << (Signal.SIGURG - 1)) | (1UL << (Signal.SIGWINCH - 1)) | (1UL << (Signal.SIGCONT - 1));

    /// <summary>Their default action writes a core: WCOREDUMP is not told, as under RLIMIT_CORE 0.</summary>
    public const ulong Synchronous = (1UL << (Signal.SIGSEGV - 1)) | (1UL << (Signal.SIGBUS - 1)) | (1UL << (Signal.SIGFPE - 1)) | (1UL << (Signal.SIGILL - 1)) | (1UL << (Signal.SIGTRAP - 1)) | (1UL << (Signal.SIGSYS - 1));

    public const int Highest = 64;

    public static ulong Of(int signal) => 1UL << (signal - 1);
}
