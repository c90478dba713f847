using System;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Signals;

/// <summary>struct sigaction as rt_sigaction(2) takes it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SignalAction
{
    public const ulong Default = 0, Ignore = 1;
    public const ulong NoChildStop = 1, NoChildWait = 2, WithInfo = 4, Restorer = 0x04000000, OnStack = 0x08000000, Restart = 0x10000000, NoDefer = 0x40000000, ResetHand = 0x80000000;

    public ulong Handler;
    public ulong Flags;
    public ulong RestorerAddress;
    public ulong Mask;
}

/// <summary>What a process does about each signal; shared by CLONE_SIGHAND.</summary>
internal sealed class SignalActions
{
    private readonly SignalAction[] actions = new SignalAction[SignalSet.Highest];

    public ref SignalAction this[int signal] => ref actions[signal - 1];

    public SignalActions Copy()
    {
        var copy = new SignalActions();
        actions.CopyTo(copy.actions.AsSpan());
        return copy;
    }

    /// <summary>execve(2): handlers go, ignored signals stay ignored.</summary>
    public void ResetHandlers()
    {
        foreach (ref SignalAction action in actions.AsSpan())
            action = new SignalAction { Handler = action.Handler == SignalAction.Ignore ? SignalAction.Ignore : SignalAction.Default };
    }

    /// <summary>The signal would do nothing: it need not be queued.</summary>
    public bool Ignores(int signal)
    {
        ulong handler = this[signal].Handler;
        return handler == SignalAction.Ignore || (handler == SignalAction.Default && (SignalSet.IgnoredByDefault & SignalSet.Of(signal)) != 0);
    }

    public bool IsDefault(int signal) => this[signal].Handler == SignalAction.Default;

    /// <summary>The default action ends the process.</summary>
    public static bool DefaultEnds(int signal) => ((SignalSet.IgnoredByDefault | SignalSet.Stops) & SignalSet.Of(signal)) == 0 && signal != Signal.SIGCONT;
}
