using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Cells;

/// <summary>A host process that holds one guest address space.</summary>
internal sealed unsafe class Cell
{
    private readonly GuestTask?[] tasks = new GuestTask?[GateLayout.MaxThreads];
    private readonly ulong[] hot = new ulong[GateLayout.MaxThreads / 64];
    private nint channel;
    private Signals.SignalActions? actions;
    private int freedLast = -1;

    private Cell(Fd memory, nint channel, Fd socket, Fd theirs, ulong key)
    {
        Memory = memory;
        this.channel = channel;
        Socket = socket;
        Theirs = theirs;
        Key = key;
    }

    /// <summary>Identifies it among the kernel's events; never used twice.</summary>
    public ulong Key { get; }

    public Fd Socket { get; }

    /// <summary>What the new process gets; closed once it is sent.</summary>
    public Fd Theirs { get; }

    public Fd Memory { get; }

    /// <summary>0 until the host's kernel told who speaks on the socket.</summary>
    public int HostPid { get; set; }

    /// <summary>It has told so itself.</summary>
    public bool IsBorn { get; set; }

    public bool IsGone { get; private set; }

    /// <summary>Whose faults and memory the host will tell at the process's end; null: nobody's.</summary>
    public Process? Charged { get; set; }

    /// <summary>Whose gate forks its process; null: the template does.</summary>
    public GuestTask? Maker { get; set; }

    /// <summary>Nobody holds the other end, and its maker has not said yet whether there was ever a process.</summary>
    public bool IsHungUp { get; set; }

    /// <summary>What is to be done when the host does not give it a process; null: its tasks end.</summary>
    public System.Action? OnRefused { get; set; }

    /// <summary>What waits for the end of its process; null: nothing.</summary>
    public System.Action? OnReaped { get; set; }

    /// <summary>Made ahead for an exec that is to come.</summary>
    public bool IsSpare { get; set; }

    /// <summary>It asks, and nothing of it has come over the socket: only its bell makes it heard.</summary>
    public bool IsSilent { get; set; }

    /// <summary>A second thread was made in it.</summary>
    public bool HasThreads { get; set; }

    /// <summary>Who was sent descriptors and has not said yet that it has taken them; null: nobody.</summary>
    public GuestTask? Receiver { get; set; }

    /// <summary>Whose calls wait until it has.</summary>
    public Queue<GuestTask> Turns { get; } = [];

    /// <summary>Highest slot in use, plus one.</summary>
    public int Used { get; private set; }

    /// <summary>Null when the host has no descriptors or no memory left.</summary>
    public static Cell? Create(ulong key)
    {
        Result<Fd> memory = Sys.MemfdCreate("channel", 0, executable: false);
        if (!memory.Ok)
            return null;
        (Fd ours, Fd theirs) = HostEvents.CellSockets();
        if (!ours.IsInvalid && Sys.Truncate(memory.Value, GateLayout.ChannelSize) == Errno.None)
        {
            nint channel = HostMemory.MapFile(memory.Value, GateLayout.ChannelSize);
            if (channel is > 0 or < -4095)
            {
                var cell = new Cell(memory.Value, channel, ours, theirs, key);
                // The first touch of a page is the host's work: now rather than when a guest waits.
                cell.SlotAt(0)->State = GateLayout.Idle;
                return cell;
            }
        }
        memory.Value.Dispose();
        ours.Dispose();
        theirs.Dispose();
        return null;
    }

    // SAFETY: the index is bounded by every caller's check against MaxThreads; the mapping lives until Release.
    public Slot* SlotAt(int index) => (Slot*)(channel + ((nint)index * GateLayout.SlotSize));

    /// <summary>The kernel looks at the slot by itself.</summary>
    public bool IsHot(int index) => (hot[index / 64] >> (index % 64) & 1) != 0;

    public void SetHot(int index, bool isHot) => hot[index / 64] = isHot ? hot[index / 64] | 1UL << (index % 64) : hot[index / 64] & ~(1UL << (index % 64));

    public GuestTask? TaskAt(int index) => tasks[index];

    public void SetTask(int index, GuestTask? task)
    {
        tasks[index] = task;
        if (task is null)
            freedLast = index;
        if (task is not null && index >= Used)
            Used = index + 1;
    }

    /// <summary>
    /// From now on the gates of its process change <paramref name="wanted"/> by themselves, in the first slot. False: there lies another process's, which
    /// has a task in another slot than <paramref name="index"/>.
    /// </summary>
    public bool Lend(Signals.SignalActions wanted, int index)
    {
        if (actions == wanted)
            return true;
        for (int i = 0; actions is not null && i < Used; i++)
        {
            if (i != index && tasks[i]?.Process.Actions == actions)
                return false;
        }
        actions?.TakeBack();
        actions = wanted;
        wanted.LieIn(SlotAt(0));
        return true;
    }

    /// <summary>A slot without a task, -1 when all are taken. Not the one that was freed last, whose thread may be on its way out still, while there is another.</summary>
    public int FreeSlot()
    {
        for (int i = 0; i < tasks.Length; i++)
        {
            if (tasks[i] is null && i != freedLast)
                return i;
        }
        return freedLast >= 0 && tasks[freedLast] is null ? freedLast : -1;
    }

    /// <summary>SIGKILL to the whole process; the reaper collects it.</summary>
    public void Kill()
    {
        if (HostPid > 0)
            HostEvents.Kill(HostPid, Linux.Abi.Signal.SIGKILL);
    }

    /// <summary>
    /// Nobody can kill a process that has not told its number, and it may be there: if it has rung, an answer without an action ends it; if it rings only
    /// now, it finds the socket closed, and ends too.
    /// </summary>
    private void SendAway()
    {
        for (int i = 0; i < Used; i++)
        {
            // It rings from now on; whoever has asked without it sees the answer.
            System.Threading.Volatile.Write(ref SlotAt(i)->Watching, false);
            System.Threading.Interlocked.MemoryBarrier();
            SlotAt(i)->Action = 0;
            System.Threading.Volatile.Write(ref SlotAt(i)->State, GateLayout.Reply);
            HostEvents.FutexWake(&SlotAt(i)->State);
        }
    }

    /// <summary>No guest of ours is in it any more, and its channel is not looked at again.</summary>
    public void Leave()
    {
        IsGone = true;
        actions?.TakeBack();
        actions = null;
    }

    /// <summary>After <see cref="Leave"/>: the end of the process, and of what we hold of it.</summary>
    public void Release()
    {
        if (channel == 0)
            return;
        Leave();
        Kill();
        Socket.Dispose();
        if (!IsBorn)
            SendAway();
        HostMemory.Unmap(channel, GateLayout.ChannelSize);
        channel = 0;
        Theirs.Dispose();
        Memory.Dispose();
    }
}
