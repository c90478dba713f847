using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>
/// What somebody may send to a sandbox whose kernel is a program of ours, for its guests: all but what faults and aborts of that program are told by, and
/// the one that the managed runtime interrupts its threads with (34).
/// </summary>
public static class GuestSignals
{
    private static readonly int[] s_all =
    [
        Signal.SIGHUP, Signal.SIGINT, Signal.SIGQUIT, Signal.SIGUSR1, Signal.SIGUSR2, Signal.SIGALRM, Signal.SIGTERM, Signal.SIGSTKFLT, Signal.SIGCONT, Signal.SIGTSTP, Signal.SIGTTIN,
        Signal.SIGTTOU, Signal.SIGURG, Signal.SIGXCPU, Signal.SIGXFSZ, Signal.SIGVTALRM, Signal.SIGPROF, Signal.SIGWINCH, Signal.SIGIO, Signal.SIGPWR,
        35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64,
    ];

    public static ReadOnlySpan<int> All => s_all;

    /// <summary>Bit n - 1 is signal n.</summary>
    public static ulong Mask { get; } = MaskOf(s_all);

    private static ulong MaskOf(int[] signals)
    {
        ulong mask = 0;
        foreach (int signal in signals)
            mask |= 1UL << (signal - 1);
        return mask;
    }
}
