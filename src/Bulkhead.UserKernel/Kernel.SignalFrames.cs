using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel;

/// <summary>Into a handler of the guest's and back (arch/x86/kernel/signal_64.c): the gate builds the frame from what is written here.</summary>
internal sealed unsafe partial class Kernel
{
    private const uint OnStackFlag = 1, DisabledFlag = 2, AutoDisarm = 0x80000000;
    private const int RedZone = 128;

    private static void FillFrame(GuestTask task, Slot* slot, ulong sp, in SignalInfo info, in SignalAction action)
    {
        bool onStack = IsOnAlternate(task, sp);
        ulong top = sp - RedZone;
        if ((action.Flags & SignalAction.OnStack) != 0 && !onStack && (task.AlternateFlags & DisabledFlag) == 0)
            top = task.AlternateSp + task.AlternateSize;
        slot->FrameTop = top;
        slot->Handler = action.Handler;
        slot->Restorer = action.RestorerAddress;
        slot->SignalNumber = (uint)info.Signal;
        slot->Mask = task.MaskBefore ?? task.Mask;
        task.MaskBefore = null;
        slot->AlternateSp = task.AlternateSp;
        slot->AlternateSize = task.AlternateSize;
        slot->AlternateFlags = task.AlternateFlags | (onStack ? OnStackFlag : 0);
        SignalInfo copy = info;
        copy.CopyTo(slot->Info);
        task.Mask |= action.Mask & ~SignalSet.Unblockable;
        if ((action.Flags & SignalAction.NoDefer) == 0)
            task.Mask |= SignalSet.Of(info.Signal);
        if ((task.AlternateFlags & AutoDisarm) != 0)
            (task.AlternateSp, task.AlternateSize, task.AlternateFlags) = (0, 0, DisabledFlag);
        if ((action.Flags & SignalAction.ResetHand) != 0)
            task.Process.Actions[info.Signal].Handler = SignalAction.Default;
    }

    public static bool IsOnAlternate(GuestTask task, ulong sp) =>
        (task.AlternateFlags & (DisabledFlag | AutoDisarm)) == 0 && sp > task.AlternateSp && sp - task.AlternateSp <= task.AlternateSize;

    private void SignalReturn(GuestTask task, Slot* slot)
    {
        if (task.Trace is null || !BeginsTraced(task, SysNr.rt_sigreturn, SignalReturn))
            SignalReturn(task);
    }

    private void SignalReturn(GuestTask task)
    {
        Slot* slot = task.Slot;
        task.Mask = slot->Args[0] & ~SignalSet.Unblockable;
        task.AlternateSp = slot->Args[1];
        task.AlternateFlags = (uint)slot->Args[2] & (DisabledFlag | AutoDisarm);
        task.AlternateSize = slot->Args[3];
        if (task.Trace is { } trace)
            EndCall(task, trace);
        slot->More = HasDeliverable(task);
        slot->Restart = 0;
        task.MayRestart = false;
        if (!Ends(task))
            Resume(task);
    }
}
