using System;
using System.Collections.Generic;
using System.Threading;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Confinement;
using Bulkhead.UserKernel.Files.Locks;
using Bulkhead.UserKernel.Files.Sockets;
using Bulkhead.UserKernel.Files.Terminals;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Ipc;
using Bulkhead.UserKernel.Loader;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Texts;
using Bulkhead.UserKernel.Time;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel;

/// <summary>
/// A Linux kernel for one sandbox. One thread runs all of it, so that nothing in here is locked: it looks at the channels of the guests that run,
/// answers, and sleeps in epoll when there is nothing to do. No call blocks for a guest: what must wait leaves its task on wait queues and is
/// run again.
/// </summary>
internal sealed unsafe partial class Kernel
{
    private const ulong SignalKey = 1, FirstKey = 16;
    private const int MostHot = 64, MostBells = 64;
    private const uint RoundsPerPoll = 64;
    private List<(Cell Cell, int Slot)> hot = [];
    private readonly Queue<GuestTask> ready = new();
    private readonly Dictionary<ulong, Cell> cells = [];
    private readonly Dictionary<ulong, Action<uint>> hostFiles = [];
    private readonly Fd epoll;
    private readonly Fd signalPipe;
    private readonly CellFactory factory;
    private readonly CellPool pool;
    private readonly epoll_event[] events = new epoll_event[64];
    private readonly KernelCounts? counts;
    private ulong nextKey = FirstKey;
    private int running;

    public Kernel(KernelOptions options)
    {
        Options = options;
        counts = options.CountAllocations ? new KernelCounts() : null;
        HostFiles.RequireProc();
        Sandbox = new SandboxView();
        Hostname = options.Hostname ?? Sandbox.Hostname;
        Domainname = options.Domainname ?? Sandbox.Domainname;
        HostEvents.RaiseFileLimit();
        HostEvents.TakeShortTurns();
        epoll = HostEvents.CreateEpoll();
        signalPipe = HostEvents.CatchSignals(HostSignals);
        factory = CellFactory.Start();
        pool = new CellPool(factory, NewCell);
        Timers = new TimerQueue();
        Texts = new TextCache(this, factory.GateEntry);
        Network = new NetworkStack(options);
        Terminals = new PseudoTerminals(this);
        FileSystem = new FileSystem(this, options.Root);
        Watches = new Watches(this);
        Locks = new LockTable(this);
        Bounce = new HostBuffer(HostBuffer.BounceSize + 4096);
        HostEvents.Control(epoll, HostEvents.Add, signalPipe.Value, HostEvents.In, SignalKey);
        // Modes of new files are the guests' business: each has a mask of its own.
        Sys.Direct(SysNr.umask, 0);
        KernelCalls.Enter();
    }

    public KernelOptions Options { get; }

    /// <summary>Realtime seconds and monotonic nanoseconds of the start.</summary>
    public long BootTime { get; } = HostEvents.Now(0) / 1_000_000_000;

    public long StartedAt { get; } = HostEvents.Now(1);

    public SandboxView Sandbox { get; }

    public string Hostname { get; }

    public string Domainname { get; }

    public TimerQueue Timers { get; }

    public FileSystem FileSystem { get; }

    /// <summary>devpts.</summary>
    public PseudoTerminals Terminals { get; }

    public NetworkStack Network { get; }

    public IpcNamespace Ipc { get; } = new();

    /// <summary>What inotify looks at.</summary>
    public Watches Watches { get; }

    /// <summary>Locks of files, by inode.</summary>
    public LockTable Locks { get; }

    /// <summary>Rewritten program text that processes share.</summary>
    public TextCache Texts { get; }

    /// <summary>Whose system call runs.</summary>
    public GuestTask? Current { get; private set; }

    public HostIdentity Identity { get; } = new();

    public ulong Vdso => factory.Vdso;

    public HostAuxiliary Auxiliary { get; } = HostAuxiliary.Read();

    /// <summary>Where data rests on its way between a guest and a file.</summary>
    public HostBuffer Bounce { get; }

    /// <summary>A path on its way from a request.</summary>
    public HostBuffer PathText { get; } = new(FileSystem.MostPath);

    public Scratch Scratch { get; } = new();

    /// <summary>Set when init has ended: its status as wait(2) has it.</summary>
    public int? ExitStatus { get; private set; }

    /// <summary>Runs the guest until its init ends: its exit status, or 128 + signal.</summary>
    public int Run()
    {
        StartInit();
        WatchControl();
        for (uint rounds = 0; ExitStatus is null;)
        {
            bool worked = LookAtHot();
            worked |= RunReady();
            if (mustReap)
                Reap();
            Timers.Expire();
            counts?.Look();
            if (!worked && !mustReap && !Linger())
                Sleep();
            else if (++rounds % RoundsPerPoll == 0)
                TakeEvents(0); // two who wake each other must not be all that is heard
        }
        int status = ExitStatus.Value;
        EndAll();
        counts?.Say();
        return (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff;
    }

    /// <summary>The call that the task waits in is run again.</summary>
    public void MakeReady(GuestTask task)
    {
        foreach (WaitQueue queue in task.Queues)
            queue.Remove(task);
        task.Queues.Clear();
        if (task.State != TaskState.Blocked || task.IsReady)
        {
            if (task.Trace is { IsInPlace: true } trace)
                trace.IsWoken = true;
            return;
        }
        task.IsReady = true;
        ready.Enqueue(task);
    }

    /// <summary>Calls <paramref name="then"/> with the events of a host descriptor, until <see cref="Unwatch"/>.</summary>
    public ulong Watch(int fd, uint wanted, Action<uint> then)
    {
        ulong key = nextKey++;
        if (HostEvents.Control(epoll, HostEvents.Add, fd, wanted, key) < 0)
            return 0;
        hostFiles.Add(key, then);
        return key;
    }

    public void Rearm(int fd, uint wanted, ulong key) => HostEvents.Control(epoll, HostEvents.Modify, fd, wanted, key);

    public void Unwatch(int fd, ulong key)
    {
        HostEvents.Control(epoll, HostEvents.Remove, fd, 0, key);
        hostFiles.Remove(key);
    }

    private bool LookAtHot()
    {
        bool worked = false;
        // Whatever a request does may end cells and shorten the list.
        for (int i = hot.Count - 1; i >= 0; i = Math.Min(i, hot.Count) - 1)
        {
            (Cell cell, int slot) = hot[i];
            if (cell.IsGone)
                hot.RemoveAt(i);
            else if (!HasRequest(cell, slot))
                continue;
            else if (cell.HostPid != 0)
                worked |= Handle(cell, slot);
            else
                worked |= !cell.IsSilent && TakeBells(cell);
        }
        return worked;
    }

    /// <summary>A request that nobody has seen. A task that waits already leaves its slot in that state until the answer.</summary>
    private static bool HasRequest(Cell cell, int slot) =>
        cell.TaskAt(slot) is { State: TaskState.Running } && Volatile.Read(ref cell.SlotAt(slot)->State) == GateLayout.Request;

    private bool RunReady()
    {
        bool worked = false;
        for (int count = ready.Count; count > 0 && ready.TryDequeue(out GuestTask? task); count--)
        {
            task.IsReady = false;
            if (task.State != TaskState.Blocked)
                continue;
            worked = true;
            task.Retry = true;
            Execute(task);
        }
        return worked;
    }

    private void Dispatch(ulong key, uint what)
    {
        if (key == SignalKey)
            TakeHostSignals();
        else if (cells.TryGetValue(key, out Cell? cell))
            TakeBells(cell, 1); // epoll tells of more
        else if (hostFiles.TryGetValue(key, out Action<uint>? then))
            then(what);
    }

    /// <summary>
    /// Each message names a slot and, by the host's kernel, the process that sent it. <paramref name="most"/>: who rings without end must not keep
    /// the others waiting. False: there was none.
    /// </summary>
    private bool TakeBells(Cell cell, int most = MostBells)
    {
        Span<byte> message = stackalloc byte[8];
        for (int i = 0; i < most; i++)
        {
            long length = HostEvents.Receive(cell.Socket, message, out int sender);
            if (length <= 0)
            {
                if (length == 0)
                    HangUp(cell);
                cell.IsSilent = cell.HostPid == 0;
                return i > 0;
            }
            if (length < sizeof(ushort) || sender <= 0)
                continue;
            if (cell.HostPid == 0 && !Bind(cell, sender))
                continue;
            int slot = BitConverter.ToUInt16(message);
            if (slot < GateLayout.MaxThreads && HasRequest(cell, slot))
                Handle(cell, slot);
            if (cell.IsGone)
                return true;
        }
        return true;
    }

    /// <summary>
    /// The first who speaks on a cell's socket is its process, from now until the host's kernel has told of its end: else the number could
    /// become another guest's, and its memory would be taken for this one's.
    /// </summary>
    private bool Bind(Cell cell, int sender)
    {
        if (sender == buried && buriedCell is null)
        {
            buriedCell = cell;
            cell.IsBorn = true;
            unborn--;
        }
        if (cell.IsBorn || sender == buried || sender == factory.TemplatePid || !byHostPid.TryAdd(sender, cell))
            return false;
        cell.HostPid = sender;
        cell.IsBorn = true;
        unborn--;
        if (cell.IsSpare)
            pool.Arrived(cell);
        for (int i = 0; i < cell.Used; i++)
        {
            if (cell.TaskAt(i) is not { State: TaskState.Running } task)
                continue;
            task.HostTid = sender;
            if (HasDeliverable(task) || task.Process.IsStopped)
                Kick(task);
        }
        return true;
    }

    /// <summary>Nobody holds the other end: the cell was never made, has ended, or hears us no more.</summary>
    private void HangUp(Cell cell)
    {
        HostEvents.Control(epoll, HostEvents.Remove, cell.Socket.Value, 0, 0);
        if (cell == buriedCell)
            return; // it is ended next, with what it asked for
        if (cell.HostPid > 0)
            cell.Kill(); // the reaper tells how it ended, if it has already
        else if (cell.Maker is { State: TaskState.Running } maker && maker.Newborn?.Cell == cell)
            cell.IsHungUp = true; // a fork that the host refused looks like this until the gate tells
        else if (cell.OnRefused is { } then)
        {
            cell.OnRefused = null;
            then();
        }
        else
            EndTasks(cell, Linux.Abi.Signal.SIGKILL);
    }

    /// <summary>The channel is looked at, from now until we sleep.</summary>
    private void Heat(Cell cell, int slot)
    {
        if (cell.IsHot(slot) || hot.Count >= MostHot)
            return; // or it rings
        hot.Add((cell, slot));
        cell.SetHot(slot, true);
        Volatile.Write(ref cell.SlotAt(slot)->Watching, true);
    }

    private void Cool()
    {
        foreach ((Cell cell, int slot) in hot)
        {
            cell.SetHot(slot, false);
            if (!cell.IsGone)
                Volatile.Write(ref cell.SlotAt(slot)->Watching, false);
        }
    }
}
