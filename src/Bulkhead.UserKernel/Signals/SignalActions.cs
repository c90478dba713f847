using System;
using System.Runtime.InteropServices;
using System.Threading;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;

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

/// <summary>What a process does about each signal; shared by CLONE_SIGHAND. While it is lent to its gate the guest may write anything into it.</summary>
internal sealed unsafe class SignalActions
{
    private const int Tries = 200, TriesInARow = 20;

    private readonly SignalAction[] actions = new SignalAction[SignalSet.Highest];
    private Slot* home;

    // SAFETY: the cell takes the table back before it unmaps the slot (Cell.Leave).
    public ref SignalAction this[int signal] => ref home is null ? ref actions[signal - 1] : ref ((SignalAction*)home->Actions)[signal - 1];

    /// <summary>As it was at one moment, as long as the gate keeps its word.</summary>
    public SignalAction Read(int signal)
    {
        if (home is null)
            return actions[signal - 1];
        SignalAction action = default;
        for (int i = 0; i < Tries; i++)
        {
            uint turn = Volatile.Read(ref home->ActionsTurn);
            action = this[signal];
            Interlocked.MemoryBarrier();
            if ((turn & 1) == 0 && Volatile.Read(ref home->ActionsTurn) == turn)
                break;
            if (i >= TriesInARow)
                HostEvents.Yield(); // the host has stopped the writer in the middle
        }
        return action;
    }

    /// <summary>Into a slot that the gate may write.</summary>
    public void LieIn(Slot* slot)
    {
        TakeBack();
        actions.CopyTo(Table(slot));
        Volatile.Write(ref slot->ActionsTurn, 0);
        home = slot;
    }

    /// <summary>With what the gate has changed.</summary>
    public void TakeBack()
    {
        if (home is null)
            return;
        Table(home).CopyTo(actions);
        home = null;
    }

    public SignalActions Copy()
    {
        var copy = new SignalActions();
        Current.CopyTo(copy.actions);
        return copy;
    }

    /// <summary>execve(2): handlers go, ignored signals stay ignored.</summary>
    public void ResetHandlers()
    {
        foreach (ref SignalAction action in Current)
            action = new SignalAction { Handler = action.Handler == SignalAction.Ignore ? SignalAction.Ignore : SignalAction.Default };
    }

    private Span<SignalAction> Current => home is null ? actions : Table(home);

    private static Span<SignalAction> Table(Slot* slot) => new(slot->Actions, SignalSet.Highest);

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
