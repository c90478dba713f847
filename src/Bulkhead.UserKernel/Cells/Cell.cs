using Bulkhead.Linux;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Cells;

/// <summary>A host process that holds one guest address space.</summary>
internal sealed unsafe class Cell
{
    private readonly GuestTask?[] tasks = new GuestTask?[GateLayout.MaxThreads];
    private nint channel;

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

    public bool IsGone { get; private set; }

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
                return new Cell(memory.Value, channel, ours, theirs, key);
        }
        memory.Value.Dispose();
        ours.Dispose();
        theirs.Dispose();
        return null;
    }

    // SAFETY: the index is bounded by every caller's check against MaxThreads; the mapping lives until Release.
    public Slot* SlotAt(int index) => (Slot*)(channel + ((nint)index * GateLayout.SlotSize));

    public GuestTask? TaskAt(int index) => tasks[index];

    public void SetTask(int index, GuestTask? task)
    {
        tasks[index] = task;
        if (task is not null && index >= Used)
            Used = index + 1;
    }

    /// <summary>A slot without a task, -1 when all are taken.</summary>
    public int FreeSlot()
    {
        for (int i = 0; i < tasks.Length; i++)
        {
            if (tasks[i] is null)
                return i;
        }
        return -1;
    }

    /// <summary>SIGKILL to the whole process; the reaper collects it. Not twice: by then the number may be another's.</summary>
    public void Kill()
    {
        if (HostPid > 0 && !IsGone)
            HostEvents.Kill(HostPid, Linux.Abi.Signal.SIGKILL);
    }

    public void Release()
    {
        if (IsGone)
            return;
        IsGone = true;
        HostMemory.Unmap(channel, GateLayout.ChannelSize);
        channel = 0;
        Socket.Dispose();
        Theirs.Dispose();
        Memory.Dispose();
    }
}
