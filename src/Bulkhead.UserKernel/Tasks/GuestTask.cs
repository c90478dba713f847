using System.Collections.Generic;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Filters;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel.Tasks;

internal enum TaskState
{
    /// <summary>In the guest's code, or on its way there.</summary>
    Running,

    /// <summary>Waits on queues, in a system call.</summary>
    Blocked,

    /// <summary>Its cell is being made, or it waits for its vfork child: no signal interrupts it.</summary>
    Suspended,

    Dead,
}

/// <summary>A guest's thread.</summary>
internal sealed unsafe class GuestTask(int tid, Process process, Cell cell, int slotIndex)
{
    public int Tid { get; set; } = tid;

    public Process Process { get; } = process;

    public Cell Cell { get; set; } = cell;

    public int SlotIndex { get; set; } = slotIndex;

    /// <summary>As the gate tells it, used only to send kicks within the cell's own process; 0: not known yet.</summary>
    public int HostTid
    {
        get
        {
            if (field == 0 && !Cell.IsGone)
                field = System.Math.Max(0, System.Threading.Volatile.Read(ref Slot->HostTid));
            return field;
        }
        set;
    }

    /// <summary>Whose gate makes this thread; null: it is the first of its cell.</summary>
    public GuestTask? Maker { get; set; }

    /// <summary>What this task's gate is making, or made last.</summary>
    public GuestTask? Newborn { get; set; }

    public TaskState State { get; set; } = TaskState.Suspended;

    public Credentials Credentials { get; set; } = null!;

    /// <summary>comm of proc(5): at most 15 bytes.</summary>
    public string Name { get; set; } = "";

    // The system call in hand, copied once from the slot.
    public int Nr { get; set; }

    public ulong A0 { get; set; }

    public ulong A1 { get; set; }

    public ulong A2 { get; set; }

    public ulong A3 { get; set; }

    public ulong A4 { get; set; }

    public ulong A5 { get; set; }

    /// <summary>Behind the system call in hand, as its gate says.</summary>
    public ulong InstructionPointer => HasSlot ? System.Threading.Volatile.Read(ref Slot->Ip) : 0;

    /// <summary>How many bytes of the guest's memory came along with it; a tracer may change them first, and ops lie in their place.</summary>
    public int Sent { get; set; }

    /// <summary>The answer is an error that stays what it is, as nobody changes the tree that it was found in.</summary>
    public bool IsLasting { get; set; }

    /// <summary>No filter or tracer has a say in the call in hand.</summary>
    public bool MayLast { get; set; }

    /// <summary>The gate has tried the first byte of what is to be read into.</summary>
    public bool IsTried { get; set; }

    /// <summary>What goes along with the answer: 0, or how many bytes.</summary>
    public int Given { get; set; }

    public ulong GivenTo { get; set; }

    public GivenPlace GivenPlace { get; set; }

    /// <summary>The answer is how many they are.</summary>
    public bool IsCounted { get; set; }

    /// <summary>The bytes themselves, when they are few.</summary>
    public (ulong First, ulong Second) Little { get; set; }

    /// <summary>Run again after a wait.</summary>
    public bool Retry { get; set; }

    public bool TimedOut { get; set; }

    /// <summary>Monotonic nanoseconds of this call's end of waiting; below 0: none.</summary>
    public long Deadline { get; set; } = -1;

    /// <summary>What the call has done before it waited.</summary>
    public long Progress { get; set; }

    /// <summary>A file that an open(2) waits with, until the other side of a fifo comes; null: none.</summary>
    public Files.OpenFile? Opening { get; set; }

    public HeldFiles Held { get; } = new();

    public List<WaitQueue> Queues { get; } = [];

    /// <summary>What ends the wait at the deadline.</summary>
    public TimerEntry? Alarm { get; set; }

    /// <summary>clock_nanosleep(2) on a CPU clock.</summary>
    public GuestTimer? Sleep { get; set; }

    /// <summary>No call waits any more: its timers are given up.</summary>
    public void ForgetTimers()
    {
        Kernel.Timers.Cancel(Alarm);
        Sleep?.Stop();
        Sleep = null;
    }

    public bool IsReady { get; set; }

    /// <summary>Its thread is there: it has asked something.</summary>
    public bool HasAsked { get; set; }

    /// <summary>What goes on when the gate has done what it was told.</summary>
    public System.Action<GuestTask, long>? Then { get; set; }

    // Signals.

    /// <summary>Those that are blocked. While the guest runs, its gate changes them by itself (rt_sigprocmask).</summary>
    public ulong Mask
    {
        get
        {
            if (HasSlot)
                field = System.Threading.Volatile.Read(ref Slot->Blocked) & ~SignalSet.Unblockable;
            return field;
        }
        set
        {
            field = value;
            if (HasSlot)
                Slot->Blocked = value;
        }
    }

    /// <summary>The mask to come back after sigsuspend, ppoll, pselect; null: none.</summary>
    public ulong? MaskBefore { get; set; }

    public PendingSignals Pending { get; } = new();

    public ulong AlternateSp { get; set; }

    public ulong AlternateSize { get; set; }

    public uint AlternateFlags { get; set; } = 2; // SS_DISABLE

    /// <summary>The last system call ended with a signal and may be run again.</summary>
    public bool MayRestart { get; set; }

    /// <summary>Whose host thread this vfork child runs on; null: its own.</summary>
    public GuestTask? VforkParent { get; set; }

    /// <summary>Not a task any more: it stands for a host thread that is to end with its next request.</summary>
    public bool IsDismissed { get; init; }

    /// <summary>Its tracer's; null: nobody traces it.</summary>
    public Trace? Trace { get; set; }

    /// <summary>What it stops for before it goes back to the guest's code.</summary>
    public TraceDue Due { get; set; }

    /// <summary>With TraceDue.Accepted.</summary>
    public Signals.SignalInfo Accepted { get; set; }

    /// <summary>It has been traced: its gate may have asked about a call that is its own.</summary>
    public bool AsksAlways { get; set; }

    /// <summary>As wait(2) has it, of a thread that ended before its process.</summary>
    public int ExitStatus { get; set; } = Linux.Abi.Signal.SIGKILL;

    /// <summary>set_robust_list(2), which the gate answers by itself.</summary>
    public ulong RobustList
    {
        get
        {
            if (HasSlot)
                field = System.Threading.Volatile.Read(ref Slot->Robust);
            return field;
        }
        set
        {
            field = value;
            if (HasSlot)
                Slot->Robust = value;
        }
    }

    private bool HasSlot => !Cell.IsGone && Cell.TaskAt(SlotIndex) == this;

    /// <summary>Remembers what its gate has changed, for the time when the slot is another's.</summary>
    public void SyncSlot() => _ = (Mask, RobustList);

    /// <summary>From now on its gate is the one of this slot.</summary>
    public void TakeSlot()
    {
        (ulong mask, ulong robust) = (Mask, RobustList);
        Cell.SetTask(SlotIndex, this);
        (Mask, RobustList) = (mask, robust);
        Sent = 0;
        Slot->OwnActions = Cell.Lend(Process.Actions, SlotIndex) ? 1u : 0;
        NotePending();
    }

    /// <summary>Tells its gate whether signals wait, blocked or not: then it asks when the mask changes.</summary>
    public void NotePending()
    {
        uint waits = (Pending.Set | Process.Pending.Set) != 0 ? 1u : 0;
        if (HasSlot && System.Threading.Volatile.Read(ref Slot->Pending) != waits)
            System.Threading.Volatile.Write(ref Slot->Pending, waits);
    }

    /// <summary>Takes one of <paramref name="wanted"/> that waits for this thread or for its process.</summary>
    public bool TakeSignal(ulong wanted, out SignalInfo info)
    {
        while (Pending.Take(wanted, out info) || Process.Pending.Take(wanted, out info))
        {
            if (info.Code != SignalInfo.TimerCode || info.TimerSetting == 0 || Process.PosixTimers.Delivered(ref info))
                return true;
        }
        return false;
    }

    public Scheduling Scheduling { get; set; } = Scheduling.Usual;

    /// <summary>seccomp(2); null: every call is allowed.</summary>
    public SeccompState? Seccomp { get; set; }

    public Slot* Slot => Cell.SlotAt(SlotIndex);

    /// <summary>Its gate waits for an answer of ours, or has one and is not awake yet: the host has it asleep, the guest has not.</summary>
    public bool IsAsking
    {
        get
        {
            if (Cell.IsGone)
                return false;
            uint state = System.Threading.Volatile.Read(ref Slot->State);
            return state == GateLayout.Request || (state == GateLayout.Reply && System.Threading.Volatile.Read(ref Slot->Sleeping) != 0);
        }
    }

    public bool IsLeader => Tid == Process.Pid;

    public int HostPid => Cell.HostPid;

    public Kernel Kernel => Process.Kernel;
}
